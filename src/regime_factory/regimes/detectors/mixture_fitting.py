"""EM of a Gaussian mixture over independent bars, on standardised observations."""

from dataclasses import dataclass

import numpy as np

from regime_factory.regimes.detectors.base import Matrix
from regime_factory.regimes.detectors.jump_fitting import spread_rows
from regime_factory.regimes.detectors.restarts import Steps
from regime_factory.regimes.hmm.emission import (
    compress_covariances,
    expand_covariances,
    log_density,
)
from regime_factory.regimes.hmm.inference import filter_log_emission
from regime_factory.regimes.hmm.parameters import HMMParameters

_EMPTY = 1e-10  # bars; a state with less weight keeps its mean


@dataclass(frozen=True)
class MixtureProblem:
    """Standardised observations and what stays fixed over starts.

    Attributes
    ----------
    X : ndarray, shape (F, T)
        Standardised observations.
    products : ndarray, shape (T, F * F)
        Products of each pair of columns.
    covariance_type : str
        Covariance structure.
    shrinkage : float
        Pseudo-bars of the training covariance added to each state.
    target : ndarray, shape (F, F)
        Covariance that states are shrunk to.
    """

    X: Matrix
    products: Matrix
    covariance_type: str
    shrinkage: float
    target: Matrix

    @classmethod
    def of(cls, X: Matrix, covariance_type: str, shrinkage: float) -> "MixtureProblem":
        """Prepare standardised observations ``(F, T)``.

        Parameters
        ----------
        X, covariance_type, shrinkage
            As the attributes.

        Returns
        -------
        MixtureProblem
        """
        n_features, n_rows = X.shape
        correlated = covariance_type in ("full", "tied")
        target = X @ X.T / n_rows if correlated else np.eye(n_features)
        products = np.ascontiguousarray((X[:, None] * X[None]).reshape(-1, n_rows).T)
        return cls(X, products, covariance_type, shrinkage, target)


def without_memory(weights: Matrix, means: Matrix, covars: Matrix) -> HMMParameters:
    """Return a mixture as the hidden Markov model whose next state ignores the current one.

    Parameters
    ----------
    weights : ndarray, shape (K,)
    means : ndarray, shape (K, F)
    covars : ndarray, shape (K, F, F)

    Returns
    -------
    HMMParameters
    """
    return HMMParameters(weights, np.tile(weights, (len(weights), 1)), means, covars)


def em_steps(problem: MixtureProblem) -> Steps[HMMParameters, Matrix]:
    """Return the EM algorithm of a mixture.

    Parameters
    ----------
    problem : MixtureProblem
        Observations and prior.

    Returns
    -------
    Steps
    """

    def expect(parameters: HMMParameters) -> tuple[float, float, Matrix]:
        p, loglik = _responsibilities(problem, parameters)
        return (loglik + _log_prior(problem, parameters)) / problem.X.shape[1], loglik, p

    def maximise(p: Matrix, parameters: HMMParameters) -> HMMParameters:
        return _maximise(problem, p, parameters.means)

    return Steps(expect, maximise)


def draw_start(problem: MixtureProblem, n_states: int, index: int, seed: int) -> HMMParameters:
    """Draw means at rows that lie apart, or one middle with widths that differ.

    Parameters
    ----------
    problem : MixtureProblem
        Observations and prior.
    n_states : int
        Number of states K.
    index : int
        Number of the start; its kind is ``index % 2``.
    seed : int
        Seed of the whole fit.

    Returns
    -------
    HMMParameters
    """
    rng = np.random.default_rng([seed, index])
    if index % 2:
        means = 0.1 * rng.normal(size=(n_states, len(problem.X)))
        width = np.geomspace(0.3, 3.0, n_states) * rng.uniform(0.7, 1.4, n_states)
    else:
        means = spread_rows(np.ascontiguousarray(problem.X.T), n_states, rng)
        width = np.full(n_states, 0.5)
    covars = constrained(width[:, None, None] * problem.target, problem.covariance_type)
    return without_memory(np.full(n_states, 1 / n_states), means, covars)


def _responsibilities(problem: MixtureProblem, parameters: HMMParameters) -> tuple[Matrix, float]:
    try:
        log_b = log_density(problem.X, parameters)
    except ValueError:
        raise ValueError(
            "a state of the mixture shrank to a few equal bars; set shrinkage above 0, or use "
            "fewer states"
        ) from None
    p, loglik = filter_log_emission(parameters.startprob, parameters.transmat, log_b)
    return p, float(loglik.sum())


def _maximise(problem: MixtureProblem, p: Matrix, means: Matrix) -> HMMParameters:
    X, count = problem.X, p.sum(axis=1)
    weight = np.maximum(count, _EMPTY)[:, None]
    means = np.where(count[:, None] > _EMPTY, p @ X.T / weight, means)
    squares = (p @ problem.products / weight).reshape(len(count), len(X), len(X))
    scatter = weight[:, :, None] * (squares - means[:, :, None] * means[:, None])
    covars = scatter + problem.shrinkage * problem.target
    if problem.covariance_type == "tied":
        covars[:] = covars.sum(axis=0) / (count.sum() + len(count) * problem.shrinkage)
    else:
        covars /= weight[:, :, None] + problem.shrinkage
    return without_memory(count / count.sum(), means, constrained(covars, problem.covariance_type))


def constrained(covars: Matrix, covariance_type: str) -> Matrix:
    """Project full covariances onto their type.

    Parameters
    ----------
    covars : ndarray, shape (K, F, F)
    covariance_type : str
        Covariance structure.

    Returns
    -------
    ndarray, shape (K, F, F)
    """
    compact = compress_covariances(covars, covariance_type)
    return expand_covariances(compact, covariance_type, len(covars), covars.shape[-1])


def _log_prior(problem: MixtureProblem, parameters: HMMParameters) -> float:
    """Log density of the shrinkage prior, without its constant."""
    if problem.shrinkage == 0:
        return 0.0
    log_det = np.linalg.slogdet(parameters.covars)[1]
    traces = np.trace(np.linalg.solve(parameters.covars, problem.target), axis1=1, axis2=2)
    return float(-0.5 * problem.shrinkage * (log_det + traces).sum())
