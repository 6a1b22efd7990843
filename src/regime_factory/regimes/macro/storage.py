"""Saved macro detectors: plain values and arrays, in a folder of JSON and npz without pickle."""

import json
import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm.interchange import (
    check_arrays_checksum,
    check_checksum,
    check_version,
    with_checksum,
)
from regime_factory.regimes.hmm.model import GaussianHMM

if TYPE_CHECKING:
    from regime_factory.regimes.macro.detector import MacroRegimeDetector

Macro = TypeVar("Macro", bound="MacroRegimeDetector")
Arrays = dict[str, NDArray[np.float64]]

KIND = "MacroRegimeDetector"
FORMAT_VERSION = 2  # 1 had a checksum of the arrays alone, and no collinear columns
_MARK = "__array__"
_FILES = ("state.json", "arrays.npz")
_BY_COLUMN = ("centre_", "scale_", "weights_")
_BY_STATE = ("risk_scores_", "shares_")
_VALUES = (
    "feature_names_in_", "columns_", "dropped_", "collinear_", "n_rows_", "n_training_samples_",
    "trained_from_", "trained_to_",
)  # fmt: skip


def detector_state(detector: "MacroRegimeDetector") -> dict[str, Any]:
    """Return a fitted detector as plain values and arrays.

    Parameters
    ----------
    detector : MacroRegimeDetector
        Fitted detector.

    Returns
    -------
    dict
        ``format_version, kind, settings, hmm`` (state of the model), ``arrays, values``, and the
        ``checksum`` of all that.
    """
    settings = detector.get_params()
    columns, weights = settings["columns"], settings["weights"]
    arrays = {name: np.array(getattr(detector, name)) for name in (*_BY_COLUMN, *_BY_STATE)}
    return with_checksum(
        {
            "format_version": FORMAT_VERSION,
            "kind": KIND,
            "settings": {
                **settings,
                "columns": None if columns is None else list(columns),
                "weights": None if weights is None else dict(weights),
            },
            "hmm": detector.hmm_.to_state(),
            "arrays": arrays,
            "values": {name: getattr(detector, name) for name in _VALUES},
        }
    )


def restore_detector(cls: type[Macro], state: Mapping[str, Any]) -> Macro:
    """Rebuild a detector from :func:`detector_state`.

    Parameters
    ----------
    cls : type
        Class to build.
    state : mapping
        Saved state; arrays may be nested lists.

    Returns
    -------
    MacroRegimeDetector

    Raises
    ------
    ValueError
        For a damaged state or a newer format.
    """
    check_version(state, KIND, FORMAT_VERSION)
    try:
        detector = cls(**state["settings"])
        detector._check_settings()
        detector.hmm_ = GaussianHMM.from_state(state["hmm"])
        names = (*_BY_COLUMN, *_BY_STATE)
        arrays = {name: np.array(state["arrays"][name], dtype=np.float64) for name in names}
        later = {} if state["format_version"] > 1 else {"collinear_": {}}
        values = {name: {**later, **state["values"]}[name] for name in _VALUES}
        _check_shapes(detector.hmm_, arrays, values)
        if state["format_version"] > 1:
            check_checksum(state)
        else:
            check_arrays_checksum(state, arrays)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"the saved {KIND} is damaged: {error}") from error
    for name, value in {**arrays, **values}.items():
        setattr(detector, name, value)
    return detector


def _check_shapes(hmm: GaussianHMM, arrays: Arrays, values: Mapping[str, Any]) -> None:
    """Refuse arrays that are not of the states and of the columns."""
    n_columns, n_states = len(values["columns_"]), hmm.n_components
    expected = dict.fromkeys(_BY_COLUMN, (n_columns,)) | dict.fromkeys(_BY_STATE, (n_states,))
    found = {name: array.shape for name, array in arrays.items()} | {"means": hmm.means_.shape}
    for name, shape in {**expected, "means": (n_states, n_columns)}.items():
        if found[name] != shape:
            raise ValueError(f"{name} has shape {found[name]}, expected {shape}")


def write_state(state: Mapping[str, Any], path: str | Path) -> Path:
    """Write a state of plain values and arrays.

    Parameters
    ----------
    state : mapping
        What ``to_state`` returned.
    path : str or Path
        Folder. It is made aside and put in place as a whole, so that a killed process leaves
        either the old state or the new one.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        Where something other than a saved state is in the place; it is left as it is.
    """
    folder = Path(path).absolute()
    _refuse_other(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside, before = (folder.with_name(f".{folder.name}.{os.getpid()}.{x}") for x in ("new", "old"))
    try:
        aside.mkdir()
        arrays: dict[str, np.ndarray] = {}
        document = _take(state, arrays)
        (aside / _FILES[0]).write_text(json.dumps(document, indent=1, allow_nan=False), "utf-8")
        np.savez(aside / _FILES[1], **arrays)  # pyrefly: ignore[bad-argument-type]
        if folder.exists():
            folder.rename(before)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    shutil.rmtree(before, ignore_errors=True)
    return Path(path)


def _refuse_other(folder: Path) -> None:
    """Refuse a place that holds anything that a save did not write."""
    if not folder.exists():
        return
    found = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else None
    if found is None or set(found) - set(_FILES):
        what = "is a file" if found is None else f"holds {', '.join(found[:5])}"
        raise ValueError(
            f"{folder} {what}; expected a new folder, or one that save(path) wrote: nothing was "
            "saved, give another path"
        )


def read_state(path: str | Path) -> dict[str, Any]:
    """Read a state that :func:`write_state` wrote.

    Parameters
    ----------
    path : str or Path
        Folder.

    Returns
    -------
    dict

    Raises
    ------
    FileNotFoundError
        Where the folder or one of its files is not there.
    ValueError
        Where a file cannot be read.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     state = read_state(write_state({"a": np.arange(3), "b": [1, None]}, f"{folder}/state"))
    >>> state["a"].tolist(), state["b"]
    ([0, 1, 2], [1, None])
    """
    folder = Path(path)
    for name in _FILES:
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{folder} holds no {name}; give the folder that save(path) wrote"
            )
    try:
        document = json.loads((folder / "state.json").read_text("utf-8"))
        with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
            return _put(document, arrays)
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"the state in {folder} is damaged: {error}") from error


def _take(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Replace each array by a reference, and collect it."""
    if isinstance(node, np.ndarray):
        reference = f"a{len(arrays)}"
        arrays[reference] = node
        return {_MARK: reference}
    if isinstance(node, Mapping):
        return {key: _take(value, arrays) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_take(value, arrays) for value in node]
    return node


def _put(node: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Undo :func:`_take`."""
    if isinstance(node, dict):
        return (
            arrays[node[_MARK]] if _MARK in node else {k: _put(v, arrays) for k, v in node.items()}
        )
    return [_put(value, arrays) for value in node] if isinstance(node, list) else node
