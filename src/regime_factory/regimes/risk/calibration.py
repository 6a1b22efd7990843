"""Walk a variance forecast forward: parameters and one scale from earlier rows at each refit."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]
WARMUP = 44
"""First row whose forecast counts in calibration: twice the longest window of the HAR."""

MIN_TRAIN = 100
"""Fewest rows before the first refit."""

_FLOOR = 1e-4  # of the mean squared return; a row of stale bars must not forecast zero


def walk_variance(
    returns: ArrayLike, first_rows: Sequence[int], raw: Callable[[int, int], Matrix]
) -> Matrix:
    """Forecast the variance of each next bar, with all parameters from before the refit in force.

    Parameters
    ----------
    returns : array_like, shape (T,)
        Return of each bar.
    first_rows : sequence of int
        First row of each refit; it is in force up to the next one.
    raw : callable
        ``raw(start, end)`` gives forecasts of rows 0 to ``end`` - 1 with parameters from rows
        before ``start``; row t speaks of bar t + 1 and has seen bars up to t.

    Returns
    -------
    ndarray, shape (T,)
        Variance of bar t + 1; NaN before the first refit.

    Raises
    ------
    ValueError
        For returns that are not finite, refits out of order, too few rows before the first one,
        or returns that are all zero there.

    Notes
    -----
    The scale of a refit is the one that minimises QLIKE over its training rows: the mean of
    squared next return over raw forecast (Patton 2011, equation 24, first-order condition in a
    factor of the forecast). Every forecast of this room passes through it, so that none wins by
    its level. A forecast is never below a ten-thousandth of the mean squared training return.

    Examples
    --------
    >>> returns = np.tile([0.01, -0.01], 100)
    >>> walk_variance(returns, [150], lambda start, end: np.ones(end))[-1].round(9)
    np.float64(0.0001)
    """
    values = check_returns(returns)
    squared = values**2
    forecast = np.full(len(values), np.nan)
    for start, end in refit_blocks(first_rows, len(values)):
        floor = _FLOOR * squared[:start].mean()
        if floor == 0:
            raise ValueError(f"all {start} returns before row {start} are zero; give moving prices")
        level = np.maximum(raw(start, end), floor)
        scale = (squared[WARMUP + 1 : start] / level[WARMUP : start - 1]).mean()
        forecast[start:end] = scale * level[start:end]
    return forecast


def refit_blocks(first_rows: Sequence[int], n_rows: int) -> list[tuple[int, int]]:
    """Give the rows that each refit scores.

    Parameters
    ----------
    first_rows : sequence of int
        First row of each refit, increasing.
    n_rows : int
        Rows there are; refits behind them are left out.

    Returns
    -------
    list of (int, int)
        First row, end row (exclusive).

    Raises
    ------
    ValueError
        For no refit, refits out of order, or too few rows before the first one.

    Examples
    --------
    >>> refit_blocks([100, 160], 200)
    [(100, 160), (160, 200)]
    """
    rows = [int(row) for row in first_rows]
    if not rows or rows != sorted(set(rows)):
        raise ValueError(f"first_rows {rows[:5]} must be increasing row numbers, at least one")
    if rows[0] < MIN_TRAIN:
        raise ValueError(
            f"{rows[0]} rows lie before the first refit, expected at least {MIN_TRAIN}; "
            "give a longer history or a later first row"
        )
    ends = [*rows[1:], n_rows]
    return [
        (start, min(end, n_rows))
        for start, end in zip(rows, ends, strict=True)
        if start < n_rows
    ]  # fmt: skip


def check_returns(returns: ArrayLike) -> Matrix:
    """Return a vector of finite returns, or say which row is wrong.

    Parameters
    ----------
    returns : array_like, shape (T,)
        Return of each bar.

    Returns
    -------
    ndarray, shape (T,)

    Raises
    ------
    ValueError
        For another shape, no rows, NaN or infinity.

    Examples
    --------
    >>> check_returns([0.1, float("nan")])
    Traceback (most recent call last):
    ...
    ValueError: return nan in row 1; drop rows without a return first
    """
    values = np.asarray(returns, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"returns have shape {values.shape}; expected one value per bar")
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise ValueError(
            f"return {values[bad[0]]} in row {bad[0]}; drop rows without a return first"
        )
    return values
