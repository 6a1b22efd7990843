"""Columns that follow from others, up to rounding: no model can tell them apart."""

import numpy as np
from numpy.typing import NDArray

_COLLINEAR = 1e-6  # smallest eigenvalue allowed in the correlation matrix: the floor of EM


def collinear_columns(covariance: NDArray[np.float64]) -> NDArray[np.int64]:
    """Find columns of which each is a sum of multiples of the others.

    Parameters
    ----------
    covariance : ndarray, shape (F, F)
        Of columns none of which is constant.

    Returns
    -------
    ndarray of int64
        The columns of the tightest such group, increasing; none where there is no group.

    Examples
    --------
    >>> a, b = np.random.default_rng(0).normal(size=(2, 50))
    >>> collinear_columns(np.cov([a, b, 3 * a - 1])).tolist()
    [0, 2]
    """
    spread = np.sqrt(np.diagonal(covariance))
    correlation = covariance / (spread[:, None] * spread)
    # The other eigenvalues multiply to less than e, since they sum to F at most.
    if np.linalg.det(correlation) > np.e * _COLLINEAR:
        return np.empty(0, dtype=np.int64)
    values, vectors = np.linalg.eigh(correlation)
    return np.flatnonzero((values[0] < _COLLINEAR) & (np.abs(vectors[:, 0]) > 0.1))
