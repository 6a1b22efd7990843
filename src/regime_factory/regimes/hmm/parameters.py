"""Parameters of the model and the scaler that moves them between units."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.validation import centre

Matrix = NDArray[np.float64]
DEFAULT_DOF = 10.0  # degrees of freedom of a start that has none
DOF_RANGE = (2.1, 200.0)  # a variance exists; beyond 200 a Student-t is Gaussian to the eye


@dataclass(frozen=True)
class Scaler:
    """Offset and scale that bring training observations to mean 0 and variance 1.

    Attributes
    ----------
    offset, scale : ndarray, shape (F,)
        In the user's units. Spherical models share one scale, so that they stay spherical.
    """

    offset: Matrix
    scale: Matrix

    @classmethod
    def of(cls, X: Matrix, covariance_type: str) -> "Scaler":
        """Measure training observations ``(T, F)``.

        Parameters
        ----------
        X : ndarray, shape (T, F)
            Training observations.
        covariance_type : str
            Covariance structure of the model.

        Returns
        -------
        Scaler
        """
        _, offset, covariance = centre(X)
        return cls.from_moments(offset, covariance, covariance_type)

    @classmethod
    def from_moments(cls, offset: Matrix, covariance: Matrix, covariance_type: str) -> "Scaler":
        """Use moments that are known already.

        Parameters
        ----------
        offset, covariance : ndarray, shape (F,) and (F, F)
            Of the training observations.
        covariance_type : str
            Covariance structure of the model.

        Returns
        -------
        Scaler
        """
        variance = np.diagonal(covariance)
        if covariance_type == "spherical":
            variance = np.full_like(variance, variance.mean())
        return cls(offset, np.sqrt(variance))

    def apply(self, X: Matrix) -> Matrix:
        """Return observations ``(T, F)`` standardised and state-major ``(F, T)``.

        Parameters
        ----------
        X : ndarray, shape (T, F)
            Observations in the user's units.

        Returns
        -------
        ndarray, shape (F, T)
        """
        rows = np.ascontiguousarray(X.T)
        return (rows - self.offset[:, None]) / self.scale[:, None]


@dataclass(frozen=True)
class HMMParameters:
    """Parameters of a hidden Markov model, covariances as full matrices.

    Attributes
    ----------
    startprob : ndarray, shape (K,)
    transmat : ndarray, shape (K, K)
    means : ndarray, shape (K, F)
    covars : ndarray, shape (K, F, F)
        Covariances; for Student-t emission the scale matrices.
    dofs : ndarray, shape (K,), optional
        Degrees of freedom of Student-t emission; None for Gaussian emission.
    """

    startprob: Matrix
    transmat: Matrix
    means: Matrix
    covars: Matrix
    dofs: Matrix | None = None

    def standardised(self, scaler: Scaler) -> "HMMParameters":
        """Move from the user's units to standardised ones.

        Parameters
        ----------
        scaler : Scaler
            Scaler of the training observations.

        Returns
        -------
        HMMParameters
        """
        outer = scaler.scale[:, None] * scaler.scale
        means = (self.means - scaler.offset) / scaler.scale
        return replace(self, means=means, covars=self.covars / outer)

    def covariances(self) -> Matrix:
        """Return each state's covariance: of a Student-t, scale times nu / (nu - 2).

        Returns
        -------
        ndarray, shape (K, F, F)
        """
        if self.dofs is None:
            return self.covars
        return self.covars * (self.dofs / (self.dofs - 2))[:, None, None]

    def with_emission(self, emission: str, dof: float) -> "HMMParameters":
        """Return parameters of the same means and covariances in a family of emissions.

        Parameters
        ----------
        emission : {"gaussian", "student_t"}
            Family; parameters that belong to it already are returned as they are.
        dof : float
            Degrees of freedom given to states that have none.

        Returns
        -------
        HMMParameters
        """
        if (emission == "student_t") == (self.dofs is not None):
            return self
        if emission == "gaussian":
            return replace(self, covars=self.covariances(), dofs=None)
        dofs = np.full(len(self.means), dof)
        return replace(self, covars=self.covars * ((dof - 2) / dof), dofs=dofs)

    def in_user_units(self, scaler: Scaler) -> "HMMParameters":
        """Move from standardised units to the user's.

        Parameters
        ----------
        scaler : Scaler
            Scaler of the training observations.

        Returns
        -------
        HMMParameters
        """
        outer = scaler.scale[:, None] * scaler.scale
        means = self.means * scaler.scale + scaler.offset
        return replace(self, means=means, covars=self.covars * outer)
