"""Timeframe names, their lengths and bars per year."""

import pytest

from regime_factory.bars import Session, bars_per_year, parse_timeframe, timeframe_minutes

from .reference import FUTURES, NYSE


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


def test_a_number_replaces_the_rule():
    assert bars_per_year("1H", NYSE, override=1638) == 1638
    with pytest.raises(ValueError, match="bars per year is 0"):
        bars_per_year("1H", override=0)


def test_intraday_bars_need_the_opening_time():
    with pytest.raises(ValueError, match="without the opening time"):
        bars_per_year("1H", Session(timezone="UTC", close="16:00"))
