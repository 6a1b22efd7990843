"""Compiled extrapolation of EM steps, in coordinates without bounds."""

import math

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm._elementwise import jit


@jit
def _coordinates(theta: NDArray, n_states: int, n_features: int, z: NDArray) -> None:
    """Write unbounded coordinates of parameters: logarithms of what must stay positive."""
    square, cube = n_states * n_states, n_states * n_features * n_features
    start = n_states + square + n_states * n_features
    for i in range(n_states, n_states + square):
        z[i] = math.log(theta[i]) if theta[i] > 0.0 else -np.inf
    for i in range(n_states + square, start):
        z[i] = theta[i]
    for i in range(cube):  # of the inverse Cholesky factors, at the place of the covariances
        value = theta[start + cube + i]
        diagonal = (i // n_features) % n_features == i % n_features
        z[start + i] = math.log(value) if diagonal else value
    for i in range(start + 2 * cube + n_states, theta.size):
        z[i] = 1.0 / theta[i]  # what a Student-t depends on smoothly as it becomes Gaussian


@jit
def extrapolate(  # noqa: PLR0917 - numba takes arrays by position
    theta0: NDArray,
    theta1: NDArray,
    theta2: NDArray,
    n_states: int,
    n_features: int,
    longest: float,
    dof_range: NDArray,
    out: NDArray,
) -> float:
    """Write the squared extrapolation of two EM steps to ``out`` and return its step length.

    Varadhan and Roland (2008), scheme S3. Layout of ``theta``: startprob, transmat, means,
    covars, whiten, log_norm, dofs; of the last three, all but dofs are left to the M-step.
    """
    z = np.zeros((3, out.size))
    _coordinates(theta0, n_states, n_features, z[0])
    _coordinates(theta1, n_states, n_features, z[1])
    _coordinates(theta2, n_states, n_features, z[2])
    first, second = 0.0, 0.0
    for i in range(out.size):
        change = z[1, i] - z[0, i]
        bend = z[2, i] - z[1, i] - change
        if math.isfinite(change) and math.isfinite(bend):
            first += change * change
            second += bend * bend
    step = math.sqrt(first / second) if second > 0.0 else longest
    step = min(max(step, 1.0), longest)
    for i in range(out.size):
        change = z[1, i] - z[0, i]
        bend = z[2, i] - z[1, i] - change
        moved = z[0, i] + 2.0 * step * change + step * step * bend
        if math.isfinite(moved):  # else an impossible transition: it stays as it is
            z[2, i] = moved
    for i in range(n_states):
        out[i] = theta2[i]
    _parameters(z[2], n_states, n_features, dof_range, out)
    return step


@jit
def _parameters(
    z: NDArray, n_states: int, n_features: int, dof_range: NDArray, out: NDArray
) -> None:
    """Write the parameters at coordinates ``z``, all but start probabilities."""
    square, cube = n_states * n_states, n_states * n_features * n_features
    start = n_states + square + n_states * n_features
    for j in range(n_states):
        first, total = n_states + j * n_states, 0.0
        for i in range(first, first + n_states):
            out[i] = math.exp(z[i])
            total += out[i]
        for i in range(first, first + n_states):
            out[i] /= total
    for i in range(n_states + square, start):
        out[i] = z[i]
    size = n_features * n_features
    for k in range(n_states):
        first = start + k * size
        _covariance(z[first : first + size], n_features, out[first : first + size])
    for i in range(start + 2 * cube + n_states, out.size):
        out[i] = 1.0 / min(max(z[i], 1.0 / dof_range[1]), 1.0 / dof_range[0])


@jit
def _covariance(z: NDArray, n: int, out: NDArray) -> None:
    """Write the covariance of an inverse Cholesky factor whose diagonal is in logarithms."""
    factor = np.zeros((n, n))  # the inverse of the lower triangle, by forward substitution
    for i in range(n):
        diagonal = math.exp(-z[i * n + i])
        for j in range(i):
            value = 0.0
            for m in range(j, i):
                value -= z[i * n + m] * factor[m, j]
            factor[i, j] = value * diagonal
        factor[i, i] = diagonal
    for i in range(n):
        for j in range(n):
            value = 0.0
            for m in range(min(i, j) + 1):
                value += factor[i, m] * factor[j, m]
            out[i * n + j] = value
