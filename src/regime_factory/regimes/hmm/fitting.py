"""Fitting a Gaussian hidden Markov model: one run from a start, or restarts by halving."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm.em import Problem, Run, advance, training_target
from regime_factory.regimes.hmm.gaussian import compress_covariances, expand_covariances
from regime_factory.regimes.hmm.parameters import HMMParameters, Scaler
from regime_factory.regimes.hmm.starts import make_start

Matrix = NDArray[np.float64]
_FIRST_STAGE = 20  # EM steps every start gets before the worse half is dropped
_SAME_OPTIMUM = 1e-4  # nats per bar within which two runs count as the same optimum


@dataclass(frozen=True)
class Fit:
    """Result of a fit in the user's units.

    Attributes
    ----------
    parameters : HMMParameters
        Fitted parameters.
    scaler : Scaler
        Offset and scale of the training observations.
    history : ndarray
        Penalised log-likelihood per bar, one entry per E-step of the winning run.
    loglik : float
        Log-likelihood of the training observations without priors.
    converged : bool
        Whether the winning run's last gain was below the tolerance.
    hit_rate : float
        Share of the runs taken to the end that found the best optimum.
    """

    parameters: HMMParameters
    scaler: Scaler
    history: Matrix
    loglik: float
    converged: bool
    hit_rate: float


def fit_parameters(
    X: Matrix,
    lengths: Sequence[int],
    *,
    n_components: int,
    covariance_type: str,
    start: HMMParameters | None,
    n_init: int,
    n_iter: int,
    tol: float,
    sticky: float,
    shrinkage: float,
    seed: int,
) -> Fit:
    """Fit by EM on standardised observations and return the result in the user's units.

    Parameters
    ----------
    X : ndarray, shape (T, F)
        Checked observations.
    lengths : sequence of int
        Rows of each sequence.
    n_components : int
        Number of states K.
    covariance_type : str
        Covariance structure.
    start : HMMParameters or None
        Start in the user's units; None for ``n_init`` drawn starts.
    n_init, n_iter : int
        Number of starts; largest number of EM steps of a run.
    tol : float
        Gain per bar below which a run has converged.
    sticky : float
        Pseudo-counts on each diagonal transition, as a fraction of T/K.
    shrinkage : float
        Pseudo-bars of the training covariance added to each state.
    seed : int
        Seed of the drawn starts.

    Returns
    -------
    Fit
    """
    scaler = Scaler.of(X, covariance_type)
    data = scaler.apply(X)
    problem = Problem(
        data,
        lengths,
        covariance_type,
        sticky * len(X) / n_components,
        shrinkage,
        training_target(data, covariance_type),
    )
    if start is not None:
        first = _constrained(start.standardised(scaler), covariance_type)
        runs = [advance(problem, Run(first), n_iter, tol)]
    else:
        runs = _restarts(problem, n_components, n_init, n_iter=n_iter, tol=tol, seed=seed)
    best = max(runs, key=lambda run: run.objective)
    hits = [run.objective >= best.objective - _SAME_OPTIMUM for run in runs]
    per_bar = float(np.log(scaler.scale).sum())
    return Fit(
        best.parameters.in_user_units(scaler),
        scaler,
        np.array(best.history) - per_bar,
        best.loglik - per_bar * len(X),
        best.converged,
        float(np.mean(hits)),
    )


def _constrained(parameters: HMMParameters, covariance_type: str) -> HMMParameters:
    """Project covariances onto their type."""
    n_states, n_features = parameters.means.shape
    compact = compress_covariances(parameters.covars, covariance_type)
    covars = expand_covariances(compact, covariance_type, n_states, n_features)
    return replace(parameters, covars=covars)


def _restarts(
    problem: Problem, n_components: int, n_init: int, *, n_iter: int, tol: float, seed: int
) -> list[Run]:
    """Give every start a few steps, then finish the better half (at least three)."""
    runs = []
    for index in range(n_init):
        start = make_start(problem.X, n_components, problem.target, index, seed)
        run = Run(_constrained(start, problem.covariance_type))
        runs.append(advance(problem, run, min(_FIRST_STAGE, n_iter), tol))
        run.expected = None  # frees K x T numbers; measured again if the run goes on
    runs.sort(key=lambda run: -run.objective)
    finalists = runs[: max(3, (n_init + 1) // 2)]
    for run in finalists:
        advance(problem, run, n_iter - run.n_steps, tol)
        run.expected = None
    return finalists
