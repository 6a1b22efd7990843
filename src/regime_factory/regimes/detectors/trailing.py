"""Trailing variance of a column, with what it remembers."""

import numpy as np

from regime_factory.regimes.detectors.base import Matrix


def trailing_variance(
    squares: Matrix, memory: Matrix, *, decay: float | None = None, window: int | None = None
) -> tuple[Matrix, Matrix]:
    """Return the mean of past squares, exponentially weighted or over a window.

    Parameters
    ----------
    squares : ndarray, shape (T,)
        Squared deviations.
    memory : ndarray
        The variance before the first row, shape (1,); with ``window`` the ``window`` - 1 squares
        before it.
    decay : float, optional
        Weight of the variance before, per row.
    window : int, optional
        Rows of a plain mean, in place of ``decay``.

    Returns
    -------
    variance : ndarray, shape (T,)
        Known at each row, its own square included.
    memory : ndarray
        After the last row.

    Examples
    --------
    >>> trailing_variance(np.array([3.0, 0.0]), np.ones(1), decay=0.5)[0].tolist()
    [2.0, 1.0]
    >>> trailing_variance(np.array([3.0, 0.0]), np.ones(1), window=2)[0].tolist()
    [2.0, 1.5]
    """
    from regime_factory.regimes.detectors import _kernels

    out = np.empty(len(squares))
    if decay is not None:
        _kernels.exponential_means(squares, decay, memory[0], out)
        return out, out[-1:].copy()
    length = 1 if window is None else window
    padded = np.concatenate([memory, squares])
    _kernels.trailing_means(padded, length, out)
    return out, padded[len(squares) :].copy()
