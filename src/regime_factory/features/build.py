"""The feature table: every timeframe's features as-of joined onto the base bars."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from regime_factory.bars import Session, resample, timeframe_minutes
from regime_factory.features.clock import with_clock
from regime_factory.features.columns import Column, Part
from regime_factory.features.inputs import base_timeframe, clean_bars, symbol_frames
from regime_factory.features.resolve import resolve_columns
from regime_factory.features.steps import Steps
from regime_factory.features.windows import read_windows


def build_features(
    bars: pl.DataFrame,
    feature_set: str = "v1",
    timeframes: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    session: Session | None = None,
    anchor: str | None = None,
    max_staleness: timedelta = timedelta(days=7),
    **windows: int,
) -> pl.DataFrame:
    """Compute features on several timeframes, one row per base bar.

    Parameters
    ----------
    bars : pl.DataFrame
        Base bars of one timeframe and any number of symbols, increasing in `ts` within a symbol.
    feature_set : str
        `v1` (minimal) or `v2` (extended); not used where `columns` is given. On several timeframes
        `v2` also compares the finest with each coarser one.
    timeframes : sequence of str, optional
        The base timeframe and coarser ones; the base alone where left out.
    columns : sequence of str, optional
        Full column names instead of a set; a window written in a name is used as written.
    session : Session, optional
        Trading session that coarser bars and features of the clock follow; None for UTC.
    anchor : str, optional
        Time of day `HH:MM` from which bins of hours and minutes are counted; see `resample`.
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
    it gives null, so where volume is missing the volume features are null until it has filled
    their window again, and no other feature is. See `lookback` for the bars that give the same
    last row.

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
    base = base_timeframe(bars)
    wanted = resolve_columns(
        feature_set,
        timeframes,
        columns,
        windows=read_windows(windows),
        base=base,
        session=session,
    )
    return pl.concat(
        [
            _symbol_features(clean_bars(frame), wanted, session, anchor, max_staleness)
            for frame in symbol_frames(bars)
        ]
    )


def _symbol_features(
    clean: pl.DataFrame,
    wanted: Sequence[Column],
    session: Session | None,
    anchor: str | None,
    max_staleness: timedelta,
) -> pl.DataFrame:
    base = clean["timeframe"][0]
    table = clean.select("symbol", "ts")
    for timeframe, parts in _by_timeframe(wanted).items():
        if timeframe == base:
            table = table.hstack(_evaluate(clean, parts, session).drop("ts"))
        else:
            coarse = _evaluate(resample(clean, timeframe, session, anchor=anchor), parts, session)
            oldest = timedelta(minutes=timeframe_minutes(timeframe)) + max_staleness
            table = table.join_asof(coarse, on="ts", strategy="backward", tolerance=oldest)
    return table.select("symbol", "ts", *(column.value for column in wanted))


def _by_timeframe(wanted: Sequence[Column]) -> dict[str, list[Part]]:
    """Each part once, however many columns are made of it."""
    parts = {part.name: part for column in wanted for part in column.parts}
    return {
        timeframe: [part for part in parts.values() if part.timeframe == timeframe]
        for timeframe in dict.fromkeys(part.timeframe for part in parts.values())
    }


def _evaluate(bars: pl.DataFrame, parts: Sequence[Part], session: Session | None) -> pl.DataFrame:
    """Features of one symbol's bars of one timeframe, under their full names."""
    if any(part.feature.speaks for part in parts):
        bars = with_clock(bars, session)
    steps = Steps()
    exprs = [p.feature.expression(p.windows, steps.once).alias(p.name) for p in parts]
    return steps.run(bars, [pl.col("ts").set_sorted(), *exprs])
