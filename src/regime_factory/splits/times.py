"""Reads moments and numbers of many kinds into arrays that compare."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Times: TypeAlias = ArrayLike | Sequence[Any] | pl.Series
_ACCEPTED = "moments (Datetime, Date, datetime64) or numbers"
_FIRST, _LAST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


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
    ValueError
        If one holds nanoseconds and the other moments before 1677 or after 2262.
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
    return _in_unit(first, unit, zone, "t0"), _in_unit(second, unit, zone, "t1")


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
        If a text is not an ISO date or time, or the value is missing, infinite or out of range.
    """
    check_moment(value, name)
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
    return within_range(_rescaled(int(found.values[0]), _unit(found), dtype.time_unit))


def check_moment(value: Any, name: str) -> None:
    """Refuse a moment or number that is NaT, NaN or infinite."""
    infinite = isinstance(value, float) and not np.isfinite(value)
    if value is not None and (infinite or absent(value)):
        raise ValueError(f"{name} is {value!r}; give a moment or a number, or leave it out")


def within_range(value: int) -> int:
    """The number, or the 64-bit integer next to it: a moment before, or after, all others."""
    return min(max(value, _FIRST), _LAST)


def absent(value: Any) -> bool:
    """Whether a value is None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in {"NaTType", "NAType"}:
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _from_series(series: pl.Series, name: str) -> Readable:
    missing = series.is_null()
    if missing.any():
        raise _missing(missing.to_numpy(), name)
    dtype = series.dtype
    if dtype == pl.Date:
        return Readable(series.cast(pl.Datetime("us")).to_physical().to_numpy(), pl.Datetime("us"))
    if isinstance(dtype, pl.Datetime):
        values = series.to_physical().to_numpy()
        if dtype.time_unit == "ms":
            values = _thousandfold(values, name, "ms", "us")
        unit = "ns" if dtype.time_unit == "ns" else "us"
        return Readable(values, pl.Datetime(unit), zoned=dtype.time_zone is not None)
    if not dtype.is_numeric():
        raise TypeError(f"{name} holds {dtype}; expected {_ACCEPTED}")
    if dtype.is_integer() and str(dtype).endswith("128"):
        return _from_objects(series.to_list(), name)
    return _from_array(series.to_numpy(), name)


def _from_sequence(values: Sequence[Any], name: str) -> Readable:
    if isinstance(values, range):
        return _from_array(np.asarray(values), name)
    missing = np.array([absent(value) for value in values], dtype=bool)
    if missing.any():
        raise _missing(missing, name)
    if any(isinstance(value, date) for value in values):
        return _from_moments(values, name)
    array = np.asarray(values)
    if array.dtype.kind == "f" and all(isinstance(value, int) for value in values):
        return _from_objects(values, name)  # numpy makes floats of integers beyond 64 bits
    return _from_array(array, name)


def _from_moments(values: Sequence[Any], name: str) -> Readable:
    """Read dates, or datetimes that all have a time zone or all have none."""
    kinds = [_kind(value) for value in values]
    other = next((row for row, kind in enumerate(kinds) if kind != kinds[0]), None)
    if other is not None:
        raise TypeError(
            f"{name} holds a {kinds[0]} in row 0 and a {kinds[other]} in row {other}; give all "
            "moments alike, in UTC as the tables of this package have them"
        )
    finer = next((row for row, item in enumerate(values) if getattr(item, "nanosecond", 0)), None)
    if finer is not None:
        raise ValueError(
            f"{name} holds nanoseconds in row {finer} of Python objects, which would be cut to "
            "microseconds; give a pandas or Polars series, or an array of datetime64[ns]"
        )
    if kinds[0] == "datetime with a time zone":
        values = [value.astimezone(UTC) for value in values]
    return _from_series(pl.Series(values=list(values), strict=True), name)


def _kind(value: Any) -> str:
    if not isinstance(value, datetime):
        return type(value).__name__
    return f"datetime with{'out' if value.tzinfo is None else ''} a time zone"


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
        moments = values.astype(f"datetime64[{unit}]")
        if unit == "us" and (moments.astype(values.dtype) != values).any():
            raise _out_of_range(values[moments.astype(values.dtype) != values][0], name, unit)
        return Readable(moments.astype(np.int64), pl.Datetime(unit))
    if kind in "iu" or (kind == "f" and not len(values)):
        if kind == "u" and len(values) and values.max() > _LAST:
            raise _out_of_range(values.max(), name, "i64")
        return Readable(values.astype(np.int64), pl.Int64())
    if kind != "f":
        raise TypeError(f"{name} holds {values.dtype}; expected {_ACCEPTED}")
    finite = np.isfinite(values)
    if not finite.all():
        raise _missing(~finite, name)
    return Readable(values.astype(np.float64), pl.Float64())


def _from_objects(values: Sequence[Any] | NDArray[Any], name: str) -> Readable:
    """Read Python objects, as numpy makes them of dates and of pandas' nullable columns."""
    items = list(values)
    missing = np.array([absent(item) for item in items], dtype=bool)
    if missing.any():
        raise _missing(missing, name)
    if any(isinstance(item, date) for item in items):
        return _from_moments(items, name)
    odd = next((item for item in items if not _plain(item)), None)
    if odd is not None:
        raise TypeError(f"{name} holds {type(odd).__name__} ({odd!r}); expected {_ACCEPTED}")
    if any(isinstance(item, float | np.floating) for item in items):
        return _from_array(np.array(items, dtype=np.float64), name)
    large = next((item for item in items if not _FIRST <= item <= _LAST), None)
    if large is not None:
        raise _out_of_range(large, name, "i64")
    return _from_array(np.array(items, dtype=np.int64), name)


def _plain(item: Any) -> bool:
    return isinstance(item, int | float | np.integer | np.floating) and not isinstance(item, bool)


def _missing(missing: NDArray[np.bool_], name: str) -> ValueError:
    advice = "drop these rows"
    if name == "t1":
        advice = (
            "drop rows without an outcome; only WalkForward can test them without training on "
            "them, if their t1 is the last time of the table"
        )
    return ValueError(
        f"{name} is missing, NaN or infinite in {int(missing.sum())} of {len(missing)} rows, the "
        f"first is row {int(missing.argmax())}; {advice}"
    )


def _unit(item: Readable) -> str:
    return getattr(item.dtype, "time_unit", "us")


def _in_unit(item: Readable, unit: str, zone: str | None, name: str) -> Readable:
    values = item.values
    if unit != _unit(item):
        values = _thousandfold(values, name, _unit(item), unit)
    return Readable(values, pl.Datetime("ns" if unit == "ns" else "us", zone))


def _thousandfold(values: NDArray[Any], name: str, old: str, unit: str) -> NDArray[Any]:
    """Integers of a unit a thousand times finer."""
    beyond = (values > _LAST // 1000) | (values < -(_LAST // 1000))
    if beyond.any():
        raise _out_of_range(values[beyond].view(f"datetime64[{old}]")[0], name, unit)
    return values * 1000


def _out_of_range(value: Any, name: str, unit: str) -> ValueError:
    reasons = {
        "i64": "64-bit integers cannot hold; give smaller numbers, or floats",
        "us": "64-bit microseconds cannot hold; give an earlier moment",
        "ns": "64-bit nanoseconds (1677 to 2262), the unit of the other column, cannot hold; cast "
        "that one to microseconds, or give an earlier moment",
    }
    return ValueError(f"{name} holds {value}, which {reasons[unit]}")


def _rescaled(value: int, unit: str, wanted: str) -> int:
    if unit == wanted:
        return value
    return value * 1000 if wanted == "ns" else -(-value // 1000)
