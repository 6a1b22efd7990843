"""Compiled step of the online filter: one bar after the other, with the arithmetic of the batch."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from regime_factory.regimes.hmm._elementwise import TINY, log
from regime_factory.regimes.hmm._kernels import _exp
from regime_factory.regimes.validation import LARGEST

# Compiled code on disk does not notice when the modules above change: touch this file then.
_jit = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def _log_density(x: NDArray, mean: NDArray, whiten: NDArray, tail: NDArray) -> float:
    """Log density of one bar in one state; ``tail``: log norm, dof (0: Gaussian), its power."""
    distance = 0.0
    for i in range(x.size):
        z = 0.0
        for j in range(i + 1):
            z += whiten[i, j] * (x[j] - mean[j])
        distance += z * z
    if tail[1] > 0.0:
        return tail[0] - tail[2] * log(1.0 + distance / tail[1])
    return tail[0] - 0.5 * distance


@_jit
def _usable(x: NDArray) -> bool:
    beyond = 0
    for value in x:
        beyond += not np.abs(value) < LARGEST  # true for NaN too
    return beyond == 0


@_jit
def _predict(current: NDArray, transmat: NDArray, predicted: NDArray) -> None:
    for k in range(predicted.size):
        total = 0.0
        for j in range(current.size):
            total += current[j] * transmat[j, k]
        predicted[k] = total


@_jit
def _weigh(predicted: NDArray, log_b: NDArray, best: float, current: NDArray) -> float:
    """Write predicted probability times density over exp(best), and return the sum."""
    total = 0.0
    for k in range(predicted.size):
        current[k] = predicted[k] * _exp(log_b[k] - best)
        total += current[k]
    return total


@_jit
def _weigh_reachable(predicted: NDArray, log_b: NDArray, current: NDArray) -> float:
    """Weigh by the best *reachable* state, where the best state of all underflows the rest."""
    best = -np.inf
    for k in range(predicted.size):
        if predicted[k] > 0.0:
            best = max(best, np.log(predicted[k]) + log_b[k])
    for k in range(predicted.size):
        b = np.exp(min(log_b[k] - best, 709.0)) if predicted[k] > 0.0 else 0.0
        current[k] = predicted[k] * b
    return best


@_jit
def _arrived(k: int, current: NDArray, transmat: NDArray) -> float:
    """Predicted probability of state ``k`` from the other states."""
    total = 0.0
    for j in range(current.size):
        if j != k:
            total += current[j] * transmat[j, k]
    return total


@_jit
def step(  # noqa: PLR0917 - numba takes arrays by position
    X: NDArray,
    means: NDArray,
    whiten: NDArray,
    tails: NDArray,
    chain: NDArray,
    seen: bool,
    work: NDArray,
    p: NDArray,
) -> tuple[float, float]:
    """Filter the rows of ``X (T, F)`` and return log density and change probability of the last.

    ``tails (K, 3)`` is described at :func:`_log_density`; ``chain (K + 1, K)`` holds the
    transition matrix and below it the start probabilities. Row 0 of ``work (4, K)`` holds the
    filtered probabilities of the bar before, if one was ``seen``, and is renewed. Filtered
    probabilities are written to ``p (T, K)``. A row that is not finite, or so far away that no
    state gives it a density, ends the work with a log density of NaN, and leaves row 0 of
    ``work`` as it was after the rows before.
    """
    n_states = means.shape[0]
    transmat, current = chain[:n_states], work[0]
    predicted, log_b, fresh = work[1], work[2], work[3]
    loglik, change = np.nan, 0.0
    for t in range(X.shape[0]):
        if seen:
            _predict(current, transmat, predicted)
        else:
            predicted[:] = chain[n_states]
        best = -np.inf
        for k in range(n_states):
            log_b[k] = _log_density(X[t], means[k], whiten[k], tails[k])
            best = max(best, log_b[k])
        if not np.isfinite(best) or not _usable(X[t]):
            return np.nan, 0.0
        total = _weigh(predicted, log_b, best, fresh)
        if total < TINY:
            best = _weigh_reachable(predicted, log_b, fresh)
            total = fresh.sum()
        inverse = 1.0 / total
        change = 0.0
        for k in range(n_states):
            fresh[k] *= inverse
            if seen and predicted[k] > 0.0:
                change += fresh[k] * (_arrived(k, current, transmat) / predicted[k])
        current[:] = fresh
        p[t] = fresh
        loglik = np.log(total) + best
        seen = True
    return loglik, min(change, 1.0)
