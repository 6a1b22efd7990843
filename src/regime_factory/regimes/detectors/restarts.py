"""EM from one start or from many: a few steps for each, the better third to the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

Parameters = TypeVar("Parameters")
Expected = TypeVar("Expected")
_FIRST_STAGE = 20  # EM steps every start gets before most are dropped
_SAME_OPTIMUM = 1e-4  # nats per bar within which two runs count as the same optimum


@dataclass(frozen=True)
class Run(Generic[Parameters]):
    """Where an EM run stands.

    Attributes
    ----------
    parameters : Parameters
        Those of the last entry of the history.
    history : tuple of float
        Penalised log-likelihood per bar, one entry per E-step.
    loglik : float
        Log-likelihood without priors.
    converged : bool
        Whether the last gain was at least 0 and at most the tolerance.
    hit_rate : float
        Share of the runs taken to the end that found the best optimum.
    """

    parameters: Parameters
    history: tuple[float, ...] = ()
    loglik: float = -np.inf
    converged: bool = False
    hit_rate: float = 1.0


@dataclass(frozen=True)
class Steps(Generic[Parameters, Expected]):
    """The two steps of an EM algorithm.

    Attributes
    ----------
    expect : callable
        Parameters to objective per bar, log-likelihood and what the M-step needs.
    maximise : callable
        That, and the parameters it was measured at, to better parameters.
    """

    expect: Callable[[Parameters], tuple[float, float, Expected]]
    maximise: Callable[[Expected, Parameters], Parameters]


def best_run(
    steps: Steps[Parameters, Expected], starts: Sequence[Parameters], *, n_iter: int, tol: float
) -> Run[Parameters]:
    """Climb from every start and keep the best; of many, only the better third gets to the end.

    Parameters
    ----------
    steps : Steps
        The algorithm.
    starts : sequence
        First parameters, at least one.
    n_iter : int
        Largest number of EM steps of a run.
    tol : float
        Gain of the objective per bar at which a run ends.

    Returns
    -------
    Run

    Examples
    --------
    Halving the distance to 1 stands for EM:

    >>> steps = Steps(lambda x: (-((x - 1) ** 2), 0.0, x), lambda x, _: (x + 1) / 2)
    >>> run = best_run(steps, [5.0, -3.0, 1.5], n_iter=50, tol=1e-6)
    >>> round(run.parameters, 3), run.converged
    (1.0, True)
    """
    runs = [_climb(steps, Run(start), min(_FIRST_STAGE, n_iter), tol) for start in starts]
    runs.sort(key=lambda run: -run.history[-1])
    kept = runs[: (len(runs) + 2) // 3]
    finished = [_climb(steps, run, n_iter, tol) for run in kept]
    best = max(finished, key=lambda run: run.history[-1])
    same = best.history[-1] - _SAME_OPTIMUM
    return replace(best, hit_rate=float(np.mean([run.history[-1] >= same for run in finished])))


def _climb(
    steps: Steps[Parameters, Expected], run: Run[Parameters], n_iter: int, tol: float
) -> Run[Parameters]:
    """Take EM steps until there are ``n_iter`` in all; the last E-step is not followed by one."""
    if run.converged:
        return run
    parameters, history = run.parameters, list(run.history[:-1])
    while True:
        objective, loglik, expected = steps.expect(parameters)
        history.append(objective)
        gain = history[-1] - history[-2] if len(history) > 1 else np.inf
        converged = bool(0 <= gain <= tol)
        if converged or len(history) > n_iter:
            return Run(parameters, tuple(history), loglik, converged)
        parameters = steps.maximise(expected, parameters)
