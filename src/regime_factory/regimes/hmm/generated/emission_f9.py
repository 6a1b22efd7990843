"""Densities and moments of observations with 9 columns. Written by ``generate.py``."""

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
    x4, m4 = X[4, low:high], mean[4]
    x5, m5 = X[5, low:high], mean[5]
    x6, m6 = X[6, low:high], mean[6]
    x7, m7 = X[7, low:high], mean[7]
    x8, m8 = X[8, low:high], mean[8]
    w00 = whiten[0, 0]
    w10 = whiten[1, 0]; w11 = whiten[1, 1]
    w20 = whiten[2, 0]; w21 = whiten[2, 1]; w22 = whiten[2, 2]
    w30 = whiten[3, 0]; w31 = whiten[3, 1]; w32 = whiten[3, 2]; w33 = whiten[3, 3]
    w40 = whiten[4, 0]; w41 = whiten[4, 1]; w42 = whiten[4, 2]; w43 = whiten[4, 3]; w44 = whiten[4, 4]
    w50 = whiten[5, 0]; w51 = whiten[5, 1]; w52 = whiten[5, 2]; w53 = whiten[5, 3]; w54 = whiten[5, 4]; w55 = whiten[5, 5]
    w60 = whiten[6, 0]; w61 = whiten[6, 1]; w62 = whiten[6, 2]; w63 = whiten[6, 3]; w64 = whiten[6, 4]; w65 = whiten[6, 5]; w66 = whiten[6, 6]
    w70 = whiten[7, 0]; w71 = whiten[7, 1]; w72 = whiten[7, 2]; w73 = whiten[7, 3]; w74 = whiten[7, 4]; w75 = whiten[7, 5]; w76 = whiten[7, 6]; w77 = whiten[7, 7]
    w80 = whiten[8, 0]; w81 = whiten[8, 1]; w82 = whiten[8, 2]; w83 = whiten[8, 3]; w84 = whiten[8, 4]; w85 = whiten[8, 5]; w86 = whiten[8, 6]; w87 = whiten[8, 7]; w88 = whiten[8, 8]
    for i in range(out.size):
        v0 = x0[i] - m0
        v1 = x1[i] - m1
        v2 = x2[i] - m2
        v3 = x3[i] - m3
        v4 = x4[i] - m4
        v5 = x5[i] - m5
        v6 = x6[i] - m6
        v7 = x7[i] - m7
        v8 = x8[i] - m8
        z0 = w00 * v0
        z1 = w10 * v0 + w11 * v1
        z2 = w20 * v0 + w21 * v1 + w22 * v2
        z3 = w30 * v0 + w31 * v1 + w32 * v2 + w33 * v3
        z4 = w40 * v0 + w41 * v1 + w42 * v2 + w43 * v3 + w44 * v4
        z5 = w50 * v0 + w51 * v1 + w52 * v2 + w53 * v3 + w54 * v4 + w55 * v5
        z6 = w60 * v0 + w61 * v1 + w62 * v2 + w63 * v3 + w64 * v4 + w65 * v5 + w66 * v6
        z7 = w70 * v0 + w71 * v1 + w72 * v2 + w73 * v3 + w74 * v4 + w75 * v5 + w76 * v6 + w77 * v7
        z8 = w80 * v0 + w81 * v1 + w82 * v2 + w83 * v3 + w84 * v4 + w85 * v5 + w86 * v6 + w87 * v7 + w88 * v8
        out[i] = z0 * z0 + z1 * z1 + z2 * z2 + z3 * z3 + z4 * z4 + z5 * z5 + z6 * z6 + z7 * z7 + z8 * z8


@jit
def distance_diag(X, low, high, whiten, mean, out):
    x0, m0 = X[0, low:high], mean[0]
    x1, m1 = X[1, low:high], mean[1]
    x2, m2 = X[2, low:high], mean[2]
    x3, m3 = X[3, low:high], mean[3]
    x4, m4 = X[4, low:high], mean[4]
    x5, m5 = X[5, low:high], mean[5]
    x6, m6 = X[6, low:high], mean[6]
    x7, m7 = X[7, low:high], mean[7]
    x8, m8 = X[8, low:high], mean[8]
    w00 = whiten[0, 0]
    w11 = whiten[1, 1]
    w22 = whiten[2, 2]
    w33 = whiten[3, 3]
    w44 = whiten[4, 4]
    w55 = whiten[5, 5]
    w66 = whiten[6, 6]
    w77 = whiten[7, 7]
    w88 = whiten[8, 8]
    for i in range(out.size):
        v0 = x0[i] - m0
        v1 = x1[i] - m1
        v2 = x2[i] - m2
        v3 = x3[i] - m3
        v4 = x4[i] - m4
        v5 = x5[i] - m5
        v6 = x6[i] - m6
        v7 = x7[i] - m7
        v8 = x8[i] - m8
        z0 = w00 * v0
        z1 = w11 * v1
        z2 = w22 * v2
        z3 = w33 * v3
        z4 = w44 * v4
        z5 = w55 * v5
        z6 = w66 * v6
        z7 = w77 * v7
        z8 = w88 * v8
        out[i] = z0 * z0 + z1 * z1 + z2 * z2 + z3 * z3 + z4 * z4 + z5 * z5 + z6 * z6 + z7 * z7 + z8 * z8


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
def _full0(g, x0, x1, x2, out):
    n = 0.0
    m0 = s00 = 0.0
    m1 = s10 = s11 = 0.0
    m2 = s20 = s21 = s22 = 0.0
    for i in range(g.size):
        v = g[i]
        n += v
        y = v * x0[i]; m0 += y
        s00 += y * x0[i]
        y = v * x1[i]; m1 += y
        s10 += y * x0[i]; s11 += y * x1[i]
        y = v * x2[i]; m2 += y
        s20 += y * x0[i]; s21 += y * x1[i]; s22 += y * x2[i]
    out[1] += n
    out[2] += m0
    out[11] += s00
    out[3] += m1
    out[12] += s10; out[13] += s11
    out[4] += m2
    out[14] += s20; out[15] += s21; out[16] += s22


@jit_sum
def _full1(g, x0, x1, x2, x3, x4, x5, out):
    m3 = s30 = s31 = s32 = s33 = 0.0
    m4 = s40 = s41 = s42 = s43 = s44 = 0.0
    m5 = s50 = s51 = s52 = s53 = s54 = s55 = 0.0
    for i in range(g.size):
        v = g[i]
        y = v * x3[i]; m3 += y
        s30 += y * x0[i]; s31 += y * x1[i]; s32 += y * x2[i]; s33 += y * x3[i]
        y = v * x4[i]; m4 += y
        s40 += y * x0[i]; s41 += y * x1[i]; s42 += y * x2[i]; s43 += y * x3[i]; s44 += y * x4[i]
        y = v * x5[i]; m5 += y
        s50 += y * x0[i]; s51 += y * x1[i]; s52 += y * x2[i]; s53 += y * x3[i]; s54 += y * x4[i]; s55 += y * x5[i]
    out[5] += m3
    out[17] += s30; out[18] += s31; out[19] += s32; out[20] += s33
    out[6] += m4
    out[21] += s40; out[22] += s41; out[23] += s42; out[24] += s43; out[25] += s44
    out[7] += m5
    out[26] += s50; out[27] += s51; out[28] += s52; out[29] += s53; out[30] += s54; out[31] += s55


@jit_sum
def _full2(g, x0, x1, x2, x3, x4, x5, x6, x7, x8, out):
    m6 = s60 = s61 = s62 = s63 = s64 = s65 = s66 = 0.0
    m7 = s70 = s71 = s72 = s73 = s74 = s75 = s76 = s77 = 0.0
    m8 = s80 = s81 = s82 = s83 = s84 = s85 = s86 = s87 = s88 = 0.0
    for i in range(g.size):
        v = g[i]
        y = v * x6[i]; m6 += y
        s60 += y * x0[i]; s61 += y * x1[i]; s62 += y * x2[i]; s63 += y * x3[i]; s64 += y * x4[i]; s65 += y * x5[i]; s66 += y * x6[i]
        y = v * x7[i]; m7 += y
        s70 += y * x0[i]; s71 += y * x1[i]; s72 += y * x2[i]; s73 += y * x3[i]; s74 += y * x4[i]; s75 += y * x5[i]; s76 += y * x6[i]; s77 += y * x7[i]
        y = v * x8[i]; m8 += y
        s80 += y * x0[i]; s81 += y * x1[i]; s82 += y * x2[i]; s83 += y * x3[i]; s84 += y * x4[i]; s85 += y * x5[i]; s86 += y * x6[i]; s87 += y * x7[i]; s88 += y * x8[i]
    out[8] += m6
    out[32] += s60; out[33] += s61; out[34] += s62; out[35] += s63; out[36] += s64; out[37] += s65; out[38] += s66
    out[9] += m7
    out[39] += s70; out[40] += s71; out[41] += s72; out[42] += s73; out[43] += s74; out[44] += s75; out[45] += s76; out[46] += s77
    out[10] += m8
    out[47] += s80; out[48] += s81; out[49] += s82; out[50] += s83; out[51] += s84; out[52] += s85; out[53] += s86; out[54] += s87; out[55] += s88


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
            _full0(g, X[0, low:high], X[1, low:high], X[2, low:high], out)
            _full1(g, X[0, low:high], X[1, low:high], X[2, low:high], X[3, low:high], X[4, low:high], X[5, low:high], out)
            _full2(g, X[0, low:high], X[1, low:high], X[2, low:high], X[3, low:high], X[4, low:high], X[5, low:high], X[6, low:high], X[7, low:high], X[8, low:high], out)
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
            _full0(g, X[0, low:high], X[1, low:high], X[2, low:high], out)
            _full1(g, X[0, low:high], X[1, low:high], X[2, low:high], X[3, low:high], X[4, low:high], X[5, low:high], out)
            _full2(g, X[0, low:high], X[1, low:high], X[2, low:high], X[3, low:high], X[4, low:high], X[5, low:high], X[6, low:high], X[7, low:high], X[8, low:high], out)


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
    out[11] += s00
    out[3] += m1
    out[13] += s11
    out[4] += m2
    out[16] += s22
    out[5] += m3
    out[20] += s33


@jit_sum
def _diag1(g, x4, x5, x6, x7, x8, out):
    m4 = s44 = 0.0
    m5 = s55 = 0.0
    m6 = s66 = 0.0
    m7 = s77 = 0.0
    m8 = s88 = 0.0
    for i in range(g.size):
        v = g[i]
        y = v * x4[i]; m4 += y
        s44 += y * x4[i]
        y = v * x5[i]; m5 += y
        s55 += y * x5[i]
        y = v * x6[i]; m6 += y
        s66 += y * x6[i]
        y = v * x7[i]; m7 += y
        s77 += y * x7[i]
        y = v * x8[i]; m8 += y
        s88 += y * x8[i]
    out[6] += m4
    out[25] += s44
    out[7] += m5
    out[31] += s55
    out[8] += m6
    out[38] += s66
    out[9] += m7
    out[46] += s77
    out[10] += m8
    out[55] += s88


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
            _diag1(g, X[4, low:high], X[5, low:high], X[6, low:high], X[7, low:high], X[8, low:high], out)
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
            _diag1(g, X[4, low:high], X[5, low:high], X[6, low:high], X[7, low:high], X[8, low:high], out)
