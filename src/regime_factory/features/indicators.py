"""Building blocks that several features share: Polars expressions over the bars of one symbol.

Every expression looks at the current and earlier rows only. Seed rules: an EMA, the two EMAs and
the signal of MACD, and the averages of Wilder (RSI, ATR, ADX) start with the simple mean of their
first `window` values; rows before that are null. Bollinger bands use the population deviation.
The argument `once` marks what several features share, see `steps`.
"""

import polars as pl

from regime_factory.features.recursive import ema, wilder
from regime_factory.features.rolling import (
    highest,
    lowest,
    mean_deviation,
    rolling_mean,
    rolling_std,
    rolling_sum,
)
from regime_factory.features.steps import Once

OPEN, HIGH, LOW, CLOSE, VOLUME = (pl.col(c) for c in ("open", "high", "low", "close", "volume"))

# A deviation in a window below this share of its level counts as "prices did not move".
FLAT = 1e-9
# The same for a recursive average of moves, which never quite gets to zero: still so large that
# what is left of a seed (1e-15) does not show in a ratio of two such averages.
STILL = 1e-7
# Smallest half-range that enters a logarithm: 0.1 basis points.
HALF_RANGE_FLOOR = 1e-5
# Average deviations that make 1 unit of CCI, as Lambert set it.
_CCI_SCALE = 0.015


def log_change(once: Once, values: pl.Expr, lag: int = 1) -> pl.Expr:
    """Logarithm of a positive series over its value `lag` rows before.

    Examples
    --------
    >>> from regime_factory.features.steps import inline
    >>> frame = pl.DataFrame({"close": [1.0, 2.0]})
    >>> frame.select(log_change(inline, CLOSE).round(6)).to_series().to_list()
    [None, 0.693147]
    """
    logs = once(values.log())
    return once(logs - logs.shift(lag))


def log_ratio(once: Once, over: pl.Expr, under: pl.Expr) -> pl.Expr:
    """Difference of the logarithms of two positive series."""
    return once(once(over.log()) - once(under.log()))


def half_range(once: Once) -> pl.Expr:
    """Half of ln(high / low), the log distance from the middle of the bar to its ends."""
    return once((HIGH / LOW).log() * 0.5)


def close_change(once: Once) -> pl.Expr:
    """Close minus the previous close, in price units."""
    return once(CLOSE - CLOSE.shift(1))


def true_range(once: Once) -> pl.Expr:
    """Largest of high - low and the moves from the previous close; null in the first row."""
    previous = once(CLOSE.shift(1))
    span = pl.max_horizontal(HIGH, previous) - pl.min_horizontal(LOW, previous)
    return once(pl.when(previous.is_not_null()).then(span))


def atr(once: Once, window: int) -> pl.Expr:
    """Average true range after Wilder (1978), in price units."""
    return wilder(once, true_range(once), window, first=1)


def rsi(once: Once, window: int) -> pl.Expr:
    """Relative strength index after Wilder (1978), 0 to 100; null where prices did not move."""
    change = close_change(once)
    gain = wilder(once, once(change.clip(lower_bound=0.0)), window, first=1)
    loss = wilder(once, once((-change).clip(lower_bound=0.0)), window, first=1)
    moved = once(gain + loss)
    return 100 * gain / pl.when(moved > STILL * CLOSE).then(moved)


def directional_moves(once: Once, window: int) -> tuple[pl.Expr, pl.Expr]:
    """Wilder averages of the upward and the downward directional movement, in price units.

    A bar's movement is the part by which it reaches beyond the bar before, on the side where it
    reaches further; it is zero on the other side.
    """
    up, down = once(HIGH - HIGH.shift(1)), once(LOW.shift(1) - LOW)
    upward = pl.when((up > down) & (up > 0)).then(up).when((up + down).is_not_null()).then(0.0)
    downward = pl.when((down > up) & (down > 0)).then(down)
    downward = downward.when((up + down).is_not_null()).then(0.0)
    plus, minus = (wilder(once, once(move), window, first=1) for move in (upward, downward))
    return plus, minus


def adx(once: Once, window: int) -> pl.Expr:
    """Average directional index after Wilder (1978), 0 to 100."""
    plus, minus = directional_moves(once, window)
    total = once(plus + minus)
    index = pl.when(total > STILL * CLOSE).then(100 * (plus - minus).abs() / total)
    index = index.when(total.is_not_null()).then(0.0)
    return wilder(once, once(index), window, first=window)


def macd(once: Once, fast: int, slow: int) -> pl.Expr:
    """Fast EMA minus slow EMA of the close, in price units."""
    return once(ema(once, CLOSE, fast) - ema(once, CLOSE, slow))


def macd_signal(once: Once, fast: int, slow: int, signal: int) -> pl.Expr:
    """EMA of the MACD line, seeded at its first `signal` values, in price units."""
    return ema(once, macd(once, fast, slow), signal, first=slow - 1)


def rate_of_change(window: int) -> pl.Expr:
    """Percent change of the close over `window` bars."""
    before = CLOSE.shift(window)
    return 100 * (CLOSE - before) / before


def stochastic(once: Once, window: int) -> pl.Expr:
    """Position of the close in the range of `window` bars, 0 to 100; null where there is none."""
    bottom = lowest(once, LOW, window)
    span = once(highest(once, HIGH, window) - bottom)
    return once(100 * (CLOSE - bottom) / pl.when(span > 0).then(span))


def typical_sum(once: Once) -> pl.Expr:
    """High + low + close, three times the typical price."""
    return once(HIGH + LOW + CLOSE)


def cci(once: Once, window: int) -> pl.Expr:
    """Commodity channel index after Lambert (1980); null where prices did not move."""
    typical = typical_sum(once)
    spread = mean_deviation(once, typical, window)
    distance = typical - rolling_mean(once, typical, window)
    return distance / pl.when(spread > FLAT * typical).then(_CCI_SCALE * spread)


def efficiency_ratio(once: Once, window: int) -> pl.Expr:
    """Net move over the path length of `window` changes, 0 to 1; null where nothing moved."""
    path = rolling_sum(once, once(close_change(once).abs()), window)
    return (CLOSE - CLOSE.shift(window)).abs() / pl.when(path > 0).then(path)


def money_flow(once: Once) -> pl.Expr:
    """Three times the typical price times the volume."""
    return once(typical_sum(once) * VOLUME)


def vwap(once: Once, window: int) -> pl.Expr:
    """Volume-weighted mean of the typical price (high + low + close) / 3 over `window` bars."""
    traded = rolling_sum(once, money_flow(once), window)
    return once(traded / volume_sum(once, window) * (1 / 3))


def volume_sum(once: Once, window: int) -> pl.Expr:
    """Volume of the last `window` bars."""
    return rolling_sum(once, VOLUME, window)


def z_score(
    once: Once, values: pl.Expr, window: int, *, ddof: int, scale: pl.Expr | float = 1.0
) -> pl.Expr:
    """Distance from the rolling mean in rolling deviations, the current row included.

    Parameters
    ----------
    once : Once
        Where shared steps go.
    values : pl.Expr
        Series to standardise.
    window : int
        Rows in the mean and the deviation.
    ddof : int
        0 for the population deviation, 1 for the sample deviation.
    scale : pl.Expr or float
        Level of the series; null where the deviation is below `FLAT` times this.

    Returns
    -------
    pl.Expr
        Dimensionless.
    """
    spread = rolling_std(once, values, window, ddof)
    distance = values - rolling_mean(once, values, window)
    return once(distance / pl.when(spread > FLAT * scale).then(spread))


def signed_volume(once: Once) -> pl.Expr:
    """Volume with the sign of the close's change; null in the first row."""
    return once(close_change(once).sign() * VOLUME)


def on_balance_volume(once: Once) -> pl.Expr:
    """On-balance volume, the running sum of signed volume from 0 in the first row.

    Notes
    -----
    Its level depends on where the series starts, so no lookback reproduces it. Features use its
    change over a window; the level serves comparison with other tools.
    """
    return signed_volume(once).fill_null(0.0).cum_sum()
