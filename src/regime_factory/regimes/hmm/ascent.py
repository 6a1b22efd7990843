"""One EM run: plain steps, and accelerated ones once its basin is chosen."""

from dataclasses import dataclass, field

import numpy as np

from regime_factory.regimes.hmm.em import Stepper
from regime_factory.regimes.hmm.theta import Theta

_LEARN_DOFS_EVERY = 4
_ROUNDING = 1e-12  # change of the objective, relative to it, that is rounding
_FIRST_LENGTH, _LENGTHEN = 4.0, 4.0  # longest extrapolation at first, and how it grows


@dataclass
class Run:
    """Where an EM run stands and how it got there.

    Attributes
    ----------
    theta : Theta
        Parameters at which the last ``history`` entry was measured.
    history : list of float
        Penalised log-likelihood per bar at the start and after each accepted step.
    loglik : float
        Log-likelihood without priors, in standardised units.
    converged : bool
        True only if the last EM step gained less than the tolerance, and lost nothing.
    n_steps : int
        E-steps taken after the first.
    occupancy : float
        Expected bars of the emptiest state.
    """

    theta: Theta
    history: list[float] = field(default_factory=list)
    loglik: float = -np.inf
    converged: bool = False
    n_steps: int = 0
    occupancy: float = 0.0

    @property
    def objective(self) -> float:
        """Last penalised log-likelihood per bar."""
        return self.history[-1] if self.history else -np.inf

    def accept(self, theta: Theta, loglik: float, objective: float) -> None:
        """Move to parameters that were measured.

        Parameters
        ----------
        theta : Theta
            New parameters.
        loglik, objective : float
            Output of :meth:`Stepper.measure`.
        """
        self.theta, self.loglik = theta, loglik
        self.history.append(objective)


def climb(stepper: Stepper, run: Run, n_iter: int, tol: float) -> None:
    """Take plain EM steps.

    Parameters
    ----------
    stepper : Stepper
        Arrays and compiled loops to work with.
    run : Run
        Run to continue; it is changed in place.
    n_iter : int
        Largest number of E-steps.
    tol : float
        The run has converged when a step gains less than this, per bar.
    """
    if run.converged or n_iter < 1:
        return
    _begin(stepper, run)
    spare, learned = run.theta.like(), False
    for _ in range(n_iter):
        learn = learned or run.n_steps % _LEARN_DOFS_EVERY == _LEARN_DOFS_EVERY - 1
        left = run.theta
        if not _em_step(stepper, run, spare, tol, learn_dofs=learn):
            return
        spare = left
        gain = run.history[-1] - run.history[-2]
        if gain < tol and (learn or not stepper.problem.student):
            run.converged = gain >= 0
            return
        learned = gain < tol  # the next step learns too, and decides


def accelerate(stepper: Stepper, run: Run, n_iter: int, tol: float) -> None:
    """Take EM steps and, after every other one, follow their path further.

    Parameters
    ----------
    stepper : Stepper
        Arrays and compiled loops to work with.
    run : Run
        Run to continue; it is changed in place.
    n_iter : int
        Largest number of E-steps.
    tol : float
        The run has converged when an EM step gains less than this, per bar.

    Notes
    -----
    SQUAREM of Varadhan and Roland (2008) without their second stabilising step: the EM step of
    the next round does that. An extrapolation that ends below the last EM step is dropped, so the
    objective never falls. Used too early it settles in worse optima.
    """
    if run.converged or n_iter < 1:
        return
    _begin(stepper, run)
    last, longest = run.n_steps + n_iter, _FIRST_LENGTH
    one, two, far = (run.theta.like() for _ in range(3))
    while run.n_steps < last:
        start = run.theta
        if not _em_step(stepper, run, one, tol, learn_dofs=True):
            return
        gain = run.history[-1] - run.history[-2]
        if gain < tol:
            run.converged = gain >= 0
            return
        if run.n_steps == last:
            return
        stepper.step(one, two, learn_dofs=True)
        length = stepper.extrapolate((start, one, two), far, longest)
        if length > 1.0:
            loglik, objective = stepper.measure(far)
            run.n_steps += 1
            if objective >= run.objective:
                run.accept(far, loglik, objective)
                longest *= _LENGTHEN if length == longest else 1.0
                start, far = far, start
                continue
            longest = max(longest / _LENGTHEN, _FIRST_LENGTH)
            if run.n_steps == last:
                return
        if not _take(run, two, stepper.measure(two), tol):
            return
        start, two = two, start


def _begin(stepper: Stepper, run: Run) -> None:
    """Measure where the run stands, unless the stepper's arrays are of there already."""
    if run.history and stepper.measured is run.theta:
        return
    run.loglik, objective = stepper.measure(run.theta)
    run.history[max(len(run.history) - 1, 0) :] = [objective]


def _em_step(stepper: Stepper, run: Run, out: Theta, tol: float, *, learn_dofs: bool) -> bool:
    """Take one step to ``out``; False if the objective does not rise."""
    stepper.step(run.theta, out, learn_dofs=learn_dofs)
    run.occupancy = stepper.emptiest()
    return _take(run, out, stepper.measure(out), tol)


def _take(run: Run, theta: Theta, measured: tuple[float, float], tol: float) -> bool:
    """Move to the end of an EM step; False if the objective would fall, which rounding does."""
    loglik, objective = measured
    run.n_steps += 1
    before = run.objective
    rounding = _ROUNDING * max(1.0, abs(before))
    # A start given from outside may lie beyond the floor of the variances: it may lose.
    if objective >= before or (run.n_steps == 1 and objective < before - rounding):
        run.accept(theta, loglik, objective)
        return True
    if objective >= before - rounding:
        run.history.append(before)
        run.converged = tol > 0
    return False
