"""Names of bar lengths, such as 5min, 4H, 1D or 1W, and how many bars make a year."""

import re
from typing import NamedTuple

from regime_factory.bars.session import Session

_UNIT_MINUTES = {"min": 1, "H": 60, "D": 24 * 60, "W": 7 * 24 * 60}
_NAME = re.compile(r"([1-9]\d{0,5})(min|H|D|W)")
SESSIONS_PER_YEAR = 252
WEEKS_PER_YEAR = 52


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


def bars_per_year(
    timeframe: str, session: Session | None = None, override: float | None = None
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
    With a session: 252 sessions a year, each of ``ceil(session length / bar length)`` bars, so
    5-minute futures of a 6.5-hour session have 252 * 78. Without: 365 days of 24 hours. A year
    has 52 weeks either way.

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
        return SESSIONS_PER_YEAR / count
    if session.open is None:
        raise ValueError(
            f"how many {timeframe} bars a year has is not known without the opening time of the "
            "session; give session.open or the number itself"
        )
    return float(SESSIONS_PER_YEAR * -(-session.minutes // timeframe_minutes(timeframe)))
