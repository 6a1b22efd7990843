"""What zones were resolved from, so that bars that arrive later do not move them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from regime_factory.bars.zones import resolve_zones

_SAME_BARS = 0.05  # share of stamps that a repair of the file may add or take away


def settle_zones(
    ts: pl.Series, settings: Mapping[str, Any], basis: Mapping[str, Any] | None = None
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Resolve the zones once; keep those of an earlier run whose bars went on or were repaired.

    Parameters
    ----------
    ts
        Close stamps of the base bars of all symbols (Datetime, UTC); repeats count once.
    settings
        Keyword arguments of `resolve_zones`.
    basis
        What an earlier call returned as its second value, or None.

    Returns
    -------
    zones : polars.DataFrame
        `zone, start, end`. The selection and evaluation zones are those of `basis` where its
        settings are the same and its span holds as many stamps as before, give or take 5 % (bars
        that were repaired, or that the gate now rejects); later stamps belong to the holdout.
    basis : dict
        Settings, stamps and zones, to be stored and given to the next call.

    Examples
    --------
    >>> days = pl.datetime_range(datetime(2021, 1, 1), datetime(2021, 1, 20), "1d",
    ...     time_unit="us", time_zone="UTC", eager=True)
    >>> settings = {"selection_end": 0.5, "evaluation_end": 0.8, "min_bars": 2}
    >>> zones, basis = settle_zones(days.head(10), settings)
    >>> settle_zones(days, settings, basis)[0]["end"].dt.day().to_list()
    [5, 8, 20]
    >>> settle_zones(days, settings)[0]["end"].dt.day().to_list()
    [10, 16, 20]
    """
    stamps = ts.drop_nulls().unique().sort()
    zones = _kept(stamps, settings, basis) if basis else None
    if zones is None:
        zones = resolve_zones(ts, **settings)
    return zones, {
        "settings": dict(settings),
        "first": stamps[0].isoformat(),
        "last": stamps[-1].isoformat(),
        "stamps": len(stamps),
        "zones": [
            {"zone": zone, "start": start.isoformat(), "end": end.isoformat()}
            for zone, start, end in zones.iter_rows()
        ],
    }


def _kept(
    stamps: pl.Series, settings: Mapping[str, Any], basis: Mapping[str, Any]
) -> pl.DataFrame | None:
    """Zones of the basis, if the stamps are about those of the basis and perhaps later ones."""
    if basis["settings"] != dict(settings) or stamps.is_empty():
        return None
    first, last = (datetime.fromisoformat(basis[name]) for name in ("first", "last"))
    within = int(stamps.is_between(first, last).sum())
    if abs(within - basis["stamps"]) > _SAME_BARS * basis["stamps"] or stamps[-1] < last:
        return None
    table = pl.DataFrame(
        [
            (row["zone"], datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"]))
            for row in basis["zones"]
        ],
        schema={
            "zone": pl.String,
            "start": pl.Datetime("us", "UTC"),
            "end": pl.Datetime("us", "UTC"),
        },
        orient="row",
    )
    return table.with_columns(
        start=pl.when(pl.col("zone") == "selection").then(stamps[0]).otherwise("start"),
        end=pl.when(pl.col("zone") == "holdout").then(stamps[-1]).otherwise("end"),
    )
