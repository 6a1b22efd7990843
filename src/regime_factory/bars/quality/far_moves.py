"""Moves of a price that are far beyond its trailing scale."""

import math

import numpy as np
import polars as pl

from regime_factory.bars.quality.limits import GateLimits
from regime_factory.bars.sessions.timeframes import timeframe_minutes

SPLIT_RATIOS = (1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100)
"""New shares per old share of the splits looked for; a reverse split has the inverse."""
_TAKEN_BACK = 0.25
_LATELY = 10


def far_moves(kept: pl.DataFrame, limits: GateLimits) -> pl.DataFrame:
    """Bars whose move, high or low is beyond the trailing scale.

    Parameters
    ----------
    kept
        Kept bars of one symbol, in order.
    limits
        Thresholds.

    Returns
    -------
    pl.DataFrame
        One row per such bar: ``ts``, ``place`` (row), ``move`` (log return), ``opening`` (open over
        the close before), ``scale`` (null before there is one), ``far`` (whether the close moved
        that far), ``tick`` (whether the price is taken back at once) and ``back`` (whether the bar
        takes the one before back).

    Notes
    -----
    The scale of a bar is the median absolute log return of the ``outlier_window`` bars before it
    that moved at all, or of the last ten where that is more: in a crisis large moves are usual. A
    step over ``n`` bars, as over a gap or a night, may be the square root of ``n`` times as large.
    Before there is a scale a move counts as far where it is as large as the smallest split. A far
    move is taken back where the next bar undoes three quarters of it; where every bar takes back
    the one before it, every second one is a tick. A high or low that alone goes too far is one too.

    Examples
    --------
    >>> from datetime import datetime
    >>> close = [100.0 + i % 2 for i in range(60)]
    >>> close[57] = 1010.0
    >>> bars = pl.DataFrame({"ts": [datetime(2021, 1, 4, 1, i) for i in range(60)], "open": close,
    ...     "high": close, "low": close, "close": close, "timeframe": "1min"})
    >>> far_moves(bars, GateLimits()).select("place", "tick", "back").rows()
    [(57, True, False), (58, False, True)]
    """
    opened, high, low, close = (pl.col(name) for name in ("open", "high", "low", "close"))
    top, bottom = pl.max_horizontal(opened, close), pl.min_horizontal(opened, close)
    frame = kept.select(
        place=pl.int_range(pl.len(), dtype=pl.Int64),
        size=(close / close.shift(1)).log().abs(),
        wick=pl.max_horizontal(high / top, bottom / low),
    ).set_sorted("place")
    moved = frame.select("place", "size").filter(pl.col("size") > 0).with_row_index("earlier")
    window = limits.outlier_window
    usual = pl.col("size").rolling_median(window, min_samples=window // 2).shift(1)
    scales = moved.select("place", "earlier", scale=usual).set_sorted("place")
    rows = frame.join_asof(scales, on="place").filter(_is_far(limits) | _is_spiked(limits))
    rows = rows.with_columns(
        scale=pl.max_horizontal("scale", _lately(rows, moved["size"])), bars=_bars_since(rows, kept)
    )
    rows = rows.with_columns(far=_is_far(limits, pl.col("bars").sqrt()), spiked=_is_spiked(limits))
    return _with_ticks(_with_moves(rows.filter(pl.col("far") | pl.col("spiked")), kept))


def smallest_split(limits: GateLimits) -> float:
    """Log return of the smallest split looked for, with its tolerance.

    Parameters
    ----------
    limits
        Thresholds.

    Returns
    -------
    float

    Examples
    --------
    >>> round(smallest_split(GateLimits(split_tolerance=0.03)), 3)
    0.375
    """
    return math.log(SPLIT_RATIOS[0] * (1 - limits.split_tolerance))


def _is_far(limits: GateLimits, slack: pl.Expr | int = 1) -> pl.Expr:
    unscaled = pl.col("scale").is_null() & (pl.col("size") > smallest_split(limits))
    beyond = pl.col("size") > limits.outlier_mads * slack * pl.col("scale")
    return (beyond | unscaled).fill_null(value=False)


def _is_spiked(limits: GateLimits) -> pl.Expr:
    beyond = pl.col("wick") > (limits.outlier_mads * pl.col("scale")).exp()
    return beyond.fill_null(value=False)


def _bars_since(rows: pl.DataFrame, kept: pl.DataFrame) -> pl.Series:
    """Length of the step to each row in bars, at least one."""
    places, ts = rows["place"], kept["ts"]
    seconds = (ts[places] - ts[(places - 1).clip(0)]).dt.total_seconds()
    return (seconds / (60 * timeframe_minutes(kept["timeframe"][0]))).clip(1)


def _lately(rows: pl.DataFrame, sizes: pl.Series) -> pl.Series:
    """Median of the last moves before each row; null where there are too few."""
    earlier = rows["earlier"].to_numpy()
    enough = earlier >= _LATELY
    medians = np.full(len(earlier), np.nan)
    if enough.any():
        windows = np.lib.stride_tricks.sliding_window_view(sizes.to_numpy(), _LATELY)
        medians[enough] = np.median(windows[earlier[enough] - _LATELY], axis=1)
    return pl.Series(medians).fill_nan(None)


def _with_moves(rows: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Add the time, the log returns of the bar and of the next one, and the opening jump."""
    places, close = rows["place"], kept["close"]
    now, before = close[places], close[(places - 1).clip(0)]
    after = close[(places + 1).clip(None, kept.height - 1)]
    return rows.with_columns(
        ts=kept["ts"][places],
        move=(now / before).log(),
        after=(after / now).log(),
        opening=kept["open"][places] / before,
    )


def _with_ticks(moves: pl.DataFrame) -> pl.DataFrame:
    """Mark the moves taken back at once and the bars that take them back."""
    move, after = pl.col("move"), pl.col("after")
    taken_back = (move * after < 0) & ((move + after).abs() < _TAKEN_BACK * move.abs())
    next_to = pl.col("place").diff() == 1
    return (
        moves.with_columns(taken=(taken_back & pl.col("far")).fill_null(value=False))
        .with_columns(
            begins=pl.col("taken") & ~(next_to & pl.col("taken").shift(1)).fill_null(value=False)
        )
        .with_columns(start=pl.when("begins").then("place").forward_fill())
        .with_columns(second=pl.col("taken") & ((pl.col("place") - pl.col("start")) % 2 == 1))
        .with_columns(first=pl.col("taken") & ~pl.col("second"))
        .with_columns(back=(next_to & pl.col("first").shift(1)).fill_null(value=False))
        .with_columns(tick=pl.col("first") | (pl.col("spiked") & ~pl.col("far")))
    )
