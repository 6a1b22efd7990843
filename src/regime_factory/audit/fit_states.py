"""Fitted states as flat values: their paths, and whether two of them hold the same bits."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from numbers import Number
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

_SINGLE = (str, bytes, Number, np.generic, date, timedelta, type(None))
_PLAIN_KEY = re.compile(r"[^.\[\]'\"]+")


def flat(state: Any, fold: int) -> dict[str, Any]:
    """Take a nested state apart.

    Parameters
    ----------
    state : object
        Numbers, texts, arrays and Polars data in nested mappings, sequences and dataclasses.
    fold : int
        Number of the split, for messages.

    Returns
    -------
    dict
        Each value by its path, such as ``scaler.mean``; keys that are no plain text are written
        as in Python: ``counts[1]``.

    Raises
    ------
    TypeError
        If something cannot be compared.
    ValueError
        If there is nothing to compare, or two values have one path.

    Examples
    --------
    >>> flat({"scaler": {"mean": 1.5}, "counts": {1: 7, "1": 8}}, 0)
    {'scaler.mean': 1.5, 'counts[1]': 7, 'counts.1': 8}
    """
    leaves = list(_walk(state, ""))
    values = dict(leaves)
    if len(values) < len(leaves):
        path = Counter(path for path, _ in leaves).most_common(1)[0][0]
        raise ValueError(
            f"the state of split {fold} has several values at {path!r}, one of which would hide "
            "the others; give its mappings keys that read differently"
        )
    if not count(values):
        raise ValueError(
            f"the state of split {fold} is empty ({type(state).__name__}); return all that was "
            "learnt, as numbers or arrays"
        )
    return values


def count(values: dict[str, Any]) -> int:
    """Number of values that there are to compare."""
    return sum(int(np.size(value)) for value in values.values() if value is not None)


def _walk(state: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Leaves of a nested state with their paths."""
    if isinstance(state, pl.DataFrame):
        state = state.to_dict()
    elif is_dataclass(state) and not isinstance(state, type):
        state = {item.name: getattr(state, item.name) for item in fields(state)}
    if isinstance(state, pl.Series) and state.dtype == pl.Object:
        state = state.to_list()
    if isinstance(state, pl.Series):
        yield path, state
    elif isinstance(state, Mapping):
        for key, value in state.items():
            yield from _walk(value, _joined(path, key))
    elif isinstance(state, set | frozenset):
        yield path, tuple(sorted(map(repr, state)))
    elif isinstance(state, _SINGLE) or (isinstance(state, np.ndarray) and state.dtype != object):
        yield path, state
    elif isinstance(state, Sequence | np.ndarray):
        for position, value in enumerate(state):
            yield from _walk(value, f"{path}[{position}]")
    else:
        raise TypeError(
            f"the state holds a {type(state).__name__} at {path or 'its top'}, which cannot be "
            "compared; return what it learnt as numbers and arrays"
        )


def _joined(path: str, key: Any) -> str:
    """Path of a key, such that keys that differ have paths that differ."""
    if not isinstance(key, str) or not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{key!r}]"
    return f"{path}.{key}" if path else key


def moved(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, float]]:
    """Paths whose values are not the same bits, with the size of the change.

    Parameters
    ----------
    before, after : dict
        States as `flat` gives them.

    Returns
    -------
    list of (path, size)
        Sorted; the size is infinite where values cannot be subtracted.

    Examples
    --------
    >>> moved({"w": 1.0, "name": "a"}, {"w": 1.5, "name": "a"})
    [('w', 0.5)]
    """
    found = [(path, float("inf")) for path in before.keys() ^ after.keys()]
    found += [
        (path + _place(value, after[path]), _size(value, after[path]))
        for path, value in before.items()
        if path in after and not _identical(value, after[path])
    ]
    return sorted(found)


def _identical(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, pl.Series):
        return (
            one.dtype == other.dtype and one.equals(other, null_equal=True) and _signs(one, other)
        )
    if isinstance(one, str | bytes | tuple | date | timedelta | None):
        return one == other
    if isinstance(one, Decimal):
        return one.as_tuple() == other.as_tuple()
    left, right = np.asarray(one), np.asarray(other)
    if object in (left.dtype, right.dtype):  # fractions and large integers, held by address
        return bool(one == other)
    same_kind = left.dtype == right.dtype and left.shape == right.shape
    return same_kind and left.tobytes() == right.tobytes()


def _signs(one: pl.Series, other: pl.Series) -> bool:
    """Whether zeros have the same sign, which Polars' equality does not ask."""
    if not one.dtype.is_float():
        return True
    return bool((np.signbit(one.to_numpy()) == np.signbit(other.to_numpy())).all())


def _numbers(value: Any) -> NDArray[Any] | None:
    array = value.to_numpy() if isinstance(value, pl.Series) else np.asarray(value)
    return array.astype(np.complex128) if array.dtype.kind in "biufc" else None


def _size(one: Any, other: Any) -> float:
    left, right = _numbers(one), _numbers(other)
    if left is None or right is None or left.shape != right.shape:
        return float("inf")
    gap = np.abs(left - right)
    return float("inf") if np.isnan(gap).all() else float(np.nanmax(gap))


def _place(one: Any, other: Any) -> str:
    """Index of the first value that differs."""
    left, right = _numbers(one), _numbers(other)
    if left is None or right is None or left.shape != right.shape or not left.ndim:
        return ""
    differs = np.argwhere(left != right)
    return "" if not len(differs) else f"[{', '.join(map(str, differs[0]))}]"
