"""How many rows the filter of a hidden Markov model remembers, and rows filtered from a lookback.

The filtered probabilities of a row depend on everything before it, but less and less so. What is
left of an unknown past can be computed exactly, so that a row from a lookback carries a bound on
its distance to the same row of a run over the whole history.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.inference import filtered_probabilities
from regime_factory.regimes.hmm.model import GaussianHMM

Matrix = NDArray[np.float64]
TOLERANCE = 1e-9


class BoundedFilter(NamedTuple):
    """Filtered probabilities, and how far any unknown past could move them.

    Attributes
    ----------
    p : ndarray, shape (T, K)
        Filtered from the model's start probabilities.
    bound : ndarray, shape (T,)
        Largest difference that rows before the first one can make to a probability.
    """

    p: Matrix
    bound: Matrix


def bounded_filter(model: GaussianHMM, X: ArrayLike) -> BoundedFilter:
    """Filter rows whose past is unknown, with a bound on what that past could change.

    Parameters
    ----------
    model : GaussianHMM
        Fitted model.
    X : array_like, shape (T, F)
        Observations, earliest first.

    Returns
    -------
    BoundedFilter

    Notes
    -----
    Whatever came before the first row enters as a distribution over its state, a point of the
    simplex. The filtered vector as a function of that distribution is a linear map with
    non-negative entries, divided by the sum of its result: the image of a mixture of two
    distributions is a mixture of their images. So the image of the simplex is the convex hull of
    the images of its corners, and no two starts can differ by more than two corners do. The bound
    is that difference, found by filtering from each of the K corners. A row more in front can only
    shrink the hull, for it lets a part of the simplex through; Birkhoff's theorem gives a rate
    where all transitions are possible (Seneta 2006, chapter 3; Le Gland and Mevel 2000).

    Examples
    --------
    >>> X = np.random.default_rng(0).normal([[0.0], [4.0]] * 30)
    >>> model = GaussianHMM(2, n_init=3).fit(X)
    >>> p, bound = bounded_filter(model, X[20:])
    >>> gap = np.abs(p - model.filter(X)[20:]).max(axis=1)
    >>> bool((gap <= bound + 1e-15).all()), bool(bound[-1] < 1e-9)
    (True, True)
    """
    log_b, _ = model.log_emission(X)
    p = filtered_probabilities(model.startprob_, model.transmat_, log_b)
    corners = np.eye(model.n_components)
    images = [filtered_probabilities(corner, model.transmat_, log_b) for corner in corners]
    return BoundedFilter(p, np.ptp(images, axis=0).max(axis=1))


def lookback_filter(model: GaussianHMM, X: ArrayLike, tol: float = TOLERANCE) -> BoundedFilter:
    """Filter the last rows alone, and refuse where they are too few to settle the last one.

    Parameters
    ----------
    model : GaussianHMM
        Fitted model.
    X : array_like, shape (N, F)
        The last N observations.
    tol : float
        Largest difference that an unknown past may make to a probability of the last row.

    Returns
    -------
    BoundedFilter
        The last row equals that of ``model.filter`` over any longer history within ``bound[-1]``.

    Raises
    ------
    ValueError
        Where the bound of the last row is above ``tol``; says how many rows more it takes.

    Notes
    -----
    See :func:`bounded_filter` for the bound. The number of missing rows is estimated from the rate
    at which the given ones forget.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal([[0.0], [4.0]] * 30)
    >>> model = GaussianHMM(2, n_init=3).fit(X)
    >>> n = filter_memory(model, X)
    >>> row = lookback_filter(model, X[-n:]).p[-1]
    >>> bool(np.abs(row - model.filter(X)[-1]).max() < 1e-9)
    True
    >>> lookback_filter(model, X[-1:])
    Traceback (most recent call last):
    ...
    ValueError: 1 row leaves the filtered probabilities of the last one open by 1; at most 1e-09 ...
    """
    result = bounded_filter(model, X)
    last = float(result.bound[-1])
    if last > tol:
        raise ValueError(too_few_rows(len(result.bound), last, tol))
    return result


def too_few_rows(n_rows: int, bound: float, tol: float = TOLERANCE) -> str:
    """Say that a lookback leaves its last row open, and how many rows more it takes.

    Parameters
    ----------
    n_rows : int
        Rows of the lookback.
    bound : float
        Bound of its last row, above ``tol``.
    tol : float
        Largest bound allowed.

    Returns
    -------
    str

    Examples
    --------
    >>> too_few_rows(3, 0.01, tol=1e-4)
    '3 rows leave the filtered probabilities of the last one open by 0.01; at most 0.0001 is \
allowed, which takes about 2 rows more'
    """
    leave = "1 row leaves" if n_rows == 1 else f"{n_rows} rows leave"
    more = rows_missing(n_rows, bound, tol)
    advice = (
        "and these rows do not tell how many more it takes; give longer history"
        if more is None
        else f"which takes about {more} rows more"
    )
    return (
        f"{leave} the filtered probabilities of the last one open by {bound:.2g}; at most {tol:g} "
        f"is allowed, {advice}"
    )


def rows_missing(n_rows: int, bound: float, tol: float = TOLERANCE) -> int | None:
    """Estimate how many rows more in front settle the last one, from the rate so far.

    Parameters
    ----------
    n_rows, bound, tol
        As in :func:`too_few_rows`.

    Returns
    -------
    int or None
        None where the rows have forgotten too little to go by.
    """
    if bound >= 0.5 or tol <= 0:
        return None
    share_done = math.log(bound) / math.log(tol)
    return math.ceil((n_rows - 1) * (1 / share_done - 1))


def memory_by_row(model: GaussianHMM, X: ArrayLike, tol: float = TOLERANCE) -> NDArray[np.int64]:
    """Count, for each row, how many rows ending there settle its filtered probabilities.

    Parameters
    ----------
    model : GaussianHMM
        Fitted model.
    X : array_like, shape (T, F)
        Observations.
    tol : float
        Largest difference that an unknown past may make to a probability.

    Returns
    -------
    ndarray of int64, shape (T,)
        The row itself included; 0 where the rows up to it do not suffice.

    Notes
    -----
    Exact: for each row the window grows backwards, by the recursion of the backward algorithm,
    until the images of all corners agree (see :func:`bounded_filter`). O(K^3) a row of window.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal([[0.0], [4.0]] * 30)
    >>> model = GaussianHMM(2, n_init=3).fit(X)
    >>> counts = memory_by_row(model, X)
    >>> bool(counts[0] == 0), bool(counts[-1] == filter_memory(model, X[-counts[-1]:]))
    (True, True)
    """
    from regime_factory.regimes.hmm import _memory_kernel

    log_b, _ = model.log_emission(X)
    with np.errstate(divide="ignore"):  # an impossible transition has the log -inf
        log_transmat = np.log(model.transmat_)
    needed = np.empty(log_b.shape[1], dtype=np.int64)
    _memory_kernel.rows_needed(log_b, log_transmat, tol, needed)
    return needed


def filter_memory(model: GaussianHMM, X: ArrayLike, tol: float = TOLERANCE) -> int | None:
    """Count the rows after which the filter has forgotten any start, on every row measured.

    Parameters
    ----------
    model : GaussianHMM
        Fitted model.
    X : array_like, shape (T, F)
        Observations to measure on, usually those the model was fitted on.
    tol : float
        Largest difference between two starts, in probability.

    Returns
    -------
    int or None
        Smallest N such that each row's last N rows settle its filtered probabilities to ``tol``.
        None where no N up to T does: the model needs its whole history.

    Notes
    -----
    The rate of forgetting depends on the observations, so later rows may need more than N;
    :func:`lookback_filter` says for the row at hand. A model with impossible transitions may never
    forget (two states that cannot be left are two worlds for ever), which gives None.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal([[0.0], [4.0]] * 30)
    >>> filter_memory(GaussianHMM(2, n_init=3).fit(X), X) < 30
    True
    """
    needed = memory_by_row(model, X, tol)
    too_short = np.flatnonzero(needed == 0)
    smallest = max(int(needed.max()), int(too_short[-1]) + 2 if len(too_short) else 1)
    return smallest if smallest <= len(needed) else None
