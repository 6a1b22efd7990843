"""Forward and backward messages and expected transitions of any number of states. Written by ``generate.py``."""

# Compiled code on disk goes stale with _elementwise.py only through this line: 8199ee149457

import numpy as np

from regime_factory.regimes.hmm._elementwise import (
    BLOCK,
    LN2,
    clear,
    jit,
    jit_fused,
    jit_sum,
)


@jit
def _scale(values):
    """Scale by a power of two, so that the sum is near 1; return the bits of its exponent."""
    total = 0.0
    for k in range(values.size):
        total += values[k]
    bits = np.float64(total).view(np.int64) >> 52
    factor = np.int64((2046 - bits) << 52).view(np.float64)
    for k in range(values.size):
        values[k] *= factor
    return bits


@jit_sum
def _product(x, y):
    value = 0.0
    for i in range(x.size):
        value += x[i] * y[i]
    return value


@jit
def messages(startprob, transmat, b, mask, alpha, beta, scale):
    """Both messages of one sequence, scaled by powers of two wherever ``t & mask == 0``."""
    n_states = startprob.size
    a, p, h, w = np.empty(n_states), np.empty(n_states), np.empty(n_states), np.empty(n_states)
    columns = np.empty((n_states, n_states))
    for j in range(n_states):
        for k in range(n_states):
            columns[k, j] = transmat[j, k]
    last = scale.size - 1
    for k in range(n_states):
        a[k] = startprob[k] * b[k, 0]
        alpha[k, 0] = a[k]
        beta[k, last] = 1.0
        w[k] = b[k, last]
    scale[last] = 0.0
    exponent, lowest = 0, 1023
    for t in range(1, last + 1):
        u = last - t
        for k in range(n_states):
            p[k] = _product(columns[k], a)
            h[k] = _product(transmat[k], w)
        for k in range(n_states):
            a[k] = p[k] * b[k, t]
        scale[u] = 1.0
        if t & mask == 0:
            bits = _scale(a)
            exponent += bits - 1023
            lowest = min(lowest, bits)
            bits = _scale(h)
            lowest = min(lowest, bits)
            scale[u] = np.int64((2046 - bits) << 52).view(np.float64)
        for k in range(n_states):
            w[k] = h[k] * b[k, u]
            alpha[k, t] = a[k]
            beta[k, u] = h[k]
    mantissa = 0.0
    for k in range(n_states):
        mantissa += a[k]
    return exponent, mantissa, lowest


@jit_fused
def _add_product(n, a, h):
    for i in range(n.size):
        n[i] += a[i] * h[i]


@jit_fused
def _invert(n):
    for i in range(n.size):
        n[i] = 1.0 / n[i]


@jit_sum
def _dot(c, n, b, h, a):
    value = 0.0
    for i in range(c.size):
        value += c[i] * n[i] * b[i] * h[i] * a[i]
    return value


@jit
def recursion(
    startprob, transmat, b, bounds, mask, alpha, beta, scale, inverse, xi, first, outcome
):
    """Messages, expected transitions ``xi`` and smoothed first bars of every sequence.

    ``outcome``: log-likelihood without the emission's shifts, smallest scaling exponent, number
    of transitions found.
    """
    n_states, n_rows = b.shape
    loglik, lowest = 0.0, 1023
    for s in range(bounds.size - 1):
        low, high = bounds[s], bounds[s + 1]
        exponent, mantissa, smallest = messages(
            startprob, transmat, b[:, low:high], mask, alpha[:, low:high], beta[:, low:high],
            scale[low:high],
        )
        loglik += exponent * LN2 + np.log(mantissa)
        lowest = min(lowest, smallest)
    clear(xi)
    for low in range(0, n_rows, BLOCK):
        high = min(low + BLOCK, n_rows)
        n = inverse[low:high]
        n[:] = 0.0
        for k in range(n_states):
            _add_product(n, alpha[k, low:high], beta[k, low:high])
        _invert(n)
        stop = min(high, n_rows - 1)
        c, n = scale[low:stop], inverse[low:stop]
        for k in range(n_states):
            ahead, message = b[k, low + 1 : stop + 1], beta[k, low + 1 : stop + 1]
            for j in range(n_states):
                xi[j, k] += _dot(c, n, ahead, message, alpha[j, low:stop])
    for k in range(n_states):
        first[k] = 0.0
        for s in range(bounds.size - 1):
            t = bounds[s]
            first[k] += alpha[k, t] * beta[k, t] * inverse[t]
    found = 0.0
    for j in range(n_states):
        for k in range(n_states):
            xi[j, k] *= transmat[j, k]
            found += xi[j, k]
    outcome[0] = loglik
    outcome[1] = lowest
    outcome[2] = found
