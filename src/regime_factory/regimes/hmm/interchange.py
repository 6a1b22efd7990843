"""Models as plain values and arrays, and to and from hmmlearn."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.gaussian import covariance_shape, expand_covariances, whitening
from regime_factory.regimes.hmm.parameters import HMMParameters
from regime_factory.regimes.validation import check_probabilities, check_settings

if TYPE_CHECKING:
    from hmmlearn.hmm import GaussianHMM as HmmlearnGaussianHMM

    from regime_factory.regimes.hmm.model import GaussianHMM

Model = TypeVar("Model", bound="GaussianHMM")
FORMAT_VERSION = 1
_ARRAYS = ("startprob_", "transmat_", "means_", "covars_")
_FIT_ARRAYS = ("offset_", "scale_", "history_")
_FIT_VALUES = ("converged_", "n_iter_", "loglik_", "hit_rate_", "n_rows_")


def checked_parameters(
    given: HMMParameters | Mapping[str, ArrayLike],
    covariance_type: str,
    n_states: int,
    n_features: int,
) -> HMMParameters:
    """Return parameters after checking their shapes, sums and covariances.

    Parameters
    ----------
    given : HMMParameters or mapping
        ``startprob, transmat, means, covars`` in the user's units.
    covariance_type : str
        Covariance structure.
    n_states, n_features : int
        Expected number of states K and of columns F.

    Returns
    -------
    HMMParameters

    Raises
    ------
    ValueError
        For a missing entry or one of the wrong shape or value.
    """
    values = vars(given) if isinstance(given, HMMParameters) else dict(given)
    missing = [name for name in ("startprob", "transmat", "means", "covars") if name not in values]
    if missing:
        raise ValueError(f"start parameters lack {missing}")
    means = np.array(values["means"], dtype=np.float64)
    if means.shape != (n_states, n_features) or not np.isfinite(means).all():
        raise ValueError(
            f"means have shape {means.shape}; expected finite ({n_states}, {n_features})"
        )
    covars = expand_covariances(values["covars"], covariance_type, n_states, n_features)
    whitening(covars)
    return HMMParameters(
        check_probabilities(values["startprob"], (n_states,), "startprob"),
        check_probabilities(values["transmat"], (n_states, n_states), "transmat"),
        means,
        covars,
    )


def model_state(model: "GaussianHMM") -> dict[str, Any]:
    """Return a fitted model as plain values and arrays.

    Parameters
    ----------
    model : GaussianHMM
        Fitted model.

    Returns
    -------
    dict
        ``format_version`` int, ``kind`` str, ``settings`` dict of scalars, ``arrays`` dict of
        float64 arrays and ``fit`` dict of scalars.
    """
    arrays = [name for name in _ARRAYS + _FIT_ARRAYS if hasattr(model, name)]
    return {
        "format_version": FORMAT_VERSION,
        "kind": "GaussianHMM",
        "settings": {name: _plain(value) for name, value in model.get_params().items()},
        "arrays": {name: np.array(getattr(model, name)) for name in arrays},
        "fit": {name: _plain(getattr(model, name)) for name in _FIT_VALUES if hasattr(model, name)},
    }


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def check_version(state: Mapping[str, Any], kind: str) -> None:
    """Refuse a saved state of another kind or of a newer format.

    Parameters
    ----------
    state : mapping
        Saved state.
    kind : str
        Expected kind.

    Raises
    ------
    ValueError
        Saying what was found and expected.
    """
    version = state.get("format_version") if isinstance(state, Mapping) else None
    if not isinstance(version, int) or state.get("kind") != kind:
        raise ValueError(f"this is not a saved {kind}, or the saved state is damaged")
    if version > FORMAT_VERSION:
        raise ValueError(
            f"saved {kind} has format {version}, this version reads up to {FORMAT_VERSION}; "
            "update regime_factory"
        )


def restore_model(cls: type[Model], state: Mapping[str, Any]) -> Model:
    """Rebuild a model from :func:`model_state`.

    Parameters
    ----------
    cls : type
        Class to build.
    state : mapping
        Saved state; arrays may be nested lists.

    Returns
    -------
    GaussianHMM

    Raises
    ------
    ValueError
        For a damaged state or a newer format.
    """
    check_version(state, "GaussianHMM")
    try:
        model = cls(**state["settings"])
        check_settings(model.get_params())
        arrays = {name: np.array(a, dtype=np.float64) for name, a in state["arrays"].items()}
        n_features = arrays["means_"].shape[1]
        _check_arrays(arrays, model.covariance_type, model.n_components, n_features)
        fit = {name: state["fit"][name] for name in _FIT_VALUES if name in state["fit"]}
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise ValueError(f"the saved GaussianHMM is damaged: {error}") from error
    for name, value in {**arrays, **fit}.items():
        setattr(model, name, value)
    return model


def _check_arrays(
    arrays: Mapping[str, NDArray], covariance_type: str, n_states: int, n_features: int
) -> None:
    unknown = set(arrays) - set(_ARRAYS) - set(_FIT_ARRAYS)
    if unknown:
        raise ValueError(f"unknown arrays {sorted(unknown)}")
    start = {name: arrays[f"{name}_"] for name in ("startprob", "transmat", "means", "covars")}
    if start["covars"].shape != covariance_shape(covariance_type, n_states, n_features):
        raise ValueError(f"covars_ has shape {start['covars'].shape}")
    checked_parameters(start, covariance_type, n_states, n_features)


def to_hmmlearn(model: "GaussianHMM") -> "HmmlearnGaussianHMM":
    """Return an hmmlearn model with the same parameters and no priors.

    Parameters
    ----------
    model : GaussianHMM
        Fitted model.

    Returns
    -------
    hmmlearn.hmm.GaussianHMM
    """
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


def hmmlearn_arrays(model: "HmmlearnGaussianHMM") -> dict[str, NDArray]:
    """Return the parameters of a fitted hmmlearn model.

    Parameters
    ----------
    model : hmmlearn.hmm.GaussianHMM
        Fitted model.

    Returns
    -------
    dict
        ``startprob, transmat, means, covars``.
    """
    names = ("startprob", "transmat", "means", "covars")
    return {name: np.array(getattr(model, f"{name}_")) for name in names}
