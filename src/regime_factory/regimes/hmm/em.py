"""Expectation-maximisation of the hidden Markov model, on standardised observations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm.emission import whitened_log_density
from regime_factory.regimes.hmm.inference import expectation
from regime_factory.regimes.hmm.parameters import DOF_RANGE
from regime_factory.regimes.hmm.theta import Theta, Workspace

Matrix = NDArray[np.float64]
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


class Stepper:
    """Takes EM steps of one problem in arrays of its own; one per thread.

    Parameters
    ----------
    problem : Problem
        Observations and priors.
    n_states : int
        Number of states K.

    Notes
    -----
    The objective is the log-likelihood plus a Dirichlet prior on staying and an inverse-Wishart
    prior on each covariance (Fox et al. 2011; Fraley and Raftery 2007); neither MAP-EM nor the
    expanded ECM of a Student-t (Liu and Rubin 1995; Liu, Rubin and Wu 1998) ever lowers it.
    """

    def __init__(self, problem: Problem, n_states: int) -> None:
        from regime_factory.regimes.hmm.generated import emission_module, recursion_module

        n_features, n_rows = problem.X.shape
        self.problem = problem
        self.work = Workspace(n_states, n_features, n_rows, student=problem.student)
        shape = "diag" if problem.covariance_type in ("diag", "spherical") else "full"
        family = "student" if problem.student else "gaussian"
        module = emission_module(n_features)
        self._kind = _KINDS.index(problem.covariance_type)
        self._recursion = recursion_module(n_states).recursion
        self._emission = getattr(module, f"emission_{family}_{shape}")
        self._moments = getattr(module, f"moments_{family}_{shape}")

    def prepare(self, theta: Theta) -> None:
        """Compute what densities need of parameters given from outside.

        Parameters
        ----------
        theta : Theta
            Parameters whose ``whiten``, ``log_norm`` and ``log_prior`` are set.
        """
        self._finish(theta, theta.dofs, steps=0, floored=True)

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
        density = (X, theta.means, theta.whiten, theta.log_norm)
        if self.problem.student:
            shift = self._emission(*density, theta.dofs, work.b, work.u)
        else:
            shift = self._emission(*density, work.b)
        loglik = self._recur(theta) + shift
        if not np.isfinite(loglik):
            loglik = self._measure_in_logarithms(theta)
        return loglik, (loglik + theta.log_prior) / X.shape[1]

    def _recur(self, theta: Theta) -> float:
        """Run the recursion; NaN if even scaling at every bar underflows."""
        work, bounds = self.work, self.problem.bounds
        n_transitions = work.scale.size - (bounds.size - 1)
        for mask, sound in _SCALINGS:
            self._recursion(
                theta.startprob, theta.transmat, work.b, bounds, mask, work.alpha, work.beta,
                work.scale, work.inverse, work.xi, work.first, work.outcome,
            )  # fmt: skip
            loglik, lowest, found = work.outcome.tolist()
            if lowest > sound and abs(found - n_transitions) <= 1e-6 * work.scale.size:
                return loglik
        return np.nan

    def _measure_in_logarithms(self, theta: Theta) -> float:
        """E-step for bars that hardly any reachable state explains: slow, but never underflows."""
        dofs = theta.dofs if self.problem.student else None
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
        from regime_factory.regimes.hmm._maximise import maximise

        problem, work = self.problem, self.work
        messages = (problem.X, work.alpha, work.beta, work.inverse)
        if problem.student:
            self._moments(*messages, work.u, learn_dofs, work.sums)
        else:
            self._moments(*messages, work.sums)
        maximise(
            work.sums, work.xi, work.first, problem.priors, problem.target, self._kind,
            theta.transmat, theta.means, theta.covars,
            out.startprob, out.transmat, out.means, out.covars,
        )  # fmt: skip
        steps = 2 if learn_dofs else 1
        if not self._finish(out, theta.dofs, steps=steps, floored=False):
            out.covars[:] = _floored(out.covars)
            self._finish(out, theta.dofs, steps=steps, floored=True)

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
        from regime_factory.regimes.hmm._maximise import extrapolate

        flats = (theta.flat for theta in path)
        length = extrapolate(*flats, *out.means.shape, longest, DOF_RANGE, out.flat)
        return length if self._finish(out, out.dofs, steps=0, floored=False) else 0.0

    def _finish(self, theta: Theta, old_dofs: Matrix, *, steps: int, floored: bool) -> bool:
        """Compute what densities need; False if covariances must be floored first."""
        from regime_factory.regimes.hmm._maximise import finish

        problem = self.problem
        theta.log_prior = finish(
            self.work.sums, problem.priors, problem.target, self._kind, steps, floored, old_dofs,
            theta.transmat, theta.covars, theta.dofs, theta.whiten, theta.log_norm, DOF_RANGE,
        )  # fmt: skip
        return theta.log_prior == theta.log_prior  # noqa: PLR0124 - NaN differs from itself


def _floored(covars: Matrix) -> Matrix:
    """Raise eigenvalues below the floor; the constrained maximum, so the objective still rises."""
    from regime_factory.regimes.hmm._maximise import FLOOR

    values, vectors = np.linalg.eigh(covars)
    if values.min() >= FLOOR:
        return covars
    return np.einsum("kij,kj,klj->kil", vectors, np.maximum(values, FLOOR), vectors)
