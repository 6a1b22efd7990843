"""The feature table: every timeframe's features as-of joined onto the base bars."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from regime_factory.bars import Session, resample, timeframe_minutes
from regime_factory.features.columns import Column, resolve_columns
from regime_factory.features.steps import Steps
from regime_factory.features.windows import read_windows

_NEEDED = ("symbol", "timeframe", "ts", "open", "high", "low", "close", "volume")
_VALUES = ("open", "high", "low", "close", "volume")


def build_features(
    bars: pl.DataFrame,
    feature_set: str = "v1",
    timeframes: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    session: Session | None = None,
    max_staleness: timedelta = timedelta(days=7),
    **windows: int,
) -> pl.DataFrame:
    """Compute features on several timeframes, one row per base bar.

    Parameters
    ----------
    bars : pl.DataFrame
        Base bars of one timeframe and any number of symbols, increasing in `ts` within a symbol.
    feature_set : str
        `v1` (minimal) or `v2` (extended); not used where `columns` is given.
    timeframes : sequence of str, optional
        The base timeframe and coarser ones; the base alone where left out.
    columns : sequence of str, optional
        Full column names instead of a set; a window written in a name is used as written.
    session : Session, optional
        Trading session that coarser bars follow; None for the UTC clock.
    max_staleness : timedelta
        A coarser bar is used until it is older than its own length plus this; after a longer gap
        its columns are null until the next one closes.
    **windows : int
        Window lengths in bars, such as `parkinson_window=20`; see `FeatureWindows`.

    Returns
    -------
    pl.DataFrame
        `symbol`, `ts` and the feature columns (Float64), symbol by symbol in the order in which
        they first appear. Warm-up rows and undefined values are null, never NaN or infinite.

    Raises
    ------
    ValueError
        Missing columns, more than one timeframe in `bars`, stamps that repeat or go back, an
        unknown set, timeframe, column or window.

    Notes
    -----
    A row knows the coarser bars that closed at or before its own `ts` (backward as-of join).
    A price or volume that is not a positive finite number counts as null. A window with a null in
    it gives null. See `warmup_bars` for the lookback that gives the same last row.

    Examples
    --------
    >>> from datetime import datetime, timedelta, UTC
    >>> close = [100.0, 101.0, 100.5, 102.0, 103.0]
    >>> start = datetime(2024, 1, 1, 1, tzinfo=UTC)
    >>> bars = pl.DataFrame({
    ...     "symbol": "X", "timeframe": "1H",
    ...     "ts": [start + timedelta(hours=i) for i in range(5)],
    ...     "open": close, "high": close, "low": close, "close": close, "volume": 1.0,
    ... }).with_columns(n_base=pl.lit(1, pl.UInt32))
    >>> build_features(bars, columns=["close_logret_current_1H"]).to_series(2).round(4).to_list()
    [None, 0.01, -0.005, 0.0148, 0.0098]
    """
    base = _checked_base(bars)
    settings = read_windows(windows)
    wanted = resolve_columns(feature_set, timeframes, columns, settings, base)
    one_symbol = _is_constant(bars["symbol"])
    frames = [bars] if one_symbol else (f for _, f in bars.group_by("symbol", maintain_order=True))
    return pl.concat(
        [_symbol_features(frame, base, wanted, session, max_staleness) for frame in frames]
    )


def _checked_base(bars: pl.DataFrame) -> str:
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


def _is_constant(names: pl.Series) -> bool:
    return names.eq_missing(names[0]).all()


def _symbol_features(
    bars: pl.DataFrame,
    base: str,
    wanted: Sequence[Column],
    session: Session | None,
    max_staleness: timedelta,
) -> pl.DataFrame:
    _check_order(bars)
    clean = bars.select(
        "symbol",
        "timeframe",
        pl.col("ts").set_sorted(),
        *(_positive(name) for name in _VALUES),
        pl.lit(1, pl.UInt32).alias("n_base"),
    )
    table = clean.select("symbol", "ts")
    for timeframe in dict.fromkeys(column.timeframe for column in wanted):
        columns = [column for column in wanted if column.timeframe == timeframe]
        if timeframe == base:
            table = table.hstack(_evaluate(clean, columns).drop("ts"))
        else:
            coarse = _evaluate(resample(clean, timeframe, session), columns)
            oldest = timedelta(minutes=timeframe_minutes(timeframe)) + max_staleness
            table = table.join_asof(coarse, on="ts", strategy="backward", tolerance=oldest)
    return table.select("symbol", "ts", *(column.name for column in wanted))


def _evaluate(bars: pl.DataFrame, wanted: Sequence[Column]) -> pl.DataFrame:
    """Features of one symbol's bars of one timeframe, under their full names."""
    steps = Steps()
    exprs = [c.feature.expression(c.windows, steps.once).alias(c.name) for c in wanted]
    return steps.run(bars.lazy()).select(pl.col("ts").set_sorted(), *exprs).collect()


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
