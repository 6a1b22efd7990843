"""Densities and moments of observations with any number of columns. Written by ``generate.py``."""

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
            _rows(g, X, low, high, True, out)
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
            _rows(g, X, low, high, True, out)


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
            _rows(g, X, low, high, False, out)
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
            _rows(g, X, low, high, False, out)
