"""The slot of the day that a bar belongs to: its hour, or its number within the session."""

from datetime import timedelta
from typing import Literal

import polars as pl

from regime_factory.bars import Session, timeframe_minutes
from regime_factory.bars.sessions.clock import minute_of_day
from regime_factory.bars.sessions.session import clock_open, session_of

StandardiseBy = Literal["none", "hour", "slot"]
SLOT = "slot"
"""Name of the column that holds the slot, the first one that a model by slot observes."""

_BEFORE_OPEN = -1
_MOMENT = timedelta(microseconds=1)  # the close of a bar is its last moment, not the next one's


def slots_of(
    ts: pl.Series,
    by: StandardiseBy,
    *,
    timeframe: str,
    session: Session | None = None,
    anchor: str | None = None,
) -> pl.Series:
    """Give the slot of the day of each close stamp, from the stamp and the calendar alone.

    Parameters
    ----------
    ts
        Close stamps (Datetime in microseconds, UTC), increasing, without nulls.
    by
        ``hour``: the hour in which the bar closes, on the clock of the session (UTC without one);
        a bar that closes on the hour belongs to the hour before. ``slot``: the number of the bar
        within its session, or within the day from `anchor` (midnight UTC) without a session; -1
        for a bar before the open.
    timeframe
        Timeframe of the bars, shorter than a day.
    session
        The market's session.
    anchor
        Time of day ``HH:MM`` from which bars are counted; it matters without a session only.

    Returns
    -------
    polars.Series
        ``slot`` (Float64, whole numbers).

    Raises
    ------
    ValueError
        For bars of a day or more, which have no slot.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00")
    >>> ts = pl.Series([datetime(2024, 7, 1, h, m, tzinfo=UTC) for h, m in ((14, 30), (20, 0))])
    >>> slots_of(ts, "hour", timeframe="1H", session=nyse).to_list()
    [10.0, 15.0]
    >>> slots_of(ts, "slot", timeframe="1H", session=nyse).to_list()
    [0.0, 6.0]
    """
    step = timeframe_minutes(timeframe)
    if step >= 24 * 60:
        raise ValueError(
            f"bars of {timeframe} have no slot of the day; set hmm.standardise_by to none, or "
            "hmm.regime_timeframe to bars shorter than a day"
        )
    last_moment = ts - _MOMENT
    if by == "hour":
        zone = session.timezone if session else "UTC"
        found = last_moment.dt.convert_time_zone(zone).dt.hour()
    else:
        minutes = _minutes_in(last_moment, ts, session, anchor)
        found = (minutes // step).clip(lower_bound=_BEFORE_OPEN)
    return found.cast(pl.Float64).alias(SLOT)


def _minutes_in(
    moment: pl.Series, ts: pl.Series, session: Session | None, anchor: str | None
) -> pl.Series:
    """Whole minutes since the session opened, or since the day began."""
    if session is None:
        since = moment.dt.epoch("us") // 60_000_000 - minute_of_day(anchor or "00:00")
        return since % (24 * 60)
    opens = session_of(ts, session).select(clock_open(session).alias("open"))["open"]
    return (moment.dt.epoch("us") - opens.dt.epoch("us")) // 60_000_000
