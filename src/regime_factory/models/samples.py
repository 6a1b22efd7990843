"""Rows of one symbol put together out of features, regime features and labels."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl

from regime_factory.bars import SymbolTable, Table
from regime_factory.models.sample_columns import InputColumns

MISSING = ("missing_feature", "missing_regime", "missing_target")
"""Why a row is left out; a row that lacks several things counts for the first of them."""
_KEPT = "kept"
_REASON = "reason"
_NAMED = 3


def assemble(
    features: pl.DataFrame,
    regime_features: Sequence[Table],
    labels: Table,
    columns: InputColumns,
    ends: Sequence[tuple[str, datetime]],
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Join the rows of one symbol and leave out those that no model can learn from.

    Parameters
    ----------
    features
        Feature rows of one symbol, in time order; at least one.
    regime_features
        Tables of regime features that follow one another in time.
    labels
        Labels of all symbols.
    columns
        Columns to take of each.
    ends
        Zones in order of time, each with its last moment.

    Returns
    -------
    tuple of polars.DataFrame and dict
        Rows whose features are all there and that have a target; and by zone how many rows there
        were, were kept and were left out for which reason, how many of them have each target, and
        which features were missing most.
    """
    symbol = features["symbol"][0]
    regimes = pl.concat(
        [rows_of(table, symbol).select("ts", *columns.regime_features) for table in regime_features]
        or [pl.DataFrame(schema={"ts": features.schema["ts"]})]
    )
    targets = rows_of(labels, symbol).select("ts", *columns.of_targets)
    rows = (
        features.select("symbol", "ts", _zone(ends), *columns.features)
        .join(_absent_states_at_zero(regimes), on="ts", how="left", maintain_order="left")
        .join(targets, on="ts", how="left", maintain_order="left")
        .with_columns(_reason(columns).alias(_REASON))
    )
    kept = rows.filter(pl.col(_REASON) == _KEPT).select(columns.ordered)
    return kept, _counts(rows, columns)


def rows_of(table: Table, symbol: str) -> pl.DataFrame:
    """Read the rows of one symbol; none where the table does not have it.

    Parameters
    ----------
    table
        In memory or on disk.
    symbol
        Whose rows.

    Returns
    -------
    polars.DataFrame
    """
    if not isinstance(table, SymbolTable):
        return table.filter(pl.col("symbol") == symbol)
    return table.rows(symbol) if symbol in table.symbols else pl.DataFrame(schema=table.schema)


def without_rows(counts: dict[str, Any]) -> str:
    """Say why no row is left.

    Parameters
    ----------
    counts
        By symbol what `assemble` counted.

    Returns
    -------
    str

    Examples
    --------
    >>> zone = {"rows": 90, "kept": 0, "missing_feature": 90, "missing_regime": 0,
    ...         "missing_target": 0}
    >>> without_rows({"X": {"zones": {"selection": zone}, "nulls": {"rsi_1W": 90}}})
    'no row is left of 90: 90 lack a feature (most often rsi_1W), 0 a regime, 0 a target'
    """
    zones = [zone for of_symbol in counts.values() for zone in of_symbol["zones"].values()]
    total = {name: sum(zone[name] for zone in zones) for name in ("rows", *MISSING)}
    nulls: dict[str, int] = {}
    for of_symbol in counts.values():
        for name, count in of_symbol["nulls"].items():
            nulls[name] = nulls.get(name, 0) + count
    worst = sorted(nulls, key=lambda name: -nulls[name])[:_NAMED]
    often = f" (most often {', '.join(worst)})" if worst else ""
    return (
        f"no row is left of {total['rows']:,}: {total['missing_feature']:,} lack a feature{often}, "
        f"{total['missing_regime']:,} a regime, {total['missing_target']:,} a target"
    )


def _zone(ends: Sequence[tuple[str, datetime]]) -> pl.Expr:
    """Name the zone of each row; rows after the last end have none."""
    named = pl.lit(None, dtype=pl.String)
    for zone, end in reversed(ends):
        named = pl.when(pl.col("ts") <= end).then(pl.lit(zone)).otherwise(named)
    return named.alias("zone")


def _absent_states_at_zero(regimes: pl.DataFrame) -> pl.DataFrame:
    """Give probability 0 to states that other symbols' models have and this one's does not."""
    filled = [
        pl.when(pl.col(f"{kind}0").is_not_null())
        .then(pl.col(name).fill_null(0.0))
        .otherwise(pl.col(name))
        .alias(name)
        for kind in ("p_state_", "p_next_state_")
        for name in regimes.columns
        if name.startswith(kind)
    ]
    return regimes.with_columns(filled)


def _reason(columns: InputColumns) -> pl.Expr:
    values = [kept[0] for kept in columns.targets.values()]
    lacking = {
        "missing_feature": pl.any_horizontal(pl.col(columns.features).is_null()),
        "missing_regime": pl.any_horizontal(
            pl.lit(False), *(pl.col(name).is_null() for name in columns.regime_features)
        ),
        "missing_target": pl.all_horizontal(pl.col(values).is_null()),
    }
    reason = pl.lit(_KEPT)
    for name in reversed(MISSING):
        reason = pl.when(lacking[name]).then(pl.lit(name)).otherwise(reason)
    return reason


def _counts(rows: pl.DataFrame, columns: InputColumns) -> dict[str, Any]:
    zones: dict[str, dict[str, Any]] = {}
    for (zone,), own in rows.group_by("zone", maintain_order=True):
        counted = dict(own[_REASON].value_counts().iter_rows())
        kept = own.filter(pl.col(_REASON) == _KEPT)
        stamps = kept["ts"]
        zones[str(zone)] = {
            "rows": own.height,
            **{name: counted.get(name, 0) for name in (_KEPT, *MISSING)},
            "first": stamps[0].isoformat() if len(stamps) else None,
            "last": stamps[-1].isoformat() if len(stamps) else None,
            "targets": {name: kept[name].count() for name in columns.targets},
        }
    nulls = rows.select(pl.col(columns.features).null_count()).row(0, named=True)
    worst = sorted((name for name in nulls if nulls[name]), key=lambda name: -nulls[name])
    return {"zones": zones, "nulls": {name: nulls[name] for name in worst[:_NAMED]}}
