"""Fitting a jump model: k-means++ starts, descent of each, and the best of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from regime_factory.regimes.detectors.base import Matrix, States

_SAME_OPTIMUM = 1e-4  # cost per bar within which two starts count as the same optimum


@dataclass(frozen=True)
class Descent:
    """Outcome of a descent, in standardised units.

    Attributes
    ----------
    centres : ndarray, shape (K, F)
        Centre of each state.
    costs : ndarray
        Cost after each path, the last one included.
    converged : bool
        Whether the path ended unchanged, or gained no more than the tolerance.
    hit_rate : float
        Share of the starts that found the best optimum.
    """

    centres: Matrix
    costs: Matrix
    converged: bool
    hit_rate: float


def best_descent(
    data: Matrix,
    ends: States,
    starts: Sequence[Matrix],
    *,
    penalty: float,
    n_iter: int,
    tol: float,
) -> Descent:
    """Descend from every start and keep the lowest cost.

    Parameters
    ----------
    data : ndarray, shape (T, F)
        Standardised observations.
    ends : ndarray of int
        First row of each sequence, and T.
    starts : sequence of ndarray, shape (K, F)
        First centres.
    penalty : float
        Cost of a switch.
    n_iter : int
        Largest number of turns of path and centres.
    tol : float
        Gain per bar at which a descent ends.

    Returns
    -------
    Descent
    """
    runs = [_descend(data, ends, start, penalty, (n_iter, tol * len(data))) for start in starts]
    best = min(runs, key=lambda run: run.costs[-1])
    same = best.costs[-1] + _SAME_OPTIMUM * len(data)
    return replace(best, hit_rate=float(np.mean([run.costs[-1] <= same for run in runs])))


def _descend(
    data: Matrix, ends: States, start: Matrix, penalty: float, limits: tuple[int, float]
) -> Descent:
    from regime_factory.regimes.detectors import _kernels

    n_iter, tol = limits
    centres = start.copy()
    cost, states = cheapest_path(data, ends, centres, penalty)
    costs, converged = [cost], False
    while len(costs) <= n_iter and not converged:
        _kernels.mean_of_path(data, states, centres)
        before = states
        cost, states = cheapest_path(data, ends, centres, penalty)
        converged = costs[-1] - cost <= tol or np.array_equal(states, before)
        costs.append(cost)
    return Descent(centres, np.array(costs), converged, 1.0)


def cheapest_path(
    data: Matrix, ends: States, centres: Matrix, penalty: float
) -> tuple[float, States]:
    """Find the path of least cost by dynamic programming.

    Parameters
    ----------
    data, ends, penalty
        As in :func:`best_descent`.
    centres : ndarray, shape (K, F)
        Centre of each state.

    Returns
    -------
    cost : float
    states : ndarray of int64, shape (T,)
    """
    from regime_factory.regimes.detectors import _kernels

    states = np.empty(len(data), dtype=np.int64)
    return _kernels.best_path(data, ends, centres, penalty, states), states


def spread_rows(data: Matrix, n_states: int, rng: np.random.Generator) -> Matrix:
    """Draw rows that lie apart, as first centres.

    Parameters
    ----------
    data : ndarray, shape (T, F)
        Standardised observations.
    n_states : int
        Number of rows K.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    ndarray, shape (K, F)

    Notes
    -----
    k-means++ (Arthur and Vassilvitskii 2007).
    """
    chosen = [int(rng.integers(len(data)))]
    nearest = np.full(len(data), np.inf)
    for _ in range(n_states - 1):
        nearest = np.minimum(nearest, ((data - data[chosen[-1]]) ** 2).sum(axis=1))
        total = nearest.sum()
        chance = nearest / total if total > 0 else None
        chosen.append(int(rng.choice(len(data), p=chance)))
    return data[chosen].copy()
