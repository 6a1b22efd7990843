"""Forward and backward messages and expected transitions of 4 states. Written by ``generate.py``."""

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
    A00 = transmat[0, 0]; A01 = transmat[0, 1]; A02 = transmat[0, 2]; A03 = transmat[0, 3]
    A10 = transmat[1, 0]; A11 = transmat[1, 1]; A12 = transmat[1, 2]; A13 = transmat[1, 3]
    A20 = transmat[2, 0]; A21 = transmat[2, 1]; A22 = transmat[2, 2]; A23 = transmat[2, 3]
    A30 = transmat[3, 0]; A31 = transmat[3, 1]; A32 = transmat[3, 2]; A33 = transmat[3, 3]
    p0 = prior[0]; p1 = prior[1]; p2 = prior[2]; p3 = prior[3]
    for t in range(norm.size):
        a0 = p0 * b[0, t]; a1 = p1 * b[1, t]; a2 = p2 * b[2, t]; a3 = p3 * b[3, t]
        total = a0 + a1 + a2 + a3
        if not total >= TINY:
            return t
        norm[t] = total
        inverse = 1.0 / total
        a0 *= inverse; p[t, 0] = a0
        a1 *= inverse; p[t, 1] = a1
        a2 *= inverse; p[t, 2] = a2
        a3 *= inverse; p[t, 3] = a3
        p0 = a0 * A00 + a1 * A10 + a2 * A20 + a3 * A30
        p1 = a0 * A01 + a1 * A11 + a2 * A21 + a3 * A31
        p2 = a0 * A02 + a1 * A12 + a2 * A22 + a3 * A32
        p3 = a0 * A03 + a1 * A13 + a2 * A23 + a3 * A33
    return norm.size


@jit_fused
def messages(startprob, transmat, b, mask, alpha, beta, scale):
    """Both messages of one sequence, in one loop: their chains of operations overlap.

    Messages are scaled by powers of two wherever ``t & mask == 0``: exact, without logarithm or
    division. Returns the exponent and the mantissa of the likelihood and the smallest exponent.
    """
    A00 = transmat[0, 0]; A01 = transmat[0, 1]; A02 = transmat[0, 2]; A03 = transmat[0, 3]
    A10 = transmat[1, 0]; A11 = transmat[1, 1]; A12 = transmat[1, 2]; A13 = transmat[1, 3]
    A20 = transmat[2, 0]; A21 = transmat[2, 1]; A22 = transmat[2, 2]; A23 = transmat[2, 3]
    A30 = transmat[3, 0]; A31 = transmat[3, 1]; A32 = transmat[3, 2]; A33 = transmat[3, 3]
    last = scale.size - 1
    a0 = startprob[0] * b[0, 0]; alpha[0, 0] = a0
    a1 = startprob[1] * b[1, 0]; alpha[1, 0] = a1
    a2 = startprob[2] * b[2, 0]; alpha[2, 0] = a2
    a3 = startprob[3] * b[3, 0]; alpha[3, 0] = a3
    w0 = b[0, last]; beta[0, last] = 1.0
    w1 = b[1, last]; beta[1, last] = 1.0
    w2 = b[2, last]; beta[2, last] = 1.0
    w3 = b[3, last]; beta[3, last] = 1.0
    scale[last] = 0.0
    exponent, lowest = 0, 1023
    for t in range(1, last + 1):
        u = last - t
        p0 = a0 * A00 + a1 * A10 + a2 * A20 + a3 * A30
        p1 = a0 * A01 + a1 * A11 + a2 * A21 + a3 * A31
        p2 = a0 * A02 + a1 * A12 + a2 * A22 + a3 * A32
        p3 = a0 * A03 + a1 * A13 + a2 * A23 + a3 * A33
        h0 = w0 * A00 + w1 * A01 + w2 * A02 + w3 * A03
        h1 = w0 * A10 + w1 * A11 + w2 * A12 + w3 * A13
        h2 = w0 * A20 + w1 * A21 + w2 * A22 + w3 * A23
        h3 = w0 * A30 + w1 * A31 + w2 * A32 + w3 * A33
        a0 = p0 * b[0, t]
        a1 = p1 * b[1, t]
        a2 = p2 * b[2, t]
        a3 = p3 * b[3, t]
        scale[u] = 1.0
        if t & mask == 0:
            bits = np.float64(a0 + a1 + a2 + a3).view(np.int64) >> 52
            exponent += bits - 1023
            lowest = min(lowest, bits)
            factor = np.int64((2046 - bits) << 52).view(np.float64)
            a0 *= factor
            a1 *= factor
            a2 *= factor
            a3 *= factor
            bits = np.float64(h0 + h1 + h2 + h3).view(np.int64) >> 52
            lowest = min(lowest, bits)
            factor = np.int64((2046 - bits) << 52).view(np.float64)
            scale[u] = factor
            h0 *= factor
            h1 *= factor
            h2 *= factor
            h3 *= factor
        w0 = h0 * b[0, u]
        w1 = h1 * b[1, u]
        w2 = h2 * b[2, u]
        w3 = h3 * b[3, u]
        alpha[0, t] = a0; beta[0, u] = h0
        alpha[1, t] = a1; beta[1, u] = h1
        alpha[2, t] = a2; beta[2, u] = h2
        alpha[3, t] = a3; beta[3, u] = h3
    return exponent, a0 + a1 + a2 + a3, lowest


@jit_fused
def _normalise0(n, a0, h0, a1, h1, a2, h2, a3, h3):
    for i in range(n.size):
        n[i] = 1.0 / (a0[i] * h0[i] + a1[i] * h1[i] + a2[i] * h2[i] + a3[i] * h3[i])


@jit_sum
def _count0(c, n, a0, a1, a2, a3, b0, h0, b1, h1, b2, h2, b3, h3, xi):
    s00 = s10 = s20 = s30 = 0.0
    s01 = s11 = s21 = s31 = 0.0
    s02 = s12 = s22 = s32 = 0.0
    s03 = s13 = s23 = s33 = 0.0
    for i in range(c.size):
        z = c[i] * n[i]
        w = b0[i] * h0[i] * z
        s00 += a0[i] * w; s10 += a1[i] * w; s20 += a2[i] * w; s30 += a3[i] * w
        w = b1[i] * h1[i] * z
        s01 += a0[i] * w; s11 += a1[i] * w; s21 += a2[i] * w; s31 += a3[i] * w
        w = b2[i] * h2[i] * z
        s02 += a0[i] * w; s12 += a1[i] * w; s22 += a2[i] * w; s32 += a3[i] * w
        w = b3[i] * h3[i] * z
        s03 += a0[i] * w; s13 += a1[i] * w; s23 += a2[i] * w; s33 += a3[i] * w
    xi[0, 0] += s00; xi[1, 0] += s10; xi[2, 0] += s20; xi[3, 0] += s30
    xi[0, 1] += s01; xi[1, 1] += s11; xi[2, 1] += s21; xi[3, 1] += s31
    xi[0, 2] += s02; xi[1, 2] += s12; xi[2, 2] += s22; xi[3, 2] += s32
    xi[0, 3] += s03; xi[1, 3] += s13; xi[2, 3] += s23; xi[3, 3] += s33


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
        _normalise0(n, alpha[0, low:high], beta[0, low:high], alpha[1, low:high], beta[1, low:high], alpha[2, low:high], beta[2, low:high], alpha[3, low:high], beta[3, low:high])
        stop = min(high, n_rows - 1)
        c, n = scale[low:stop], inverse[low:stop]
        _count0(
            c, n, alpha[0, low:stop], alpha[1, low:stop], alpha[2, low:stop], alpha[3, low:stop],
            b[0, low + 1 : stop + 1], beta[0, low + 1 : stop + 1], b[1, low + 1 : stop + 1], beta[1, low + 1 : stop + 1], b[2, low + 1 : stop + 1], beta[2, low + 1 : stop + 1], b[3, low + 1 : stop + 1], beta[3, low + 1 : stop + 1],
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
