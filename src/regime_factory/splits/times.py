"""Reads moments and numbers of many kinds into arrays that compare."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Times: TypeAlias = ArrayLike | Sequence[Any] | pl.Series
_ACCEPTED = "moments (Datetime, Date, datetime64) or numbers"
_NOT_THERE = {"nan", "NaT", "<NA>"}
_PER_MICROSECOND = {"ms": 1000, "us": 1, "ns": 1}


@dataclass(frozen=True, eq=False)
class Readable:
    """A column of times as plain numbers.

    Parameters
    ----------
    values : numpy.ndarray, shape (n_rows,)
        Microseconds or nanoseconds since 1970, or the numbers themselves.
    dtype : polars.DataType
        Datetime of that unit, Int64 or Float64.
    zoned : bool or None
        Whether the source states a time zone; None where it cannot (numpy).
    """

    values: NDArray[Any]
    dtype: pl.DataType
    zoned: bool | None = None

    def text(self, row: int) -> str:
        """One value, for messages."""
        return str(pl.Series([self.values[row]]).cast(self.dtype)[0])


def read_times(values: Times, name: str) -> Readable:
    """Read a column of moments or numbers.

    Parameters
    ----------
    values : array_like, shape (n_rows,)
        Polars or pandas series, numpy array or a sequence, of datetimes, dates, integers or
        floats. Moments with a time zone are converted to UTC; those without are read as UTC.
    name : str
        What the column is called in messages.

    Returns
    -------
    Readable

    Raises
    ------
    TypeError
        If values are of another type, or have more than one dimension.
    ValueError
        If a value is missing, NaN or infinite.

    Examples
    --------
    >>> read_times([datetime(1970, 1, 2)], "t0").values.tolist()
    [86400000000]
    """
    if isinstance(values, pl.Series):
        return _from_series(values, name)
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "tz", None) is not None:  # pandas: numpy would make objects of zoned stamps
        stamps = np.asarray(values, dtype=f"datetime64[{getattr(dtype, 'unit', 'ns')}]")
        return replace(_from_array(stamps, name), zoned=True)
    if isinstance(values, np.ndarray):
        return _from_array(values, name)
    if isinstance(values, Sequence) and not isinstance(values, str):
        return _from_sequence(values, name)
    array = np.asarray(values)
    found = _from_array(array, name)
    return replace(found, zoned=False) if array.dtype.kind == "M" else found


def to_common_unit(first: Readable, second: Readable) -> tuple[Readable, Readable]:
    """Bring two columns to one unit, so that they compare.

    Parameters
    ----------
    first, second : Readable
        Both moments or both numbers.

    Returns
    -------
    tuple of Readable

    Raises
    ------
    TypeError
        If one holds moments and the other numbers, or only one of them has a time zone.
    """
    moments = [isinstance(item.dtype, pl.Datetime) for item in (first, second)]
    if moments[0] != moments[1]:
        raise TypeError(
            f"t0 holds {first.dtype} and t1 {second.dtype}; give both as moments or both as numbers"
        )
    if {first.zoned, second.zoned} == {True, False}:
        raise TypeError(
            "only one of t0 and t1 has a time zone; give both in UTC, as the tables of this "
            "package have them"
        )
    if not moments[0]:
        common = np.result_type(first.values, second.values)
        dtype = pl.Int64() if common.kind == "i" else pl.Float64()
        pair = [Readable(item.values.astype(common), dtype) for item in (first, second)]
        return pair[0], pair[1]
    zone = "UTC" if first.zoned or second.zoned else None
    unit = "ns" if "ns" in {_unit(first), _unit(second)} else "us"
    return _in_unit(first, unit, zone), _in_unit(second, unit, zone)


def read_moment(value: Any, name: str, dtype: pl.DataType) -> int | float:
    """Read one moment or number in the unit of a column.

    Parameters
    ----------
    value : datetime, date, str, numpy.datetime64 or number
        A moment (ISO text is read; without a time zone it is UTC) or a number.
    name : str
        What it is called in messages.
    dtype : polars.DataType
        Type of the column it is compared with.

    Returns
    -------
    int or float
        The first value of the column's unit that is not before it.

    Raises
    ------
    TypeError
        If it is a number where moments are needed, or the other way round.
    ValueError
        If a text is not an ISO date or time.
    """
    moments = isinstance(dtype, pl.Datetime)
    kinds = (str, date, np.datetime64) if moments else (int, float, np.integer, np.floating)
    if not isinstance(value, kinds) or isinstance(value, bool):
        wanted = "a date or time such as '2016-01-01'" if moments else "a number"
        raise TypeError(f"{name} is {value!r} while t0 holds {dtype}; give {wanted}")
    if not moments:
        return read_times(np.array([value]), name).values[0]
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(
                f"{name} is {value!r}; give an ISO date or time such as '2016-01-01' or "
                "'2016-01-01 09:30'"
            ) from None
    column = np.array([value]) if isinstance(value, np.datetime64) else pl.Series([value])
    found = read_times(column, name)
    return _rescaled(int(found.values[0]), _unit(found), dtype.time_unit)


def span_of(length: timedelta | np.timedelta64, dtype: pl.DataType) -> int:
    """Length in the unit of a column of moments."""
    microseconds = np.timedelta64(length, "us").astype(np.int64)
    return int(microseconds) * (1000 if getattr(dtype, "time_unit", "us") == "ns" else 1)


def _from_series(series: pl.Series, name: str) -> Readable:
    missing = series.is_null()
    if missing.any():
        raise _missing(missing.to_numpy(), name)
    dtype = series.dtype
    if dtype == pl.Date:
        return Readable(series.cast(pl.Datetime("us")).to_physical().to_numpy(), pl.Datetime("us"))
    if isinstance(dtype, pl.Datetime):
        values = series.to_physical().to_numpy() * _PER_MICROSECOND[dtype.time_unit]
        unit = "ns" if dtype.time_unit == "ns" else "us"
        return Readable(values, pl.Datetime(unit), zoned=dtype.time_zone is not None)
    if not dtype.is_numeric():
        raise TypeError(f"{name} holds {dtype}; expected {_ACCEPTED}")
    return _from_array(series.to_numpy(), name)


def _from_sequence(values: Sequence[Any], name: str) -> Readable:
    known = next((value for value in values if value is not None), None)
    if isinstance(known, date):
        return _from_series(pl.Series(values=list(values), strict=True), name)
    missing = np.array([value is None for value in values], dtype=bool)
    if missing.any():
        raise _missing(missing, name)
    return _from_array(np.asarray(values), name)


def _from_array(values: NDArray[Any], name: str) -> Readable:
    if values.ndim != 1:
        raise TypeError(f"{name} has the shape {values.shape}; give one column")
    kind = values.dtype.kind
    if kind == "O":
        return _from_objects(values, name)
    if kind == "M":
        if np.isnat(values).any():
            raise _missing(np.isnat(values), name)
        unit = "ns" if np.datetime_data(values.dtype)[0] in {"ns", "ps", "fs", "as"} else "us"
        return Readable(values.astype(f"datetime64[{unit}]").astype(np.int64), pl.Datetime(unit))
    if kind in "iu" or (kind == "f" and not len(values)):
        return Readable(values.astype(np.int64), pl.Int64())
    if kind != "f":
        raise TypeError(f"{name} holds {values.dtype}; expected {_ACCEPTED}")
    finite = np.isfinite(values)
    if not finite.all():
        raise _missing(~finite, name)
    return Readable(values.astype(np.float64), pl.Float64())


def _from_objects(values: NDArray[Any], name: str) -> Readable:
    """Read Python objects, as numpy makes them of dates and of pandas' nullable columns."""
    items = values.tolist()
    missing = np.array([item is None or str(item) in _NOT_THERE for item in items], dtype=bool)
    if missing.any():
        raise _missing(missing, name)
    if all(isinstance(item, Real) and not isinstance(item, bool) for item in items):
        return _from_array(np.array(items), name)
    if not all(isinstance(item, date) for item in items):
        odd = next((item for item in items if not isinstance(item, date | Real)), items[0])
        raise TypeError(f"{name} holds {type(odd).__name__} ({odd!r}); expected {_ACCEPTED}")
    return _from_series(pl.Series(values=items, strict=True), name)


def _missing(missing: NDArray[np.bool_], name: str) -> ValueError:
    advice = (
        "drop rows without an outcome; WalkForward tests them without training on them if their t1 "
        "is the last time of the table"
        if name == "t1"
        else "drop these rows"
    )
    return ValueError(
        f"{name} is missing, NaN or infinite in {int(missing.sum())} of {len(missing)} rows, the "
        f"first is row {int(missing.argmax())}; {advice}"
    )


def _unit(item: Readable) -> str:
    return getattr(item.dtype, "time_unit", "us")


def _in_unit(item: Readable, unit: str, zone: str | None) -> Readable:
    factor = 1000 if unit == "ns" and _unit(item) == "us" else 1
    values = item.values * factor if factor > 1 else item.values
    return Readable(values, pl.Datetime("ns" if unit == "ns" else "us", zone))


def _rescaled(value: int, unit: str, wanted: str) -> int:
    if unit == wanted:
        return value
    return value * 1000 if wanted == "ns" else -(-value // 1000)
