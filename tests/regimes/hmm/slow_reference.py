"""The model in plain numpy and scipy, in logarithms and without a trick: slow and easy to check."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import digamma, gammaln, logsumexp
from scipy.stats import multivariate_normal, multivariate_t

from regime_factory.regimes.hmm.parameters import DOF_RANGE, HMMParameters


def log_densities(X, parameters):
    """ln p(x_t | state k) of ``X (T, F)`` as ``(K, T)``."""
    states = zip(parameters.means, parameters.covars, strict=True)
    if parameters.dofs is None:
        rows = [multivariate_normal(mean, covar).logpdf(X) for mean, covar in states]
    else:
        rows = [
            multivariate_t(mean, covar, df=dof).logpdf(X)
            for (mean, covar), dof in zip(states, parameters.dofs, strict=True)
        ]
    return np.reshape(rows, (len(parameters.means), len(X)))


def expectation(parameters, log_b, lengths):
    """Log-likelihood, smoothed probabilities, expected transitions, from log densities."""
    with np.errstate(divide="ignore"):
        log_start, log_move = np.log(parameters.startprob), np.log(parameters.transmat)
    gamma, xi, loglik, low = np.empty_like(log_b), np.zeros_like(log_move), 0.0, 0
    for length in lengths:
        b = log_b[:, low : low + length].T
        alpha, beta = np.empty_like(b), np.zeros_like(b)
        alpha[0] = log_start + b[0]
        for t in range(1, length):
            alpha[t] = logsumexp(alpha[t - 1][:, None] + log_move, axis=0) + b[t]
        for t in range(length - 2, -1, -1):
            beta[t] = logsumexp(log_move + b[t + 1] + beta[t + 1], axis=1)
        total = logsumexp(alpha[-1])
        gamma[:, low : low + length] = np.exp(alpha + beta - total).T
        for t in range(length - 1):
            xi += np.exp(alpha[t][:, None] + log_move + b[t + 1] + beta[t + 1] - total)
        loglik += total
        low += length
    return loglik, gamma, xi


def penalised(X, parameters, *, stay, shrink, target, tied=False):
    """Log-likelihood plus the log priors on staying and on each covariance."""
    loglik, _, _ = expectation(parameters, log_densities(X, parameters), [len(X)])
    with np.errstate(divide="ignore"):
        log_prior = stay * np.log(np.diagonal(parameters.transmat)).sum() if stay else 0.0
    for covar in parameters.covars[:1] if tied else parameters.covars:
        spread = np.trace(np.linalg.solve(covar, target))
        log_prior -= 0.5 * shrink * (np.linalg.slogdet(2 * np.pi * covar)[1] + spread)
    return loglik + log_prior


def student_step(X, parameters, kind, *, shrink, target):
    """One M-step of the Student-t with expanded precisions, each maximum found numerically."""
    (T, F), K = X.shape, len(parameters.means)
    _, gamma, _ = expectation(parameters, log_densities(X, parameters), [T])
    means, scatter = np.empty((K, F)), np.empty((K, F, F))
    u, log_u = np.empty((K, T)), np.empty((K, T))
    for k, (mean, covar, dof) in enumerate(
        zip(parameters.means, parameters.covars, parameters.dofs, strict=True)
    ):
        centred = X - mean
        distance = np.einsum("ti,ij,tj->t", centred, np.linalg.inv(covar), centred)
        u[k] = (dof + F) / (dof + distance)
        log_u[k] = digamma((dof + F) / 2) - np.log((dof + distance) / 2)
        means[k] = (gamma[k] * u[k]) @ X / (gamma[k] @ u[k])
        centred = X - means[k]
        scatter[k] = (centred * (gamma[k] * u[k])[:, None]).T @ centred
    counts, dofs = gamma.sum(axis=1), parameters.dofs.copy()
    groups = [list(range(K))] if kind == "tied" else [[k] for k in range(K)]
    covars = np.empty((K, F, F))
    for group in groups:
        covar = (scatter[group].sum(axis=0) + shrink * target) / (counts[group].sum() + shrink)
        if kind in ("diag", "spherical"):
            covar = np.diag(np.diagonal(covar))
        if kind == "spherical":
            covar = np.eye(F) * np.trace(covar) / F

        def loss(log_scale, group=group, covar=covar):
            scale = np.exp(log_scale)
            value = (
                0.5 * shrink * (F * log_scale - scale * np.trace(np.linalg.solve(covar, target)))
            )
            for k in group:
                half = 0.5 * parameters.dofs[k]
                value -= half * (counts[k] * log_scale + (gamma[k] @ u[k]) / scale)
            return -value

        log_scale = minimize_scalar(loss, bracket=(-0.1, 0.1), tol=1e-12).x
        covars[group] = covar / np.exp(log_scale)
        for k in group:

            def loss_of_dof(dof, k=k, log_scale=log_scale):
                half = 0.5 * dof
                each = half * np.log(half) - gammaln(half) - half * log_scale + half * log_u[k]
                return -gamma[k] @ (each - half * u[k] / np.exp(log_scale))

            found = minimize_scalar(
                loss_of_dof, bounds=DOF_RANGE, method="bounded", options={"xatol": 1e-9}
            )
            dofs[k] = found.x
    return means, covars, dofs


def random_parameters(rng, K, F, kind="full", *, student=False):
    """Parameters for observations of about unit size."""
    factors = rng.normal(size=(K, F, F)) * 0.3 + np.eye(F)
    covars = factors @ factors.swapaxes(1, 2)
    if kind in ("diag", "spherical"):
        covars = covars * np.eye(F)
    if kind == "spherical":
        covars = covars[:, :1, :1] * np.eye(F)
    if kind == "tied":
        covars = np.repeat(covars[:1], K, axis=0)
    return HMMParameters(
        rng.dirichlet(np.ones(K)),
        rng.dirichlet(np.ones(K), size=K),
        rng.normal(size=(K, F)),
        covars,
        rng.uniform(3, 20, K) if student else None,
    )
