"""Densities and moments of observations with 1 columns. Written by ``generate.py``."""

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
    w00 = whiten[0, 0]
    for i in range(out.size):
        v0 = x0[i] - m0
        z0 = w00 * v0
        out[i] = z0 * z0


@jit
def distance_diag(X, low, high, whiten, mean, out):
    x0, m0 = X[0, low:high], mean[0]
    w00 = whiten[0, 0]
    for i in range(out.size):
        v0 = x0[i] - m0
        z0 = w00 * v0
        out[i] = z0 * z0


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
def _full0(g, x0, out):
    n = 0.0
    m0 = s00 = 0.0
    for i in range(g.size):
        v = g[i]
        n += v
        y = v * x0[i]; m0 += y
        s00 += y * x0[i]
    out[1] += n
    out[2] += m0
    out[3] += s00


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
            _full0(g, X[0, low:high], out)
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
            _full0(g, X[0, low:high], out)


@jit_sum
def _diag0(g, x0, out):
    n = 0.0
    m0 = s00 = 0.0
    for i in range(g.size):
        v = g[i]
        n += v
        y = v * x0[i]; m0 += y
        s00 += y * x0[i]
    out[1] += n
    out[2] += m0
    out[3] += s00


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
            _diag0(g, X[0, low:high], out)
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
            _diag0(g, X[0, low:high], out)
