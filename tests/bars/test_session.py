"""Sessions: local hours, their length, and moments around clock changes."""

from datetime import date, datetime

import polars as pl
import pytest

from regime_factory.bars import Session
from regime_factory.bars.session import local_moment, localise, minute_of_day

from .reference import FUTURES, NYSE


def test_length_of_day_and_overnight_sessions():
    assert NYSE.minutes == 390
    assert FUTURES.minutes == 23 * 60
    assert Session(timezone="UTC", open="00:00", close="00:00").minutes == 24 * 60


def test_a_session_without_open_has_no_length():
    with pytest.raises(ValueError, match="no opening time"):
        _ = Session(timezone="UTC", close="16:00").minutes


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"timezone": "New York", "close": "16:00"}, "time zone 'New York' is unknown"),
        ({"timezone": "UTC", "close": "4pm"}, "'4pm' is not a time of day"),
        ({"timezone": "UTC", "open": "24:30", "close": "16:00"}, "'24:30' is not a time of day"),
        ({"timezone": "UTC"}, "close"),
        ({"timezone": "UTC", "close": "16:00", "opne": "09:00"}, "opne"),
    ],
)
def test_wrong_sessions_say_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        Session(**settings)


def test_close_moves_with_the_clock_in_utc():
    assert [NYSE.close_at(date(2021, 3, day)).hour for day in (12, 15)] == [21, 20]


def test_expression_and_python_agree_on_every_close_of_a_year():
    days = pl.date_range(date(2021, 1, 1), date(2021, 12, 31), "1d", eager=True).alias("day")
    made = days.to_frame().select(ts=local_moment(pl.col("day"), "16:00", NYSE.timezone))["ts"]
    assert made.to_list() == [NYSE.close_at(day) for day in days]


def test_times_around_clock_changes_get_the_later_moment():
    naive = pl.Series("t", [datetime(2021, 3, 14, 2, 30), datetime(2021, 11, 7, 1, 30)])
    made = naive.to_frame().select(utc=localise(pl.col("t"), "America/New_York"))["utc"]
    assert made.dt.to_string("%H:%M").to_list() == ["07:30", "06:30"]


def test_minute_of_day():
    assert [minute_of_day(clock) for clock in ("00:00", "09:30", "23:59")] == [0, 570, 1439]
