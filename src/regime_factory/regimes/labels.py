"""State names, label confirmation and the matching of states between two fitted models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.detector import StateMoments
from regime_factory.regimes.validation import check_observations

Matrix = NDArray[np.float64]
_NAMES = {
    1: ("Calm",),
    2: ("Calm", "Stress"),
    3: ("Calm", "Choppy", "Stress"),
    4: ("Calm", "Mild", "Choppy", "Stress"),
    5: ("Calm", "Mild", "Choppy", "Stress", "Crisis"),
}


def name_states(volatility: ArrayLike) -> list[str]:
    """Name states by their volatility, calmest first.

    Parameters
    ----------
    volatility : array_like, shape (K,)
        Volatility of each state, any unit.

    Returns
    -------
    list of str
        One name per state, in the order of the states given.

    Examples
    --------
    >>> name_states([0.03, 0.01, 0.02])
    ['Stress', 'Calm', 'Choppy']
    """
    order = np.argsort(np.asarray(volatility, dtype=np.float64), kind="stable")
    n_states = len(order)
    names: Sequence[str] = _NAMES.get(n_states, [f"State {i + 1}" for i in range(n_states)])
    named = [""] * n_states
    for rank, state in enumerate(order):
        named[state] = names[rank]
    return named


def confirm_labels(
    p: ArrayLike, threshold: float = 0.95, previous: int | None = None
) -> NDArray[np.int64]:
    """Keep the current state until another state's filtered probability passes a threshold.

    Parameters
    ----------
    p : array_like, shape (T, K)
        Filtered probabilities.
    threshold : float
        In [0.5, 1).
    previous : int, optional
        Label of the row before the first one; without it the first row starts at its most likely
        state.

    Returns
    -------
    ndarray of int64, shape (T,)

    Raises
    ------
    ValueError
        For a threshold outside [0.5, 1).

    Examples
    --------
    >>> confirm_labels([[0.9, 0.1], [0.3, 0.7], [0.01, 0.99], [0.6, 0.4]]).tolist()
    [0, 0, 1, 1]
    """
    if not 0.5 <= threshold < 1:
        raise ValueError(f"label threshold must lie in [0.5, 1), found {threshold}")
    values = check_observations(p)
    leader = np.where(values.max(axis=1) > threshold, values.argmax(axis=1), -1)
    if leader[0] < 0:
        leader[0] = values[0].argmax() if previous is None else previous
    last = np.maximum.accumulate(np.where(leader >= 0, np.arange(len(leader)), 0))
    return leader[last].astype(np.int64)


@dataclass(frozen=True)
class Alignment:
    """How the states of a new model map to those of an earlier one.

    Attributes
    ----------
    order : ndarray of int, shape (K,)
        New model's state for each state of the earlier one.
    distance : float
        Mean Bhattacharyya distance of the matched states.
    ambiguous : bool
        True where a state lies nearly as close to another state as to its match.
    """

    order: NDArray[np.int64]
    distance: float
    ambiguous: bool


def align_states(reference: StateMoments, model: StateMoments) -> Alignment:
    """Match states on means and covariances by the cheapest assignment.

    Parameters
    ----------
    reference, model : StateMoments
        Means and covariances in the same units.

    Returns
    -------
    Alignment

    Notes
    -----
    Kuhn (1955) assignment over Bhattacharyya distances. A match is ambiguous where another state
    is less than twice as far.

    Examples
    --------
    >>> def at(*means):
    ...     return StateMoments(np.array([means]).T, np.ones((len(means), 1, 1)))
    >>> align_states(at(0.0, 5.0), at(5.1, 0.2)).order.tolist()
    [1, 0]
    """
    from scipy.optimize import linear_sum_assignment

    cost = _bhattacharyya(reference, model)
    _, order = linear_sum_assignment(cost)
    matched = cost[np.arange(len(order)), order]
    others = cost.copy()
    others[np.arange(len(order)), order] = np.inf
    ambiguous = bool((matched > 0.5 * others.min(axis=1)).any())
    return Alignment(order.astype(np.int64), float(matched.mean()), ambiguous)


def _bhattacharyya(a: StateMoments, b: StateMoments) -> Matrix:
    """Distance between each pair of Gaussians, shape (K, K)."""
    middle = 0.5 * (a.covars[:, None] + b.covars[None])
    gap = (a.means[:, None] - b.means[None])[..., None]
    quadratic = np.swapaxes(gap, -1, -2) @ np.linalg.solve(middle, gap)
    log_det = np.linalg.slogdet(middle)[1]
    mean_log_det = 0.5 * (
        np.linalg.slogdet(a.covars)[1][:, None] + np.linalg.slogdet(b.covars)[1][None]
    )
    return 0.125 * quadratic[..., 0, 0] + 0.5 * (log_det - mean_log_det)
