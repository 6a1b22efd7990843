"""Compiled recursions for any number of states that normalise every bar: filter and Viterbi.

Arrays are state-major and C-contiguous: ``(rows, T)``, so that the inner loops run along time.
Nothing here allocates results or checks input; callers do. EM runs the faster recursions of
``generated`` and comes here only where those underflow.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from regime_factory.regimes.hmm._elementwise import TINY

_jit = njit(cache=True, nogil=True, error_model="numpy")
_jit_inline = njit(cache=True, nogil=True, error_model="numpy", inline="always")
_jit_sum = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc"})
_BLOCK = 512
_HUGE = 1e307  # keeps messages of states that cannot be reached finite
_LN2_HIGH = 6.93145751953125e-1
_LN2_LOW = 1.42860682030941723212e-6
_LOG2_E = 1.4426950408889634
_ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to the nearest integer
_ONE_BITS = 4607182418800017408  # bit pattern of 1.0


@_jit_inline
def _exp(x: float) -> float:
    """Exponential of ``x <= 0`` without branches, so that loops over it vectorise; 0 below -700."""
    shifted = x * _LOG2_E + _ROUND
    n = shifted - _ROUND
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    p = 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 1.984126984126984e-04
    p = p * r + 1.388888888888889e-03
    p = p * r + 8.333333333333333e-03
    p = p * r + 4.1666666666666664e-02
    p = p * r + 1.6666666666666666e-01
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    power = (np.float64(shifted).view(np.int64) << 52) + _ONE_BITS
    value = p * np.int64(power).view(np.float64)
    return value if x > -700.0 else 0.0


@_jit
def _keep_larger(best: NDArray, row: NDArray) -> None:
    for i in range(best.size):
        best[i] = max(best[i], row[i])


@_jit
def _exp_difference(row: NDArray, shift: NDArray, out: NDArray) -> None:
    for i in range(out.size):
        out[i] = _exp(row[i] - shift[i])


@_jit
def shifted_exp(log_b: NDArray, shift: NDArray, b: NDArray) -> None:
    """Write the largest log density of each bar to ``shift (T,)`` and exp(log_b - shift) to b."""
    n_states, n_rows = log_b.shape
    for low in range(0, n_rows, _BLOCK):
        high = min(low + _BLOCK, n_rows)
        best = shift[low:high]
        for i in range(best.size):
            best[i] = log_b[0, low + i]
        for k in range(1, n_states):
            _keep_larger(best, log_b[k, low:high])
        for k in range(n_states):
            _exp_difference(log_b[k, low:high], best, b[k, low:high])


@_jit
def _shift_by_reachable(
    t: int, predicted: NDArray, log_b: NDArray, shift: NDArray, b: NDArray
) -> None:
    """Shift bar ``t`` by its best *reachable* state, for bars where the usual shift underflows."""
    best = -np.inf
    for k in range(predicted.size):
        if predicted[k] > 0.0:
            best = max(best, np.log(predicted[k]) + log_b[k, t])
    shift[t] = best
    for k in range(predicted.size):
        b[k, t] = np.exp(min(log_b[k, t] - best, 709.0)) if predicted[k] > 0.0 else 0.0


@_jit
def forward(  # noqa: PLR0917 - numba takes arrays by position
    prior: NDArray,
    transmat: NDArray,
    log_b: NDArray,
    shift: NDArray,
    b: NDArray,
    p: NDArray,
    norm: NDArray,
) -> None:
    """Write filtered probabilities to ``p (K, T)`` and each bar's normaliser to ``norm (T,)``.

    ``prior`` is the distribution of the first bar's state before that bar is seen. The log
    density of bar t given its past is ``log(norm[t]) + shift[t]``.
    """
    n_states, n_rows = b.shape
    predicted = prior.copy()
    current = np.empty(n_states)
    for t in range(n_rows):
        if t > 0:
            for k in range(n_states):
                total = 0.0
                for j in range(n_states):
                    total += current[j] * transmat[j, k]
                predicted[k] = total
        total = 0.0
        for k in range(n_states):
            current[k] = predicted[k] * b[k, t]
            total += current[k]
        if total < TINY:
            _shift_by_reachable(t, predicted, log_b, shift, b)
            total = 0.0
            for k in range(n_states):
                current[k] = predicted[k] * b[k, t]
                total += current[k]
        norm[t] = total
        inverse = 1.0 / total
        for k in range(n_states):
            current[k] *= inverse
            p[k, t] = current[k]


@_jit_sum
def _dot(x: NDArray, y: NDArray) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@_jit
def _divide(row: NDArray, norm: NDArray) -> None:
    for i in range(row.size):
        row[i] /= norm[i]


@_jit
def backward(  # noqa: PLR0917 - numba takes arrays by position
    transmat: NDArray, b: NDArray, norm: NDArray, p: NDArray, gamma: NDArray, xi: NDArray
) -> None:
    """Write smoothed probabilities to ``gamma (K, T)``; add expected transitions to ``xi (K, K)``.

    ``p`` and ``norm`` are the output of :func:`forward`, ``b`` what it left. ``b`` is used up.
    """
    n_states, n_rows = b.shape
    message = np.ones(n_states)
    for k in range(n_states):
        _divide(b[k], norm)
        gamma[k, n_rows - 1] = p[k, n_rows - 1]
    for t in range(n_rows - 2, -1, -1):
        for k in range(n_states):
            b[k, t + 1] = min(b[k, t + 1] * message[k], _HUGE)
        for j in range(n_states):
            total = 0.0
            for k in range(n_states):
                total += transmat[j, k] * b[k, t + 1]
            message[j] = min(total, _HUGE)
            gamma[j, t] = p[j, t] * message[j]
    for j in range(n_states):
        for k in range(n_states):
            xi[j, k] += transmat[j, k] * _dot(p[j, : n_rows - 1], b[k, 1:])


@_jit
def viterbi(
    log_prior: NDArray, log_transmat: NDArray, log_b: NDArray, back: NDArray, path: NDArray
) -> float:
    """Write the most likely state path to ``path (T,)`` and return its log probability."""
    n_states, n_rows = log_b.shape
    score = log_prior + log_b[:, 0]
    fresh = np.empty(n_states)
    for t in range(1, n_rows):
        for k in range(n_states):
            best = score[0] + log_transmat[0, k]
            origin = 0
            for j in range(1, n_states):
                value = score[j] + log_transmat[j, k]
                if value > best:
                    best = value
                    origin = j
            back[k, t] = origin
            fresh[k] = best + log_b[k, t]
        score[:] = fresh
    path[n_rows - 1] = np.argmax(score)
    for t in range(n_rows - 1, 0, -1):
        path[t - 1] = back[path[t], t]
    return score.max()
