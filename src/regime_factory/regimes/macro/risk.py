"""What orders the macro regimes: a signed score of risk, and the start that it gives a fit."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from regime_factory.features.macro import MACRO_FEATURES

Matrix = NDArray[np.float64]

REGIME_NAMES: dict[int, tuple[str, ...]] = {
    2: ("RISK_ON", "RISK_OFF"),
    3: ("RISK_ON", "NEUTRAL", "RISK_OFF"),
}
"""Names of the states by their number, least risk first."""

RISK_WEIGHTS: dict[str, float] = {
    "macro_vix_level": 1.0,
    "macro_vix_percentile_{vix_window}": 1.0,
    "macro_realised_vol_{vol_window}": 1.0,
    "macro_momentum_{momentum_window}": -1.0,
    "macro_trend_{trend_window}": -1.0,
    # A curve is inverted before a recession and steep in it: its sign is not that of risk.
    "macro_slope_2y10y": 0.0,
    "macro_slope_change_{slope_window}": 0.0,
    "macro_spread_level": 1.0,
    "macro_spread_zscore_{spread_window}": 1.0,
}
"""Weight of each macro feature in the score of risk, before they are scaled to a sum of 1."""

# Shares of the rows at which the groups of a start end; each after the first is for a fit that ends
# with an empty state.
_EDGES = {2: ((0.5,), (0.1,), (0.9,)), 3: ((0.1, 0.9), (0.1, 0.3), (0.7, 0.9))}
_OWN_SHARE = 0.9  # of a group's own variance in its start; the rest keeps it above zero


def risk_weights(columns: Sequence[str], own: Mapping[str, float] | None = None) -> Matrix:
    """Weights of the columns in the score of risk; their absolute values sum to one.

    Parameters
    ----------
    columns : sequence of str
        Names of the columns that take part.
    own : mapping of str to float, optional
        Weights by column name, in place of `RISK_WEIGHTS` or for columns that it does not know.

    Returns
    -------
    ndarray, shape (F,)
        Positive where high values mean risk, negative where low ones do, zero where neither.

    Raises
    ------
    ValueError
        For a column without a weight, or where no column has one other than zero.

    Examples
    --------
    A column that is missing leaves its weight to the others:

    >>> risk_weights(["macro_vix_level", "macro_momentum_60", "macro_slope_2y10y"]).tolist()
    [0.5, -0.5, 0.0]
    >>> risk_weights(["macro_vix_level", "gold"], {"gold": 3.0}).tolist()
    [0.25, 0.75]
    """
    given = dict(own or {})
    weights = np.array([given[c] if c in given else _weight_of(c) for c in columns], dtype=float)
    total = np.abs(weights).sum()
    if not (np.isfinite(total) and total > 0):
        raise ValueError(
            f"none of the columns {', '.join(columns)} has a risk weight other than 0, so states "
            "cannot be ordered by risk; give VIX, price or spread columns too, or set weights"
        )
    return weights / total


def _weight_of(column: str) -> float:
    for template, entry in MACRO_FEATURES.items():
        if entry.match(column) is not None:
            return RISK_WEIGHTS[template]
    raise ValueError(
        f"column {column!r} is no macro feature and has no risk weight; leave it out, or set "
        f"weights={{{column!r}: w}} with w > 0 where high values mean risk, w < 0 where low ones "
        "do and 0 where it shall not order the states"
    )


def risk_score(values: Matrix, centre: Matrix, scale: Matrix, weights: Matrix) -> Matrix:
    """Score of risk of rows or of state means: the weighted sum of standardised values.

    Parameters
    ----------
    values : ndarray, shape (N, F)
        Rows, or means of states.
    centre, scale : ndarray, shape (F,)
        Mean and standard deviation of the training rows.
    weights : ndarray, shape (F,)
        Output of :func:`risk_weights`.

    Returns
    -------
    ndarray, shape (N,)
        In training standard deviations; 0 is the training mean.

    Examples
    --------
    >>> weights = risk_weights(["macro_vix_level", "macro_momentum_60"])
    >>> rows = np.array([[30.0, -0.1], [15.0, 0.1]])
    >>> risk_score(rows, np.array([20.0, 0.0]), np.array([10.0, 0.1]), weights).tolist()
    [1.0, -0.75]
    """
    return (values - centre) / scale @ weights


def risk_starts(rows: Matrix, weights: Matrix, n_states: int) -> list[dict[str, Matrix]]:
    """Starts of a fit: the rows in groups by their score of risk, least risk first.

    Parameters
    ----------
    rows : ndarray, shape (T, F)
        Complete training rows in time order.
    weights : ndarray, shape (F,)
        Output of :func:`risk_weights`.
    n_states : int
        Number of groups K: two halves, or the tenth of least risk, the tenth of most, and the rest;
        then, to be tried where that ends with an empty state, divisions with most rows on one side.

    Returns
    -------
    list of dict
        ``startprob (K,), transmat (K, K), means (K, F), covars (K, F, F)`` of the groups.

    Notes
    -----
    Nothing is drawn, so a fit from it depends on its rows alone. Starts that are drawn reach
    optima of higher likelihood whose states are eras of slow columns, such as those of a steep
    and of a flat yield curve, rather than levels of risk. Any one division can end with an empty
    state where regimes have unequal shares: thirds in one simulated world of a hundred, the tenths
    in one of three hundred.

    Examples
    --------
    >>> rows = np.array([[12.0], [11.0], [13.0], [30.0], [35.0], [31.0]])
    >>> risk_starts(rows, np.array([1.0]), 2)[0]["means"].ravel().tolist()
    [12.0, 32.0]
    """
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)  # a constant column is refused by the fit itself
    order = np.argsort(risk_score(rows, centre, scale, weights), kind="stable")
    return [_start(rows, order, scale, edges) for edges in _EDGES[n_states]]


def _start(
    rows: Matrix, order: NDArray[np.int64], scale: Matrix, edges: tuple[float, ...]
) -> dict[str, Matrix]:
    n_states = len(edges) + 1
    ends = np.round(np.array(edges) * len(rows))
    ends = np.clip(ends, range(1, n_states), len(rows) - np.arange(n_states - 1, 0, -1))
    group = np.empty(len(rows), dtype=np.int64)
    group[order] = np.searchsorted(ends, np.arange(len(rows)), side="right")
    transitions = np.ones((n_states, n_states))
    np.add.at(transitions, (group[:-1], group[1:]), 1.0)
    parts = [rows[group == state] for state in range(n_states)]
    variances = [_OWN_SHARE * p.var(axis=0) + (1 - _OWN_SHARE) * scale**2 for p in parts]
    return {
        "startprob": np.full(n_states, 1.0 / n_states),
        "transmat": transitions / transitions.sum(axis=1, keepdims=True),
        "means": np.array([part.mean(axis=0) for part in parts]),
        "covars": np.array([np.diag(variance) for variance in variances]),
    }
