"""Expectation-maximisation of the hidden Markov model, on standardised observations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, isnan

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm.emission import whitened_log_density
from regime_factory.regimes.hmm.inference import expectation
from regime_factory.regimes.hmm.parameters import DOF_RANGE
from regime_factory.regimes.hmm.theta import Theta, Workspace

Matrix = NDArray[np.float64]
_DOF_RANGE = np.array(DOF_RANGE)
_KINDS = ("full", "diag", "spherical", "tied")  # numbered as in _maximise.py
_SCALINGS = ((7, 623), (0, 323))  # bars between scalings less one; smallest sound exponent


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
    emission : str
        Emission family.
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
    emission: str
    stay_count: float
    shrink_count: float
    target: Matrix

    @cached_property
    def bounds(self) -> NDArray[np.int64]:
        """First row of each sequence, and the number of rows."""
        return np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int64)

    @cached_property
    def priors(self) -> Matrix:
        """Both pseudo-counts, as the compiled M-step takes them."""
        return np.array([self.stay_count, self.shrink_count], dtype=np.float64)

    @property
    def student(self) -> bool:
        """Whether the emission is Student-t."""
        return self.emission == "student_t"


def training_target(covariance: Matrix, scale: Matrix, covariance_type: str) -> Matrix:
    """Return the covariance that states are shrunk to, in standardised units.

    Parameters
    ----------
    covariance : ndarray, shape (F, F)
        Covariance of the training observations, in the user's units.
    scale : ndarray, shape (F,)
        Scale that standardised them.
    covariance_type : str
        Covariance structure.

    Returns
    -------
    ndarray, shape (F, F)
    """
    if covariance_type in ("full", "tied"):
        return covariance / (scale[:, None] * scale)
    return np.eye(len(scale))


class Stepper:
    """Takes EM steps of one problem in arrays of its own; one per thread.

    Parameters
    ----------
    problem : Problem
        Observations and priors.
    n_states : int
        Number of states K.

    Attributes
    ----------
    measured : Theta or None
        Parameters of the last E-step, whose outcome the arrays hold.

    Notes
    -----
    The objective is the log-likelihood plus a Dirichlet prior on staying and an inverse-Wishart
    prior on each covariance (Fox et al. 2011; Fraley and Raftery 2007); neither MAP-EM nor the
    expanded ECM of a Student-t (Liu and Rubin 1995; Liu, Rubin and Wu 1998) ever lowers it.
    """

    def __init__(self, problem: Problem, n_states: int) -> None:
        from regime_factory.regimes.hmm import _extrapolate, _maximise
        from regime_factory.regimes.hmm.generated import emission_module, recursion_module

        n_features, n_rows = problem.X.shape
        self.problem = problem
        self.measured: Theta | None = None
        self.work = Workspace(n_states, n_features, n_rows, student=problem.student)
        shape = "diag" if problem.covariance_type in ("diag", "spherical") else "full"
        family = "student" if problem.student else "gaussian"
        module = emission_module(n_features)
        self._recursion = recursion_module(n_states).recursion
        self._emission = getattr(module, f"emission_{family}_{shape}")
        self._moments = getattr(module, f"moments_{family}_{shape}")
        self._update, self._extrapolate = _maximise.update, _extrapolate.extrapolate
        kind = _KINDS.index(problem.covariance_type)
        self._student, self._bounds = problem.student, problem.bounds
        work = self.work
        self._expected = (
            work.sums, work.xi, work.first, problem.priors, problem.target, kind,
        )  # fmt: skip
        self._messages = (problem.X, work.alpha, work.beta, work.inverse)
        self._moved = (
            work.alpha, work.beta, work.scale, work.inverse, work.xi, work.first, work.outcome,
        )  # fmt: skip

    def prepare(self, theta: Theta, *, drawn: bool = False) -> None:
        """Compute what densities need of parameters given from outside.

        Parameters
        ----------
        theta : Theta
            Parameters whose ``whiten``, ``log_norm`` and ``log_prior`` are set.
        drawn : bool
            Whether they are a drawn start, which the floor of the variances holds for too, so
            that its first step cannot lose.
        """
        if drawn:
            theta.covars[:] = _floored(theta.covars)
        self._set(theta, theta, steps=0, floored=True)

    def measure(self, theta: Theta) -> tuple[float, float]:
        """Run the E-step.

        Parameters
        ----------
        theta : Theta
            Parameters.

        Returns
        -------
        loglik : float
            Log-likelihood, in nats.
        objective : float
            Penalised log-likelihood per bar.
        """
        X, work = self.problem.X, self.work
        self.measured = theta
        density = (X, theta.means, theta.whiten, theta.log_norm)
        if self._student:
            shift = self._emission(*density, theta.dofs, work.b, work.u)
        else:
            shift = self._emission(*density, work.b)
        loglik = self._recur(theta) + shift
        if not isfinite(loglik):
            loglik = self._measure_in_logarithms(theta)
        return loglik, (loglik + theta.log_prior) / X.shape[1]

    def _recur(self, theta: Theta) -> float:
        """Run the recursion; NaN if even scaling at every bar underflows."""
        n_rows = self.work.scale.size
        n_transitions = n_rows - (self._bounds.size - 1)
        for mask, sound in _SCALINGS:
            self._recursion(
                theta.startprob, theta.transmat, self.work.b, self._bounds, mask, *self._moved
            )
            loglik, lowest, found = self.work.outcome.tolist()
            if lowest > sound and abs(found - n_transitions) <= 1e-6 * n_rows:
                return loglik
        return np.nan

    def _measure_in_logarithms(self, theta: Theta) -> float:
        """E-step for bars that hardly any reachable state explains: slow, but never underflows."""
        dofs = theta.dofs if self._student else None
        log_b = whitened_log_density(
            self.problem.X, theta.means, theta.whiten, theta.log_norm, dofs
        )
        result = expectation(theta.startprob, theta.transmat, log_b, self.problem.lengths)
        work = self.work
        work.alpha[:], work.beta[:], work.inverse[:] = result.gamma, 1.0, 1.0
        work.xi[:], work.first[:] = result.xi, result.first
        return result.loglik

    def step(self, theta: Theta, out: Theta, *, learn_dofs: bool) -> None:
        """Run the M-step after :meth:`measure`.

        Parameters
        ----------
        theta : Theta
            Parameters that were measured.
        out : Theta
            Where the next ones go.
        learn_dofs : bool
            Whether degrees of freedom move too.
        """
        work = self.work
        if self._student:
            self._moments(*self._messages, work.u, learn_dofs, work.sums)
        else:
            self._moments(*self._messages, work.sums)
        steps = 2 if learn_dofs else 1
        if not self._set(theta, out, steps=steps, floored=False):
            out.covars[:] = _floored(out.covars)
            self._set(theta, out, steps=steps, floored=True)

    def emptiest(self) -> float:
        """Return the expected bars of the emptiest state at the last M-step.

        Returns
        -------
        float
        """
        return float(self.work.sums[:, 0].min())

    def extrapolate(self, path: Sequence[Theta], out: Theta, longest: float) -> float:
        """Follow two EM steps further; 0 if that ends at unusable parameters.

        Parameters
        ----------
        path : sequence of three Theta
            Parameters, and those after one and two EM steps.
        out : Theta
            Where the result goes.
        longest : float
            Largest step length; 1 is where two EM steps end.

        Returns
        -------
        float
            Step length.
        """
        zero, one, two = (theta.flat for theta in path)
        n_states, n_features = out.means.shape
        length = self._extrapolate(
            zero, one, two, n_states, n_features, longest, _DOF_RANGE, out.flat
        )
        return length if self._set(out, out, steps=0, floored=False) else 0.0

    def _set(self, old: Theta, out: Theta, *, steps: int, floored: bool) -> bool:
        """Run the compiled M-step; False if covariances must be floored first."""
        out.log_prior = self._update(
            *self._expected, steps, floored, old.transmat, old.means, old.covars, old.dofs,
            out.startprob, out.transmat, out.means, out.covars, out.dofs, out.whiten,
            out.log_norm, _DOF_RANGE,
        )  # fmt: skip
        return not isnan(out.log_prior)


def _floored(covars: Matrix) -> Matrix:
    """Raise eigenvalues below the floor; the constrained maximum, so the objective still rises."""
    from regime_factory.regimes.hmm._maximise import FLOOR

    values, vectors = np.linalg.eigh(covars)
    if values.min() >= FLOOR:
        return covars
    return np.einsum("kij,kj,klj->kil", vectors, np.maximum(values, FLOOR), vectors)
