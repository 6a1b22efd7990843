"""Building blocks of the features: Polars expressions over the bars of one symbol.

Every expression looks at the current and earlier rows only. Seed rules: an EMA, the two EMAs and
the signal of MACD, and the averages of Wilder (RSI, ATR) start with the simple mean of their first
`window` values; rows before that are null. Bollinger bands use the population deviation.
The argument `once` marks what several features share, see `steps`.
"""

import math

import polars as pl

from regime_factory.features.steps import Once

OPEN, HIGH, LOW, CLOSE, VOLUME = (pl.col(c) for c in ("open", "high", "low", "close", "volume"))

# A deviation or an average move below this share of its level counts as "prices did not move".
FLAT = 1e-9
# What a seed may still weigh in a recursive average after its warm-up.
SEED_WEIGHT = 1e-15
# Smallest half-range that enters a logarithm: 0.1 basis points.
HALF_RANGE_FLOOR = 1e-5


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


def half_range(once: Once) -> pl.Expr:
    """Half of ln(high / low), the log distance from the middle of the bar to its ends."""
    return once((HIGH / LOW).log() * 0.5)


def rolling_mean(once: Once, values: pl.Expr, window: int) -> pl.Expr:
    """Mean of the last `window` rows, null where one of them is."""
    return once(values.rolling_mean(window))


def rolling_std(once: Once, values: pl.Expr, window: int, ddof: int) -> pl.Expr:
    """Deviation of the last `window` rows; `ddof` 0 for population, 1 for sample."""
    return once(values.rolling_std(window, ddof=ddof))


def seeded_average(
    once: Once, values: pl.Expr, window: int, alpha: float, first: int = 0
) -> pl.Expr:
    """Recursive average `y = y' + alpha (x - y')` that starts with a simple mean.

    Parameters
    ----------
    once : Once
        Where shared steps go.
    values : pl.Expr
        Series with `first` leading nulls.
    window : int
        Number of values in the seed.
    alpha : float
        Weight of the newest value, in (0, 1).
    first : int
        Row of the first value of `values`.

    Returns
    -------
    pl.Expr
        Null before row `first + window - 1`, which holds the seed; null throughout where a
        value of the seed is missing.

    Examples
    --------
    >>> from regime_factory.features.steps import inline
    >>> frame = pl.DataFrame({"x": [1.0, 3.0, 6.0]})
    >>> average = seeded_average(inline, pl.col("x"), window=2, alpha=0.5)
    >>> frame.select(average).to_series().to_list()
    [None, 2.0, 4.0]
    """
    row = once(pl.int_range(pl.len()))
    seed_row = first + window - 1
    # Summed in order: the bits of Polars' mean depend on whether the column has a null mask.
    head = values.slice(first, window)
    seed = head.cum_sum().last() * (1 / window)
    started = pl.when(row > seed_row).then(values).when(row == seed_row).then(seed)
    started = pl.when(head.count() == window).then(started)
    return once(started.ewm_mean(alpha=alpha, adjust=False, ignore_nulls=True))


def ema(once: Once, values: pl.Expr, window: int, first: int = 0) -> pl.Expr:
    """Exponential average with alpha = 2 / (window + 1), seeded with the simple mean."""
    return seeded_average(once, values, window, 2 / (window + 1), first)


def wilder(once: Once, values: pl.Expr, window: int, first: int = 0) -> pl.Expr:
    """Wilder's average, alpha = 1 / window, seeded with the simple mean."""
    return seeded_average(once, values, window, 1 / window, first)


def seeded_rows(window: int, alpha: float) -> int:
    """Rows after which the seed of a recursive average weighs less than `SEED_WEIGHT`.

    Examples
    --------
    >>> seeded_rows(20, 2 / 21)
    366
    """
    return window + math.ceil(math.log(SEED_WEIGHT) / math.log1p(-alpha))


def ema_rows(window: int) -> int:
    """Warm-up rows of `ema`: its seed plus the decay of the seed."""
    return seeded_rows(window, 2 / (window + 1))


def wilder_rows(window: int) -> int:
    """Warm-up rows of `wilder`: its seed plus the decay of the seed."""
    return seeded_rows(window, 1 / window)


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
    return 100 * gain / pl.when(moved > FLAT * CLOSE).then(moved)


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


def vwap(once: Once, window: int) -> pl.Expr:
    """Volume-weighted mean of the typical price (high + low + close) / 3 over `window` bars."""
    traded = once((HIGH + LOW + CLOSE) * VOLUME)
    return once(traded.rolling_sum(window) / volume_sum(once, window) * (1 / 3))


def volume_sum(once: Once, window: int) -> pl.Expr:
    """Volume of the last `window` bars."""
    return once(VOLUME.rolling_sum(window))


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
