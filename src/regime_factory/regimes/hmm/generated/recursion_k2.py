"""Forward and backward messages and expected transitions of 2 states. Written by ``generate.py``."""

# Compiled code on disk goes stale with _elementwise.py only through this line: 8199ee149457

import numpy as np

from regime_factory.regimes.hmm._elementwise import (
    BLOCK,
    LN2,
    TINY,
    clear,
    jit,
    jit_fused,
    jit_sum,
)


@jit
def forward(prior, transmat, b, p, norm):
    """Filtered probabilities ``p (T, K)`` and the sum ``norm (T,)`` that each bar is divided by.

    Ends at the first bar whose sum underflows and returns it; without one, returns T. Computed as
    by ``_kernels.forward`` and the online filter, to the last bit.
    """
    A00 = transmat[0, 0]; A01 = transmat[0, 1]
    A10 = transmat[1, 0]; A11 = transmat[1, 1]
    p0 = prior[0]; p1 = prior[1]
    for t in range(norm.size):
        a0 = p0 * b[0, t]; a1 = p1 * b[1, t]
        total = a0 + a1
        if not total >= TINY:
            return t
        norm[t] = total
        inverse = 1.0 / total
        a0 *= inverse; p[t, 0] = a0
        a1 *= inverse; p[t, 1] = a1
        p0 = a0 * A00 + a1 * A10
        p1 = a0 * A01 + a1 * A11
    return norm.size


@jit
def messages(startprob, transmat, b, mask, alpha, beta, scale):
    """Both messages of one sequence, in one loop: their chains of operations overlap.

    Messages are scaled by powers of two wherever ``t & mask == 0``: exact, without logarithm or
    division. Returns the exponent and the mantissa of the likelihood and the smallest exponent.
    """
    A00 = transmat[0, 0]; A01 = transmat[0, 1]
    A10 = transmat[1, 0]; A11 = transmat[1, 1]
    last = scale.size - 1
    a0 = startprob[0] * b[0, 0]; alpha[0, 0] = a0
    a1 = startprob[1] * b[1, 0]; alpha[1, 0] = a1
    h0 = 1.0; beta[0, last] = 1.0
    h1 = 1.0; beta[1, last] = 1.0
    scale[last] = 0.0
    exponent, lowest = 0, 1023
    for t in range(1, last + 1):
        u = last - t
        f0, g0 = b[0, t], b[0, u + 1]; f1, g1 = b[1, t], b[1, u + 1]
        p0 = a0 * (A00 * f0) + a1 * (A10 * f0)
        p1 = a0 * (A01 * f1) + a1 * (A11 * f1)
        q0 = h0 * (A00 * g0) + h1 * (A01 * g1)
        q1 = h0 * (A10 * g0) + h1 * (A11 * g1)
        a0 = p0; a1 = p1; h0 = q0; h1 = q1
        scale[u] = 1.0
        if t & mask == 0:
            bits = np.float64(a0 + a1).view(np.int64) >> 52
            exponent += bits - 1023
            lowest = min(lowest, bits)
            factor = np.int64((2046 - bits) << 52).view(np.float64)
            a0 *= factor
            a1 *= factor
            bits = np.float64(h0 + h1).view(np.int64) >> 52
            lowest = min(lowest, bits)
            factor = np.int64((2046 - bits) << 52).view(np.float64)
            scale[u] = factor
            h0 *= factor
            h1 *= factor
        alpha[0, t] = a0; beta[0, u] = h0
        alpha[1, t] = a1; beta[1, u] = h1
    return exponent, a0 + a1, lowest


@jit_fused
def _normalise0(n, a0, h0, a1, h1):
    for i in range(n.size):
        n[i] = 1.0 / (a0[i] * h0[i] + a1[i] * h1[i])


@jit_sum
def _count0(c, n, a0, a1, b0, h0, b1, h1, xi):
    s00 = s10 = 0.0
    s01 = s11 = 0.0
    for i in range(c.size):
        z = c[i] * n[i]
        w = b0[i] * h0[i] * z
        s00 += a0[i] * w; s10 += a1[i] * w
        w = b1[i] * h1[i] * z
        s01 += a0[i] * w; s11 += a1[i] * w
    xi[0, 0] += s00; xi[1, 0] += s10
    xi[0, 1] += s01; xi[1, 1] += s11


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
        _normalise0(n, alpha[0, low:high], beta[0, low:high], alpha[1, low:high], beta[1, low:high])
        stop = min(high, n_rows - 1)
        c, n = scale[low:stop], inverse[low:stop]
        _count0(
            c, n, alpha[0, low:stop], alpha[1, low:stop],
            b[0, low + 1 : stop + 1], beta[0, low + 1 : stop + 1], b[1, low + 1 : stop + 1], beta[1, low + 1 : stop + 1],
            xi,
        )
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
