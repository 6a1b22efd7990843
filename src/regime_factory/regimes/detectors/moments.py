"""Hard states as weights, and the moments of each state's rows."""

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.detector import StateMoments

Matrix = NDArray[np.float64]
States = NDArray[np.int64]


def one_hot(states: States, n_states: int) -> Matrix:
    """Return hard states as probabilities.

    Parameters
    ----------
    states : ndarray of int, shape (T,)
        States.
    n_states : int
        Number of states K.

    Returns
    -------
    ndarray, shape (T, K)

    Examples
    --------
    >>> one_hot(np.array([1, 0]), 2).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    return (states[:, None] == np.arange(n_states)).astype(np.float64)


def weighted_moments(X: Matrix, weights: Matrix) -> StateMoments:
    """Measure each state's mean and covariance on weighted rows.

    Parameters
    ----------
    X : ndarray, shape (T, F)
        Observations.
    weights : ndarray, shape (T, K)
        Weight of each row in each state.

    Returns
    -------
    StateMoments
        One pseudo-bar of the covariance of all rows is added to each state, so that states of
        few rows have a positive definite covariance; a state without rows has the mean of all.
    """
    middle = X.mean(axis=0)
    centred = X - middle
    total = weights.sum(axis=0)
    means = np.divide(
        weights.T @ centred, total[:, None], out=np.zeros((len(total), X.shape[1])),
        where=total[:, None] > 0,
    )  # fmt: skip
    pooled = centred.T @ centred / len(X)
    covars = np.empty((len(total), X.shape[1], X.shape[1]))
    for k, mean in enumerate(means):
        gap = centred - mean
        covars[k] = ((weights[:, k, None] * gap).T @ gap + pooled) / (total[k] + 1.0)
    return StateMoments(means + middle, covars)
