"""Models to and from hmmlearn, of which each version keeps its covariances in its own way."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm.emission import covariance_shape
from regime_factory.regimes.hmm.interchange import checked_parameters
from regime_factory.regimes.validation import COVARIANCE_TYPES

if TYPE_CHECKING:
    from hmmlearn.hmm import GaussianHMM as HmmlearnGaussianHMM

    from regime_factory.regimes.hmm.model import GaussianHMM

Model = TypeVar("Model", bound="GaussianHMM")
# Older versions, and scikit-learn's module before them, kept logarithms and private names.
_SPELLINGS = {
    "startprob": ("startprob_", "_startprob", "_log_startprob"),
    "transmat": ("transmat_", "_transmat", "_log_transmat"),
    "means": ("means_", "_means_", "_means"),
    "covars": ("_covars_", "covars_", "_covars"),
}


def to_hmmlearn(model: "GaussianHMM") -> "HmmlearnGaussianHMM":
    """Return an hmmlearn model with the same parameters and no priors.

    Parameters
    ----------
    model : GaussianHMM
        Fitted model.

    Returns
    -------
    hmmlearn.hmm.GaussianHMM
        With ``implementation="scaling"``, the faster one; it underflows on bars that no state
        explains, which ``set_params(implementation="log")`` avoids.

    Raises
    ------
    ValueError
        For Student-t emission, which hmmlearn does not have.
    """
    if model.emission != "gaussian":
        raise ValueError(
            f"hmmlearn has no emission {model.emission!r}; keep the model with to_state, or fit "
            "one with emission='gaussian' for hmmlearn (it can start from this one)"
        )
    from hmmlearn.hmm import GaussianHMM as HmmlearnGaussianHMM

    other = HmmlearnGaussianHMM(
        model.n_components,
        model.covariance_type,
        covars_prior=0.0,
        min_covar=0.0,
        init_params="",
        implementation="scaling",
    )
    other.n_features = model.means_.shape[1]
    other.startprob_, other.transmat_ = model.startprob_.copy(), model.transmat_.copy()
    other.means_, other.covars_ = model.means_.copy(), model.covars_.copy()
    return other


def from_hmmlearn(cls: type[Model], model: "HmmlearnGaussianHMM") -> Model:
    """Return a model with the parameters of a fitted hmmlearn model.

    Parameters
    ----------
    cls : type
        Class to build.
    model : hmmlearn.hmm.GaussianHMM
        Fitted model.

    Returns
    -------
    GaussianHMM
        Predicts the same; it has no record of a fit.

    Raises
    ------
    ValueError
        For another class, a model that is not fitted, or parameters that are no hidden Markov
        model, such as a transition row of zeros.
    """
    from hmmlearn.hmm import GaussianHMM as HmmlearnGaussianHMM

    if not isinstance(model, HmmlearnGaussianHMM):
        found = f"{type(model).__module__}.{type(model).__name__}"
        raise ValueError(  # noqa: TRY004 - as for every other thing that cannot be converted
            f"only hmmlearn.hmm.GaussianHMM can be converted, found {found}; models of mixtures or "
            "counts have no counterpart here: fit a GaussianHMM to the same observations"
        )
    return model_of(cls, vars(model))


def model_of(cls: type[Model], values: Mapping[str, Any]) -> Model:
    """Return a model from the attributes of an hmmlearn model of any version.

    Parameters
    ----------
    cls : type
        Class to build.
    values : mapping
        Attributes by name, as in ``vars`` of an hmmlearn model.

    Returns
    -------
    GaussianHMM

    Raises
    ------
    ValueError
        For attributes that are missing or no hidden Markov model.
    """
    kind = values.get("covariance_type", values.get("_covariance_type"))
    if kind not in COVARIANCE_TYPES:
        raise ValueError(f"unknown covariance_type {kind!r}; expected one of {COVARIANCE_TYPES}")
    given = {name: _found(values, name) for name in _SPELLINGS}
    if given["means"].ndim != 2:
        raise ValueError(f"means_ has shape {given['means'].shape}; expected (states, columns)")
    K, F = given["means"].shape
    given["covars"] = _compact(given["covars"], kind, K, F)
    own = cls(K, kind)
    own.set_parameters(checked_parameters(given, kind, K, F))
    own.covars_ = given["covars"]  # exactly, without the rounding of an average
    return own


def _found(values: Mapping[str, Any], name: str) -> NDArray:
    """Look a parameter up under the names that versions gave it."""
    for spelling in _SPELLINGS[name]:
        if values.get(spelling) is not None:
            array = np.array(values[spelling], dtype=np.float64)
            return np.exp(array) if spelling.startswith("_log") else array
    raise ValueError(f"the hmmlearn model has no {name}_: it is not fitted; call its fit first")


def _compact(covars: NDArray, kind: str, K: int, F: int) -> NDArray:
    """Bring covariances to the compact shape of their type."""
    expected = covariance_shape(kind, K, F)
    if kind == "spherical" and covars.shape in {(K, 1), (K, F)}:
        if (covars != covars[:, :1]).any():
            raise ValueError("the variances of a spherical model differ between columns")
        return covars[:, 0].copy()
    if covars.shape == (K, F, F) != expected:  # as the property covars_ gives them
        diagonal = np.diagonal(covars, axis1=1, axis2=2)
        whole = {"tied": covars[0], "diag": diagonal, "spherical": diagonal[:, 0]}
        return whole[kind].copy()
    if covars.shape != expected:
        raise ValueError(f"covars have shape {covars.shape}; {kind!r} expects {expected}")
    return covars
