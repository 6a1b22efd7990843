"""Lengths of time in the unit of a column of moments."""

from datetime import timedelta

import numpy as np
import polars as pl

from regime_factory.splits.times import absent

_NANOSECONDS = {"us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_NANOSECONDS |= {"ns": 1, "D": 24 * _NANOSECONDS["h"], "W": 7 * 24 * _NANOSECONDS["h"]}


def nanoseconds_of(length: timedelta | np.timedelta64, name: str) -> int:
    """Length in nanoseconds.

    Parameters
    ----------
    length : timedelta or numpy.timedelta64
        The length; pandas' Timedelta keeps its nanoseconds.
    name : str
        What it is called in messages.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is NaT, or its unit is a month, a year, none, or finer than a nanosecond.

    Examples
    --------
    >>> nanoseconds_of(timedelta(microseconds=2), "purge")
    2000
    """
    if absent(length):
        raise ValueError(f"{name} is NaT; give a length of time such as timedelta(hours=1)")
    if isinstance(length, timedelta):
        seconds = 24 * 3600 * length.days + length.seconds
        microseconds = 10**6 * seconds + length.microseconds
        return 1000 * microseconds + getattr(length, "nanoseconds", 0)
    unit, count = np.datetime_data(length.dtype)
    if unit not in _NANOSECONDS:
        raise ValueError(
            f"{name} is {length!r}, whose unit has no fixed length in nanoseconds; give weeks, "
            "days or a shorter unit, such as timedelta(days=30)"
        )
    return int(length.astype(np.int64)) * count * _NANOSECONDS[unit]


def span_of(length: timedelta | np.timedelta64, name: str, dtype: pl.Datetime) -> int:
    """Length in the unit of a column of moments.

    Raises
    ------
    ValueError
        If it is not a whole number of that unit.
    """
    span, rest = divmod(nanoseconds_of(length, name), _NANOSECONDS[dtype.time_unit])
    if rest:
        raise ValueError(
            f"{name} is {length!r}, which is not a whole number of microseconds, the unit of t0; "
            "round it, or give t0 in nanoseconds"
        )
    return span
