"""Overlapping labels: how many share a bar, how unique each is, and weights that follow."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def concurrency(start: ArrayLike, end: ArrayLike, n_bars: int | None = None) -> Ints:
    """Count the labels that each bar is part of.

    Parameters
    ----------
    start, end : array_like of int, shape (n_labels,)
        Bars of each label, from `start` to before `end`; a label with the interval (t0, t1] runs
        from the bar after t0 to before the bar after t1.
    n_bars : int, optional
        Bars in all; the largest `end` where left out.

    Returns
    -------
    numpy.ndarray of int64, shape (n_bars,)

    Raises
    ------
    ValueError
        If the arrays differ in length, are no whole numbers, a label has no bar, or lies outside
        the bars.

    Notes
    -----
    Lopez de Prado (2018), section 4.3.

    Examples
    --------
    >>> concurrency([0, 2, 4], [3, 4, 6]).tolist()
    [1, 1, 2, 1, 1, 1]
    """
    starts, ends, n_bars = checked_spans(start, end, n_bars)
    return _concurrency(starts, ends, n_bars)


def average_uniqueness(start: ArrayLike, end: ArrayLike, n_bars: int | None = None) -> Floats:
    """Mean, over the bars of each label, of one over the labels that share the bar.

    Parameters
    ----------
    start, end : array_like of int, shape (n_labels,)
        As for `concurrency`.
    n_bars : int, optional
        As for `concurrency`.

    Returns
    -------
    numpy.ndarray, shape (n_labels,)
        Above 0 and at most 1; 1 for a label that shares no bar.

    Raises
    ------
    ValueError
        As `concurrency`.

    Notes
    -----
    Lopez de Prado (2018), section 4.4.

    Examples
    --------
    >>> average_uniqueness([0, 2, 4], [3, 4, 6]).round(4).tolist()
    [0.8333, 0.75, 1.0]
    """
    starts, ends, n_bars = checked_spans(start, end, n_bars)
    shares = 1.0 / np.maximum(_concurrency(starts, ends, n_bars), 1)
    return np.minimum(span_sums(shares, starts, ends) / (ends - starts), 1.0)


def uniqueness_weights(start: ArrayLike, end: ArrayLike, n_bars: int | None = None) -> Floats:
    """Sample weights in proportion to average uniqueness, with mean 1.

    Parameters
    ----------
    start, end : array_like of int, shape (n_labels,)
        As for `concurrency`, of the training rows only.
    n_bars : int, optional
        As for `concurrency`.

    Returns
    -------
    numpy.ndarray, shape (n_labels,)

    Raises
    ------
    ValueError
        As `concurrency`.

    Examples
    --------
    >>> uniqueness_weights([0, 2, 4], [3, 4, 6]).round(4).tolist()
    [0.9677, 0.871, 1.1613]
    """
    return mean_one(average_uniqueness(start, end, n_bars))


def return_attribution_weights(start: ArrayLike, end: ArrayLike, returns: ArrayLike) -> Floats:
    """Sample weights in proportion to the size of the return that is a label's own, with mean 1.

    Parameters
    ----------
    start, end : array_like of int, shape (n_labels,)
        As for `concurrency`, of the training rows only.
    returns : array_like of float, shape (n_bars,)
        Log return of each bar.

    Returns
    -------
    numpy.ndarray, shape (n_labels,)
        All 1 where no label has a return of its own.

    Raises
    ------
    ValueError
        As `concurrency`, or if a return of a bar of some label is not finite.

    Notes
    -----
    The size of the sum, over the bars of a label, of the bar's return divided by the labels that
    share the bar: Lopez de Prado (2018), section 4.6.

    Examples
    --------
    >>> return_attribution_weights([0, 2], [3, 4], [0.0, 0.01, 0.02, 0.01]).round(3).tolist()
    [1.0, 1.0]
    """
    bar_returns = read_returns(returns)
    starts, ends, n_bars = checked_spans(start, end, len(bar_returns))
    counts = _concurrency(starts, ends, n_bars)
    broken = np.flatnonzero((counts > 0) & ~np.isfinite(bar_returns))
    if broken.size:
        raise ValueError(
            f"the return of bar {broken[0]} is {bar_returns[broken[0]]}, and {counts[broken[0]]} "
            "labels use it; give finite returns"
        )
    shares = np.where(counts > 0, bar_returns, 0.0) / np.maximum(counts, 1)
    return mean_one(np.abs(span_sums(shares, starts, ends)))


def read_returns(returns: ArrayLike) -> Floats:
    """Read returns as floats.

    Parameters
    ----------
    returns : array_like of float
        One-dimensional or not; the caller checks the shape.

    Returns
    -------
    numpy.ndarray of float64

    Raises
    ------
    TypeError
        If they are no numbers.

    Examples
    --------
    >>> read_returns(["a"])
    Traceback (most recent call last):
    ...
    TypeError: returns hold 'a'; give numbers
    """
    array = np.asarray(returns)
    if array.dtype.kind == "O":
        array = np.array([np.nan if item is None else item for item in array.ravel().tolist()])
    if array.dtype.kind not in "iuf":
        raise TypeError(f"returns hold {array.ravel().tolist()[0]!r}; give numbers")
    return array.astype(np.float64)


def span_sums(values: Floats, starts: Ints, ends: Ints) -> Floats:
    """Sum of the values of each span, from its start to before its end."""
    totals = np.concatenate(([0.0], np.cumsum(values)))
    return totals[ends] - totals[starts]


def mean_one(weights: Floats) -> Floats:
    """Scale weights to a mean of 1; all ones where they add up to nothing."""
    total = weights.sum()
    return weights * (weights.size / total) if total > 0.0 else np.ones_like(weights)


def checked_spans(start: ArrayLike, end: ArrayLike, n_bars: int | None) -> tuple[Ints, Ints, int]:
    """Check the bars of labels and count all bars.

    Parameters
    ----------
    start, end : array_like of int, shape (n_labels,)
        From `start` to before `end`.
    n_bars : int, optional
        Bars in all.

    Returns
    -------
    starts, ends : numpy.ndarray of int64
        The spans.
    n_bars : int
        Bars in all.

    Raises
    ------
    ValueError
        As `concurrency`.

    Examples
    --------
    >>> checked_spans([0], [0], None)
    Traceback (most recent call last):
    ...
    ValueError: label 0 runs from bar 0 to before bar 0 and has no bar; end must be above start
    """
    starts, ends = whole_numbers("start", start), whole_numbers("end", end)
    if starts.size != ends.size:
        raise ValueError(
            f"start has {starts.size} labels and end has {ends.size}; give one of each per label"
        )
    needed = int(ends.max(initial=0))
    count = needed if n_bars is None else _checked_count(n_bars)
    for label in np.flatnonzero(ends <= starts)[:1]:
        raise ValueError(
            f"label {label} runs from bar {starts[label]} to before bar {ends[label]} and has no "
            "bar; end must be above start"
        )
    for label in np.flatnonzero((starts < 0) | (ends > count))[:1]:
        raise ValueError(
            f"label {label} runs from bar {starts[label]} to before bar {ends[label]}, outside the "
            f"bars from 0 to before {count}"
        )
    return starts, ends, count


def _checked_count(n_bars: object) -> int:
    if not isinstance(n_bars, int | np.integer) or isinstance(n_bars, bool):
        raise TypeError(f"n_bars is {n_bars!r}; give a whole number of bars")
    return int(n_bars)


def whole_numbers(name: str, values: ArrayLike) -> Ints:
    """Read a list of whole numbers; truth values and fractions are refused."""
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        raise ValueError(
            f"{name} must be a list of whole numbers, found shape {array.shape} of {array.dtype}"
        )
    return array.astype(np.int64)


def _concurrency(starts: Ints, ends: Ints, n_bars: int) -> Ints:
    changes = np.bincount(starts, minlength=n_bars + 1) - np.bincount(ends, minlength=n_bars + 1)
    return np.cumsum(changes)[:n_bars]
