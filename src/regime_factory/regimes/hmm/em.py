"""Expectation-maximisation of the Gaussian hidden Markov model, on standardised observations."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm.gaussian import whitened_log_density, whitening
from regime_factory.regimes.hmm.inference import Expectation, expectation
from regime_factory.regimes.hmm.parameters import HMMParameters

Matrix = NDArray[np.float64]
_FLOOR = 1e-6  # smallest variance of a state, in units of the training variance
_EMPTY = 1e-10  # a state with less weight (bars) than this keeps its mean and covariance


@dataclass(frozen=True)
class Problem:
    """Standardised observations with the settings that stay fixed over restarts.

    Attributes
    ----------
    X : ndarray, shape (F, T)
        Standardised observations.
    lengths : sequence of int
        Rows of each sequence.
    covariance_type : str
        Covariance structure.
    stay_count : float
        Dirichlet pseudo-counts added to each diagonal transition.
    shrink_count : float
        Pseudo-bars of the training covariance added to each state.
    target : ndarray, shape (F, F)
        Training covariance in standardised units.
    """

    X: Matrix
    lengths: Sequence[int]
    covariance_type: str
    stay_count: float
    shrink_count: float
    target: Matrix


@dataclass
class Run:
    """One EM run: where it stands and how it got there.

    Attributes
    ----------
    parameters : HMMParameters
        Standardised parameters at which the last ``history`` entry was measured.
    history : list of float
        Penalised log-likelihood per bar, one entry per E-step.
    loglik : float
        Log-likelihood without priors, in standardised units.
    converged : bool
        True only if the last gain was non-negative and below the tolerance.
    expected : Expectation or None
        E-step at ``parameters``; None where it was not run or let go.
    n_steps : int
        M-steps taken.
    """

    parameters: HMMParameters
    history: list[float] = field(default_factory=list)
    loglik: float = -np.inf
    converged: bool = False
    expected: Expectation | None = None
    n_steps: int = 0

    @property
    def objective(self) -> float:
        """Last penalised log-likelihood per bar.

        Returns
        -------
        float
        """
        return self.history[-1] if self.history else -np.inf


def training_target(X: Matrix, covariance_type: str) -> Matrix:
    """Return the covariance that states are shrunk to.

    Parameters
    ----------
    X : ndarray, shape (F, T)
        Standardised observations.
    covariance_type : str
        Covariance structure.

    Returns
    -------
    ndarray, shape (F, F)
    """
    if covariance_type in ("full", "tied"):
        return X @ X.T / X.shape[1]
    return np.eye(X.shape[0])


def advance(problem: Problem, run: Run, n_iter: int, tol: float) -> Run:
    """Take up to ``n_iter`` EM steps from where a run stands.

    Parameters
    ----------
    problem : Problem
        Observations and priors.
    run : Run
        Run to continue; it is changed in place.
    n_iter : int
        Largest number of M-steps to take.
    tol : float
        Stop when the objective per bar gains less than this.

    Returns
    -------
    Run
        The same run.

    Notes
    -----
    The objective is the log-likelihood plus a Dirichlet prior on staying and an inverse-Wishart
    prior on each covariance (Fox et al. 2011; Fraley and Raftery 2007): MAP-EM never lowers it.
    """
    for _ in range(n_iter):
        if run.converged:
            return run
        expected = run.expected or _measure(problem, run)
        before = run.objective
        run.parameters = maximisation(problem, run.parameters, expected)
        run.n_steps += 1
        _measure(problem, run)
        gain = run.objective - before
        if gain < tol:
            run.converged = gain >= -1e-12 * max(1.0, abs(before))
            return run
    return run


def _measure(problem: Problem, run: Run) -> Expectation:
    """Run the E-step at the current parameters and note the objective."""
    current = run.parameters
    whiten, log_norm = whitening(current.covars)
    log_b = whitened_log_density(problem.X, current.means, whiten, log_norm)
    expected = expectation(current.startprob, current.transmat, log_b, problem.lengths)
    penalty = 0.0
    if problem.stay_count > 0:
        penalty += problem.stay_count * float(np.log(np.diagonal(current.transmat)).sum())
    if problem.shrink_count > 0:
        n_priors = 1 if problem.covariance_type == "tied" else len(log_norm)
        spread = np.einsum("kij,jl,kil->k", whiten, problem.target, whiten)
        penalty += problem.shrink_count * float((log_norm - 0.5 * spread)[:n_priors].sum())
    run.expected = expected
    run.loglik = expected.loglik
    run.history[run.n_steps :] = [(expected.loglik + penalty) / problem.X.shape[1]]
    return expected


def maximisation(problem: Problem, current: HMMParameters, expected: Expectation) -> HMMParameters:
    """Return the parameters that maximise the expected penalised log-likelihood.

    Parameters
    ----------
    problem : Problem
        Observations and priors.
    current : HMMParameters
        HMMParameters of the E-step; states without weight keep theirs.
    expected : Expectation
        Outcome of the E-step.

    Returns
    -------
    HMMParameters
    """
    from regime_factory.regimes.hmm import _kernels

    n_states, n_features = current.means.shape
    counts = expected.xi + problem.stay_count * np.eye(n_states)
    rows = counts.sum(axis=1, keepdims=True)
    transmat = np.where(rows > 0, counts / np.where(rows > 0, rows, 1.0), current.transmat)
    weight, means = np.empty(n_states), np.empty((n_states, n_features))
    scatter = np.empty((n_states, n_features, n_features))
    cross = problem.covariance_type in ("full", "tied")
    _kernels.moments(problem.X, expected.gamma, cross, current.means, weight, means, scatter)
    covars = _covariances(problem, current.covars, weight, scatter)
    return HMMParameters(expected.first / expected.first.sum(), transmat, means, covars)


def _covariances(problem: Problem, current: Matrix, weight: Matrix, scatter: Matrix) -> Matrix:
    kind, prior = problem.covariance_type, problem.shrink_count
    if kind == "tied":
        pooled = (scatter.sum(axis=0) + prior * problem.target) / (weight.sum() + prior)
        return np.broadcast_to(_floored(pooled[None]), scatter.shape).copy()
    mass = (weight + prior)[:, None, None]
    empty = mass <= _EMPTY
    covars = (scatter + prior * problem.target) / np.where(empty, 1.0, mass)
    if kind == "spherical":
        variance = np.trace(covars, axis1=1, axis2=2) / covars.shape[-1]
        covars = variance[:, None, None] * np.eye(covars.shape[-1])
    return np.where(empty, current, _floored(covars))


def _floored(covars: Matrix) -> Matrix:
    """Raise eigenvalues below the floor; the constrained maximum, so the objective still rises."""
    values, vectors = np.linalg.eigh(covars)
    if values.min() >= _FLOOR:
        return covars
    return np.einsum("kij,kj,klj->kil", vectors, np.maximum(values, _FLOOR), vectors)
