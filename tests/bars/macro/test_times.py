"""Written dates, ends of periods and moments of publication against plain Python."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from regime_factory.bars.macro.times import available_at, period_end, written_times
from tests.bars.macro_reference import known_on, last_day, moment

DAYS = st.dates(date(1975, 1, 1), date(2030, 12, 31))
ZONES = ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Tokyo", "UTC")
UTC = ZoneInfo("UTC")


def column(days: list[date]) -> pl.DataFrame:
    return pl.DataFrame({"day": days}, schema={"day": pl.Date})


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter"])
@settings(deadline=None)
@given(days=st.lists(DAYS, min_size=1, max_size=20))
def test_the_end_of_a_period_follows_from_its_start(period, days):
    made = column(days).select(period_end(pl.col("day"), period, "start"))["day"].to_list()
    assert made == [last_day(day, period) for day in days]
    kept = column(days).select(period_end(pl.col("day"), period, "end"))["day"].to_list()
    assert kept == days


@settings(deadline=None)
@given(
    days=st.lists(DAYS, min_size=1, max_size=20),
    lag=st.integers(0, 12),
    unit=st.sampled_from(["business_days", "calendar_days"]),
    clock=st.times().map(lambda clock: clock.strftime("%H:%M")),
    zone=st.sampled_from(ZONES),
)
@example([date(2021, 10, 3)], 0, "calendar_days", "02:15", "Australia/Lord_Howe")
@example([date(2021, 3, 14)], 0, "calendar_days", "02:15", "America/New_York")
def test_a_value_is_known_so_many_days_after_its_period_at_the_local_clock(
    days, lag, unit, clock, zone
):
    made = column(days).select(available_at(pl.col("day"), lag, unit, clock, zone))
    assert made["day"].to_list() == [moment(known_on(day, lag, unit), clock, zone) for day in days]


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        ("2021-03-12", "16:15", "2021-03-12 21:15"),
        ("2021-03-15", "16:15", "2021-03-15 20:15"),
        ("2021-11-05", "16:15", "2021-11-05 20:15"),
        ("2021-11-08", "16:15", "2021-11-08 21:15"),
        ("2021-03-14", "02:30", "2021-03-14 07:30"),  # left out by the clock: an hour on
        ("2021-11-07", "01:30", "2021-11-07 06:30"),  # shown twice: the later one
    ],
)
def test_the_release_clock_follows_summer_time(day, clock, expected):
    days = column([date.fromisoformat(day)])
    known = available_at(pl.col("day"), 0, "calendar_days", clock, "America/New_York")
    assert days.select(known.dt.to_string("%Y-%m-%d %H:%M")).item() == expected


def test_a_weekend_is_followed_by_monday_whatever_the_lag():
    friday_to_sunday = column([date(2021, 3, day) for day in (12, 13, 14)])
    for lag, expected in ((0, [12, 15, 15]), (1, [15, 15, 15]), (2, [16, 16, 16])):
        known = available_at(pl.col("day"), lag, "business_days", "10:00", "UTC")
        assert friday_to_sunday.select(known.dt.day())["day"].to_list() == expected


@pytest.mark.parametrize(
    ("written", "date_format", "day"),
    [
        ("2020-02-03", None, date(2020, 2, 3)),
        (" 2020-02 ", None, date(2020, 2, 1)),
        ("2020-02-03T23:30:00+09:00", None, date(2020, 2, 3)),
        ("2020-02-03 00:00:00.000Z", None, date(2020, 2, 3)),
        ("2/3/2020", "%m/%d/%Y", date(2020, 2, 3)),
        ("Feb 2020", "%b %Y", date(2020, 2, 1)),
        (20200203, "%Y%m%d", date(2020, 2, 3)),
        (202002, "%Y%m", date(2020, 2, 1)),
        ("2020-02-30", None, None),
        ("03.02.2020", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_dates_are_taken_as_written(written, date_format, day):
    read = written_times(pl.Series([written]), date_format)["naive"].dt.date()
    assert read.to_list() == [day]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_midnight_of_any_zone_keeps_its_date(zone):
    """A date that a library wrote as midnight of its zone must not slip to the day before."""
    typed = pl.Series([datetime(2020, 2, 3)]).dt.replace_time_zone(zone)
    read = written_times(typed, None)
    assert read["naive"].to_list() == [datetime(2020, 2, 3)]
    assert read["utc"].to_list() == [datetime(2020, 2, 3, tzinfo=ZoneInfo(zone)).astimezone(UTC)]
    assert not read["has_clock"][0]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (pl.Series(["2020-02-05 08:30"]), datetime(2020, 2, 5, 13, 30, tzinfo=UTC)),
        (pl.Series(["2020-02-05T08:30:00+01:00"]), datetime(2020, 2, 5, 7, 30, tzinfo=UTC)),
        (pl.Series(["2020-02-05T08:30:00-0130"]), datetime(2020, 2, 5, 10, 0, tzinfo=UTC)),
        (pl.Series([datetime(2020, 2, 5, 8, 30)]), datetime(2020, 2, 5, 13, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_one_of_the_given_zone(written, expected):
    read = written_times(written, None, "America/New_York")
    assert read["utc"].to_list() == [expected]
    assert read["has_clock"][0]


def test_numbers_with_a_fraction_are_not_dates():
    with pytest.raises(ValueError, match="column 'when' holds Float64, not dates"):
        written_times(pl.Series("when", [2020.5]), None)
