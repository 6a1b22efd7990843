"""Compiled centring of observations, with their means and covariance."""

from numba import njit
from numpy.typing import NDArray

_jit = njit(cache=True, nogil=True, error_model="numpy")
_jit_sum = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


@_jit
def _gather(X: NDArray, f: int, row: NDArray) -> None:
    for i in range(row.size):
        row[i] = X[i, f]


@_jit_sum
def _mean(row: NDArray) -> float:
    total = 0.0
    for i in range(row.size):
        total += row[i]
    return total / row.size


@_jit
def _subtract(row: NDArray, value: float) -> None:
    for i in range(row.size):
        row[i] -= value


@_jit_sum
def _mean_product(x: NDArray, y: NDArray) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total / x.size


@_jit
def centre(X: NDArray, centred: NDArray, offset: NDArray, covariance: NDArray) -> None:
    """Write ``X (T, F)`` less its means to ``centred (F, T)``, and its first two moments."""
    for f in range(offset.size):
        row = centred[f]
        _gather(X, f, row)
        offset[f] = _mean(row)
        _subtract(row, offset[f])
        for j in range(f + 1):
            covariance[f, j] = _mean_product(row, centred[j])
            covariance[j, f] = covariance[f, j]
