"""Wall clocks: times of day and moments around clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars.sessions.clock import local_moment, localise, minute_of_day, minutes_into

ZONES = ["America/New_York", "Europe/London", "Australia/Sydney", "Asia/Kolkata"]


def test_times_around_clock_changes_get_the_later_moment():
    naive = pl.Series("t", [datetime(2021, 3, 14, 2, 30), datetime(2021, 11, 7, 1, 30)])
    made = naive.to_frame().select(utc=localise(pl.col("t"), "America/New_York"))["utc"]
    assert made.dt.to_string("%H:%M").to_list() == ["07:30", "06:30"]


@settings(max_examples=60, deadline=None)
@given(
    moments=st.lists(st.datetimes(datetime(1975, 1, 1), datetime(2040, 1, 1)), min_size=1),
    zone=st.sampled_from(ZONES),
)
def test_utc_times_come_back_from_the_wall_clock(moments, zone):
    utc = [moment.replace(microsecond=0, tzinfo=UTC) for moment in moments]
    naive = pl.Series(
        "t", [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in utc]
    )
    made = naive.to_frame().select(utc=localise(pl.col("t"), zone))["utc"].to_list()
    for found, moment, clock in zip(made, utc, naive, strict=True):
        later = moment + timedelta(hours=1)
        repeated = later.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == clock
        assert found == (later if repeated else moment)


def test_minute_of_day():
    assert [minute_of_day(clock) for clock in ("00:00", "09:30", "23:59")] == [0, 570, 1439]
    with pytest.raises(ValueError, match="'24:00' is not a time of day"):
        minute_of_day("24:00")


def test_minutes_before_and_after_the_day_fall_on_its_neighbours():
    days = pl.DataFrame({"day": [date(2021, 3, 15)]})
    made = days.select(
        evening=minutes_into(pl.col("day"), -60, "America/New_York"),
        noon=local_moment(pl.col("day"), "12:00", "America/New_York"),
        midnight=minutes_into(pl.col("day"), 1440, "America/New_York"),
    )
    assert [f"{moment:%d %H:%M}" for moment in made.row(0)] == ["15 03:00", "15 16:00", "16 04:00"]
