"""When the bars of a timeframe are scheduled to close, and where a table's bins end."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from regime_factory.bars.sessions.clock import minute_of_day
from regime_factory.bars.sessions.session import Session, clock_open, session_calendar, session_days
from regime_factory.bars.sessions.timeframes import (
    first_bin_minutes,
    parse_timeframe,
    timeframe_minutes,
)

_MINUTE_US = 60_000_000
_FIRST_MONDAY_US = 4 * 24 * 60 * _MINUTE_US  # 1970-01-05 00:00 UTC
_FIRST_SUNDAY_DAYS = 3  # 1970-01-04 begins the first of the blocks of weeks
_WEEK = (pl.col("day").to_physical().cast(pl.Int64) - _FIRST_SUNDAY_DAYS) // 7
_MARGIN_DAYS = 60  # no exchange was closed for longer
_UTC = pl.Datetime("us", "UTC")


def scheduled_stamps(
    first: datetime,
    last: datetime,
    timeframe: str,
    session: Session | None,
    anchor: str | None = None,
) -> pl.Series:
    """Every moment of a span at which a bar of a timeframe is scheduled to close.

    Parameters
    ----------
    first, last
        The span, UTC, ends included.
    timeframe
        Timeframe such as ``"4H"``.
    session
        The market's session; ``None`` for a 24/7 market.
    anchor
        Time of day ``HH:MM`` from which the bins of minutes and hours are counted, in the session's
        zone (UTC without a session); ``None`` for the session's open, or midnight UTC.

    Returns
    -------
    pl.Series
        ``ts`` (Datetime in microseconds, UTC), increasing.

    Raises
    ------
    ValueError
        Where the timeframe is unknown, or bins inside the day need the session's opening time.

    Notes
    -----
    Without a session, bins follow the UTC clock and weeks end on Monday 00:00. With one, a day ends
    at its scheduled close, a week (Sunday to Saturday) at the close of its last session, and bins
    inside the session are counted from when the clock last showed the anchor before the open: the
    first may be short, the last ends at the close, early on a half day. `anchor` moves bins of
    minutes and hours only; days and weeks keep their ends.

    Examples
    --------
    >>> from datetime import UTC
    >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00", calendar="XNYS")
    >>> span = datetime(2024, 11, 27, tzinfo=UTC), datetime(2024, 11, 30, tzinfo=UTC)
    >>> scheduled_stamps(*span, "4H", nyse).dt.to_string("%d %H:%M").to_list()
    ['27 18:30', '27 21:00', '29 18:00']
    >>> scheduled_stamps(*span, "4H", nyse, anchor="00:00").dt.to_string("%d %H:%M").to_list()
    ['27 17:00', '27 21:00', '29 17:00', '29 18:00']
    """
    if last < first:
        return pl.Series("ts", [], dtype=_UTC)
    start, end = (int(us) for us in pl.Series([first, last]).dt.timestamp("us"))
    if session is None:
        origin, step = _utc_grid(timeframe, anchor)
        ends = np.arange(origin - (origin - start) // step * step, end + 1, step)
    else:
        ends = _session_ends(session_calendar(first, last, session), timeframe, session, anchor)
        ends = ends[(ends >= start) & (ends <= end)]
    return as_stamps(ends)


def as_stamps(microseconds: np.ndarray) -> pl.Series:
    """Close stamps from microseconds since 1970.

    Parameters
    ----------
    microseconds : ndarray of shape (n,)
        Whole numbers.

    Returns
    -------
    pl.Series
        ``ts`` (Datetime in microseconds, UTC), flagged as increasing.

    Examples
    --------
    >>> as_stamps(np.array([0])).to_list()
    [datetime.datetime(1970, 1, 1, 0, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC'))]
    """
    return pl.Series("ts", microseconds.astype(np.int64)).cast(_UTC).set_sorted()


def bins_of(
    ts: np.ndarray, timeframe: str, session: Session | None, anchor: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Complete bins that hold at least one of some close stamps.

    Parameters
    ----------
    ts : ndarray of shape (n,)
        Close stamps in microseconds since 1970, increasing; at least one.
    timeframe
        Timeframe of the bins.
    session
        The market's session; ``None`` for a 24/7 market.
    anchor
        As `scheduled_stamps`.

    Returns
    -------
    ends : ndarray of shape (m,)
        Scheduled close of each bin, none after the last stamp.
    stops : ndarray of shape (m,)
        Row after the last one of each bin; a bin starts where the one before stops.

    Notes
    -----
    A stamp belongs to the first bin that closes at or after it, so a bin never closes before a
    value in it, whatever the hours of the bar.

    Examples
    --------
    >>> hours = np.array([1, 2, 4, 5]) * 3_600_000_000
    >>> ends, stops = bins_of(hours, "2H", None)
    >>> (ends // 3_600_000_000).tolist(), stops.tolist()
    ([2, 4], [2, 3])
    """
    if session is None:
        origin, step = _utc_grid(timeframe, anchor)
        labels = origin - (origin - ts) // step * step
        stops = np.append(np.flatnonzero(labels[1:] != labels[:-1]) + 1, len(ts))
        ends = labels[stops - 1]
    else:
        first, last = as_stamps(ts[[0, -1]])
        sessions = session_calendar(first, last, session)
        counted = np.searchsorted(ts, sessions["close"].to_physical().to_numpy(), side="right")
        traded = sessions.filter(pl.Series(np.diff(counted, prepend=0) > 0))
        ends = _session_ends(traded, timeframe, session, anchor)
        stops = np.searchsorted(ts, ends, side="right")
        held = np.diff(stops, prepend=0) > 0
        ends, stops = ends[held], stops[held]
    complete = ends <= ts[-1]
    return ends[complete], stops[complete]


def first_ends(
    sessions: pl.DataFrame, timeframe: str, session: Session, anchor: str | None = None
) -> pl.Series:
    """Scheduled end of the first bin of minutes or hours of each session.

    Parameters
    ----------
    sessions
        As `session_days`.
    timeframe
        Timeframe of the bins, in minutes or hours.
    session
        The market's session, with an opening time.
    anchor
        As `scheduled_stamps`.

    Returns
    -------
    pl.Series
        ``ts`` (Datetime in microseconds, UTC); a late open does not move the bins on the clock.

    Examples
    --------
    >>> from datetime import date
    >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00")
    >>> friday = session_days(date(2021, 3, 12), date(2021, 3, 12), nyse)
    >>> [first_ends(friday, "1H", nyse, at).dt.to_string("%H:%M").item() for at in (None, "00:00")]
    ['15:30', '15:00']
    """
    step = timeframe_minutes(timeframe) * _MINUTE_US
    first_bin = first_bin_minutes(timeframe, session, anchor) * _MINUTE_US
    end = clock_open(session).to_physical() + first_bin
    late = pl.max_horizontal((pl.col("open").to_physical() - end) // step + 1, 0)
    first = (end + late * step).cast(_UTC)
    return sessions.select(ts=pl.min_horizontal(first, "close"))["ts"]


def week_closes(days: pl.Series, session: Session) -> pl.Series:
    """Scheduled end of the week, Sunday to Saturday, that holds each date.

    Parameters
    ----------
    days
        Local dates (date), in any order; nulls stay null.
    session
        The market's session.

    Returns
    -------
    pl.Series
        Close of the week's last session (Datetime in microseconds, UTC), as the weekly bars of
        `scheduled_stamps`; that of the next week with a session where the week has none.

    Examples
    --------
    >>> nyse = Session(timezone="America/New_York", close="16:00", calendar="XNYS")
    >>> monday_before_good_friday = pl.Series([date(2021, 3, 29)])
    >>> week_closes(monday_before_good_friday, nyse).dt.to_string("%a %d %H:%M").to_list()
    ['Thu 01 20:00']
    """
    first, last = days.min(), days.max()
    if not (isinstance(first, date) and isinstance(last, date)):
        return pl.Series("close", [None] * len(days), dtype=_UTC)
    start = date.fromordinal(max(first.toordinal() - _MARGIN_DAYS, 1))
    end = date.fromordinal(min(last.toordinal() + _MARGIN_DAYS, date.max.toordinal()))
    sessions = session_days(start, end, session).select("close", week=_WEEK)
    weeks = sessions.group_by("week", maintain_order=True).last()
    held = days.alias("day").to_frame().select(week=_WEEK).to_series()
    return (
        weeks["close"]
        .gather(weeks["week"].search_sorted(held))
        .zip_with(days.is_not_null(), pl.Series([None], dtype=_UTC))
    )


def _utc_grid(timeframe: str, anchor: str | None) -> tuple[int, int]:
    """A moment at which a bin ends, and the length of the bins, in microseconds."""
    unit = parse_timeframe(timeframe).unit
    step = timeframe_minutes(timeframe) * _MINUTE_US
    if unit == "W":
        return _FIRST_MONDAY_US, step
    if unit == "D" or anchor is None:
        return 0, step
    return minute_of_day(anchor) * _MINUTE_US, step


def _session_ends(
    sessions: pl.DataFrame, timeframe: str, session: Session, anchor: str | None
) -> np.ndarray:
    """Scheduled ends, in microseconds, of all bins of some sessions."""
    count, unit = parse_timeframe(timeframe)
    if unit == "W":
        return _week_ends(sessions["day"], count, session)
    closes = sessions["close"].to_physical().to_numpy()
    if unit == "D":
        return closes
    step = timeframe_minutes(timeframe) * _MINUTE_US
    first = first_ends(sessions, timeframe, session, anchor).to_physical().to_numpy()
    bins = np.maximum(-((first - closes) // step), 0) + 1
    owner = np.repeat(np.arange(len(closes)), bins)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(bins) - bins, bins)
    return np.minimum(first[owner] + within * step, closes[owner])


def _week_ends(days: pl.Series, count: int, session: Session) -> np.ndarray:
    """Close of the last session of each block of weeks that holds one of the days."""
    if days.is_empty():
        return np.array([], dtype=np.int64)
    margin = timedelta(weeks=count)
    around = session_days(days[0] - margin, days[-1] + margin, session)
    last = around.group_by(_WEEK // count, maintain_order=True).last()
    return last["close"].to_physical().to_numpy()
