"""Names of bar lengths, such as 5min, 4H, 1D or 1W, and how many bars make a year."""

import re
from typing import NamedTuple

from regime_factory.bars.sessions.calendars import covered_days, exchange_days
from regime_factory.bars.sessions.clock import minute_of_day
from regime_factory.bars.sessions.session import Session

_UNIT_MINUTES = {"min": 1, "H": 60, "D": 24 * 60, "W": 7 * 24 * 60}
_NAME = re.compile(r"([1-9]\d{0,5})(min|H|D|W)")
SESSIONS_PER_YEAR = 252
WEEKS_PER_YEAR = 52
_DAYS_PER_YEAR = 365.2425


class Timeframe(NamedTuple):
    """A parsed timeframe name: how many of which unit."""

    count: int
    unit: str


def parse_timeframe(name: str) -> Timeframe:
    """Read a timeframe name.

    Parameters
    ----------
    name
        ``<n><unit>`` with unit ``min``, ``H``, ``D`` or ``W``.

    Returns
    -------
    Timeframe
        Count and unit.

    Raises
    ------
    ValueError
        Where the name is not of that form.

    Examples
    --------
    >>> parse_timeframe("4H")
    Timeframe(count=4, unit='H')
    """
    match = _NAME.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise ValueError(
            f"timeframe {name!r} is unknown; write a number and one of min, H, D, W, "
            "e.g. '5min', '1H', '4H', '1D', '1W'"
        )
    return Timeframe(int(match[1]), match[2])


def timeframe_minutes(name: str) -> int:
    """Length of a bar in minutes of the 24/7 clock.

    Parameters
    ----------
    name
        Timeframe such as ``"4H"``.

    Returns
    -------
    int
        Minutes.

    Raises
    ------
    ValueError
        Where the name is unknown.

    Examples
    --------
    >>> [timeframe_minutes(name) for name in ("5min", "1H", "1D", "1W")]
    [5, 60, 1440, 10080]
    """
    count, unit = parse_timeframe(name)
    return count * _UNIT_MINUTES[unit]


def first_bin_minutes(timeframe: str, session: Session, anchor: str | None = None) -> int:
    """Time from an ordinary session's open to the end of its first bin of minutes or hours.

    Parameters
    ----------
    timeframe
        Timeframe such as ``"4H"``.
    session
        The market's session, with an opening time.
    anchor
        Time of day ``HH:MM`` from which bins are counted; ``None`` for the session's open.

    Returns
    -------
    int
        Minutes, from 1 to the length of the timeframe; the session may be over sooner.

    Raises
    ------
    ValueError
        Where the timeframe or the anchor is not one, or the session has no opening time.

    Examples
    --------
    >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00")
    >>> first_bin_minutes("1H", nyse), first_bin_minutes("1H", nyse, "00:00")
    (60, 30)
    """
    step, opening = timeframe_minutes(timeframe), session.open_minute
    since_anchor = 0 if anchor is None else (opening - minute_of_day(anchor)) % _UNIT_MINUTES["D"]
    return step - since_anchor % step


def bars_per_session(timeframe: str, session: Session, anchor: str | None = None) -> int:
    """How many bars of minutes or hours an ordinary session has.

    Parameters
    ----------
    timeframe
        Timeframe such as ``"4H"``.
    session
        The market's session, with an opening time.
    anchor
        As `first_bin_minutes`.

    Returns
    -------
    int
        Bars, a short first and a short last one included.

    Raises
    ------
    ValueError
        As `first_bin_minutes`.

    Examples
    --------
    >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00")
    >>> bars_per_session("1H", nyse), bars_per_session("3H", nyse, "12:00")
    (7, 3)
    """
    rest = session.minutes - first_bin_minutes(timeframe, session, anchor)
    return 1 + max(-(-rest // timeframe_minutes(timeframe)), 0)


def sessions_per_year(session: Session) -> int:
    """How many sessions a year has.

    Parameters
    ----------
    session
        The market's session.

    Returns
    -------
    int
        The mean over the span of the session's calendar, in whole sessions; 252 without one.

    Examples
    --------
    >>> sessions_per_year(Session(timezone="America/New_York", close="16:00", calendar="XNYS"))
    252
    """
    if session.calendar is None:
        return SESSIONS_PER_YEAR
    first, last = covered_days(session.calendar)
    years = ((last - first).days + 1) / _DAYS_PER_YEAR
    return round(exchange_days(session.calendar, first, last).height / years)


def bars_per_year(
    timeframe: str,
    session: Session | None = None,
    override: float | None = None,
    *,
    anchor: str | None = None,
) -> float:
    """How many bars of a timeframe a year holds, to annualise figures.

    Parameters
    ----------
    timeframe
        Timeframe such as ``"1H"``.
    session
        The market's session; ``None`` for a 24/7 market.
    override
        A number that replaces the rule.
    anchor
        As `first_bin_minutes`.

    Returns
    -------
    float
        Bars per year.

    Raises
    ------
    ValueError
        Where the timeframe is unknown, the override is not positive, or intraday bars have a
        session without an opening time.

    Notes
    -----
    With a session: 252 sessions a year (the calendar's own number where it has one), each of
    ``ceil(session length / bar length)`` bars, so 5-minute futures of a 6.5-hour session have
    252 * 78; an anchor may add one. Without: 365 days of 24 hours. A year has 52 weeks either way.

    Examples
    --------
    >>> bars_per_year("1D"), bars_per_year("1H")
    (365.0, 8760.0)
    >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00")
    >>> [bars_per_year(name, nyse) for name in ("5min", "1H", "1D", "1W")]
    [19656.0, 1764.0, 252.0, 52.0]
    """
    count, unit = parse_timeframe(timeframe)
    if override is not None:
        if not override > 0:
            raise ValueError(f"bars per year is {override}; give a positive number or leave it out")
        return float(override)
    if unit == "W":
        return WEEKS_PER_YEAR / count
    if session is None:
        return 365 * 24 * 60 / timeframe_minutes(timeframe)
    if unit == "D":
        return sessions_per_year(session) / count
    if session.open is None:
        raise ValueError(
            f"how many {timeframe} bars a year has is not known without the opening time of the "
            "session; give session.open or the number itself"
        )
    return float(sessions_per_year(session) * bars_per_session(timeframe, session, anchor))
