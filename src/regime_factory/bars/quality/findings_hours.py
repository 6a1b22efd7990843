"""What the quality gate reports where an exchange came to close later than the session says."""

from functools import lru_cache

import polars as pl

from regime_factory.bars.quality.findings import Finding, finding
from regime_factory.bars.sessions.calendars import covered_days, exchange_days
from regime_factory.bars.sessions.clock import minutes_into
from regime_factory.bars.sessions.session import Session, session_of


def later_close_findings(ts: pl.Series, session: Session | None) -> list[Finding]:
    """Report line on daily bars whose scheduled close is before that of their exchange.

    Parameters
    ----------
    ts
        Close stamps of kept daily or weekly bars of one symbol, increasing; at least one.
    session
        The market's session; ``None`` for a 24/7 market.

    Returns
    -------
    list of dict
        The finding `session hours`, or nothing where the session's close holds.

    Notes
    -----
    A close that the calendar never has is taken as meant: the market keeps the exchange's holidays,
    not its hours.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> tokyo = Session(timezone="Asia/Tokyo", close="15:00", calendar="XTKS")
    >>> days = pl.Series([datetime(2024, 11, day, 6, tzinfo=UTC) for day in (1, 5, 6)])
    >>> [line["result"] for line in later_close_findings(days, tokyo)]
    ['2 of 3 bars end at 15:00, when XTKS closes at 15:30 (2024-11-05 to 2024-11-06)']
    """
    if session is None or session.calendar is None:
        return []
    held = session_of(ts, session).select("ts", "day")
    late = held.join(_later_closes(session), on="day", maintain_order="left")
    if late.is_empty():
        return []
    result = (
        f"{late.height:,} of {len(ts):,} bars end at {session.close}, when {session.calendar} "
        f"closes at {late['clock'].max()} ({late['day'][0]} to {late['day'][-1]})"
    )
    note = (
        "A bar that holds a date only counts as known too early there; set session.close to the "
        "later hour, or split the data where it changed."
    )
    return [finding("session hours", "warn", result, note, late["ts"])]


@lru_cache(maxsize=8)
def _later_closes(session: Session) -> pl.DataFrame:
    """Days on which the exchange ordinarily closes later than the session: ``day``, ``clock``."""
    code = str(session.calendar)
    usual = pl.col("ordinary_close")
    close = minutes_into(pl.col("day"), session.close_minute, session.timezone)
    days = exchange_days(code, *covered_days(code)).select(
        "day",
        clock=usual.dt.convert_time_zone(session.timezone).dt.to_string("%H:%M"),
        later=usual > close,
        same=usual == close,
    )
    return days.filter(pl.col("later") & pl.col("same").any()).select("day", "clock")
