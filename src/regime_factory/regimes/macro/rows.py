"""From frames, arrays and mappings to matrices whose columns are known by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.features.nearest import nearest
from regime_factory.regimes.inputs import float_array
from regime_factory.regimes.observations import KEYS
from regime_factory.regimes.validation import column_names

Matrix = NDArray[np.float64]


def feature_names(X: object) -> list[str] | None:
    """Names of the feature columns of a frame: all but `symbol`, `ts` and `ret`.

    Parameters
    ----------
    X : object
        A frame, or an array, which has no names.

    Returns
    -------
    list of str or None

    Examples
    --------
    >>> import polars as pl
    >>> feature_names(pl.DataFrame({"ts": [1], "macro_vix_level": [20.0]}))
    ['macro_vix_level']
    """
    names = column_names(X)
    return None if names is None else [name for name in names if name not in KEYS]


def stamps_of(X: Any, ts: Sequence[Any] | None = None) -> list[Any] | None:
    """Stamps of the rows: those given, else the column `ts` of a frame, else None.

    Parameters
    ----------
    X : frame or array_like
        Rows.
    ts : sequence, optional
        Stamps.

    Returns
    -------
    list or None

    Raises
    ------
    ValueError
        Where there is not one stamp for each row.

    Examples
    --------
    >>> stamps_of(np.ones((2, 1)), ["2024-01-02", "2024-01-03"])
    ['2024-01-02', '2024-01-03']
    """
    if ts is None and "ts" not in (column_names(X) or []):
        return None
    stamps = list(X["ts"] if ts is None else ts)
    if len(stamps) != len(X):
        raise ValueError(f"{len(stamps)} stamps for {len(X)} rows; give one for each row")
    return stamps


def macro_matrix(
    X: Any,
    names: Sequence[str],
    needed: Sequence[str] | None = None,
    *,
    others: bool = False,
) -> Matrix:
    """Return rows as a float64 matrix, columns in the order of their names, NaN where missing.

    Parameters
    ----------
    X : frame, shape (T, F), or array_like
        A frame's columns are found by their names, in whatever order; those of an array have to be
        in the order of `names`.
    names : sequence of str
        Columns of the matrix.
    needed : sequence of str, optional
        Columns that a frame must have; the others may be absent, which is NaN. Default: all.
    others : bool
        Whether a frame may have further columns, which are left out.

    Returns
    -------
    ndarray, shape (T, F)

    Raises
    ------
    ValueError
        For missing or unknown columns, a wrong width, no rows, infinite values or text.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"b": [3.0, None], "a": [1.0, 2.0]})
    >>> macro_matrix(frame, ["a", "b"]).tolist()
    [[1.0, 3.0], [2.0, nan]]
    >>> macro_matrix(frame, ["a", "c"])
    Traceback (most recent call last):
    ...
    ValueError: the frame lacks the column 'c', and has 'b', which the detector does not know; ...
    """
    given = feature_names(X)
    if given is None:
        values = _array(X, names)
    else:
        known = [name for name in given if name in names] if others else given
        _check_names(known, names, names if needed is None else needed)
        values = np.full((len(X), len(names)), np.nan)
        for place, name in enumerate(names):
            if name in given:
                values[:, place] = _numbers(X[name], name)
    if len(values) == 0:
        raise ValueError("there is no row; give at least one")
    if np.isinf(values).any():
        row, column = (int(i) for i in np.argwhere(np.isinf(values))[0])
        raise ValueError(
            f"column {names[column]!r} is infinite in row {row}; leave the value out (null) where "
            "it is not known"
        )
    return values


def macro_row(x: Any, names: Sequence[str], *, others: bool = False) -> Matrix:
    """Return one row in the order of the names.

    Parameters
    ----------
    x : mapping of str to float, frame of one row, or array_like of shape (F,)
        In a mapping, None and names that are left out are missing values.
    names : sequence of str
        Columns of the row.
    others : bool
        As in :func:`macro_matrix`; goes for mappings too.

    Returns
    -------
    ndarray, shape (F,)

    Raises
    ------
    ValueError
        As :func:`macro_matrix`.

    Examples
    --------
    >>> macro_row({"b": 2.0, "a": None}, ["a", "b"]).tolist()
    [nan, 2.0]
    """
    if isinstance(x, Mapping):
        unknown = [name for name in x if name not in names and name not in KEYS]
        if unknown and not others:
            raise ValueError(_unknown(unknown[0], names))
        values = [np.nan if x.get(name) is None else x[name] for name in names]
        return macro_matrix([values], names)[0]
    rows = x if feature_names(x) is not None else float_array(x).reshape(1, -1)
    matrix = macro_matrix(rows, names, needed=(), others=others)
    if len(matrix) != 1:
        raise ValueError(f"one row is taken at a time, found {len(matrix)}")
    return matrix[0]


def _array(X: ArrayLike, names: Sequence[str]) -> Matrix:
    values = float_array(X)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] != len(names):
        raise ValueError(
            f"the array has shape {values.shape}, expected (rows, {len(names)}): the columns "
            f"{', '.join(names)} in this order"
        )
    return values


def _check_names(given: Sequence[str], names: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in given]
    extra = [name for name in given if name not in names]
    if missing:
        near = f", and has {extra[0]!r}, which the detector does not know" if extra else ""
        raise ValueError(
            f"the frame lacks the column {missing[0]!r}{near}; a series without values has to be "
            "there as a column of nulls"
        )
    if extra:
        raise ValueError(_unknown(extra[0], names))


def _unknown(name: str, names: Sequence[str]) -> str:
    return f"column {name!r} is not one of the detector's{nearest(name, names)}; leave it out"


def _numbers(column: Any, name: str) -> Matrix:
    try:
        return np.asarray(column.to_numpy(), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {name!r} holds {column.dtype}, not numbers") from error
