"""Compiled M-step: parameters from moments, what densities need of them, and coordinates."""

import math

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm._elementwise import jit

FULL, DIAG, SPHERICAL, TIED = 0, 1, 2, 3
FLOOR = 1e-6  # smallest variance of a state, in units of the training variance
_EMPTY = 1e-10  # a state with less weight (bars) than this keeps its mean and covariance
_BISECTIONS = 40
_LN_2PI = 1.8378770664093453


@jit
def _digamma(x: float) -> float:
    """Digamma of ``x > 0``: recurrence up to 6, then the asymptotic series."""
    value = 0.0
    while x < 6.0:
        value -= 1.0 / x
        x += 1.0
    y = 1.0 / (x * x)
    series = y * (1 / 240 - y * (1 / 132 - y * (691 / 32760)))
    series = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - series)))
    return value + math.log(x) - 0.5 / x - series


@jit
def _solve_dof(surplus: float, low: float, high: float) -> float:
    """Solve ``ln(nu / 2) - digamma(nu / 2) + surplus = 0`` between bounds; it falls in nu."""
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if math.log(0.5 * middle) - _digamma(0.5 * middle) + surplus > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@jit
def _invert_cholesky(covar: NDArray, whiten: NDArray) -> bool:
    """Write the inverse of the lower Cholesky factor; False if not positive definite."""
    n = covar.shape[0]
    for i in range(n):
        for j in range(i + 1):
            value = covar[i, j]
            for m in range(j):
                value -= whiten[i, m] * whiten[j, m]
            if i == j:
                if not value > 0.0:
                    return False
                whiten[i, i] = math.sqrt(value)
            else:
                whiten[i, j] = value / whiten[j, j]
                whiten[j, i] = 0.0
    for j in range(n):
        whiten[j, j] = 1.0 / whiten[j, j]
        for i in range(j + 1, n):
            value = 0.0
            for m in range(j, i):
                value -= whiten[i, m] * whiten[m, j]
            whiten[i, j] = value / whiten[i, i]
    return True


@jit
def _spread(whiten: NDArray, target: NDArray) -> float:
    """Trace of the target in units of the covariance."""
    n = whiten.shape[0]
    value = 0.0
    for i in range(n):
        for j in range(i + 1):
            for m in range(i + 1):
                value += whiten[i, j] * target[j, m] * whiten[i, m]
    return value


@jit
def _log_root(whiten: NDArray) -> float:
    value = 0.0
    for i in range(whiten.shape[0]):
        value += math.log(whiten[i, i])
    return value


@jit
def _expansion(  # noqa: PLR0917 - numba takes arrays by position
    count: float, weight: float, n_features: int, shrink: float, spread: float, widest: float
) -> float:
    """Return the mean of the latent precisions that maximises the expected objective.

    Liu, Rubin and Wu (1998): let that mean be free and divide it out afterwards. With ``shrink``
    pseudo-bars of a target covariance it is the positive root of a quadratic. ``count`` and
    ``weight`` are the sums of weights and of weighted precisions, times the degrees of freedom.
    """
    if count <= _EMPTY or weight <= 0.0:
        return 1.0
    half = 0.5 * (count - shrink * n_features)
    curve = shrink * spread
    root = math.sqrt(half * half + curve * weight)
    # Two forms of the root: each without cancellation on its side.
    value = weight / (half + root) if half > 0.0 else (root - half) / curve
    return min(value, max(1.0, widest))


@jit
def maximise(  # noqa: PLR0917 - numba takes arrays by position
    sums: NDArray,
    xi: NDArray,
    first: NDArray,
    priors: NDArray,
    target: NDArray,
    kind: int,
    old_transmat: NDArray,
    old_means: NDArray,
    old_covars: NDArray,
    startprob: NDArray,
    transmat: NDArray,
    means: NDArray,
    covars: NDArray,
) -> None:
    """Write the parameters that maximise the expected objective, before floor and expansion.

    ``priors``: pseudo-counts of staying, pseudo-bars of the target covariance.
    """
    stay, shrink = priors[0], priors[1]
    n_states, n_features = means.shape
    startprob[:] = first / first.sum()
    for j in range(n_states):
        xi[j, j] += stay
        row = xi[j].sum()
        for k in range(n_states):
            transmat[j, k] = xi[j, k] / row if row > 0.0 else old_transmat[j, k]
        xi[j, j] -= stay
    for k in range(n_states):
        count, weight = sums[k, 0], sums[k, 1]
        for i in range(n_features):
            known = weight > _EMPTY
            means[k, i] = sums[k, 2 + i] / weight if known else old_means[k, i]
            for j in range(i + 1):
                at = 2 + n_features + i * (i + 1) // 2 + j
                value = sums[k, at] - means[k, i] * sums[k, 2 + j] if known else 0.0
                covars[k, i, j] = value
        if kind != TIED:
            _shrink(covars[k], count, shrink, target, kind, old_covars[k])
    if kind == TIED:
        for k in range(1, n_states):
            covars[0] += covars[k]
        _shrink(covars[0], sums[:, 0].sum(), shrink, target, kind, old_covars[0])
        for k in range(1, n_states):
            covars[k] = covars[0]


@jit
def _shrink(  # noqa: PLR0917 - numba takes arrays by position
    covar: NDArray, count: float, shrink: float, target: NDArray, kind: int, old: NDArray
) -> None:
    """Turn a scatter matrix, of which the lower triangle is set, into a covariance."""
    n = covar.shape[0]
    mass = count + shrink
    if mass <= _EMPTY:
        covar[:] = old
        return
    cross = kind in (FULL, TIED)
    trace = 0.0
    for i in range(n):
        for j in range(i + 1):
            value = (covar[i, j] + shrink * target[i, j]) / mass if cross or i == j else 0.0
            covar[i, j] = value
            covar[j, i] = value
        trace += covar[i, i]
    if kind == SPHERICAL:
        for i in range(n):
            covar[i, i] = trace / n


@jit
def finish(  # noqa: PLR0917 - numba takes arrays by position
    sums: NDArray,
    priors: NDArray,
    target: NDArray,
    kind: int,
    steps: int,
    floored: bool,
    old_dofs: NDArray,
    transmat: NDArray,
    covars: NDArray,
    dofs: NDArray,
    whiten: NDArray,
    log_norm: NDArray,
    dof_range: tuple[float, float],
) -> float:
    """Write what densities need and return the log prior; NaN asks for floored covariances.

    ``steps``: 0 densities only, 1 also the expansion of a Student-t, 2 also degrees of freedom.
    Size 0 of ``dofs`` means Gaussian.
    """
    stay, shrink = priors[0], priors[1]
    n_states, n_features = covars.shape[:2]
    n_groups = 1 if kind == TIED else n_states
    smallest = np.empty(n_groups)
    for k in range(n_groups):
        if not _invert_cholesky(covars[k], whiten[k]):
            return np.nan
        # The smallest eigenvalue is at least this, and at most n_features times this.
        smallest[k] = 1.0 / (whiten[k] ** 2).sum()
        if smallest[k] < FLOOR and not floored:
            return np.nan
    log_prior = 0.0
    half = 0.5 * n_features
    for group in range(n_groups):
        low, high = (0, n_states) if kind == TIED else (group, group + 1)
        spread = _spread(whiten[low], target) if shrink > 0.0 else 0.0
        scale = 1.0
        if dofs.size > 0 and steps > 0:
            count, weight = 0.0, 0.0
            for k in range(low, high):
                count += old_dofs[k] * sums[k, 0]
                weight += old_dofs[k] * sums[k, 1]
            widest = smallest[group] / FLOOR
            scale = _expansion(count, weight, n_features, shrink, spread, widest)
            covars[low] /= scale
            whiten[low] *= math.sqrt(scale)
            spread *= scale
        log_root = _log_root(whiten[low]) - half * _LN_2PI
        log_prior += shrink * (log_root - 0.5 * spread)
        for k in range(low, high):
            if k > low:
                covars[k] = covars[low]
                whiten[k] = whiten[low]
            log_norm[k] = log_root
            if dofs.size > 0:
                dofs[k] = old_dofs[k]
                if steps > 1 and sums[k, 0] > _EMPTY:
                    top = 0.5 * old_dofs[k] + half
                    surplus = 1.0 + _digamma(top) - math.log(top) - math.log(scale)
                    last = sums[k, sums.shape[1] - 1]
                    surplus += (last - sums[k, 1] / scale) / sums[k, 0]
                    dofs[k] = _solve_dof(surplus, dof_range[0], dof_range[1])
                log_norm[k] += _student_constant(dofs[k], half)
    if stay > 0.0:
        for k in range(n_states):
            log_prior += stay * math.log(transmat[k, k])
    return log_prior


@jit
def _student_constant(dof: float, half: float) -> float:
    """Log density at the mean of a Student-t over that of a Gaussian of the same scale."""
    rising = math.lgamma(0.5 * dof + half) - math.lgamma(0.5 * dof)
    return rising - half * math.log(0.5 * dof)


@jit
def _coordinates(theta: NDArray, n_states: int, n_features: int) -> NDArray:
    """Return unbounded coordinates of parameters: logarithms of what must stay positive."""
    square = n_states * n_states
    n_means, n_covars = n_states * n_features, n_states * n_features * n_features
    start = n_states + square + n_means
    whiten = theta[start + n_covars : start + 2 * n_covars]
    dofs = theta[start + 2 * n_covars + n_states :]
    z = np.empty(square + n_means + n_covars + dofs.size)
    z[:square] = np.log(theta[n_states : n_states + square])
    z[square : square + n_means] = theta[n_states + square : start]
    for i in range(n_covars):
        row, column = (i // n_features) % n_features, i % n_features
        z[square + n_means + i] = math.log(whiten[i]) if row == column else whiten[i]
    z[square + n_means + n_covars :] = np.log(dofs)
    return z


@jit
def extrapolate(  # noqa: PLR0917 - numba takes arrays by position
    theta0: NDArray,
    theta1: NDArray,
    theta2: NDArray,
    n_states: int,
    n_features: int,
    longest: float,
    dof_range: tuple[float, float],
    out: NDArray,
) -> float:
    """Write the squared extrapolation of two EM steps to ``out`` and return its step length.

    Varadhan and Roland (2008), scheme S3. Layout of ``theta``: startprob, transmat, means,
    covars, whiten, log_norm, dofs; ``log_norm`` is left to :func:`finish`.
    """
    z0 = _coordinates(theta0, n_states, n_features)
    z1 = _coordinates(theta1, n_states, n_features)
    z2 = _coordinates(theta2, n_states, n_features)
    first, second = 0.0, 0.0
    for i in range(z0.size):
        if math.isfinite(z0[i]) and math.isfinite(z1[i]) and math.isfinite(z2[i]):
            first += (z1[i] - z0[i]) ** 2
            second += (z2[i] - 2 * z1[i] + z0[i]) ** 2
    step = longest if second <= 0.0 else math.sqrt(first / second)
    step = min(max(step, 1.0), longest)
    for i in range(z0.size):
        moved = z0[i] + 2 * step * (z1[i] - z0[i]) + step**2 * (z2[i] - 2 * z1[i] + z0[i])
        if math.isfinite(moved):  # else an impossible transition: it stays as it is
            z2[i] = moved
    _parameters(z2, theta2, n_states, n_features, dof_range, out)
    return step


@jit
def _parameters(  # noqa: PLR0917 - numba takes arrays by position
    z: NDArray,
    theta: NDArray,
    n_states: int,
    n_features: int,
    dof_range: tuple[float, float],
    out: NDArray,
) -> None:
    """Write the parameters at coordinates ``z``; start probabilities are those of ``theta``."""
    square = n_states * n_states
    n_means, n_covars = n_states * n_features, n_states * n_features * n_features
    start = n_states + square + n_means
    out[:n_states] = theta[:n_states]
    for j in range(n_states):
        row = np.exp(z[j * n_states : (j + 1) * n_states])
        out[n_states + j * n_states : n_states + (j + 1) * n_states] = row / row.sum()
    out[n_states + square : start] = z[square : square + n_means]
    factor = np.zeros((n_features, n_features))
    for k in range(n_states):
        first = square + n_means + k * n_features * n_features
        for i in range(n_features):  # the inverse of the lower triangle, by forward substitution
            row = z[first + i * n_features : first + (i + 1) * n_features]
            diagonal = math.exp(-row[i])
            for j in range(i):
                value = 0.0
                for m in range(j, i):
                    value -= row[m] * factor[m, j]
                factor[i, j] = value * diagonal
            factor[i, i] = diagonal
        first = start + k * n_features * n_features
        for i in range(n_features):
            for j in range(n_features):
                value = 0.0
                for m in range(min(i, j) + 1):
                    value += factor[i, m] * factor[j, m]
                out[first + i * n_features + j] = value
    first_dof = start + 2 * n_covars + n_states
    for k in range(out.size - first_dof):
        dof = math.exp(z[square + n_means + n_covars + k])
        out[first_dof + k] = min(max(dof, dof_range[0]), dof_range[1])
