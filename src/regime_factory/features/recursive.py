"""Recursive averages seeded with a simple mean, and the rows after which a seed has faded."""

import math
from itertools import count

import polars as pl

from regime_factory.features.steps import Once

# What a seed may still weigh in a recursive average after its warm-up.
SEED_WEIGHT = 1e-15


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
    return seeded_average(once, values, window, ema_alpha(window), first)


def wilder(once: Once, values: pl.Expr, window: int, first: int = 0) -> pl.Expr:
    """Wilder's average, alpha = 1 / window, seeded with the simple mean."""
    return seeded_average(once, values, window, 1 / window, first)


def ema_alpha(window: int) -> float:
    """Weight of the newest value in an EMA."""
    return 2 / (window + 1)


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
    return seeded_rows(window, ema_alpha(window))


def wilder_rows(window: int) -> int:
    """Warm-up rows of `wilder`: its seed plus the decay of the seed."""
    return seeded_rows(window, 1 / window)


def chained_rows(window: int, alpha: float, then_window: int, then_alpha: float) -> int:
    """Rows after which the seeds of an average of an average weigh less than `SEED_WEIGHT`.

    Parameters
    ----------
    window, alpha : int, float
        The inner average.
    then_window, then_alpha : int, float
        The outer average, whose seed begins where the inner one has its first value.

    Returns
    -------
    int
        Rows of the inner series.

    Notes
    -----
    After n steps the inner seed weighs at most n * then_alpha * slower^n in the outer average and
    the outer seed slower^n, where `slower` is the larger of the two decays.

    Examples
    --------
    >>> chained_rows(14, 1 / 14, 14, 1 / 14)
    543
    """
    slower = 1 - min(alpha, then_alpha)
    steps = next(n for n in count(1) if (1 + n * then_alpha) * slower**n < SEED_WEIGHT)
    return window + then_window - 1 + steps
