"""Compiled loops over one block of bars: exponential, logarithm, running maximum, sums.

Every loop runs along a contiguous row, touches few rows and has no branches, so that it
vectorises. Sums may be reordered (``reassoc``): many partial sums are faster and rounder.
Products and sums may be fused (``contract``) where a result need not be the same for a single
bar and for a block; densities of the filter are not, so that online and batch results are equal.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 512
TINY = 1e-250  # below this a bar is normalised again from its logarithms
jit = njit(cache=True, nogil=True, error_model="numpy")
jit_fused = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
jit_sum = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
_inline = njit(cache=True, nogil=True, error_model="numpy", inline="always")

LOG2_E = 1.4426950408889634
LN2 = 0.6931471805599453
_ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to the nearest integer
_LN2_HIGH = 6.93147180369123816490e-1
_LN2_LOW = 1.90821492927058770002e-10
_ROOT_HALF_BITS = 4604544271217802189  # bit pattern of sqrt(1/2)


@_inline
def log(x: float) -> float:
    """Natural logarithm of a positive normal number, without branches.

    The mantissa is brought to [sqrt(1/2), sqrt(2)); artanh's series there, fitted at Chebyshev
    nodes, is exact to rounding.
    """
    bits = np.float64(x).view(np.int64)
    exponent = (bits - _ROOT_HALF_BITS) >> 52
    mantissa = np.int64(bits - (exponent << 52)).view(np.float64)
    z = (mantissa - 1.0) / (mantissa + 1.0)
    y = z * z
    p = 0.14616449685043406
    p = p * y + 0.15331721600556042
    p = p * y + 0.18182889125261723
    p = p * y + 0.2222221113479508
    p = p * y + 0.28571428625975487
    p = p * y + 0.39999999999899505
    p = p * y + 0.666666666666667
    n = np.float64(exponent)
    return n * _LN2_HIGH + ((z * y * p + n * _LN2_LOW) + 2.0 * z)


@_inline
def exp2(x: float) -> float:
    """Two to the power ``x <= 0``, without branches; relative error below 1e-15, 0 below -1010.

    Fitted at Chebyshev nodes for the fractional part; the integer part goes to the exponent.
    """
    shifted = x + _ROUND
    r = x - (shifted - _ROUND)
    p = 7.070977866508138e-09
    p = p * r + 1.0205905413765595e-07
    p = p * r + 1.3215451633221434e-06
    p = p * r + 1.5252672924850737e-05
    p = p * r + 1.5403530424776529e-04
    p = p * r + 1.3333558200794592e-03
    p = p * r + 9.618129107618665e-03
    p = p * r + 5.550410866465167e-02
    p = p * r + 2.4022650695910075e-01
    p = p * r + 6.931471805599462e-01
    p = p * r + 1.0
    power = np.float64(shifted).view(np.int64) << 52
    value = np.int64(np.float64(p).view(np.int64) + power).view(np.float64)
    return value if x > -1010.0 else 0.0


@jit
def gaussian_level(row: NDArray, level: float) -> None:
    """Turn squared distances into log densities."""
    for i in range(row.size):
        row[i] = level - 0.5 * row[i]


@jit
def student_level(row: NDArray, level: float, dof: float, power: float) -> None:
    """Turn squared distances into Student-t log densities."""
    for i in range(row.size):
        row[i] = level - power * log(1.0 + row[i] / dof)


@jit_fused
def latent_precision(  # noqa: PLR0917 - numba takes arrays by position
    row: NDArray, u: NDArray, dof: float, top: float, level: float, power: float
) -> None:
    """Write ``E u`` of squared distances to ``u``; turn ``row`` into minus log2 densities."""
    for i in range(row.size):
        precision = top / (dof + row[i])
        u[i] = precision
        row[i] = -(level + power * log(precision))


@jit_fused
def first_best(best: NDArray, row: NDArray, level: float, factor: float) -> None:
    """Write ``level - factor * row`` to ``best``."""
    for i in range(best.size):
        best[i] = level - factor * row[i]


@jit_fused
def raise_best(best: NDArray, row: NDArray, level: float, factor: float) -> None:
    """Keep the larger of ``best`` and ``level - factor * row``."""
    for i in range(best.size):
        best[i] = max(best[i], level - factor * row[i])


@jit_fused
def below_best(row: NDArray, level: float, factor: float, best: NDArray) -> None:
    """Turn ``row`` into ``2 ** (level - factor * row - best)``."""
    for i in range(row.size):
        row[i] = exp2((level - factor * row[i]) - best[i])


@jit
def clear(sums: NDArray) -> None:
    """Set a matrix to zero."""
    for k in range(sums.shape[0]):
        for i in range(sums.shape[1]):
            sums[k, i] = 0.0


@jit_sum
def total(x: NDArray) -> float:
    """Sum a row."""
    value = 0.0
    for i in range(x.size):
        value += x[i]
    return value


@jit_sum
def weighted_log(weight: NDArray, x: NDArray) -> float:
    """Sum ``weight * ln(x)``."""
    value = 0.0
    for i in range(x.size):
        value += weight[i] * log(x[i])
    return value


@jit_fused
def posterior(g: NDArray, alpha: NDArray, beta: NDArray, inverse: NDArray) -> None:
    """Write smoothed probabilities from both messages and the inverse of their normaliser."""
    for i in range(g.size):
        g[i] = alpha[i] * beta[i] * inverse[i]


@jit_fused
def scale_by(g: NDArray, u: NDArray) -> None:
    """Multiply a row by another."""
    for i in range(g.size):
        g[i] *= u[i]
