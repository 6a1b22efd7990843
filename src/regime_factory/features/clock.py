"""Features of the clock: what the close stamp itself says, known before any price.

They are read off the session's time zone, or UTC where there is no session, on the base bars only
(a coarser bar would repeat them), and left out where they would be the same in every row.
"""

import math

import polars as pl

from regime_factory.bars import Session
from regime_factory.bars.sessions.session import session_of
from regime_factory.features.registry import feature
from regime_factory.features.steps import Once
from regime_factory.features.windows import FeatureWindows

_V2 = ("v2",)
_DAY, _WEEK = 1440, 10080
# Bars of half a day close at two opposite hours, of which the sine or the cosine says nothing.
_TELLING_HOURS = _DAY // 2
_LOCAL, _OPENS, _CLOSES = "local", "session_opens", "session_closes"
_LOCAL_TIME = pl.col(_LOCAL).dt


def with_clock(bars: pl.DataFrame, session: Session | None) -> pl.DataFrame:
    """Add what clock features read: the local time and the session of each close stamp.

    Parameters
    ----------
    bars : pl.DataFrame
        Bars of one symbol with `ts` (UTC), increasing.
    session : Session or None
        The market's session; None for UTC.

    Returns
    -------
    pl.DataFrame
        With `local` and, where the session has an opening time, `session_opens` and
        `session_closes`.
    """
    zone = "UTC" if session is None else session.timezone
    bars = bars.with_columns(pl.col("ts").dt.convert_time_zone(zone).alias(_LOCAL))
    if session is None or session.open is None:
        return bars
    sessions = session_of(bars["ts"], session)
    return bars.with_columns(
        sessions["open"].alias(_OPENS),
        sessions["close"].alias(_CLOSES),
    )


def _within_a_day(minutes: int, _: Session | None) -> bool:
    return minutes < _TELLING_HOURS


def _within_a_week(minutes: int, _: Session | None) -> bool:
    return minutes < _WEEK


def _within_a_session(minutes: int, session: Session | None) -> bool:
    return session is not None and session.open is not None and minutes < min(session.minutes, _DAY)


def _always(_minutes: int, _session: Session | None) -> bool:
    return True


def _hour_angle(once: Once) -> pl.Expr:
    minute = _LOCAL_TIME.hour().cast(pl.Float64) * 60 + _LOCAL_TIME.minute()
    return once(minute * (2 * math.pi / _DAY))


def _weekday_angle(once: Once) -> pl.Expr:
    return once((_LOCAL_TIME.weekday().cast(pl.Float64) - 1) * (2 * math.pi / 7))


@feature("hour_of_day_sin", sets=_V2, unit="-1 to 1", rows=lambda _: 1, speaks=_within_a_day)
def hour_of_day_sin(_: FeatureWindows, once: Once) -> pl.Expr:
    """sin(2 pi local time of day / 24 hours) of the close stamp."""
    return _hour_angle(once).sin()


@feature("hour_of_day_cos", sets=_V2, unit="-1 to 1", rows=lambda _: 1, speaks=_within_a_day)
def hour_of_day_cos(_: FeatureWindows, once: Once) -> pl.Expr:
    """cos(2 pi local time of day / 24 hours) of the close stamp."""
    return _hour_angle(once).cos()


@feature("day_of_week_sin", sets=_V2, unit="-1 to 1", rows=lambda _: 1, speaks=_within_a_week)
def day_of_week_sin(_: FeatureWindows, once: Once) -> pl.Expr:
    """sin(2 pi days since Monday / 7) of the close stamp's local date."""
    return _weekday_angle(once).sin()


@feature("day_of_week_cos", sets=_V2, unit="-1 to 1", rows=lambda _: 1, speaks=_within_a_week)
def day_of_week_cos(_: FeatureWindows, once: Once) -> pl.Expr:
    """cos(2 pi days since Monday / 7) of the close stamp's local date."""
    return _weekday_angle(once).cos()


@feature(
    "session_progress",
    sets=_V2,
    unit="0 at the open, 1 at the scheduled close",
    rows=lambda _: 1,
    speaks=_within_a_session,
)
def session_progress(_: FeatureWindows, _once: Once) -> pl.Expr:
    """(close stamp - open) / (close - open) of its session, 0 for bars before the open."""
    gone, whole = (
        (moment - pl.col(_OPENS)).dt.total_microseconds()
        for moment in (pl.col("ts"), pl.col(_CLOSES))
    )
    return (gone / whole).clip(lower_bound=0.0)


@feature("days_to_month_end", sets=_V2, unit="calendar days", rows=lambda _: 1, speaks=_always)
def days_to_month_end(_: FeatureWindows, _once: Once) -> pl.Expr:
    """Calendar days from the close stamp's local date to the last day of its month."""
    days_left = _LOCAL_TIME.days_in_month().cast(pl.Int32) - _LOCAL_TIME.day()
    return days_left.cast(pl.Float64)
