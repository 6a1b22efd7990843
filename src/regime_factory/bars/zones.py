"""The three dated zones: selection for every choice, evaluation for figures, holdout sealed."""

from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from regime_factory.bars.symbol_table import SymbolTable
from regime_factory.bars.symbols import Table, per_symbol
from regime_factory.bars.tables import require_table

ZONE_NAMES = ("selection", "evaluation", "holdout")
Boundary = str | float | date | datetime


def resolve_zones(
    ts: pl.Series,
    *,
    selection_end: Boundary,
    evaluation_end: Boundary,
    min_bars: int = 50,
) -> pl.DataFrame:
    """Resolve the zones once, so that later data never move them.

    Parameters
    ----------
    ts
        Close stamps of the base bars of all symbols (Datetime, UTC); repeats count once.
    selection_end
        Last moment of the selection zone: an ISO date (its whole UTC day belongs to the zone), an
        ISO time, or a share (0..1) of the unique stamps.
    evaluation_end
        Last moment of the evaluation zone, in the same forms; what follows is the holdout.
    min_bars
        Least number of unique stamps in each zone.

    Returns
    -------
    pl.DataFrame
        ``zone``, ``start``, ``end``: first and last stamp of each zone, both inside it.

    Raises
    ------
    TypeError
        Where ``ts`` is not a Polars series.
    ValueError
        Where a boundary cannot be read, the boundaries are out of order, or a zone is too short.

    Examples
    --------
    >>> days = pl.datetime_range(datetime(2021, 1, 1), datetime(2021, 1, 10), "1d",
    ...     time_unit="us", time_zone="UTC", eager=True)
    >>> zones = resolve_zones(days, selection_end=0.5, evaluation_end="2021-01-08", min_bars=2)
    >>> zones.select("zone", pl.col("start", "end").dt.day()).rows()
    [('selection', 1, 5), ('evaluation', 6, 8), ('holdout', 9, 10)]
    """
    if not isinstance(ts, pl.Series):
        raise TypeError(f"zones need the ts column as a polars.Series, found {type(ts).__name__}")
    stamps = ts.drop_nulls().unique().sort()
    if stamps.dtype != pl.Datetime("us", "UTC"):
        raise ValueError(f"zones need close stamps in UTC microseconds, found {ts.dtype}")
    if stamps.is_empty():
        raise ValueError("zones need bars, found none")
    first_end = _moment(stamps, selection_end, "selection_end")
    second_end = _moment(stamps, evaluation_end, "evaluation_end")
    if first_end > second_end or selection_end == evaluation_end:
        raise ValueError(
            f"the zones are out of order: selection_end {selection_end} is not before "
            f"evaluation_end {evaluation_end}"
        )
    parts = [
        stamps.filter(stamps <= first_end),
        stamps.filter((stamps > first_end) & (stamps <= second_end)),
        stamps.filter(stamps > second_end),
    ]
    short = [
        f"{name} has {len(part)}"
        for name, part in zip(ZONE_NAMES, parts, strict=True)
        if len(part) < max(min_bars, 1)
    ]
    if short:
        raise ValueError(
            f"too few bars for the zones: {', '.join(short)}, expected at least {min_bars} each; "
            f"the bars run from {stamps[0]:%Y-%m-%d} to {stamps[-1]:%Y-%m-%d}, so move "
            "selection_end and evaluation_end or bring more bars"
        )
    return pl.DataFrame(
        {
            "zone": ZONE_NAMES,
            "start": [part[0] for part in parts],
            "end": [part[-1] for part in parts],
        },
        schema_overrides={"start": stamps.dtype, "end": stamps.dtype},
    )


def split_zones(table: pl.DataFrame, zones: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Cut a table of rows with close stamps at the zone boundaries.

    Parameters
    ----------
    table
        Any table with a ``ts`` column, e.g. bars.
    zones
        As `resolve_zones` gives them.

    Returns
    -------
    dict
        ``selection``, ``evaluation`` and ``holdout``, rows in the given order.

    Raises
    ------
    ValueError
        Where ``zones`` does not hold the three zones.

    Notes
    -----
    Only the ends of the first two zones cut: rows between two zones' stamps belong to the later
    zone and rows newer than the zones to the holdout, so no row is lost.

    Examples
    --------
    >>> days = pl.datetime_range(datetime(2021, 1, 1), datetime(2021, 1, 10), "1d",
    ...     time_unit="us", time_zone="UTC", eager=True)
    >>> zones = resolve_zones(days, selection_end=0.5, evaluation_end=0.8, min_bars=2)
    >>> {name: part.height for name, part in split_zones(pl.DataFrame({"ts": days}), zones).items()}
    {'selection': 5, 'evaluation': 3, 'holdout': 2}
    """
    ends = dict(zones.select("zone", "end").iter_rows())
    if set(ends) != set(ZONE_NAMES):
        raise ValueError(f"expected the zones {', '.join(ZONE_NAMES)}, found {', '.join(ends)}")
    require_table(table, "the table to cut into zones")
    ts, first_end, second_end = pl.col("ts"), ends["selection"], ends["evaluation"]
    return {
        "selection": table.filter(ts <= first_end),
        "evaluation": table.filter((ts > first_end) & (ts <= second_end)),
        "holdout": table.filter(ts > second_end),
    }


def check_symbol_zones(bars: Table, zones: pl.DataFrame, *, min_bars: int = 50) -> None:
    """Refuse symbols that have too few bars of their own in the zones that figures come from.

    Parameters
    ----------
    bars
        Canonical bars of one timeframe, in memory or on disk.
    zones
        As `resolve_zones` gives them for all symbols together.
    min_bars
        Least number of bars of each symbol in the selection and in the evaluation zone.

    Raises
    ------
    TypeError
        Where ``bars`` is not a table.
    ValueError
        Naming every symbol that is too short, its zone, its bars there and its span.

    Examples
    --------
    >>> days = pl.datetime_range(datetime(2021, 1, 1), datetime(2021, 1, 10), "1d",
    ...     time_unit="us", time_zone="UTC", eager=True)
    >>> zones = resolve_zones(days, selection_end=0.5, evaluation_end=0.8, min_bars=2)
    >>> bars = pl.DataFrame({"symbol": "BTC", "ts": days})
    >>> check_symbol_zones(bars, zones, min_bars=3)
    >>> check_symbol_zones(bars[6:], zones, min_bars=2)
    Traceback (most recent call last):
    ...
    ValueError: 'BTC' has 0 bars in the selection zone (its bars run from 2021-01-07 to ...
    """
    if not isinstance(bars, SymbolTable):
        require_table(bars, "bars")
    faults = []
    for symbol, own in per_symbol(bars):
        parts = split_zones(own, zones)
        short = [
            f"{parts[zone].height} bars in the {zone} zone"
            for zone in ZONE_NAMES[:2]
            if parts[zone].height < max(min_bars, 1)
        ]
        if short:
            first, last = own.select(first=pl.col("ts").min(), last=pl.col("ts").max()).row(0)
            span = f"its bars run from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
            faults.append(f"{symbol!r} has {' and '.join(short)} ({span})")
    if faults:
        ends = dict(zones.select("zone", "end").iter_rows())
        raise ValueError(
            f"{'; '.join(faults)}; expected at least {min_bars} in each: the selection zone ends "
            f"on {ends['selection']:%Y-%m-%d}, the evaluation zone on "
            f"{ends['evaluation']:%Y-%m-%d}; leave the symbol out with ingest.symbols, or move "
            "zones.selection_end and zones.evaluation_end"
        )


def _moment(stamps: pl.Series, boundary: Boundary, name: str) -> datetime:
    value = _parsed(boundary, name) if isinstance(boundary, str) else boundary
    if not _is_boundary(value):
        raise ValueError(
            f"{name} is {value}; give a date such as '2012-12-31' or a share such as 0.6"
        )
    if isinstance(value, int | float):
        if not 0 < value <= 1:
            raise ValueError(f"{name} is {value}; a share of the bars lies between 0 and 1")
        position = int(value * len(stamps) + 1e-9)
        return stamps[position - 1] if position else stamps[0] - timedelta(microseconds=1)
    if not isinstance(value, datetime):
        return datetime.combine(value, time.max, UTC)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _is_boundary(value: object) -> bool:
    return isinstance(value, int | float | date) and not isinstance(value, bool)


def _parsed(text: str, name: str) -> float | date | datetime:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{name} {text!r} is neither a date such as '2012-12-31' nor a share such as 0.6"
        ) from None


def rows_before_holdout(table: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows that lie before the holdout.

    Parameters
    ----------
    table
        Bars with `symbol` and `ts`. Rows whose `ts` could not be read are told from others by
        `row`: a table that has it holds the rows of a symbol in the order of the source.
    zones
        Table of `resolve_zones`.

    Returns
    -------
    polars.DataFrame
        Rows with a stamp up to the end of the evaluation zone. A row without a stamp is kept
        where a later row of its symbol is kept.
    """
    end = zones.filter(pl.col("zone") == "evaluation")["end"].item()
    early = pl.col("ts") <= end
    if "row" not in table.columns:
        return table.filter(early)
    place = pl.int_range(pl.len())
    last = place.filter(early).max().over("symbol")
    return table.filter(early | (pl.col("ts").is_null() & (place.over("symbol") < last)))
