"""Emission of the hidden Markov model: covariance shapes, densities, parameter counts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.parameters import HMMParameters

Matrix = NDArray[np.float64]


def covariance_shape(covariance_type: str, n_states: int, n_features: int) -> tuple[int, ...]:
    """Return the shape in which covariances of a type are kept.

    Parameters
    ----------
    covariance_type : {"spherical", "diag", "full", "tied"}
        Covariance structure.
    n_states, n_features : int
        Number of states K and of observation columns F.

    Returns
    -------
    tuple of int
        ``(K,)``, ``(K, F)``, ``(K, F, F)`` or ``(F, F)``.
    """
    return {
        "spherical": (n_states,),
        "diag": (n_states, n_features),
        "full": (n_states, n_features, n_features),
        "tied": (n_features, n_features),
    }[covariance_type]


def count_parameters(
    covariance_type: str, n_states: int, n_features: int, emission: str = "gaussian"
) -> int:
    """Count the free parameters of a hidden Markov model.

    Parameters
    ----------
    covariance_type : {"spherical", "diag", "full", "tied"}
        Covariance structure.
    n_states, n_features : int
        Number of states K and of observation columns F.
    emission : {"gaussian", "student_t"}
        Emission family.

    Returns
    -------
    int
        Start probabilities, transitions, means, covariances and degrees of freedom.

    Examples
    --------
    >>> [count_parameters(kind, 3, 2) for kind in ("spherical", "diag", "full", "tied")]
    [17, 20, 23, 17]
    >>> count_parameters("full", 3, 2, "student_t")
    26
    """
    half = n_features * (n_features + 1) // 2
    covariances = {
        "spherical": n_states,
        "diag": n_states * n_features,
        "full": n_states * half,
        "tied": half,
    }[covariance_type]
    dofs = n_states if emission == "student_t" else 0
    return n_states - 1 + n_states * (n_states - 1) + n_states * n_features + covariances + dofs


def expand_covariances(
    covars: ArrayLike, covariance_type: str, n_states: int, n_features: int
) -> Matrix:
    """Return covariances of any type as full matrices, one per state.

    Parameters
    ----------
    covars : array_like
        Covariances in the shape of :func:`covariance_shape`, or already ``(K, F, F)``.
    covariance_type : {"spherical", "diag", "full", "tied"}
        Covariance structure.
    n_states, n_features : int
        Number of states K and of observation columns F.

    Returns
    -------
    ndarray, shape (K, F, F)

    Raises
    ------
    ValueError
        For another shape.
    """
    values = np.asarray(covars, dtype=np.float64)
    full = (n_states, n_features, n_features)
    if values.shape == full:
        return values.copy()
    expected = covariance_shape(covariance_type, n_states, n_features)
    if values.shape != expected:
        raise ValueError(
            f"covars has shape {values.shape}; {covariance_type!r} expects {expected} or {full}"
        )
    if covariance_type == "tied":
        return np.broadcast_to(values, full).copy()
    variances = values[:, None] if covariance_type == "spherical" else values
    return variances[:, :, None] * np.eye(n_features)


def compress_covariances(covars: Matrix, covariance_type: str) -> Matrix:
    """Return full matrices in the compact shape of their type.

    Parameters
    ----------
    covars : ndarray, shape (K, F, F)
        Covariance matrices.
    covariance_type : {"spherical", "diag", "full", "tied"}
        Covariance structure.

    Returns
    -------
    ndarray
        In the shape of :func:`covariance_shape`; averages where the type asks for fewer numbers.
    """
    if covariance_type == "full":
        return covars.copy()
    if covariance_type == "tied":
        return covars.mean(axis=0)
    diagonal = np.diagonal(covars, axis1=1, axis2=2)
    return diagonal.mean(axis=1) if covariance_type == "spherical" else diagonal.copy()


def whitening(covars: Matrix, dofs: Matrix | None = None) -> tuple[Matrix, Matrix]:
    """Return what a density needs of full covariance or scale matrices.

    Parameters
    ----------
    covars : ndarray, shape (K, F, F)
        Positive definite covariances; with ``dofs`` the scale matrices of Student-t emission.
    dofs : ndarray, shape (K,), optional
        Degrees of freedom; None for Gaussian emission.

    Returns
    -------
    whiten : ndarray, shape (K, F, F)
        Inverse of the lower Cholesky factor.
    log_norm : ndarray, shape (K,)
        Log of the density at the mean.

    Raises
    ------
    ValueError
        If a matrix is not positive definite.
    """
    from regime_factory.regimes.hmm._maximise import invert_factors

    whiten = np.zeros(covars.shape)
    if not invert_factors(np.ascontiguousarray(covars, dtype=np.float64), whiten):
        raise ValueError("a covariance matrix is not positive definite")
    log_root = np.log(np.diagonal(whiten, axis1=1, axis2=2)).sum(axis=1)
    log_norm: Matrix = log_root + _log_norm_of_unit_scale(covars.shape[-1], dofs)
    return whiten, log_norm


def _log_norm_of_unit_scale(n_features: int, dofs: Matrix | None) -> Matrix | float:
    if dofs is None:
        return -0.5 * n_features * np.log(2 * np.pi)
    from scipy.special import gammaln

    half = 0.5 * n_features
    return gammaln(0.5 * dofs + half) - gammaln(0.5 * dofs) - half * np.log(np.pi * dofs)


def log_density(X: Matrix, parameters: HMMParameters) -> Matrix:
    """Return the log density of every bar in every state.

    Parameters
    ----------
    X : ndarray, shape (F, T)
        Observations, one row per column of the model.
    parameters : HMMParameters
        Means and covariances; with ``dofs`` the emission is Student-t.

    Returns
    -------
    ndarray, shape (K, T)

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> standard = HMMParameters(one[0], one, 0 * one, one[None])
    >>> log_density(0 * one, standard).round(6).tolist()
    [[-0.918939]]
    """
    whiten, log_norm = whitening(parameters.covars, parameters.dofs)
    return whitened_log_density(X, parameters.means, whiten, log_norm, parameters.dofs)


def whitened_log_density(
    X: Matrix, means: Matrix, whiten: Matrix, log_norm: Matrix, dofs: Matrix | None = None
) -> Matrix:
    """Return the log density of every bar in every state from prepared covariances.

    Parameters
    ----------
    X : ndarray, shape (F, T)
        Observations, C-contiguous.
    means : ndarray, shape (K, F)
        State means.
    whiten, log_norm : ndarray
        Output of :func:`whitening`.
    dofs : ndarray, shape (K,), optional
        Degrees of freedom of Student-t emission.

    Returns
    -------
    ndarray, shape (K, T)
    """
    from regime_factory.regimes.hmm.generated import emission_module

    module = emission_module(X.shape[0])
    out = np.empty((means.shape[0], X.shape[1]))
    given = (X, np.ascontiguousarray(means), whiten, log_norm)
    if dofs is None:
        module.log_density_gaussian(*given, out)
    else:
        module.log_density_student(*given, dofs, out)
    return out
