"""Texts of the compiled loops that ``generate.py`` fills in, with pieces in angle brackets."""

HEAD = '''"""{title} Written by ``generate.py``."""

# Compiled code on disk goes stale with _elementwise.py only through this line: {stamp}

import numpy as np

from regime_factory.regimes.hmm._elementwise import {names}
'''

MESSAGES = '''

@<kind>
def messages(startprob, transmat, b, mask, alpha, beta, scale):
    """Both messages of one sequence, in one loop: their chains of operations overlap.

    Messages are scaled by powers of two wherever ``t & mask == 0``: exact, without logarithm or
    division. Returns the exponent and the mantissa of the likelihood and the smallest exponent.
    """
    <transitions>
    last = scale.size - 1
    <start>
    scale[last] = 0.0
    exponent, lowest = 0, 1023
    for t in range(1, last + 1):
        u = last - t
        <move>
        scale[u] = 1.0
        if t & mask == 0:
            bits = np.float64(<sum_a>).view(np.int64) >> 52
            exponent += bits - 1023
            lowest = min(lowest, bits)
            factor = np.int64((2046 - bits) << 52).view(np.float64)
            <scale_a>
            bits = np.float64(<sum_h>).view(np.int64) >> 52
            lowest = min(lowest, bits)
            factor = np.int64((2046 - bits) << 52).view(np.float64)
            scale[u] = factor
            <scale_h>
        <weigh>
        <store>
    return exponent, <sum_a>, lowest
'''

RECURSION = '''

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
        <normalise>
        stop = min(high, n_rows - 1)
        c, n = scale[low:stop], inverse[low:stop]
        <count>
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
'''

FORWARD = '''

@jit
def forward(prior, transmat, b, p, norm):
    """Filtered probabilities ``p (T, K)`` and the sum ``norm (T,)`` that each bar is divided by.

    Ends at the first bar whose sum underflows and returns it; without one, returns T. Computed as
    by ``_kernels.forward`` and the online filter, to the last bit.
    """
    <transitions>
    <first>
    for t in range(norm.size):
        <weigh>
        total = <sum_a>
        if not total >= TINY:
            return t
        norm[t] = total
        inverse = 1.0 / total
        <normalise>
        <move>
    return norm.size
'''

LOG_DENSITY = '''

@jit
def log_density_gaussian(X, means, whiten, log_norm, out):
    """Log densities of a Gaussian; every bar is computed alike, alone or in a block."""
    n_states, n_rows = out.shape
    for low in range(0, n_rows, BLOCK):
        high = min(low + BLOCK, n_rows)
        for k in range(n_states):
            row = out[k, low:high]
            distance_full(X, low, high, whiten[k], means[k], row)
            gaussian_level(row, log_norm[k])


@jit
def log_density_student(X, means, whiten, log_norm, dofs, out):
    """Log densities of a Student-t; every bar is computed alike, alone or in a block."""
    n_states, n_rows = out.shape
    for low in range(0, n_rows, BLOCK):
        high = min(low + BLOCK, n_rows)
        for k in range(n_states):
            row = out[k, low:high]
            distance_full(X, low, high, whiten[k], means[k], row)
            student_level(row, log_norm[k], dofs[k], 0.5 * (dofs[k] + X.shape[0]))
'''

EMISSION = '''

@jit
def emission_gaussian_<kind>(X, means, whiten, log_norm, b):
    """Write densities over each bar's largest to ``b``; return the log of those, summed."""
    n_states, n_rows = b.shape
    half = 0.5 * LOG2_E
    buffer = np.empty(BLOCK)
    shift = 0.0
    for low in range(0, n_rows, BLOCK):
        high = min(low + BLOCK, n_rows)
        best = buffer[: high - low]
        for k in range(n_states):
            row = b[k, low:high]
            distance_<kind>(X, low, high, whiten[k], means[k], row)
            if k == 0:
                first_best(best, row, log_norm[k] * LOG2_E, half)
            else:
                raise_best(best, row, log_norm[k] * LOG2_E, half)
        for k in range(n_states):
            below_best(b[k, low:high], log_norm[k] * LOG2_E, half, best)
        shift += total(best)
    return shift * LN2


@jit
def emission_student_<kind>(X, means, whiten, log_norm, dofs, b, u):
    """As for a Gaussian; also write the expected latent precision to ``u``."""
    n_states, n_rows = b.shape
    n_features = X.shape[0]
    buffer = np.empty(BLOCK)
    shift = 0.0
    for low in range(0, n_rows, BLOCK):
        high = min(low + BLOCK, n_rows)
        best = buffer[: high - low]
        for k in range(n_states):
            row = b[k, low:high]
            distance_<kind>(X, low, high, whiten[k], means[k], row)
            top = dofs[k] + n_features
            level = log_norm[k] - 0.5 * top * np.log(top / dofs[k])
            power = 0.5 * top * LOG2_E
            latent_precision(row, u[k, low:high], dofs[k], top, level * LOG2_E, power)
            if k == 0:
                first_best(best, row, 0.0, 1.0)
            else:
                raise_best(best, row, 0.0, 1.0)
        for k in range(n_states):
            below_best(b[k, low:high], 0.0, 1.0, best)
        shift += total(best)
    return shift * LN2


@jit
def moments_gaussian_<kind>(X, alpha, beta, inverse, sums):
    """Sums of each state's weights, twice, and of its weighted observations and products."""
    n_states, n_rows = alpha.shape
    buffer = np.empty(BLOCK)
    clear(sums)
    for low in range(0, n_rows, BLOCK):
        high = min(low + BLOCK, n_rows)
        g = buffer[: high - low]
        for k in range(n_states):
            posterior(g, alpha[k, low:high], beta[k, low:high], inverse[low:high])
            out = sums[k]
            <rows>
    for k in range(n_states):
        sums[k, 0] = sums[k, 1]


@jit
def moments_student_<kind>(X, alpha, beta, inverse, u, with_log, sums):
    """Sums of weights, of weights times precision, and so on; last that of its logarithm."""
    n_states, n_rows = alpha.shape
    buffer = np.empty(BLOCK)
    clear(sums)
    for low in range(0, n_rows, BLOCK):
        high = min(low + BLOCK, n_rows)
        g = buffer[: high - low]
        for k in range(n_states):
            posterior(g, alpha[k, low:high], beta[k, low:high], inverse[low:high])
            out = sums[k]
            out[0] += total(g)
            if with_log:
                out[out.size - 1] += weighted_log(g, u[k, low:high])
            scale_by(g, u[k, low:high])
            <rows>
'''

ANY_MESSAGES = '''

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
'''
ANY_NORMALISE = """n[:] = 0.0
for k in range(n_states):
    _add_product(n, alpha[k, low:high], beta[k, low:high])
_invert(n)"""
ANY_COUNT = """for k in range(n_states):
    ahead, message = b[k, low + 1 : stop + 1], beta[k, low + 1 : stop + 1]
    for j in range(n_states):
        xi[j, k] += _dot(c, n, ahead, message, alpha[j, low:stop])"""

ANY_FEATURES = """

@jit
def _add_scaled_difference(z, weight, x, mean):
    for i in range(z.size):
        z[i] += weight * (x[i] - mean)


@jit
def _add_square(out, z):
    for i in range(out.size):
        out[i] += z[i] * z[i]


@jit
def _add_row(X, low, high, whiten, mean, f, first, out):
    z = np.zeros(out.size)
    for j in range(first, f + 1):
        _add_scaled_difference(z, whiten[f, j], X[j, low:high], mean[j])
    _add_square(out, z)


@jit
def distance_full(X, low, high, whiten, mean, out):
    out[:] = 0.0
    for f in range(mean.size):
        _add_row(X, low, high, whiten, mean, f, 0, out)


@jit
def distance_diag(X, low, high, whiten, mean, out):
    out[:] = 0.0
    for f in range(mean.size):
        _add_row(X, low, high, whiten, mean, f, f, out)


@jit_sum
def _dot(x, y):
    value = 0.0
    for i in range(x.size):
        value += x[i] * y[i]
    return value


@jit
def _rows(g, X, low, high, cross, out):
    n_features = X.shape[0]
    y = np.empty(g.size)
    out[1] += total(g)
    for f in range(n_features):
        y[:] = g
        scale_by(y, X[f, low:high])
        out[2 + f] += total(y)
        for j in range(0 if cross else f, f + 1):
            at = 2 + n_features + f * (f + 1) // 2 + j
            out[at] += _dot(y, X[j, low:high])
"""
