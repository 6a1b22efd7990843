"""Compiled loops of the jump model and of trailing variances; callers check and allocate."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

_jit = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def _step(x: NDArray, centres: NDArray, penalty: float, values: NDArray, sources: NDArray) -> float:
    """Move the value function one row on, in place, and return the least cost taken off it.

    ``values (K,)`` is the cost of the best path into each state less the least of them, before and
    after; ``sources (K,)`` takes the state that each of these paths was in before.
    """
    n_states, n_features = centres.shape
    best = 0
    for k in range(1, n_states):
        if values[k] < values[best]:
            best = k
    jumped = values[best] + penalty
    least = np.inf
    for k in range(n_states):
        sources[k] = k
        if jumped < values[k]:
            values[k] = jumped
            sources[k] = best
        loss = 0.0
        for j in range(n_features):
            gap = x[j] - centres[k, j]
            loss += gap * gap
        values[k] += 0.5 * loss
        least = min(least, values[k])
    for k in range(n_states):
        values[k] -= least
    return least


@_jit
def advance(X: NDArray, centres: NDArray, penalty: float, values: NDArray, states: NDArray) -> None:
    """Walk the value function along rows, in place; ``states (T,)`` takes its least state."""
    sources = np.empty(centres.shape[0], np.int64)
    for t in range(X.shape[0]):
        _step(X[t], centres, penalty, values, sources)
        for k in range(values.size):
            if values[k] == 0.0:
                states[t] = k
                break


@_jit
def best_path(
    X: NDArray, ends: NDArray, centres: NDArray, penalty: float, states: NDArray
) -> float:
    """Write the path of least cost to ``states (T,)`` and return its cost.

    ``ends`` holds the first row of each sequence, and T.
    """
    n_states = centres.shape[0]
    values, sources = np.empty(n_states), np.empty(n_states, np.int64)
    came_from = np.empty((X.shape[0], n_states), np.int16)
    total = 0.0
    for i in range(ends.size - 1):
        low, high = ends[i], ends[i + 1]
        values[:] = 0.0
        for t in range(low, high):
            total += _step(X[t], centres, penalty, values, sources)
            for k in range(n_states):
                came_from[t, k] = sources[k]
        states[high - 1] = np.argmin(values)
        for t in range(high - 1, low, -1):
            states[t - 1] = came_from[t, states[t]]
    return total


@_jit
def mean_of_path(X: NDArray, states: NDArray, centres: NDArray) -> None:
    """Move each centre to the mean of its rows; a state without rows keeps its centre."""
    n_states, n_features = centres.shape
    sums, counts = np.zeros((n_states, n_features)), np.zeros(n_states)
    for t in range(X.shape[0]):
        k = states[t]
        counts[k] += 1
        for j in range(n_features):
            sums[k, j] += X[t, j]
    for k in range(n_states):
        if counts[k] > 0:
            for j in range(n_features):
                centres[k, j] = sums[k, j] / counts[k]


@_jit
def exponential_means(squares: NDArray, decay: float, first: float, out: NDArray) -> None:
    """Write the exponentially weighted mean up to each row, going on from ``first``."""
    level = first
    for t in range(squares.size):
        level = decay * level + (1.0 - decay) * squares[t]
        out[t] = level


@_jit
def trailing_means(padded: NDArray, window: int, out: NDArray) -> None:
    """Write the mean of ``window`` values ending at each row; ``padded`` has window - 1 before."""
    for t in range(out.size):
        total = 0.0
        for i in range(window):
            total += padded[t + i]
        out[t] = total / window
