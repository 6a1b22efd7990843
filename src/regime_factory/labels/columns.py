"""Reads columns of moments or numbers of many kinds into arrays that compare."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from numbers import Real
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

_ACCEPTED = "moments or bar numbers"
_NOT_THERE = {"None", "nan", "NaT", "<NA>"}


@dataclass(frozen=True, eq=False)
class Column:
    """A column of Int64, Float64 or Datetime without a missing value.

    Parameters
    ----------
    name : str
        What it is called in messages.
    values : polars.Series, shape (n_rows,)
        The values.
    zoned : bool or None
        Whether moments have a time zone; None where their source cannot say (numpy, dates).
    """

    name: str
    values: pl.Series
    zoned: bool | None = None

    @property
    def are_moments(self) -> bool:
        """Whether it holds moments rather than numbers."""
        return self.values.dtype.is_temporal()


def read_column(name: str, values: Any) -> Column:
    """Read a column of moments or numbers.

    Parameters
    ----------
    name : str
        What the column is called in messages.
    values : array_like, shape (n_rows,)
        Polars or pandas series, numpy array or iterable of datetimes, dates, integers or floats.

    Returns
    -------
    Column

    Raises
    ------
    TypeError
        If it is no column, or holds something else.
    ValueError
        If a value is missing, NaN or infinite.

    Examples
    --------
    >>> read_column("t0", [1, 2.5]).values.to_list()
    [1.0, 2.5]
    >>> read_column("t0", "ts")
    Traceback (most recent call last):
    ...
    TypeError: t0 is 'ts'; give a column of moments or bar numbers, e.g. of a table
    """
    series = read_series(name, values, _ACCEPTED)
    missing = series.is_null() | (~series.is_finite() if series.dtype.is_float() else False)
    if missing.any():
        raise ValueError(f"{name} is missing in row {missing.arg_true()[0]}; drop it")
    dtype = series.dtype
    if not len(series) and not dtype.is_temporal():
        return Column(name, series.cast(pl.Int64))
    if dtype.is_integer() or dtype.is_float():
        return Column(name, series.cast(pl.Int64 if dtype.is_integer() else pl.Float64))
    if dtype == pl.Date:
        return Column(name, series.cast(pl.Datetime("us")))
    if not isinstance(dtype, pl.Datetime):
        raise TypeError(f"{name} holds {dtype}; give {_ACCEPTED}")
    bare = isinstance(values, np.ndarray)
    return Column(name, series, None if bare else dtype.time_zone is not None)


def read_series(name: str, values: Any, accepted: str) -> pl.Series:
    """Make a Polars series of a sequence of any kind; missing values are null or NaN.

    Parameters
    ----------
    name : str
        What the column is called in messages.
    values : array_like, shape (n_rows,)
        Polars or pandas series, numpy array or iterable.
    accepted : str
        What the values may be, for messages.

    Returns
    -------
    polars.Series

    Raises
    ------
    TypeError
        If it is no column, or holds values of types that do not go together.

    Examples
    --------
    >>> read_series("groups", [1, "A"], "symbols")
    Traceback (most recent call last):
    ...
    TypeError: groups hold values of several types (int, str); give symbols of one type
    """
    if isinstance(values, pl.Series):
        return values.alias(name)
    single = isinstance(values, str | bytes | dict | set | pl.DataFrame | pl.LazyFrame)
    shape = getattr(values, "shape", (0,))
    if single or len(shape) != 1 or not isinstance(values, Iterable):
        found = f"a {type(values).__name__}" if len(shape) > 1 else repr(values)
        raise TypeError(f"{name} is {found}; give a column of {accepted}, e.g. of a table")
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        fine = np.datetime_data(dtype)[0] in {"ns", "ps", "fs", "as"}
        return pl.Series(name, np.asarray(values, f"datetime64[{'ns' if fine else 'us'}]"))
    if dtype is not None and getattr(dtype, "kind", "") != "O":
        return pl.Series(name, values)
    return _of_items(name, list(values), accepted)


def numbers_of(columns: Sequence[Column]) -> list[NDArray[Any]]:
    """Bring columns to one unit, so that they compare.

    Parameters
    ----------
    columns : sequence of Column
        All of moments or all of numbers.

    Returns
    -------
    list of numpy.ndarray
        Integers, or floats where one of the columns holds floats.

    Raises
    ------
    TypeError
        If some hold moments and others numbers, or only some have a time zone.

    Examples
    --------
    >>> numbers_of([read_column("t0", [1, 2]), read_column("t1", [1.5, 3.0])])
    [array([1., 2.]), array([1.5, 3. ])]
    """
    first = columns[0]
    for other in columns[1:]:
        if other.are_moments != first.are_moments:
            raise TypeError(
                f"{first.name} holds {first.values.dtype} and {other.name} {other.values.dtype}; "
                "give all as moments or all as bar numbers"
            )
        if {first.zoned, other.zoned} == {True, False}:
            raise TypeError(
                f"only one of {first.name} and {other.name} has a time zone; give both in UTC"
            )
    if not first.are_moments:
        arrays = [column.values.to_numpy() for column in columns]
        return [array.astype(np.result_type(*arrays)) for array in arrays]
    nanoseconds = any(getattr(column.values.dtype, "time_unit", "") == "ns" for column in columns)
    unit = "ns" if nanoseconds else "us"
    return [column.values.dt.cast_time_unit(unit).to_physical().to_numpy() for column in columns]


def _of_items(name: str, items: list[Any], accepted: str) -> pl.Series:
    """Read Python objects, as lists, generators and pandas' columns of objects hold them."""
    there = [item for item in items if str(item) not in _NOT_THERE]
    if there and all(isinstance(item, Real) and not isinstance(item, bool) for item in there):
        numbers = np.array(there)
        if numbers.dtype.kind == "O":
            raise TypeError(f"{name} holds numbers beyond 64 bits; give {accepted}")
        if len(there) == len(items):
            return pl.Series(name, numbers)
    if there and all(isinstance(item, np.datetime64) for item in items):
        return pl.Series(name, np.array(items, "datetime64[us]"))
    kept = [None if str(item) in _NOT_THERE else item for item in items]
    try:
        return pl.Series(name, kept, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        types = sorted({type(item).__name__ for item in there})
        found = f"values of several types ({', '.join(types)})" if types[1:] else types[0]
        verb = "hold" if name.endswith("s") else "holds"
        raise TypeError(f"{name} {verb} {found}; give {accepted} of one type") from None


def is_number(value: object) -> bool:
    """Whether a value is a real number; truth values and text are none.

    Parameters
    ----------
    value : object
        What the caller gave.

    Returns
    -------
    bool

    Examples
    --------
    >>> [is_number(value) for value in (1, 0.5, np.float32(1), True, "1", None)]
    [True, True, True, False, False, False]
    """
    return isinstance(value, Real) and not isinstance(value, bool | date)
