"""Which observed columns tell the states apart: variance between states over all variance."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.detector import StateMoments

Matrix = NDArray[np.float64]


def explained_variance(moments: StateMoments, weights: ArrayLike) -> Matrix:
    """Share of each column's variance that lies between the states, split by state.

    Parameters
    ----------
    moments : StateMoments
        ``moments()`` of any detector.
    weights : array_like, shape (K,)
        Share of the bars in each state; scaled to sum to one.

    Returns
    -------
    ndarray, shape (K, F)
        What each state adds: its weight times its squared distance from the mean over all states,
        over the column's whole variance. Summed over states it lies in [0, 1].

    Raises
    ------
    ValueError
        For weights of another length, negative ones, or ones that sum to zero.

    Notes
    -----
    The correlation ratio (Fisher 1925): variance of the state means over that plus the mean
    variance within states. It sees differences of means only: a column whose variance differs
    between states, such as the return, may tell them apart and still count for nothing.

    Examples
    --------
    >>> two = StateMoments(np.array([[0.0, 1.0], [2.0, 1.0]]), np.array([np.eye(2), np.eye(2)]))
    >>> explained_variance(two, [0.5, 0.5]).tolist()
    [[0.25, 0.0], [0.25, 0.0]]
    """
    means, within = moments.means, np.diagonal(moments.covars, axis1=1, axis2=2)
    share = np.asarray(weights, dtype=np.float64)
    if share.shape != (len(means),) or (share < 0).any() or not share.sum() > 0:
        raise ValueError(
            f"weights {share.tolist()} of {len(means)} states; expected one share per state, none "
            "negative, not all zero"
        )
    share = (share / share.sum())[:, None]
    between = share * (means - (share * means).sum(axis=0)) ** 2
    return between / (between.sum(axis=0) + (share * within).sum(axis=0))


def feature_importance(moments: StateMoments, weights: ArrayLike) -> Matrix:
    """Importance of each observed column, summing to one.

    Parameters
    ----------
    moments, weights
        As in :func:`explained_variance`.

    Returns
    -------
    ndarray, shape (F,)
        Explained variance of the column over the sum over all columns; equal shares where no
        column's mean differs between states.

    Raises
    ------
    ValueError
        As in :func:`explained_variance`.

    Examples
    --------
    >>> two = StateMoments(np.array([[0.0, 1.0], [2.0, 1.2]]), np.array([np.eye(2), np.eye(2)]))
    >>> feature_importance(two, [0.5, 0.5]).round(3).tolist()
    [0.981, 0.019]
    """
    explained = explained_variance(moments, weights).sum(axis=0)
    if explained.sum() <= 0:
        return np.full(len(explained), 1 / len(explained))
    return explained / explained.sum()
