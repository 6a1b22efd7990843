"""Stationary bootstrap intervals of the Sharpe ratio and of a difference of two."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.evaluation.metrics import excess_returns, sharpe_ratio

_MAX_CELLS = 4_000_000


@dataclass(frozen=True)
class SharpeInterval:
    """A Sharpe ratio, its interval, and its distance to another series.

    Parameters
    ----------
    sharpe, lower, upper : float
        Annualised Sharpe ratio of the series and its interval.
    difference, difference_lower, difference_upper : float or None
        The same for "series minus other", from paired draws; None without another series.
    n_draws : int
        Bootstrap draws.
    mean_block : float
        Mean block length in bars.
    """

    sharpe: float
    lower: float
    upper: float
    difference: float | None
    difference_lower: float | None
    difference_upper: float | None
    n_draws: int
    mean_block: float


def default_mean_block(n_bars: int) -> float:
    """Mean block length used where none is given: the cube root of the length, at least 5 bars.

    Parameters
    ----------
    n_bars : int
        Length of the series.

    Returns
    -------
    float
        Bars, never more than half the series.

    Examples
    --------
    >>> default_mean_block(1000)
    10.0
    """
    return max(1.0, min(max(5.0, round(n_bars ** (1.0 / 3.0), 9)), n_bars / 2.0))


def stationary_bootstrap_sharpe(
    ret: ArrayLike,
    other: ArrayLike | None = None,
    *,
    periods_per_year: float,
    n_draws: int = 1000,
    mean_block: float | None = None,
    risk_free: float = 0.0,
    confidence: float = 0.95,
    seed: int = 0,
) -> SharpeInterval:
    """Percentile interval of a Sharpe ratio that keeps short-range dependence.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.
    other : array_like, shape (n_bars,), optional
        Series to compare with on the same bars; both are drawn together.
    periods_per_year : float
        Bars in a year.
    n_draws : int, default=1000
        Bootstrap draws.
    mean_block : float, optional
        Mean block length in bars; :func:`default_mean_block` where not given.
    risk_free : float, default=0.0
        Annual risk-free rate.
    confidence : float, default=0.95
        Share of draws inside the interval.
    seed : int, default=0
        Seed of the draws.

    Returns
    -------
    SharpeInterval
        NaN bounds where the Sharpe ratio does not exist.

    Raises
    ------
    ValueError
        If the two series differ in length or a setting is out of range.

    Notes
    -----
    Politis and Romano (1994): blocks start anywhere with equal probability, wrap around the end
    and have geometric lengths. A draw needs only sums of returns and of their squares, which
    prefix sums give per block.

    Examples
    --------
    >>> returns = np.random.default_rng(1).normal(0.001, 0.01, 500)
    >>> found = stationary_bootstrap_sharpe(returns, periods_per_year=252)
    >>> found.lower < found.sharpe < found.upper
    True
    """
    columns = [excess_returns(ret, periods_per_year, risk_free)]
    if other is not None:
        columns.append(excess_returns(other, periods_per_year, risk_free))
        if columns[1].size != columns[0].size:
            raise ValueError(
                f"the series have {columns[0].size} and {columns[1].size} returns; "
                "give both on the same bars"
            )
    block = default_mean_block(columns[0].size) if mean_block is None else float(mean_block)
    _check_settings(n_draws, block, confidence)
    draws = _draw_sharpes(columns, n_draws, block, seed) * math.sqrt(periods_per_year)
    sharpes = [sharpe_ratio(column, periods_per_year) for column in columns]
    lower, upper = _interval(draws[0], sharpes[0], confidence)
    if other is None:
        return SharpeInterval(sharpes[0], lower, upper, None, None, None, n_draws, block)
    gap = sharpes[0] - sharpes[1]
    bounds = _interval(draws[0] - draws[1], gap, confidence)
    return SharpeInterval(sharpes[0], lower, upper, gap, *bounds, n_draws, block)


def _check_settings(n_draws: int, block: float, confidence: float) -> None:
    if n_draws < 1:
        raise ValueError(f"n_draws is {n_draws}; give at least 1, 1000 for a report")
    if not block >= 1.0:
        raise ValueError(f"mean_block is {block} bars; give 1 or more")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence}; give a number between 0 and 1")


def _interval(draws: NDArray[np.float64], value: float, confidence: float) -> tuple[float, float]:
    finite = draws[np.isfinite(draws)]
    if not finite.size or not math.isfinite(value):
        return math.nan, math.nan
    tail = (1.0 - confidence) / 2.0
    lower, upper = np.quantile(finite, [tail, 1.0 - tail])
    return float(lower), float(upper)


def _draw_sharpes(
    columns: list[NDArray[np.float64]], n_draws: int, block: float, seed: int
) -> NDArray[np.float64]:
    """Sharpe ratios per bar, shape (n_columns, n_draws)."""
    n_bars = columns[0].size
    if n_bars < 2:
        return np.full((len(columns), n_draws), np.nan)
    sums = [_prefix_sums(column) for column in columns]
    parts = [
        np.stack([_sharpe_of_blocks(prefix, starts, lengths, n_bars) for prefix in sums])
        for starts, lengths in draw_blocks(n_bars, n_draws, block, np.random.default_rng(seed))
    ]
    return np.concatenate(parts, axis=1)


def _prefix_sums(column: NDArray[np.float64]) -> tuple[float, NDArray, NDArray]:
    """Centre a series; prefix sums of it and of its squares over two laps."""
    centre = float(column.mean())
    laps = np.tile(column - centre, 2)
    return (
        centre,
        np.concatenate(([0.0], np.cumsum(laps))),
        np.concatenate(([0.0], np.cumsum(laps**2))),
    )


def draw_blocks(
    n_bars: int, n_draws: int, block: float, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Draw the blocks of stationary bootstrap draws, a few draws at a time.

    Parameters
    ----------
    n_bars : int
        Length of the series.
    n_draws : int
        Draws.
    block : float
        Mean block length in bars, 1 or more.
    rng : numpy.random.Generator
        Source of the draws.

    Yields
    ------
    starts, lengths : ndarray of int, shape (draws of this part, n_blocks)
        First bar and length of each block; the lengths of a row sum to ``n_bars``, and a block may
        run over the end, where the series begins again.

    Examples
    --------
    >>> parts = draw_blocks(100, 7, 10.0, np.random.default_rng(0))
    >>> [lengths.sum(axis=1).tolist() for _, lengths in parts]
    [[100, 100, 100, 100, 100, 100, 100]]
    """
    expected = n_bars / block
    n_blocks = min(n_bars, int(expected + 10.0 * math.sqrt(expected) + 20.0))
    step = max(1, _MAX_CELLS // n_blocks)
    for first in range(0, n_draws, step):
        shape = (min(step, n_draws - first), n_blocks)
        ends = np.minimum(np.cumsum(rng.geometric(1.0 / block, shape), axis=1), n_bars)
        ends[:, -1] = n_bars
        yield rng.integers(0, n_bars, shape), np.diff(ends, axis=1, prepend=0)


def _sharpe_of_blocks(
    prefix: tuple[float, NDArray, NDArray],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    n_bars: int,
) -> NDArray[np.float64]:
    centre, sums, squares = prefix
    stops = starts + lengths
    total = (sums[stops] - sums[starts]).sum(axis=1)
    total_squares = (squares[stops] - squares[starts]).sum(axis=1)
    variance = (total_squares - total**2 / n_bars) / (n_bars - 1)
    rounding = 1e-12 * squares[n_bars] / n_bars
    with np.errstate(invalid="ignore", divide="ignore"):
        sharpe = (centre + total / n_bars) / np.sqrt(variance)
    return np.where(variance > rounding, sharpe, np.nan)
