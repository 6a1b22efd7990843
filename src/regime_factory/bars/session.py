"""The trading session of a market: its time zone, opening and closing time."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict


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


class Session(BaseModel):
    """One market's trading day in local time, Monday to Friday.

    A session that opens at or after its closing time starts the evening before
    (futures: open 18:00, close 17:00). Bars of 24/7 markets have no session: pass ``None``.

    Parameters
    ----------
    timezone
        IANA name of the exchange's time zone.
    open
        Local opening time ``HH:MM``; may be missing where only daily and weekly bars are made.
    close
        Local scheduled closing time ``HH:MM``.

    Examples
    --------
    >>> Session(timezone="America/New_York", open="09:30", close="16:00").minutes
    390
    >>> Session(timezone="America/Chicago", open="17:00", close="16:00").minutes
    1380
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    timezone: ZoneName
    open: ClockTime | None = None
    close: ClockTime

    @property
    def minutes(self) -> int:
        """Length of the session in minutes of wall-clock time.

        Raises
        ------
        ValueError
            Where the opening time is not given.
        """
        if self.open is None:
            raise ValueError("the session has no opening time; give session.open as 'HH:MM'")
        length = minute_of_day(self.close) - minute_of_day(self.open)
        return length if length > 0 else length + 24 * 60

    def close_at(self, day: date) -> datetime:
        """UTC moment of the scheduled close of one session day.

        Parameters
        ----------
        day
            Local calendar date of the session.

        Returns
        -------
        datetime
            The close in UTC.

        Examples
        --------
        >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00")
        >>> nyse.close_at(date(2021, 3, 12)).isoformat()
        '2021-03-12T21:00:00+00:00'
        >>> nyse.close_at(date(2021, 3, 15)).isoformat()
        '2021-03-15T20:00:00+00:00'
        """
        local = datetime.combine(day, time.fromisoformat(self.close), ZoneInfo(self.timezone))
        return local.astimezone(ZoneInfo("UTC"))


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

    Examples
    --------
    >>> minute_of_day("09:30")
    570
    """
    hours, minutes = clock.split(":")
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
    >>> days = pl.DataFrame({"day": [date(2021, 3, 12), date(2021, 3, 15)]})
    >>> moments = days.select(ts=local_moment(pl.col("day"), "16:00", "America/New_York"))
    >>> moments["ts"].dt.hour().to_list()
    [21, 20]
    """
    return localise(
        day.cast(pl.Datetime("us")) + pl.duration(minutes=minute_of_day(clock)), timezone
    )


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


def session_calendar(first: datetime, last: datetime, session: Session) -> pl.DataFrame:
    """Every weekday's session that the close stamps of a span can count into.

    Parameters
    ----------
    first, last
        Earliest and latest close stamp, UTC.
    session
        The market's session.

    Returns
    -------
    pl.DataFrame
        ``day`` (date), ``open`` and ``close`` (Datetime in microseconds, UTC), increasing; ``open``
        is the evening before for overnight sessions and null where the session has no opening time.

    Notes
    -----
    A stamp counts into the first session whose close is not before it. Holidays are not known, so
    a session may hold no bar.

    Examples
    --------
    >>> cme = Session(timezone="America/Chicago", open="17:00", close="16:00")
    >>> friday = datetime(2021, 3, 12, 12)
    >>> calendar = session_calendar(friday, friday, cme)
    >>> calendar.filter(pl.col("day") >= friday.date()).select(
    ...     "day", pl.col("open", "close").dt.to_string("%a %H:%M")).rows()[:2]
    [(datetime.date(2021, 3, 12), 'Thu 23:00', 'Fri 22:00'),
     (datetime.date(2021, 3, 15), 'Sun 22:00', 'Mon 21:00')]
    """
    margin = timedelta(days=5)
    days = pl.date_range(first.date() - margin, last.date() + margin, "1d", eager=True)
    weekdays = days.filter(days.dt.weekday() <= 5).alias("day").to_frame()
    close = local_moment(pl.col("day"), session.close, session.timezone)
    if session.open is None:
        opening = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
    else:
        overnight = minute_of_day(session.open) >= minute_of_day(session.close)
        opening_day = pl.col("day") - pl.duration(days=int(overnight))
        opening = local_moment(opening_day, session.open, session.timezone)
    return weekdays.with_columns(open=opening, close=close)


def session_of(ts: pl.Series, session: Session) -> pl.DataFrame:
    """The session that each close stamp counts into.

    Parameters
    ----------
    ts
        Close stamps (Datetime in microseconds, UTC), increasing, without nulls.
    session
        The market's session.

    Returns
    -------
    pl.DataFrame
        ``ts``, ``day``, ``open``, ``close``: one row per stamp, as `session_calendar`.

    Examples
    --------
    >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00")
    >>> evening = pl.Series([datetime(2021, 3, 12, 22)]).dt.replace_time_zone("UTC")
    >>> session_of(evening, nyse)["day"].to_list()
    [datetime.date(2021, 3, 15)]
    """
    stamps = ts.alias("ts").to_frame().set_sorted("ts")
    calendar = session_calendar(stamps["ts"][0], stamps["ts"][-1], session).set_sorted("close")
    return stamps.join_asof(
        calendar, left_on="ts", right_on="close", strategy="forward", coalesce=False
    )
