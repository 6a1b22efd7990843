"""Densities and moments of observations with 4 columns. Written by ``generate.py``."""

# Compiled code on disk goes stale with _elementwise.py only through this line: 8199ee149457

import numpy as np

from regime_factory.regimes.hmm._elementwise import (
    BLOCK,
    LN2,
    LOG2_E,
    below_best,
    clear,
    first_best,
    gaussian_level,
    jit,
    jit_sum,
    latent_precision,
    posterior,
    raise_best,
    scale_by,
    student_level,
    total,
    weighted_log,
)


@jit
def distance_full(X, low, high, whiten, mean, out):
    x0, m0 = X[0, low:high], mean[0]
    x1, m1 = X[1, low:high], mean[1]
    x2, m2 = X[2, low:high], mean[2]
    x3, m3 = X[3, low:high], mean[3]
    w00 = whiten[0, 0]
    w10 = whiten[1, 0]; w11 = whiten[1, 1]
    w20 = whiten[2, 0]; w21 = whiten[2, 1]; w22 = whiten[2, 2]
    w30 = whiten[3, 0]; w31 = whiten[3, 1]; w32 = whiten[3, 2]; w33 = whiten[3, 3]
    for i in range(out.size):
        v0 = x0[i] - m0
        v1 = x1[i] - m1
        v2 = x2[i] - m2
        v3 = x3[i] - m3
        z0 = w00 * v0
        z1 = w10 * v0 + w11 * v1
        z2 = w20 * v0 + w21 * v1 + w22 * v2
        z3 = w30 * v0 + w31 * v1 + w32 * v2 + w33 * v3
        out[i] = z0 * z0 + z1 * z1 + z2 * z2 + z3 * z3


@jit
def distance_diag(X, low, high, whiten, mean, out):
    x0, m0 = X[0, low:high], mean[0]
    x1, m1 = X[1, low:high], mean[1]
    x2, m2 = X[2, low:high], mean[2]
    x3, m3 = X[3, low:high], mean[3]
    w00 = whiten[0, 0]
    w11 = whiten[1, 1]
    w22 = whiten[2, 2]
    w33 = whiten[3, 3]
    for i in range(out.size):
        v0 = x0[i] - m0
        v1 = x1[i] - m1
        v2 = x2[i] - m2
        v3 = x3[i] - m3
        z0 = w00 * v0
        z1 = w11 * v1
        z2 = w22 * v2
        z3 = w33 * v3
        out[i] = z0 * z0 + z1 * z1 + z2 * z2 + z3 * z3


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


@jit_sum
def _full0(g, x0, x1, x2, x3, out):
    n = 0.0
    m0 = s00 = 0.0
    m1 = s10 = s11 = 0.0
    m2 = s20 = s21 = s22 = 0.0
    m3 = s30 = s31 = s32 = s33 = 0.0
    for i in range(g.size):
        v = g[i]
        n += v
        y = v * x0[i]; m0 += y
        s00 += y * x0[i]
        y = v * x1[i]; m1 += y
        s10 += y * x0[i]; s11 += y * x1[i]
        y = v * x2[i]; m2 += y
        s20 += y * x0[i]; s21 += y * x1[i]; s22 += y * x2[i]
        y = v * x3[i]; m3 += y
        s30 += y * x0[i]; s31 += y * x1[i]; s32 += y * x2[i]; s33 += y * x3[i]
    out[1] += n
    out[2] += m0
    out[6] += s00
    out[3] += m1
    out[7] += s10; out[8] += s11
    out[4] += m2
    out[9] += s20; out[10] += s21; out[11] += s22
    out[5] += m3
    out[12] += s30; out[13] += s31; out[14] += s32; out[15] += s33


@jit
def emission_gaussian_full(X, means, whiten, log_norm, b):
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
            distance_full(X, low, high, whiten[k], means[k], row)
            if k == 0:
                first_best(best, row, log_norm[k] * LOG2_E, half)
            else:
                raise_best(best, row, log_norm[k] * LOG2_E, half)
        for k in range(n_states):
            below_best(b[k, low:high], log_norm[k] * LOG2_E, half, best)
        shift += total(best)
    return shift * LN2


@jit
def emission_student_full(X, means, whiten, log_norm, dofs, b, u):
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
            distance_full(X, low, high, whiten[k], means[k], row)
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
def moments_gaussian_full(X, alpha, beta, inverse, sums):
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
            _full0(g, X[0, low:high], X[1, low:high], X[2, low:high], X[3, low:high], out)
    for k in range(n_states):
        sums[k, 0] = sums[k, 1]


@jit
def moments_student_full(X, alpha, beta, inverse, u, with_log, sums):
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
            _full0(g, X[0, low:high], X[1, low:high], X[2, low:high], X[3, low:high], out)


@jit_sum
def _diag0(g, x0, x1, x2, x3, out):
    n = 0.0
    m0 = s00 = 0.0
    m1 = s11 = 0.0
    m2 = s22 = 0.0
    m3 = s33 = 0.0
    for i in range(g.size):
        v = g[i]
        n += v
        y = v * x0[i]; m0 += y
        s00 += y * x0[i]
        y = v * x1[i]; m1 += y
        s11 += y * x1[i]
        y = v * x2[i]; m2 += y
        s22 += y * x2[i]
        y = v * x3[i]; m3 += y
        s33 += y * x3[i]
    out[1] += n
    out[2] += m0
    out[6] += s00
    out[3] += m1
    out[8] += s11
    out[4] += m2
    out[11] += s22
    out[5] += m3
    out[15] += s33


@jit
def emission_gaussian_diag(X, means, whiten, log_norm, b):
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
            distance_diag(X, low, high, whiten[k], means[k], row)
            if k == 0:
                first_best(best, row, log_norm[k] * LOG2_E, half)
            else:
                raise_best(best, row, log_norm[k] * LOG2_E, half)
        for k in range(n_states):
            below_best(b[k, low:high], log_norm[k] * LOG2_E, half, best)
        shift += total(best)
    return shift * LN2


@jit
def emission_student_diag(X, means, whiten, log_norm, dofs, b, u):
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
            distance_diag(X, low, high, whiten[k], means[k], row)
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
def moments_gaussian_diag(X, alpha, beta, inverse, sums):
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
            _diag0(g, X[0, low:high], X[1, low:high], X[2, low:high], X[3, low:high], out)
    for k in range(n_states):
        sums[k, 0] = sums[k, 1]


@jit
def moments_student_diag(X, alpha, beta, inverse, u, with_log, sums):
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
            _diag0(g, X[0, low:high], X[1, low:high], X[2, low:high], X[3, low:high], out)
