"""Timeframe names, their lengths and bars per year."""

from datetime import date

import pytest

from regime_factory.bars import (
    Session,
    bars_per_session,
    bars_per_year,
    parse_timeframe,
    scheduled_stamps,
    timeframe_minutes,
)
from regime_factory.bars.sessions.session import session_days
from regime_factory.bars.sessions.timeframes import first_bin_minutes, sessions_per_year

from ..reference import FUTURES, LONDON, NEW_YORK, NYSE, SYDNEY


@pytest.mark.parametrize(
    "name", ["", "H", "0H", "1h", "1 H", "-1H", "1.5H", "1M", "hour", "1H\n", None, 60]
)
def test_unknown_names_are_refused(name):
    with pytest.raises(ValueError, match=r"timeframe .* is unknown; write a number"):
        parse_timeframe(name)


def test_minutes():
    assert [timeframe_minutes(name) for name in ("1min", "90min", "12H", "1D", "1W")] == [
        1,
        90,
        720,
        1440,
        10080,
    ]


@pytest.mark.parametrize(
    ("timeframe", "session", "expected"),
    [
        ("1D", NYSE, 252),
        ("1D", None, 365),
        ("1H", None, 24 * 365),
        ("4H", None, 6 * 365),
        ("1H", NYSE, 252 * 7),
        ("4H", NYSE, 252 * 2),
        ("5min", NYSE, 252 * 78),
        ("5min", FUTURES, 252 * 276),
        ("1W", NYSE, 52),
        ("1W", None, 52),
        ("2W", NYSE, 26),
        ("1D", Session(timezone="UTC", close="16:00"), 252),
    ],
)
def test_bars_per_year(timeframe, session, expected):
    assert bars_per_year(timeframe, session) == expected


@pytest.mark.parametrize("session", [NYSE, FUTURES, NEW_YORK, LONDON, SYDNEY])
@pytest.mark.parametrize("timeframe", ["5min", "1H", "2H", "4H", "7H", "12H"])
@pytest.mark.parametrize("anchor", [None, "00:00", "09:45", "17:00"])
def test_bars_of_an_ordinary_session_are_those_scheduled(session, timeframe, anchor):
    tuesday = session_days(date(2021, 3, 9), date(2021, 3, 9), session)
    opening, close = tuesday.row(0)[1:]
    made = scheduled_stamps(opening, close, timeframe, session, anchor)
    expected = made.filter(made > opening)
    assert bars_per_session(timeframe, session, anchor) == len(expected)
    first = (expected[0] - opening).total_seconds() / 60
    assert first == min(first_bin_minutes(timeframe, session, anchor), session.minutes)


def test_a_short_first_bar_counts_in_the_year():
    assert bars_per_year("4H", NYSE) == 252 * 2
    assert bars_per_year("4H", NYSE, anchor="10:00") == 252 * 3
    assert bars_per_year("1D", NYSE, anchor="10:00") == 252
    assert bars_per_year("4H", anchor="10:00") == 6 * 365


@pytest.mark.parametrize(
    ("code", "expected"), [(None, 252), ("XNYS", 252), ("XTKS", 245), ("24/7", 365)]
)
def test_sessions_a_year_follow_the_calendar(code, expected):
    session = Session(timezone="UTC", open="09:00", close="16:00", calendar=code)
    assert sessions_per_year(session) == expected
    assert bars_per_year("1D", session) == expected
    assert bars_per_year("1H", session) == 7 * expected
    assert bars_per_year("1W", session) == 52


def test_a_number_replaces_the_rule():
    assert bars_per_year("1H", NYSE, override=1638) == 1638
    with pytest.raises(ValueError, match="bars per year is 0"):
        bars_per_year("1H", override=0)


def test_intraday_bars_need_the_opening_time():
    with pytest.raises(ValueError, match="without the opening time"):
        bars_per_year("1H", Session(timezone="UTC", close="16:00"))
