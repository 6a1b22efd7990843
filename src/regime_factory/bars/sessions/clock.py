"""Wall clocks: names of zones, times of day, and the UTC moments they stand for."""

from datetime import datetime
from typing import Annotated
from zoneinfo import available_timezones

import polars as pl
from pydantic import AfterValidator


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(
            f"time zone {name!r} is unknown; give an IANA name such as 'America/New_York' or 'UTC'"
        )
    return name


def _clock_time(text: str) -> str:
    try:
        parsed = datetime.strptime(text, "%H:%M")
    except ValueError:
        raise ValueError(
            f"{text!r} is not a time of day; write it as 'HH:MM', e.g. '16:00'"
        ) from None
    return parsed.strftime("%H:%M")


ZoneName = Annotated[str, AfterValidator(_known_zone)]
ClockTime = Annotated[str, AfterValidator(_clock_time)]


def minute_of_day(clock: str) -> int:
    """Minutes from midnight to a wall-clock time.

    Parameters
    ----------
    clock
        ``HH:MM``.

    Returns
    -------
    int
        0 to 1439.

    Raises
    ------
    ValueError
        Where the text is not a time of day.

    Examples
    --------
    >>> minute_of_day("09:30")
    570
    """
    hours, minutes = _clock_time(clock).split(":")
    return 60 * int(hours) + int(minutes)


def local_moment(day: pl.Expr, clock: str, timezone: str) -> pl.Expr:
    """UTC moments of one wall-clock time on given dates.

    Parameters
    ----------
    day
        Expression of dates.
    clock
        ``HH:MM``.
    timezone
        IANA name of the zone of the clock.

    Returns
    -------
    pl.Expr
        Datetime in microseconds, UTC.

    Notes
    -----
    Around a clock change `localise` says which moment is meant.

    Examples
    --------
    >>> from datetime import date
    >>> days = pl.DataFrame({"day": [date(2021, 3, 12), date(2021, 3, 15)]})
    >>> moments = days.select(ts=local_moment(pl.col("day"), "16:00", "America/New_York"))
    >>> moments["ts"].dt.hour().to_list()
    [21, 20]
    """
    return minutes_into(day, minute_of_day(clock), timezone)


def minutes_into(day: pl.Expr, minutes: int, timezone: str) -> pl.Expr:
    """UTC moments when the wall clock shows a number of minutes after midnight of given dates.

    Parameters
    ----------
    day
        Expression of dates.
    minutes
        Minutes on the clock; below 0 on the day before, from 1440 on the day after.
    timezone
        IANA name of the zone of the clock.

    Returns
    -------
    pl.Expr
        Datetime in microseconds, UTC; around a clock change as `localise`.

    Examples
    --------
    >>> from datetime import date
    >>> days = pl.DataFrame({"day": [date(2021, 3, 15)]})
    >>> days.select(minutes_into(pl.col("day"), 1440, "UTC")).item().isoformat()
    '2021-03-16T00:00:00+00:00'
    """
    return localise(day.cast(pl.Datetime("us")) + pl.duration(minutes=minutes), timezone)


def localise(naive: pl.Expr, timezone: str) -> pl.Expr:
    """UTC moments of wall-clock times, with an answer for every time.

    Parameters
    ----------
    naive
        Expression of times without a zone, as a wall clock shows them.
    timezone
        IANA name of the zone of the clock.

    Returns
    -------
    pl.Expr
        Datetime in microseconds, UTC.

    Notes
    -----
    Where the clock change repeats the time the later moment is taken; where it leaves the time out,
    the moment one hour later on the clock is taken. Either way nothing counts as known too early.

    Examples
    --------
    >>> left_out, repeated = datetime(2021, 3, 14, 2, 30), datetime(2021, 11, 7, 1, 30)
    >>> clock = pl.DataFrame({"naive": [left_out, repeated]})
    >>> utc = clock.select(ts=localise(pl.col("naive"), "America/New_York"))["ts"]
    >>> utc.dt.to_string("%H:%M").to_list()
    ['07:30', '06:30']
    """
    exact, later = (
        moment.dt.replace_time_zone(timezone, ambiguous="latest", non_existent="null")
        for moment in (naive, naive + pl.duration(hours=1))
    )
    return pl.coalesce(exact, later).dt.convert_time_zone("UTC")
