"""Compiled M-step: parameters from moments, and what densities need of them."""

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
def invert_factors(covars: NDArray, whiten: NDArray) -> bool:
    """Write the inverse Cholesky factors of all states; False if one has none."""
    for k in range(covars.shape[0]):  # noqa: SIM110 - numba compiles no generator expressions
        if not _invert_cholesky(covars[k], whiten[k]):
            return False
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
    """Log density of a Gaussian at its mean."""
    value = -0.5 * whiten.shape[0] * _LN_2PI
    for i in range(whiten.shape[0]):
        value += math.log(whiten[i, i])
    return value


@jit
def _least_eigenvalue(whiten: NDArray) -> float:
    """Bound a covariance's smallest eigenvalue from below, at most n_features times too low."""
    total = 0.0
    for i in range(whiten.shape[0]):
        for j in range(i + 1):
            total += whiten[i, j] * whiten[i, j]
    return 1.0 / total


@jit
def _expansion(  # noqa: PLR0917 - numba takes arrays by position
    sums: NDArray,
    dofs: NDArray,
    low: int,
    high: int,
    n_features: int,
    shrink: float,
    curve: float,
    widest: float,
) -> float:
    """Return the mean of the latent precisions that maximises the expected objective.

    Liu, Rubin and Wu (1998): let that mean be free and divide it out afterwards. With ``shrink``
    pseudo-bars of a target covariance it is the positive root of a quadratic, and ``curve`` is
    their number times the trace of the target in units of the covariance.
    """
    count, weight = 0.0, 0.0
    for k in range(low, high):
        count += dofs[k] * sums[k, 0]
        weight += dofs[k] * sums[k, 1]
    if count <= _EMPTY or weight <= 0.0:
        return 1.0
    half = 0.5 * (count - shrink * n_features)
    root = math.sqrt(half * half + curve * weight)
    # Two forms of the root: each without cancellation on its side.
    value = weight / (half + root) if half > 0.0 else (root - half) / curve
    return min(value, max(1.0, widest))


@jit
def update(  # noqa: PLR0917 - numba takes arrays by position
    sums: NDArray,
    xi: NDArray,
    first: NDArray,
    priors: NDArray,
    target: NDArray,
    kind: int,
    steps: int,
    floored: bool,
    old_transmat: NDArray,
    old_means: NDArray,
    old_covars: NDArray,
    old_dofs: NDArray,
    startprob: NDArray,
    transmat: NDArray,
    means: NDArray,
    covars: NDArray,
    dofs: NDArray,
    whiten: NDArray,
    log_norm: NDArray,
    dof_range: NDArray,
) -> float:
    """Write parameters and what densities need; return the log prior, or NaN if not ``floored``.

    ``priors``: pseudo-counts of staying, pseudo-bars of the target covariance. ``steps``: 0 what
    densities need only, 1 everything but degrees of freedom, 2 everything. NaN asks the caller to
    raise the eigenvalues of ``covars`` to the floor and to call again with ``floored``; the
    parameters before that are kept then. Size 0 of ``dofs`` means Gaussian.
    """
    if steps > 0 and not floored:
        _transitions(xi, first, priors[0], old_transmat, startprob, transmat)
        _means_and_covars(sums, priors[1], target, kind, old_means, old_covars, means, covars)
    n_groups = 1 if kind == TIED else covars.shape[0]
    smallest = np.empty(n_groups)
    for k in range(n_groups):
        if not _invert_cholesky(covars[k], whiten[k]):
            return np.nan
        smallest[k] = _least_eigenvalue(whiten[k])
        if smallest[k] < FLOOR and not floored:
            return np.nan
    log_prior = 0.0
    for k in range(n_groups):
        low, high = (0, covars.shape[0]) if kind == TIED else (k, k + 1)
        spread = _spread(whiten[low], target) if priors[1] > 0.0 else 0.0
        scale = 1.0
        if dofs.size > 0 and steps > 0:
            prior, widest = priors[1] * spread, smallest[k] / FLOOR
            scale = _expansion(sums, old_dofs, low, high, means.shape[1], priors[1], prior, widest)
            _rescale(covars[low], whiten[low], scale)
        log_root = _log_root(whiten[low])
        log_prior += priors[1] * (log_root - 0.5 * scale * spread)
        for state in range(low, high):
            _copy(covars[low], covars[state])
            _copy(whiten[low], whiten[state])
            log_norm[state] = log_root
            if dofs.size > 0:
                dofs[state] = old_dofs[state]
                if steps > 1 and sums[state, 0] > _EMPTY:
                    dofs[state] = _new_dof(sums[state], old_dofs[state], scale, means, dof_range)
                log_norm[state] += _student_constant(dofs[state], 0.5 * means.shape[1])
    if priors[0] > 0.0:
        for k in range(transmat.shape[0]):
            log_prior += priors[0] * math.log(transmat[k, k])
    return log_prior


@jit
def _transitions(  # noqa: PLR0917 - numba takes arrays by position
    xi: NDArray,
    first: NDArray,
    stay: float,
    old_transmat: NDArray,
    startprob: NDArray,
    transmat: NDArray,
) -> None:
    n_states = first.size
    total = 0.0
    for k in range(n_states):
        total += first[k]
    for j in range(n_states):
        startprob[j] = first[j] / total
        row = stay
        for k in range(n_states):
            row += xi[j, k]
        for k in range(n_states):
            count = xi[j, k] + stay if j == k else xi[j, k]
            transmat[j, k] = count / row if row > 0.0 else old_transmat[j, k]


@jit
def _means_and_covars(  # noqa: PLR0917 - numba takes arrays by position
    sums: NDArray,
    shrink: float,
    target: NDArray,
    kind: int,
    old_means: NDArray,
    old_covars: NDArray,
    means: NDArray,
    covars: NDArray,
) -> None:
    n_states, n_features = means.shape
    pooled = 0.0
    for k in range(n_states):
        weight = sums[k, 1]
        pooled += sums[k, 0]
        known = weight > _EMPTY
        for i in range(n_features):
            means[k, i] = sums[k, 2 + i] / weight if known else old_means[k, i]
            for j in range(i + 1):
                at = 2 + n_features + i * (i + 1) // 2 + j
                value = sums[k, at] - means[k, i] * sums[k, 2 + j] if known else 0.0
                if kind == TIED and k > 0:
                    covars[0, i, j] += value
                else:
                    covars[k, i, j] = value
        if kind != TIED:
            _shrink(covars[k], sums[k, 0], shrink, target, kind, old_covars[k])
    if kind == TIED:
        _shrink(covars[0], pooled, shrink, target, kind, old_covars[0])


@jit
def _shrink(  # noqa: PLR0917 - numba takes arrays by position
    covar: NDArray, count: float, shrink: float, target: NDArray, kind: int, old: NDArray
) -> None:
    """Turn a scatter matrix, of which the lower triangle is set, into a covariance."""
    n = covar.shape[0]
    mass = count + shrink
    if mass <= _EMPTY:
        _copy(old, covar)
        return
    trace = 0.0
    for i in range(n):
        for j in range(i + 1):
            cross = kind == FULL or kind == TIED or i == j  # noqa: PLR1714 - numba
            value = (covar[i, j] + shrink * target[i, j]) / mass if cross else 0.0
            covar[i, j] = value
            covar[j, i] = value
        trace += covar[i, i]
    if kind == SPHERICAL:
        for i in range(n):
            covar[i, i] = trace / n


@jit
def _copy(source: NDArray, out: NDArray) -> None:
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = source[i, j]


@jit
def _rescale(covar: NDArray, whiten: NDArray, scale: float) -> None:
    root = math.sqrt(scale)
    for i in range(covar.shape[0]):
        for j in range(covar.shape[1]):
            covar[i, j] /= scale
            whiten[i, j] *= root


@jit
def _new_dof(sums: NDArray, old: float, scale: float, means: NDArray, dof_range: NDArray) -> float:
    top = 0.5 * (old + means.shape[1])
    surplus = 1.0 + _digamma(top) - math.log(top) - math.log(scale)
    surplus += (sums[sums.size - 1] - sums[1] / scale) / sums[0]
    return _solve_dof(surplus, dof_range[0], dof_range[1])


@jit
def _student_constant(dof: float, half: float) -> float:
    """Log density at the mean of a Student-t over that of a Gaussian of the same scale."""
    rising = math.lgamma(0.5 * dof + half) - math.lgamma(0.5 * dof)
    return rising - half * math.log(0.5 * dof)
