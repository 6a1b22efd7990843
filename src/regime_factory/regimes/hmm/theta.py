"""Parameters in one flat array, and the arrays an E-step works in."""

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm.parameters import HMMParameters

Matrix = NDArray[np.float64]


class Theta:
    """Standardised parameters as views of one flat array, with what densities need of them.

    Parameters
    ----------
    n_states, n_features : int
        Number of states K and of observation columns F.
    student : bool
        Whether there are degrees of freedom.

    Attributes
    ----------
    flat : ndarray
        Everything below, one after the other.
    startprob, transmat, means, covars, whiten, log_norm, dofs : ndarray
        Views; ``whiten`` is the inverse Cholesky factor, ``log_norm`` the log density at the mean.
        ``dofs`` has size 0 for Gaussian emission.
    log_prior : float
        Log of the priors' density at these parameters.
    """

    __slots__ = (
        "covars", "dofs", "flat", "log_norm", "log_prior", "means", "startprob", "transmat",
        "whiten",
    )  # fmt: skip

    def __init__(self, n_states: int, n_features: int, *, student: bool) -> None:
        square, cube = n_states * n_states, n_states * n_features * n_features
        ends = [n_states, n_states + square]
        for size in (n_states * n_features, cube, cube, n_states):
            ends.append(ends[-1] + size)
        shape = (n_states, n_features, n_features)
        self.flat = flat = np.empty(ends[-1] + (n_states if student else 0))
        self.startprob = flat[: ends[0]]
        self.transmat = flat[ends[0] : ends[1]].reshape(n_states, n_states)
        self.means = flat[ends[1] : ends[2]].reshape(n_states, n_features)
        self.covars = flat[ends[2] : ends[3]].reshape(shape)
        self.whiten = flat[ends[3] : ends[4]].reshape(shape)
        self.log_norm = flat[ends[4] : ends[5]]
        self.dofs = flat[ends[5] :]
        self.log_prior = 0.0

    @classmethod
    def of(cls, parameters: HMMParameters) -> "Theta":
        """Copy standardised parameters; ``whiten`` and ``log_norm`` are left to be computed.

        Parameters
        ----------
        parameters : HMMParameters
            In standardised units.

        Returns
        -------
        Theta
        """
        n_states, n_features = parameters.means.shape
        theta = cls(n_states, n_features, student=parameters.dofs is not None)
        theta.startprob[:], theta.transmat[:] = parameters.startprob, parameters.transmat
        theta.means[:], theta.covars[:] = parameters.means, parameters.covars
        if parameters.dofs is not None:
            theta.dofs[:] = parameters.dofs
        return theta

    def like(self) -> "Theta":
        """Return unset parameters of the same shape.

        Returns
        -------
        Theta
        """
        return Theta(*self.means.shape, student=self.dofs.size > 0)

    def parameters(self) -> HMMParameters:
        """Return a copy as parameters.

        Returns
        -------
        HMMParameters
        """
        return HMMParameters(
            self.startprob.copy(),
            self.transmat.copy(),
            self.means.copy(),
            self.covars.copy(),
            self.dofs.copy() if self.dofs.size > 0 else None,
        )


class Workspace:
    """Arrays of one E-step: the largest part of a fit's memory, one set per thread.

    Parameters
    ----------
    n_states, n_features, n_rows : int
        Number of states K, of observation columns F and of bars T.
    student : bool
        Whether the emission is Student-t.

    Attributes
    ----------
    b, alpha, beta : ndarray, shape (K, T)
        Densities over each bar's largest, forward and backward messages.
    u : ndarray, shape (K, T) or (0, T)
        Expected latent precisions of Student-t emission.
    scale, inverse : ndarray, shape (T,)
        Scaling of the backward messages; inverse of the sum over states of both messages.
    xi : ndarray, shape (K, K)
        Expected number of transitions.
    first : ndarray, shape (K,)
        Smoothed probabilities of the first bars, summed over sequences.
    sums : ndarray, shape (K, 3 + F + F (F + 1) / 2)
        Weights, weights times precision, moments, weights times log precision.
    outcome : ndarray, shape (3,)
        Log-likelihood, smallest exponent and number of transitions found.
    """

    def __init__(self, n_states: int, n_features: int, n_rows: int, *, student: bool) -> None:
        shape = (n_states, n_rows)
        self.b, self.alpha, self.beta = np.empty(shape), np.empty(shape), np.empty(shape)
        self.u = np.empty(shape if student else (0, n_rows))
        self.scale, self.inverse = np.empty(n_rows), np.empty(n_rows)
        self.xi, self.first = np.empty((n_states, n_states)), np.empty(n_states)
        self.sums = np.empty((n_states, 3 + n_features + n_features * (n_features + 1) // 2))
        self.outcome = np.empty(3)
