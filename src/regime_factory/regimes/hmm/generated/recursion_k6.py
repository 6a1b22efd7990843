"""Forward and backward messages and expected transitions of 6 states. Written by ``generate.py``."""

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
    A00 = transmat[0, 0]; A01 = transmat[0, 1]; A02 = transmat[0, 2]; A03 = transmat[0, 3]; A04 = transmat[0, 4]; A05 = transmat[0, 5]
    A10 = transmat[1, 0]; A11 = transmat[1, 1]; A12 = transmat[1, 2]; A13 = transmat[1, 3]; A14 = transmat[1, 4]; A15 = transmat[1, 5]
    A20 = transmat[2, 0]; A21 = transmat[2, 1]; A22 = transmat[2, 2]; A23 = transmat[2, 3]; A24 = transmat[2, 4]; A25 = transmat[2, 5]
    A30 = transmat[3, 0]; A31 = transmat[3, 1]; A32 = transmat[3, 2]; A33 = transmat[3, 3]; A34 = transmat[3, 4]; A35 = transmat[3, 5]
    A40 = transmat[4, 0]; A41 = transmat[4, 1]; A42 = transmat[4, 2]; A43 = transmat[4, 3]; A44 = transmat[4, 4]; A45 = transmat[4, 5]
    A50 = transmat[5, 0]; A51 = transmat[5, 1]; A52 = transmat[5, 2]; A53 = transmat[5, 3]; A54 = transmat[5, 4]; A55 = transmat[5, 5]
    p0 = prior[0]; p1 = prior[1]; p2 = prior[2]; p3 = prior[3]; p4 = prior[4]; p5 = prior[5]
    for t in range(norm.size):
        a0 = p0 * b[0, t]; a1 = p1 * b[1, t]; a2 = p2 * b[2, t]; a3 = p3 * b[3, t]; a4 = p4 * b[4, t]; a5 = p5 * b[5, t]
        total = a0 + a1 + a2 + a3 + a4 + a5
        if not total >= TINY:
            return t
        norm[t] = total
        inverse = 1.0 / total
        a0 *= inverse; p[t, 0] = a0
        a1 *= inverse; p[t, 1] = a1
        a2 *= inverse; p[t, 2] = a2
        a3 *= inverse; p[t, 3] = a3
        a4 *= inverse; p[t, 4] = a4
        a5 *= inverse; p[t, 5] = a5
        p0 = a0 * A00 + a1 * A10 + a2 * A20 + a3 * A30 + a4 * A40 + a5 * A50
        p1 = a0 * A01 + a1 * A11 + a2 * A21 + a3 * A31 + a4 * A41 + a5 * A51
        p2 = a0 * A02 + a1 * A12 + a2 * A22 + a3 * A32 + a4 * A42 + a5 * A52
        p3 = a0 * A03 + a1 * A13 + a2 * A23 + a3 * A33 + a4 * A43 + a5 * A53
        p4 = a0 * A04 + a1 * A14 + a2 * A24 + a3 * A34 + a4 * A44 + a5 * A54
        p5 = a0 * A05 + a1 * A15 + a2 * A25 + a3 * A35 + a4 * A45 + a5 * A55
    return norm.size


@jit_fused
def messages(startprob, transmat, b, mask, alpha, beta, scale):
    """Both messages of one sequence, in one loop: their chains of operations overlap.

    Messages are scaled by powers of two wherever ``t & mask == 0``: exact, without logarithm or
    division. Returns the exponent and the mantissa of the likelihood and the smallest exponent.
    """
    A00 = transmat[0, 0]; A01 = transmat[0, 1]; A02 = transmat[0, 2]; A03 = transmat[0, 3]; A04 = transmat[0, 4]; A05 = transmat[0, 5]
    A10 = transmat[1, 0]; A11 = transmat[1, 1]; A12 = transmat[1, 2]; A13 = transmat[1, 3]; A14 = transmat[1, 4]; A15 = transmat[1, 5]
    A20 = transmat[2, 0]; A21 = transmat[2, 1]; A22 = transmat[2, 2]; A23 = transmat[2, 3]; A24 = transmat[2, 4]; A25 = transmat[2, 5]
    A30 = transmat[3, 0]; A31 = transmat[3, 1]; A32 = transmat[3, 2]; A33 = transmat[3, 3]; A34 = transmat[3, 4]; A35 = transmat[3, 5]
    A40 = transmat[4, 0]; A41 = transmat[4, 1]; A42 = transmat[4, 2]; A43 = transmat[4, 3]; A44 = transmat[4, 4]; A45 = transmat[4, 5]
    A50 = transmat[5, 0]; A51 = transmat[5, 1]; A52 = transmat[5, 2]; A53 = transmat[5, 3]; A54 = transmat[5, 4]; A55 = transmat[5, 5]
    last = scale.size - 1
    a0 = startprob[0] * b[0, 0]; alpha[0, 0] = a0
    a1 = startprob[1] * b[1, 0]; alpha[1, 0] = a1
    a2 = startprob[2] * b[2, 0]; alpha[2, 0] = a2
    a3 = startprob[3] * b[3, 0]; alpha[3, 0] = a3
    a4 = startprob[4] * b[4, 0]; alpha[4, 0] = a4
    a5 = startprob[5] * b[5, 0]; alpha[5, 0] = a5
    w0 = b[0, last]; beta[0, last] = 1.0
    w1 = b[1, last]; beta[1, last] = 1.0
    w2 = b[2, last]; beta[2, last] = 1.0
    w3 = b[3, last]; beta[3, last] = 1.0
    w4 = b[4, last]; beta[4, last] = 1.0
    w5 = b[5, last]; beta[5, last] = 1.0
    scale[last] = 0.0
    exponent, lowest = 0, 1023
    for t in range(1, last + 1):
        u = last - t
        p0 = a0 * A00 + a1 * A10 + a2 * A20 + a3 * A30 + a4 * A40 + a5 * A50
        p1 = a0 * A01 + a1 * A11 + a2 * A21 + a3 * A31 + a4 * A41 + a5 * A51
        p2 = a0 * A02 + a1 * A12 + a2 * A22 + a3 * A32 + a4 * A42 + a5 * A52
        p3 = a0 * A03 + a1 * A13 + a2 * A23 + a3 * A33 + a4 * A43 + a5 * A53
        p4 = a0 * A04 + a1 * A14 + a2 * A24 + a3 * A34 + a4 * A44 + a5 * A54
        p5 = a0 * A05 + a1 * A15 + a2 * A25 + a3 * A35 + a4 * A45 + a5 * A55
        h0 = w0 * A00 + w1 * A01 + w2 * A02 + w3 * A03 + w4 * A04 + w5 * A05
        h1 = w0 * A10 + w1 * A11 + w2 * A12 + w3 * A13 + w4 * A14 + w5 * A15
        h2 = w0 * A20 + w1 * A21 + w2 * A22 + w3 * A23 + w4 * A24 + w5 * A25
        h3 = w0 * A30 + w1 * A31 + w2 * A32 + w3 * A33 + w4 * A34 + w5 * A35
        h4 = w0 * A40 + w1 * A41 + w2 * A42 + w3 * A43 + w4 * A44 + w5 * A45
        h5 = w0 * A50 + w1 * A51 + w2 * A52 + w3 * A53 + w4 * A54 + w5 * A55
        a0 = p0 * b[0, t]
        a1 = p1 * b[1, t]
        a2 = p2 * b[2, t]
        a3 = p3 * b[3, t]
        a4 = p4 * b[4, t]
        a5 = p5 * b[5, t]
        scale[u] = 1.0
        if t & mask == 0:
            bits = np.float64(a0 + a1 + a2 + a3 + a4 + a5).view(np.int64) >> 52
            exponent += bits - 1023
            lowest = min(lowest, bits)
            factor = np.int64((2046 - bits) << 52).view(np.float64)
            a0 *= factor
            a1 *= factor
            a2 *= factor
            a3 *= factor
            a4 *= factor
            a5 *= factor
            bits = np.float64(h0 + h1 + h2 + h3 + h4 + h5).view(np.int64) >> 52
            lowest = min(lowest, bits)
            factor = np.int64((2046 - bits) << 52).view(np.float64)
            scale[u] = factor
            h0 *= factor
            h1 *= factor
            h2 *= factor
            h3 *= factor
            h4 *= factor
            h5 *= factor
        w0 = h0 * b[0, u]
        w1 = h1 * b[1, u]
        w2 = h2 * b[2, u]
        w3 = h3 * b[3, u]
        w4 = h4 * b[4, u]
        w5 = h5 * b[5, u]
        alpha[0, t] = a0; beta[0, u] = h0
        alpha[1, t] = a1; beta[1, u] = h1
        alpha[2, t] = a2; beta[2, u] = h2
        alpha[3, t] = a3; beta[3, u] = h3
        alpha[4, t] = a4; beta[4, u] = h4
        alpha[5, t] = a5; beta[5, u] = h5
    return exponent, a0 + a1 + a2 + a3 + a4 + a5, lowest


@jit_fused
def _normalise0(n, a0, h0, a1, h1, a2, h2):
    for i in range(n.size):
        n[i] = a0[i] * h0[i] + a1[i] * h1[i] + a2[i] * h2[i]


@jit_fused
def _normalise1(n, a3, h3, a4, h4, a5, h5):
    for i in range(n.size):
        n[i] = 1.0 / (n[i] + a3[i] * h3[i] + a4[i] * h4[i] + a5[i] * h5[i])


@jit_sum
def _count0(c, n, a0, a1, a2, a3, a4, a5, b0, h0, b1, h1, b2, h2, xi):
    s00 = s10 = s20 = s30 = s40 = s50 = 0.0
    s01 = s11 = s21 = s31 = s41 = s51 = 0.0
    s02 = s12 = s22 = s32 = s42 = s52 = 0.0
    for i in range(c.size):
        z = c[i] * n[i]
        w = b0[i] * h0[i] * z
        s00 += a0[i] * w; s10 += a1[i] * w; s20 += a2[i] * w; s30 += a3[i] * w; s40 += a4[i] * w; s50 += a5[i] * w
        w = b1[i] * h1[i] * z
        s01 += a0[i] * w; s11 += a1[i] * w; s21 += a2[i] * w; s31 += a3[i] * w; s41 += a4[i] * w; s51 += a5[i] * w
        w = b2[i] * h2[i] * z
        s02 += a0[i] * w; s12 += a1[i] * w; s22 += a2[i] * w; s32 += a3[i] * w; s42 += a4[i] * w; s52 += a5[i] * w
    xi[0, 0] += s00; xi[1, 0] += s10; xi[2, 0] += s20; xi[3, 0] += s30; xi[4, 0] += s40; xi[5, 0] += s50
    xi[0, 1] += s01; xi[1, 1] += s11; xi[2, 1] += s21; xi[3, 1] += s31; xi[4, 1] += s41; xi[5, 1] += s51
    xi[0, 2] += s02; xi[1, 2] += s12; xi[2, 2] += s22; xi[3, 2] += s32; xi[4, 2] += s42; xi[5, 2] += s52


@jit_sum
def _count1(c, n, a0, a1, a2, a3, a4, a5, b3, h3, b4, h4, b5, h5, xi):
    s03 = s13 = s23 = s33 = s43 = s53 = 0.0
    s04 = s14 = s24 = s34 = s44 = s54 = 0.0
    s05 = s15 = s25 = s35 = s45 = s55 = 0.0
    for i in range(c.size):
        z = c[i] * n[i]
        w = b3[i] * h3[i] * z
        s03 += a0[i] * w; s13 += a1[i] * w; s23 += a2[i] * w; s33 += a3[i] * w; s43 += a4[i] * w; s53 += a5[i] * w
        w = b4[i] * h4[i] * z
        s04 += a0[i] * w; s14 += a1[i] * w; s24 += a2[i] * w; s34 += a3[i] * w; s44 += a4[i] * w; s54 += a5[i] * w
        w = b5[i] * h5[i] * z
        s05 += a0[i] * w; s15 += a1[i] * w; s25 += a2[i] * w; s35 += a3[i] * w; s45 += a4[i] * w; s55 += a5[i] * w
    xi[0, 3] += s03; xi[1, 3] += s13; xi[2, 3] += s23; xi[3, 3] += s33; xi[4, 3] += s43; xi[5, 3] += s53
    xi[0, 4] += s04; xi[1, 4] += s14; xi[2, 4] += s24; xi[3, 4] += s34; xi[4, 4] += s44; xi[5, 4] += s54
    xi[0, 5] += s05; xi[1, 5] += s15; xi[2, 5] += s25; xi[3, 5] += s35; xi[4, 5] += s45; xi[5, 5] += s55


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
        _normalise0(n, alpha[0, low:high], beta[0, low:high], alpha[1, low:high], beta[1, low:high], alpha[2, low:high], beta[2, low:high])
        _normalise1(n, alpha[3, low:high], beta[3, low:high], alpha[4, low:high], beta[4, low:high], alpha[5, low:high], beta[5, low:high])
        stop = min(high, n_rows - 1)
        c, n = scale[low:stop], inverse[low:stop]
        _count0(
            c, n, alpha[0, low:stop], alpha[1, low:stop], alpha[2, low:stop], alpha[3, low:stop], alpha[4, low:stop], alpha[5, low:stop],
            b[0, low + 1 : stop + 1], beta[0, low + 1 : stop + 1], b[1, low + 1 : stop + 1], beta[1, low + 1 : stop + 1], b[2, low + 1 : stop + 1], beta[2, low + 1 : stop + 1],
            xi,
        )
        _count1(
            c, n, alpha[0, low:stop], alpha[1, low:stop], alpha[2, low:stop], alpha[3, low:stop], alpha[4, low:stop], alpha[5, low:stop],
            b[3, low + 1 : stop + 1], beta[3, low + 1 : stop + 1], b[4, low + 1 : stop + 1], beta[4, low + 1 : stop + 1], b[5, low + 1 : stop + 1], beta[5, low + 1 : stop + 1],
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
