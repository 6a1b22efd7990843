"""Fitting a hidden Markov model: one run from a start, or many that are halved."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm.ascent import Run, accelerate, climb
from regime_factory.regimes.hmm.em import Problem, Stepper, training_target
from regime_factory.regimes.hmm.emission import compress_covariances, expand_covariances
from regime_factory.regimes.hmm.parameters import DEFAULT_DOF, HMMParameters, Scaler
from regime_factory.regimes.hmm.starts import make_start
from regime_factory.regimes.hmm.theta import Theta

Matrix = NDArray[np.float64]
_FIRST_STAGE, _SECOND_STAGE = 20, 40  # EM steps of every start, and of those kept after that
_REFIT_STAGE = {"gaussian": 3, "student_t": 5}  # plain EM steps from a fitted model
_KEPT_OF_30, _FEWEST_KEPT = 8, 4
_FINALISTS = 2
_NEAR_EMPTY = 0.005  # share of the bars below which a state counts as near-empty
_SAME_OPTIMUM = 5e-4  # nats per bar within which two runs count as the same optimum


class Training(NamedTuple):
    """Observations to fit, as :func:`regime_factory.regimes.validation.centre` returns them.

    Attributes
    ----------
    centred : ndarray, shape (F, T)
        Observations less their means, in the user's units.
    offset : ndarray, shape (F,)
        Means.
    covariance : ndarray, shape (F, F)
        Covariance.
    """

    centred: Matrix
    offset: Matrix
    covariance: Matrix


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
        Penalised log-likelihood per bar, at the start and after each accepted step.
    loglik : float
        Log-likelihood of the training observations without priors.
    converged : bool
        Whether the winning run's last gain was below the tolerance.
    hit_rate : float
        Share of the second-stage runs that ended it near the best of them.
    """

    parameters: HMMParameters
    scaler: Scaler
    history: Matrix
    loglik: float
    converged: bool
    hit_rate: float


def fit_parameters(
    training: Training,
    lengths: Sequence[int],
    *,
    n_components: int,
    covariance_type: str,
    emission: str,
    start: HMMParameters | None,
    refit: bool,
    n_init: int,
    n_iter: int,
    tol: float,
    sticky: float,
    shrinkage: float,
    seed: int,
    n_jobs: int,
) -> Fit:
    """Fit by EM on standardised observations and return the result in the user's units.

    Parameters
    ----------
    training : Training
        Checked observations; ``centred`` is standardised in place.
    lengths : sequence of int
        Rows of each sequence.
    n_components : int
        Number of states K.
    covariance_type : str
        Covariance structure.
    emission : {"gaussian", "student_t"}
        Emission family.
    start : HMMParameters or None
        Start in the user's units; None for ``n_init`` drawn starts.
    refit : bool
        Whether the start is a fitted model, whose basin is chosen: then fewer steps are plain.
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
    n_jobs : int
        Threads that share the starts; -1 for all cores.

    Returns
    -------
    Fit
    """
    scaler = Scaler.from_moments(training.offset, training.covariance, covariance_type)
    data = np.divide(training.centred, scaler.scale[:, None], out=training.centred)
    n_rows = data.shape[1]
    problem = Problem(
        data,
        lengths,
        covariance_type,
        emission,
        sticky * n_rows / n_components,
        shrinkage,
        training_target(training.covariance, scaler.scale, covariance_type),
    )
    team = _Team(problem, n_components, n_jobs, n_iter, tol)
    if start is not None:
        n_plain = _REFIT_STAGE[emission] if refit else _FIRST_STAGE
        best, hit_rate = team.follow(start.standardised(scaler), n_plain), 1.0
    else:
        best, hit_rate = team.halve(n_init, seed)
    per_bar = float(np.log(scaler.scale).sum())
    return Fit(
        best.theta.parameters().in_user_units(scaler),
        scaler,
        np.array(best.history) - per_bar,
        best.loglik - per_bar * n_rows,
        best.converged,
        hit_rate,
    )


class _Team:
    """Steppers of one problem, one per thread, made when they are first needed."""

    def __init__(
        self, problem: Problem, n_states: int, n_jobs: int, n_iter: int, tol: float
    ) -> None:
        self._problem, self._n_states = problem, n_states
        self._n_iter, self._tol = n_iter, tol
        self._n_jobs = n_jobs if n_jobs > 0 else len(os.sched_getaffinity(0))
        self._idle: list[Stepper] = []

    def follow(self, start: HMMParameters, n_plain: int) -> Run:
        """Take one run from a given start to the end, its first steps plain."""
        run = self._new(start)
        self._each(self._climb(n_plain, drawn=False), [run])
        self._each(self._accelerate, [run])
        return run

    def halve(self, n_init: int, seed: int) -> tuple[Run, float]:
        """Give every start a few steps, the better ones more, and finish the best two.

        Successive halving: acceleration before the basin is chosen would miss the better optima,
        and taking every start to the end costs about three times as much.
        """
        X, target = self._problem.X, self._problem.target
        starts = [make_start(X, self._n_states, target, index, seed) for index in range(n_init)]
        runs = self._each(self._climb(_FIRST_STAGE), map(self._new, starts))
        kept = max(_FEWEST_KEPT, -(-_KEPT_OF_30 * n_init // 30))
        runs = self._each(self._climb(_SECOND_STAGE), self._ranked(runs)[:kept])
        runs = self._ranked(runs)
        near = [run.objective >= runs[0].objective - _SAME_OPTIMUM for run in runs]
        finalists = self._each(self._accelerate, runs[:_FINALISTS])
        return self._ranked(finalists)[0], float(np.mean(near))

    def _new(self, start: HMMParameters) -> Run:
        start = start.with_emission(self._problem.emission, DEFAULT_DOF)
        return Run(Theta.of(_constrained(start, self._problem.covariance_type)))

    def _climb(self, n_iter: int, *, drawn: bool = True) -> Callable[[Stepper, Run], None]:
        def work(stepper: Stepper, run: Run) -> None:
            if not run.history:
                stepper.prepare(run.theta, drawn=drawn)
            climb(stepper, run, min(n_iter, self._n_iter - run.n_steps), self._tol)

        return work

    def _accelerate(self, stepper: Stepper, run: Run) -> None:
        accelerate(stepper, run, self._n_iter - run.n_steps, self._tol)

    def _each(self, work: Callable[[Stepper, Run], None], runs: Iterable[Run]) -> list[Run]:
        """Work on every run, in threads; no run depends on another, nor on its thread."""

        def task(run: Run) -> Run:
            try:
                stepper = self._idle.pop()
            except IndexError:
                stepper = Stepper(self._problem, self._n_states)
            work(stepper, run)
            self._idle.append(stepper)
            return run

        given = list(runs)
        if min(self._n_jobs, len(given)) == 1:
            return [task(run) for run in given]
        with ThreadPoolExecutor(self._n_jobs) as pool:
            return list(pool.map(task, given))

    def _ranked(self, runs: list[Run]) -> list[Run]:
        """Best first; a run with a near-empty state loses to every run without one."""
        n_features, n_rows = self._problem.X.shape
        fewest = max(_NEAR_EMPTY * n_rows, 2 * (n_features + 1))
        return sorted(runs, key=lambda run: (run.occupancy < fewest, -run.objective))


def _constrained(parameters: HMMParameters, covariance_type: str) -> HMMParameters:
    """Project covariances onto their type."""
    if covariance_type == "full":
        return parameters
    n_states, n_features = parameters.means.shape
    if covariance_type == "diag":
        return replace(parameters, covars=parameters.covars * np.eye(n_features))
    compact = compress_covariances(parameters.covars, covariance_type)
    covars = expand_covariances(compact, covariance_type, n_states, n_features)
    return replace(parameters, covars=covars)
