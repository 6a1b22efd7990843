"""EM of a Markov-switching regression, on standardised columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regime_factory.regimes.detectors.base import Matrix
from regime_factory.regimes.detectors.restarts import Steps
from regime_factory.regimes.hmm.inference import Expectation, expectation
from regime_factory.regimes.hmm.starts import sticky_transmat

_STAY = 0.95


@dataclass(frozen=True)
class RegressionParameters:
    """Parameters of a switching regression.

    Attributes
    ----------
    startprob : ndarray, shape (K,)
    transmat : ndarray, shape (K, K)
    beta : ndarray, shape (K, F)
        Intercept and slopes of each state.
    variance : ndarray, shape (K,)
        Residual variance of each state.
    """

    startprob: Matrix
    transmat: Matrix
    beta: Matrix
    variance: Matrix

    def log_density(self, y: Matrix, Z: Matrix) -> Matrix:
        """Return the log density of each target given its regressors in each state.

        Parameters
        ----------
        y : ndarray, shape (T,)
            Target.
        Z : ndarray, shape (T, F)
            A column of ones and the regressors.

        Returns
        -------
        ndarray, shape (K, T)
        """
        gap = y - self.beta @ Z.T
        variance = self.variance[:, None]
        return -0.5 * (gap**2 / variance + np.log(2 * np.pi * variance))


@dataclass(frozen=True)
class RegressionProblem:
    """Standardised columns with what stays fixed over starts.

    Attributes
    ----------
    y : ndarray, shape (T,)
        Target.
    Z : ndarray, shape (T, F)
        A column of ones and the regressors.
    lengths : sequence of int
        Rows of each sequence.
    stay_count : float
        Dirichlet pseudo-counts added to each diagonal transition.
    shrinkage : float
        Pseudo-bars of the one regression of all rows added to each state.
    """

    y: Matrix
    Z: Matrix
    lengths: Sequence[int]
    stay_count: float
    shrinkage: float

    @property
    def pooled(self) -> tuple[Matrix, Matrix, float]:
        """Second moments of the regressors, and coefficients and variance of one regression.

        Returns
        -------
        moments : ndarray, shape (F, F)
        beta : ndarray, shape (F,)
        variance : float
        """
        moments = self.Z.T @ self.Z / len(self.y)
        beta = np.linalg.solve(moments, self.Z.T @ self.y / len(self.y)).astype(np.float64)
        return moments, beta, float(((self.y - self.Z @ beta) ** 2).mean())


def em_steps(problem: RegressionProblem) -> Steps[RegressionParameters, Expectation]:
    """Return the EM algorithm of a switching regression.

    Parameters
    ----------
    problem : RegressionProblem
        Columns and priors.

    Returns
    -------
    Steps
    """

    def expect(parameters: RegressionParameters) -> tuple[float, float, Expectation]:
        log_b = parameters.log_density(problem.y, problem.Z)
        found = expectation(parameters.startprob, parameters.transmat, log_b, problem.lengths)
        objective = (found.loglik + _log_prior(problem, parameters)) / len(problem.y)
        return objective, found.loglik, found

    def maximise(found: Expectation, _: RegressionParameters) -> RegressionParameters:
        return _maximise(problem, found)

    return Steps(expect, maximise)


def draw_start(
    problem: RegressionProblem, n_states: int, index: int, seed: int
) -> RegressionParameters:
    """Draw coefficients around those of one regression, with residual variances that differ.

    Parameters
    ----------
    problem : RegressionProblem
        Columns and priors.
    n_states : int
        Number of states K.
    index : int
        Number of the start; odd ones scatter the coefficients wider.
    seed : int
        Seed of the whole fit.

    Returns
    -------
    RegressionParameters
    """
    rng = np.random.default_rng([seed, index])
    _, beta, variance = problem.pooled
    scatter = (0.1, 0.5)[index % 2] * rng.normal(size=(n_states, len(beta)))
    width = np.geomspace(0.3, 3.0, n_states) * rng.uniform(0.7, 1.4, n_states)
    return RegressionParameters(
        np.full(n_states, 1 / n_states),
        sticky_transmat(n_states, _STAY),
        beta + scatter,
        width * variance,
    )


def _maximise(problem: RegressionProblem, found: Expectation) -> RegressionParameters:
    gamma = found.gamma / found.gamma.sum(axis=0)
    moments, pooled, variance = problem.pooled
    more = max(problem.shrinkage, 1e-12)  # keeps a state without weight solvable
    beta, variances = np.empty((len(gamma), len(pooled))), np.empty(len(gamma))
    for k, weight in enumerate(gamma):
        WZ = weight[:, None] * problem.Z
        beta[k] = np.linalg.solve(
            WZ.T @ problem.Z + more * moments, WZ.T @ problem.y + more * (moments @ pooled)
        )
        gap, moved = problem.y - problem.Z @ beta[k], beta[k] - pooled
        prior = more * (variance + moved @ moments @ moved)
        variances[k] = (weight @ gap**2 + prior) / (weight.sum() + more)
    transitions = found.xi + problem.stay_count * np.eye(len(gamma))
    # A state that no path leaves keeps to itself.
    transitions[transitions.sum(axis=1) == 0] += np.eye(len(gamma))[transitions.sum(axis=1) == 0]
    transmat = transitions / transitions.sum(axis=1, keepdims=True)
    return RegressionParameters(found.first / found.first.sum(), transmat, beta, variances)


def _log_prior(problem: RegressionProblem, parameters: RegressionParameters) -> float:
    """Log density of both priors, without constants."""
    total = 0.0
    if problem.stay_count > 0:
        stay = np.maximum(np.diagonal(parameters.transmat), 1e-300)
        total += problem.stay_count * float(np.log(stay).sum())
    if problem.shrinkage > 0:
        moments, pooled, variance = problem.pooled
        moved = parameters.beta - pooled
        spread = variance + np.einsum("ki,ij,kj->k", moved, moments, moved)
        each = np.log(parameters.variance) + spread / parameters.variance
        total -= 0.5 * problem.shrinkage * float(each.sum())
    return total
