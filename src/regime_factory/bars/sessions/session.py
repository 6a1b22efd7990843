"""The trading session of a market: its time zone, hours, trading days and half days."""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict

from regime_factory.bars.sessions.calendars import exchange_days, known_calendar
from regime_factory.bars.sessions.clock import ClockTime, ZoneName, minute_of_day, minutes_into

CalendarCode = Annotated[str, AfterValidator(known_calendar)]
_DAY_MINUTES = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_BREAK = 60  # days; Athens was closed for 35 days in 2015


class Session(BaseModel):
    """One market's trading day in local time, on the days of its calendar.

    A session that opens at or after its closing time starts the evening before
    (futures: open 18:00, close 17:00). Bars of 24/7 markets have no session: pass ``None``.

    Parameters
    ----------
    timezone
        IANA name of the exchange's time zone.
    open
        Local opening time ``HH:MM``; may be missing where only daily and weekly bars are made.
    close
        Local scheduled closing time ``HH:MM``; ``00:00`` is the midnight that ends the day.
    calendar
        Code of the exchange whose holidays and half days the market keeps, as
        ``exchange_calendars`` names it, e.g. ``"XNYS"``; ``None`` for every Monday to Friday.

    Notes
    -----
    The clock of the session holds on ordinary days. From the calendar come the days that trade and
    the moments of late opens, early closes and late closes, which move the session's own.

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
    calendar: CalendarCode | None = None

    @property
    def close_minute(self) -> int:
        """Minutes from midnight to the close, 1 to 1440."""
        return minute_of_day(self.close) or _DAY_MINUTES

    @property
    def open_minute(self) -> int:
        """Minutes from midnight to the open; below 0 where it is the evening before.

        Raises
        ------
        ValueError
            Where the opening time is not given.
        """
        if self.open is None:
            raise ValueError("the session has no opening time; give session.open as 'HH:MM'")
        opening = minute_of_day(self.open)
        return opening if opening < self.close_minute else opening - _DAY_MINUTES

    @property
    def minutes(self) -> int:
        """Length of an ordinary session in minutes of wall-clock time.

        Raises
        ------
        ValueError
            Where the opening time is not given.
        """
        return self.close_minute - self.open_minute

    def close_at(self, day: date) -> datetime:
        """UTC moment of the scheduled close of one session day.

        Parameters
        ----------
        day
            Local calendar date of the session.

        Returns
        -------
        datetime
            The close in UTC; the ordinary one on a day without a session.

        Examples
        --------
        >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00")
        >>> nyse.close_at(date(2021, 3, 12)).isoformat()
        '2021-03-12T21:00:00+00:00'
        >>> nyse.close_at(date(2021, 3, 15)).isoformat()
        '2021-03-15T20:00:00+00:00'
        """
        return session_closes(pl.Series([day], dtype=pl.Date), self)[0]


def clock_open(session: Session) -> pl.Expr:
    """Opening moments of column ``day`` by the session's own clock.

    Parameters
    ----------
    session
        The market's session, with an opening time.

    Returns
    -------
    pl.Expr
        Datetime in microseconds, UTC; late opens are not looked up.

    Examples
    --------
    >>> cme = Session(timezone="America/Chicago", open="17:00", close="16:00")
    >>> monday = pl.DataFrame({"day": [date(2021, 3, 15)]})
    >>> monday.select(clock_open(cme)).item().isoformat()
    '2021-03-14T22:00:00+00:00'
    """
    return minutes_into(pl.col("day"), session.open_minute, session.timezone)


def _hours(session: Session) -> tuple[pl.Expr, pl.Expr]:
    """Open and close of column ``day``, moved by the calendar's columns beside it."""
    opening = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
    if session.open is not None:
        opening = pl.max_horizontal(clock_open(session), "late_open")
    close = minutes_into(pl.col("day"), session.close_minute, session.timezone)
    shortened = pl.min_horizontal(close, "early_close")
    return opening, pl.max_horizontal(shortened, "late_close")


def session_days(first: date, last: date, session: Session) -> pl.DataFrame:
    """Every session of a span of dates.

    Parameters
    ----------
    first, last
        First and last local date.
    session
        The market's session.

    Returns
    -------
    pl.DataFrame
        ``day`` (date), ``open`` and ``close`` (Datetime in microseconds, UTC), increasing; ``open``
        is the evening before for overnight sessions and null where the session has no opening time.

    Notes
    -----
    Holidays are left out and half days close early where the session has a calendar. Without one,
    and outside the span of `covered_days`, every Monday to Friday has an ordinary session.

    Examples
    --------
    >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00", calendar="XNYS")
    >>> session_days(date(2024, 11, 27), date(2024, 11, 29), nyse).select(
    ...     "day", pl.col("close").dt.to_string("%H:%M")).rows()
    [(datetime.date(2024, 11, 27), '21:00'), (datetime.date(2024, 11, 29), '18:00')]
    """
    return _session_days(first, last, session).clone()


@lru_cache(maxsize=8)
def _session_days(first: date, last: date, session: Session) -> pl.DataFrame:
    """Sessions of a span, kept because every timeframe of a market asks for the same."""
    opening, close = _hours(session)
    days = exchange_days(session.calendar, first, last).select("day", open=opening, close=close)
    return days.filter(pl.col("open").is_null() | (pl.col("open") < pl.col("close")))


def session_closes(days: pl.Series, session: Session) -> pl.Series:
    """Scheduled close of each date, early on half days.

    Parameters
    ----------
    days
        Local dates (date), in any order; nulls stay null.
    session
        The market's session.

    Returns
    -------
    pl.Series
        Datetime in microseconds, UTC; the ordinary close on a date without a session.

    Examples
    --------
    >>> nyse = Session(timezone="America/New_York", close="16:00", calendar="XNYS")
    >>> thanksgiving = pl.Series([date(2024, 11, 28), date(2024, 11, 29)])
    >>> session_closes(thanksgiving, nyse).dt.to_string("%H:%M").to_list()
    ['21:00', '18:00']
    """
    first, last = days.min(), days.max()
    if not (isinstance(first, date) and isinstance(last, date)):
        return pl.Series("close", [None] * len(days), dtype=pl.Datetime("us", "UTC"))
    sessions = exchange_days(session.calendar, first, last)
    frame = days.alias("day").to_frame()
    return frame.join(sessions, on="day", how="left", maintain_order="left").select(
        close=_hours(session)[1]
    )["close"]


def session_calendar(first: datetime, last: datetime, session: Session) -> pl.DataFrame:
    """Every session that the close stamps of a span can count into.

    Parameters
    ----------
    first, last
        Earliest and latest close stamp, UTC.
    session
        The market's session.

    Returns
    -------
    pl.DataFrame
        As `session_days`, from the session that ``first`` counts into to that of ``last``.

    Notes
    -----
    A stamp counts into the first session whose close is not before it.

    Examples
    --------
    >>> cme = Session(timezone="America/Chicago", open="17:00", close="16:00")
    >>> monday, friday = datetime(2021, 3, 8, 12), datetime(2021, 3, 12, 22, 30)
    >>> session_calendar(monday, friday, cme).select(
    ...     "day", pl.col("open", "close").dt.to_string("%a %H:%M")).rows()[-2:]
    [(datetime.date(2021, 3, 12), 'Thu 23:00', 'Fri 22:00'),
     (datetime.date(2021, 3, 15), 'Sun 22:00', 'Mon 21:00')]
    """
    around = (_moved(first.date(), -_LONGEST_BREAK), _moved(last.date(), _LONGEST_BREAK))
    days = session_days(*around, session)
    start, end = (
        days["close"].search_sorted(moment.replace(tzinfo=UTC), side="left")
        for moment in (first, last)
    )
    return days[start : end + 1]


def _moved(day: date, days: int) -> date:
    """A date some days away, within the years 1 to 9999."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def session_of(ts: pl.Series, session: Session) -> pl.DataFrame:
    """The session that each close stamp counts into.

    Parameters
    ----------
    ts
        Close stamps (Datetime in microseconds, UTC), increasing, without nulls; may be empty.
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
    span = (ts[0], ts[-1]) if len(ts) else (_EPOCH, _EPOCH)
    calendar = session_calendar(*span, session).set_sorted("close")
    return stamps.join_asof(
        calendar, left_on="ts", right_on="close", strategy="forward", coalesce=False
    )
