"""The bars that features are made of: what a table must be, and one symbol's values made clean."""

from collections.abc import Iterable

import polars as pl

_NEEDED = ("symbol", "timeframe", "ts", "open", "high", "low", "close", "volume")
_VALUES = ("open", "high", "low", "close", "volume")


def base_timeframe(bars: pl.DataFrame) -> str:
    """Timeframe of a table of base bars that holds what features need.

    Parameters
    ----------
    bars : pl.DataFrame
        Bars of any number of symbols.

    Returns
    -------
    str
        The one timeframe.

    Raises
    ------
    ValueError
        No rows, missing columns, stamps of another type or more than one timeframe.
    """
    missing = [name for name in _NEEDED if name not in bars.columns]
    if missing:
        raise ValueError(
            f"bars lack the columns {missing}; expected {list(_NEEDED)}, found {bars.columns}"
        )
    if bars.is_empty():
        raise ValueError("bars have no rows; features need at least one bar")
    if bars.schema["ts"] != pl.Datetime("us", "UTC"):
        raise ValueError(
            f"bars have ts of type {bars.schema['ts']}; expected Datetime in microseconds, UTC: "
            "read them with the ingest pipeline or cast ts"
        )
    if not _is_constant(bars["timeframe"]):
        names = bars["timeframe"].unique().sort().to_list()
        raise ValueError(f"bars hold the timeframes {names}; pass the base bars alone")
    return bars["timeframe"][0]


def symbol_frames(bars: pl.DataFrame) -> Iterable[pl.DataFrame]:
    """Each symbol's rows, in the order in which the symbols first appear."""
    if _is_constant(bars["symbol"]):
        return [bars]
    return (frame for _, frame in bars.group_by("symbol", maintain_order=True))


def clean_bars(bars: pl.DataFrame) -> pl.DataFrame:
    """One symbol's bars with null in place of prices and volumes that cannot be.

    Parameters
    ----------
    bars : pl.DataFrame
        Base bars of one symbol.

    Returns
    -------
    pl.DataFrame
        `symbol`, `timeframe`, `ts`, positive finite values or null, `n_base` 1.

    Raises
    ------
    ValueError
        Stamps that are missing, repeat or go back.
    """
    _check_order(bars)
    return bars.select(
        "symbol",
        "timeframe",
        pl.col("ts").set_sorted(),
        *(_positive(name) for name in _VALUES),
        pl.lit(1, pl.UInt32).alias("n_base"),
    )


def _is_constant(names: pl.Series) -> bool:
    return names.eq_missing(names[0]).all()


def _positive(name: str) -> pl.Expr:
    value = pl.col(name).cast(pl.Float64)
    return pl.when(value.is_finite() & (value > 0)).then(value).alias(name)


def _check_order(bars: pl.DataFrame) -> None:
    ts = bars["ts"]
    if ts.null_count():
        raise ValueError(f"bars for '{bars['symbol'][0]}' have rows without ts; remove them first")
    late = ts.diff().dt.total_microseconds() <= 0
    if late.any():
        row = late.arg_true()[0]
        raise ValueError(
            f"bars for '{bars['symbol'][0]}' repeat or go back in time at {ts[row]} (row {row} of "
            "the symbol); sort by ts and keep one row per ts"
        )
