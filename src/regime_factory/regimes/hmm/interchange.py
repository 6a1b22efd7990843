"""Models as plain values and arrays, checked when they come back."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.emission import covariance_shape, expand_covariances, whitening
from regime_factory.regimes.hmm.parameters import DEFAULT_DOF, DOF_RANGE, HMMParameters
from regime_factory.regimes.validation import check_probabilities, check_settings

if TYPE_CHECKING:
    from regime_factory.regimes.hmm.model import GaussianHMM

Model = TypeVar("Model", bound="GaussianHMM")
FORMAT_VERSION = 3  # 2 added column names and a checksum of the arrays, 3 made it one of everything
REQUIRED = ("startprob", "transmat", "means", "covars")
"""Parameters without which there is no model."""
_LEAN = 1e-8  # asymmetry allowed, in units of the two standard deviations
_ARRAYS = ("startprob_", "transmat_", "means_", "covars_")
_DOFS = "dofs_"  # Student-t only
_FIT_ARRAYS = ("offset_", "scale_", "history_")
_COLUMNS = "feature_names_in_"
_FIT_VALUES = ("converged_", "n_iter_", "loglik_", "hit_rate_", "n_rows_")


def checked_parameters(
    given: HMMParameters | Mapping[str, ArrayLike],
    covariance_type: str,
    n_states: int,
    n_features: int,
    emission: str = "gaussian",
) -> HMMParameters:
    """Return parameters after checking their shapes, sums and covariances.

    Parameters
    ----------
    given : HMMParameters or mapping
        ``startprob, transmat, means, covars`` and perhaps ``dofs`` in the user's units; without
        ``dofs``, ``covars`` are covariances, with them scale matrices of a Student-t.
    covariance_type : str
        Covariance structure.
    n_states, n_features : int
        Expected number of states K and of columns F.
    emission : {"gaussian", "student_t"}
        Family of the result; parameters of the other one keep means and covariances.

    Returns
    -------
    HMMParameters

    Raises
    ------
    ValueError
        For a missing entry or one of the wrong shape or value.
    """
    values = vars(given) if isinstance(given, HMMParameters) else dict(given)
    missing = [name for name in REQUIRED if name not in values]
    if missing:
        raise ValueError(f"start parameters lack {missing}")
    means = np.array(values["means"], dtype=np.float64)
    if means.shape != (n_states, n_features) or not np.isfinite(means).all():
        raise ValueError(
            f"means have shape {means.shape}; expected finite ({n_states}, {n_features})"
        )
    covars = expand_covariances(values["covars"], covariance_type, n_states, n_features)
    _check_covariances(covars)
    parameters = HMMParameters(
        check_probabilities(values["startprob"], (n_states,), "startprob"),
        check_probabilities(values["transmat"], (n_states, n_states), "transmat"),
        means,
        covars,
        _checked_dofs(values.get("dofs"), n_states),
    )
    return parameters.with_emission(emission, DEFAULT_DOF)


def _check_covariances(covars: NDArray) -> None:
    """Refuse matrices that are not symmetric and positive definite."""
    if not np.isfinite(covars).all():
        raise ValueError("covars hold numbers that are not finite")
    spread = np.sqrt(np.abs(np.diagonal(covars, axis1=1, axis2=2)))
    lean = np.abs(covars - covars.swapaxes(1, 2))
    if (lean > _LEAN * spread[:, :, None] * spread[:, None, :]).any():
        raise ValueError("a covariance matrix is not symmetric")
    whitening(covars)


def _checked_dofs(dofs: ArrayLike | None, n_states: int) -> NDArray | None:
    if dofs is None:
        return None
    values, (lowest, highest) = np.array(dofs, dtype=np.float64), DOF_RANGE
    if values.shape != (n_states,) or not ((values >= lowest) & (values <= highest)).all():
        raise ValueError(
            f"dofs are {values.tolist()}; expected {n_states} numbers from {lowest} to {highest:g}"
        )
    return values


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
        float64 arrays, ``fit`` dict of scalars, ``columns`` list of str or None, and ``checksum``
        of all that, so that arrays and settings of another model are told from these.
    """
    names = (*_ARRAYS, _DOFS, *_FIT_ARRAYS)
    present = [name for name in names if getattr(model, name, None) is not None]
    arrays = {name: np.array(getattr(model, name), dtype=np.float64) for name in present}
    columns = getattr(model, _COLUMNS, None)
    return with_checksum(
        {
            "format_version": FORMAT_VERSION,
            "kind": "GaussianHMM",
            "settings": {name: _plain(value) for name, value in model.get_params().items()},
            "arrays": arrays,
            "fit": {
                name: _plain(getattr(model, name)) for name in _FIT_VALUES if hasattr(model, name)
            },
            "columns": None if columns is None else [str(name) for name in columns],
        }
    )


def checksum(arrays: Mapping[str, NDArray]) -> str:
    """Return a checksum of named arrays, the same on every machine.

    Parameters
    ----------
    arrays : mapping
        Arrays of float64 by name.

    Returns
    -------
    str
        First 16 hexadecimal digits of the SHA-256 of names, shapes and values.

    Examples
    --------
    >>> checksum({"a": np.zeros(2)}) == checksum({"a": np.zeros((2, 1))})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name}{arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name], dtype="<f8").tobytes())
    return digest.hexdigest()[:16]


def with_checksum(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state with the checksum of all that is in it.

    Parameters
    ----------
    state : mapping
        Plain values and arrays, nested in any way.

    Returns
    -------
    dict
        The state and ``checksum``: the first 16 hexadecimal digits of the SHA-256 of its JSON text,
        arrays as lists, so that it is the same before and after any of the ways it is stored.

    Examples
    --------
    >>> saved = with_checksum({"settings": {"tol": 1e-7}, "arrays": {"a": np.zeros(2)}})
    >>> check_checksum({**saved, "arrays": {"a": [0.0, 0.0]}})
    >>> check_checksum({**saved, "settings": {"tol": 1e-6}})
    Traceback (most recent call last):
    ...
    ValueError: its values are not the ones it was saved with: the checksum differs
    """
    content = {name: value for name, value in state.items() if name != "checksum"}
    text = json.dumps(content, sort_keys=True, default=lambda value: value.tolist())
    return {**content, "checksum": hashlib.sha256(text.encode()).hexdigest()[:16]}


def check_checksum(state: Mapping[str, Any]) -> None:
    """Refuse a state that is not the one that :func:`with_checksum` returned.

    Parameters
    ----------
    state : mapping
        Saved state; arrays may be nested lists.

    Raises
    ------
    ValueError
        If any value differs.
    """
    if state["checksum"] != with_checksum(state)["checksum"]:
        raise ValueError("its values are not the ones it was saved with: the checksum differs")


def check_arrays_checksum(state: Mapping[str, Any], arrays: Mapping[str, NDArray]) -> None:
    """Refuse arrays that are not those a state of an older format was saved with.

    Parameters
    ----------
    state : mapping
        Saved state whose ``checksum`` is of its arrays alone.
    arrays : mapping
        Its arrays.

    Raises
    ------
    ValueError
        If any of them differs.
    """
    if state["checksum"] != checksum(arrays):
        raise ValueError("its arrays are not the ones it was saved with: the checksum differs")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def check_version(state: Mapping[str, Any], kind: str, newest: int = FORMAT_VERSION) -> None:
    """Refuse a saved state of another kind or of a newer format.

    Parameters
    ----------
    state : mapping
        Saved state.
    kind : str
        Expected kind.
    newest : int
        Newest format that can be read.

    Raises
    ------
    ValueError
        Saying what was found and expected.
    """
    version = state.get("format_version") if isinstance(state, Mapping) else None
    if not isinstance(version, int) or state.get("kind") != kind:
        raise ValueError(f"this is not a saved {kind}, or the saved state is damaged")
    if version > newest:
        raise ValueError(
            f"saved {kind} has format {version}, this version reads up to {newest}; "
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
        _check_arrays(arrays, model, n_features)
        fit = {name: state["fit"][name] for name in _FIT_VALUES if name in state["fit"]}
        _check_fit(arrays, fit, n_features)
        _check_belonging(state, arrays, n_features)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise ValueError(f"the saved GaussianHMM is damaged: {error}") from error
    for name, value in {_DOFS: None, **arrays, **fit}.items():
        setattr(model, name, value)
    model.n_features_in_ = n_features
    if state.get("columns") is not None:
        model.feature_names_in_ = np.array(state["columns"], dtype=object)
    return model


def _check_fit(arrays: Mapping[str, NDArray], fit: Mapping[str, Any], n_features: int) -> None:
    """Refuse a record of the fit that no fit leaves."""
    for name in ("offset_", "scale_"):
        if name in arrays and arrays[name].shape != (n_features,):
            raise ValueError(f"{name} has shape {arrays[name].shape}, expected ({n_features},)")
    if "history_" in arrays and arrays["history_"].ndim != 1:
        raise ValueError(f"history_ has shape {arrays['history_'].shape}, expected (steps,)")
    for name, value in fit.items():
        if not isinstance(value, int | float) or not np.isfinite(value):
            raise ValueError(f"{name} is {value!r}, expected a finite number")


def _check_belonging(
    state: Mapping[str, Any], arrays: Mapping[str, NDArray], n_features: int
) -> None:
    """Refuse arrays or column names that are not those the state was made with."""
    columns = state.get("columns")
    if columns is not None and len(columns) != n_features:
        raise ValueError(f"{len(columns)} column names for {n_features} columns")
    if state["format_version"] == 2:
        check_arrays_checksum(state, arrays)
    elif state["format_version"] > 2:
        check_checksum(state)


def _check_arrays(arrays: Mapping[str, NDArray], model: "GaussianHMM", n_features: int) -> None:
    kind, n_states = model.covariance_type, model.n_components
    unknown = set(arrays) - {*_ARRAYS, _DOFS, *_FIT_ARRAYS}
    if unknown:
        raise ValueError(f"unknown arrays {sorted(unknown)}")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds numbers that are not finite")
    start = {name: arrays[f"{name}_"] for name in REQUIRED}
    if (_DOFS in arrays) != (model.emission == "student_t"):
        raise ValueError(f"emission {model.emission!r} does not go with the arrays saved")
    if _DOFS in arrays:
        start["dofs"] = arrays[_DOFS]
    if start["covars"].shape != covariance_shape(kind, n_states, n_features):
        raise ValueError(f"covars_ has shape {start['covars'].shape}")
    checked_parameters(start, kind, n_states, n_features, model.emission)
