"""Compiled loop that counts how many rows the forward filter needs to forget its start."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

_jit = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def _spread(images: NDArray) -> float:
    """Largest difference between two rows, over all columns."""
    widest = 0.0
    for i in range(images.shape[1]):
        lowest, highest = np.inf, -np.inf
        for k in range(images.shape[0]):
            lowest = min(lowest, images[k, i])
            highest = max(highest, images[k, i])
        widest = max(widest, highest - lowest)
    return widest


@_jit
def _start_earlier(
    log_b: NDArray, log_transmat: NDArray, images: NDArray, mass: NDArray, grown: NDArray
) -> None:
    """Move the start of the window one row back, in place.

    ``images[k]`` is the filtered vector at the window's end given state k in its first row, and
    ``mass[k]`` the log density of the rows after the first one; ``log_b`` belongs to that row.
    """
    n_states = mass.size
    reached = mass + log_b
    for k in range(n_states):
        best = -np.inf
        for j in range(n_states):
            best = max(best, log_transmat[k, j] + reached[j])
        total = 0.0
        grown[k] = 0.0
        for j in range(n_states):
            weight = np.exp(log_transmat[k, j] + reached[j] - best)
            total += weight
            for i in range(n_states):
                grown[k, i] += weight * images[j, i]
        for i in range(n_states):
            grown[k, i] /= total
        mass[k] = best + np.log(total)
    images[:] = grown


@_jit
def rows_needed(log_b: NDArray, log_transmat: NDArray, tol: float, needed: NDArray) -> None:
    """Write to ``needed (T,)`` the rows after which no start matters, 0 where there are too few.

    ``log_b (K, T)`` is the log density of each row in each state.
    """
    n_states, n_rows = log_b.shape
    images, grown = np.empty((n_states, n_states)), np.empty((n_states, n_states))
    mass = np.empty(n_states)
    for t in range(n_rows):
        images[:] = np.eye(n_states)
        mass[:] = 0.0
        needed[t] = 0
        for first in range(t, -1, -1):
            if _spread(images) <= tol:
                needed[t] = t - first + 1
                break
            _start_earlier(log_b[:, first], log_transmat, images, mass, grown)
