"""State names, label confirmation and the matching of states between two fitted models."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.detector import StateMoments
from regime_factory.regimes.validation import check_observations

Matrix = NDArray[np.float64]
NamingScheme = Literal["volatility", "market"]
_NAMES = {
    1: ("Calm",),
    2: ("Calm", "Stress"),
    3: ("Calm", "Choppy", "Stress"),
    4: ("Calm", "Mild", "Choppy", "Stress"),
    5: ("Calm", "Mild", "Choppy", "Stress", "Crisis"),
}
# As they are shown: the highest mean return first, the lowest last.
_MARKET_NAMES = {
    1: ("Market",),
    2: ("Bull", "Bear"),
    3: ("Bull", "Sideways", "Bear"),
    4: ("Bull", "Accumulation", "Distribution", "Bear"),
}
_THIRDS = ("low", "mid", "high")
_NUMBER = re.compile(r"State (\d+)\b")


def name_states(
    volatility: ArrayLike, returns: ArrayLike | None = None, scheme: NamingScheme = "volatility"
) -> list[str]:
    """Name states by their volatility, or by their mean return and volatility.

    Parameters
    ----------
    volatility : array_like, shape (K,)
        Volatility of each state, any unit.
    returns : array_like, shape (K,), optional
        Mean return of each state; needed by the market scheme.
    scheme : {"volatility", "market"}
        ``volatility``: Calm to Stress or Crisis, calmest first. ``market``, for two states: Bull
        has the higher mean return, Bear the lower; three: Sideways between them; four: of the two
        between Bull and Bear the calmer one is Accumulation, the other Distribution; five and
        more: numbered by volatility, with the third of the volatilities it lies in (low, mid, high)
        and the sign of its mean return (up, down).

    Returns
    -------
    list of str
        One name per state, in the order of the states given; no name occurs twice. Equal figures
        are told apart by the number of the state.

    Raises
    ------
    ValueError
        For an unknown scheme, or the market scheme without a mean return per state.

    Notes
    -----
    Ranks always exist: a name says which state is highest, not that the difference is more than
    chance. Mean returns hardly differ by state on most markets; read their intervals before a
    name of the market scheme.

    Examples
    --------
    >>> name_states([0.03, 0.01, 0.02])
    ['Stress', 'Calm', 'Choppy']
    >>> name_states([0.03, 0.01, 0.02, 0.025], [-0.2, 0.1, 0.05, 0.04], "market")
    ['Bear', 'Bull', 'Accumulation', 'Distribution']
    """
    levels = np.asarray(volatility, dtype=np.float64)
    calmest_first = np.argsort(levels, kind="stable")
    n_states = len(levels)
    if scheme == "volatility":
        numbered = [f"State {i + 1}" for i in range(n_states)]
        return _placed(_NAMES.get(n_states, numbered), calmest_first)
    if scheme != "market":
        raise ValueError(f"naming is {scheme!r}; use 'volatility' or 'market'")
    means = np.asarray([] if returns is None else returns, dtype=np.float64)
    if means.shape != levels.shape:
        raise ValueError(
            f"{n_states} volatilities but mean returns of shape {means.shape}; the market scheme "
            "needs one of each per state"
        )
    if n_states not in _MARKET_NAMES:
        return _placed(_tagged(means[calmest_first]), calmest_first)
    best_first = np.lexsort((np.arange(n_states), levels, -means))
    between = best_first[1:-1]
    between = between[np.argsort(levels[between], kind="stable")]
    order = np.concatenate([best_first[:1], between, best_first[1:][-1:]])
    return _placed(_MARKET_NAMES[n_states], order)


def name_places(names: Sequence[str]) -> NDArray[np.int64]:
    """Give the place of each state in the order in which its names are shown.

    Parameters
    ----------
    names : sequence of str
        Names of all states of one model, as :func:`name_states` gives them.

    Returns
    -------
    ndarray of int64, shape (K,)
        0 for the calmest, or for Bull; K - 1 for the most volatile, or for Bear.

    Raises
    ------
    ValueError
        For names of no scheme.

    Examples
    --------
    >>> name_places(["Stress", "Calm", "Choppy"]).tolist()
    [2, 0, 1]
    >>> name_places(["Bear", "Bull", "Accumulation", "Distribution"]).tolist()
    [3, 0, 1, 2]
    """
    given = list(names)
    for known in (*_NAMES.values(), *_MARKET_NAMES.values()):
        if sorted(known) == sorted(given):
            return np.array([known.index(name) for name in given], dtype=np.int64)
    numbers = [int(found[1]) if (found := _NUMBER.match(name)) else 0 for name in given]
    if sorted(numbers) != list(range(1, len(given) + 1)):
        raise ValueError(
            f"state names {given} are of no naming scheme; give those of name_states for one model"
        )
    return np.array(numbers, dtype=np.int64) - 1


def _placed(names: Sequence[str], order: NDArray[np.int64]) -> list[str]:
    """Give the states in ``order`` their names, back in the order of the states."""
    named = [""] * len(order)
    for name, state in zip(names, order, strict=True):
        named[state] = name
    return named


def _tagged(means: Matrix) -> list[str]:
    """Number states from the calmest on and say where their figures lie."""
    return [
        f"State {rank + 1} ({_THIRDS[rank * 3 // len(means)]} vol, {'up' if mean > 0 else 'down'})"
        for rank, mean in enumerate(means)
    ]


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
