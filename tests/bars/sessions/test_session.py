"""Sessions: local hours, their length, trading days, half days and late hours."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from regime_factory.bars import Session
from regime_factory.bars.sessions.session import (
    session_calendar,
    session_closes,
    session_days,
    session_of,
)

from ..reference import (
    FUTURES,
    INDEX_FUTURES,
    LONDON,
    NEW_YORK,
    NYSE,
    RIYADH,
    SYDNEY,
    UTC_TS,
    closing,
    trades,
)


def shown(sessions):
    return sessions.select("day", pl.col("open", "close").dt.to_string("%a %H:%M")).rows()


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
        (
            {"timezone": "UTC", "close": "16:00", "calendar": "XNYX"},
            "'XNYX' is unknown .did you mean XNYS",
        ),
    ],
)
def test_wrong_sessions_say_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        Session(**settings)


def test_close_moves_with_the_clock_in_utc():
    assert [NYSE.close_at(date(2021, 3, day)).hour for day in (12, 15)] == [21, 20]


@pytest.mark.parametrize(
    "session", [NYSE, FUTURES, NEW_YORK, INDEX_FUTURES, LONDON, SYDNEY, RIYADH]
)
def test_sessions_of_three_years_equal_the_reference(session):
    first, last = date(2021, 1, 1), date(2023, 12, 31)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    expected = [day for day in days if trades(day, session)]
    made = session_days(first, last, session)
    assert made["day"].to_list() == expected
    assert made["close"].to_list() == [closing(day, session) for day in expected]
    assert made.schema == {"day": pl.Date, "open": UTC_TS, "close": UTC_TS}


def test_half_days_close_early_and_holidays_have_no_session():
    week = session_days(date(2021, 11, 24), date(2021, 11, 29), NEW_YORK)
    assert shown(week) == [
        (date(2021, 11, 24), "Wed 14:30", "Wed 21:00"),
        (date(2021, 11, 26), "Fri 14:30", "Fri 18:00"),
        (date(2021, 11, 29), "Mon 14:30", "Mon 21:00"),
    ]
    assert NEW_YORK.close_at(date(2021, 11, 26)).hour == 18
    assert NEW_YORK.close_at(date(2021, 11, 25)).hour == 21  # no session: the ordinary close


def test_an_exchange_closes_futures_of_another_zone_and_length_early():
    holiday = session_days(date(2021, 11, 26), date(2021, 11, 26), INDEX_FUTURES)
    assert shown(holiday) == [(date(2021, 11, 26), "Thu 23:00", "Fri 18:00")]


def test_late_opens_and_late_closes_move_the_session():
    seoul = Session(timezone="Asia/Seoul", open="09:00", close="15:30", calendar="XKRX")
    exam = session_days(date(2020, 12, 2), date(2020, 12, 3), seoul)
    assert shown(exam) == [
        (date(2020, 12, 2), "Wed 00:00", "Wed 06:30"),
        (date(2020, 12, 3), "Thu 01:00", "Thu 07:30"),
    ]


def test_a_half_day_that_ends_before_the_session_opens_is_none():
    afternoon = Session(timezone="America/New_York", open="13:30", close="16:00", calendar="XNYS")
    days = session_days(date(2021, 11, 24), date(2021, 11, 29), afternoon)["day"]
    assert days.dt.day().to_list() == [24, 29]


def test_a_session_that_closes_at_midnight_ends_its_own_day():
    evening = Session(timezone="UTC", open="18:00", close="00:00")
    friday = session_days(date(2021, 3, 12), date(2021, 3, 14), evening)
    assert shown(friday) == [(date(2021, 3, 12), "Fri 18:00", "Sat 00:00")]


def test_outside_the_calendar_every_weekday_trades():
    far = session_days(date(2050, 12, 24), date(2050, 12, 27), NEW_YORK)
    assert far["day"].dt.day().to_list() == [26, 27]
    assert set(far["close"].dt.hour()) == {21}


def test_closes_of_dates_in_any_order_with_nulls():
    days = pl.Series([date(2021, 11, 26), None, date(2021, 11, 24), date(2021, 11, 27)])
    made = session_closes(days, NEW_YORK)
    assert made.dt.to_string("%d %H:%M").to_list() == ["26 18:00", None, "24 21:00", "27 21:00"]
    assert session_closes(days.clear(3), NEW_YORK).to_list() == [None] * 3


def test_the_calendar_of_a_span_begins_and_ends_with_the_sessions_it_counts_into():
    at_close = datetime(2021, 11, 26, 18, tzinfo=UTC)
    later = at_close + timedelta(microseconds=1)
    assert session_calendar(at_close, at_close, NEW_YORK)["day"].to_list() == [date(2021, 11, 26)]
    assert session_calendar(later, later, NEW_YORK)["day"].to_list() == [date(2021, 11, 29)]
    assert session_calendar(at_close, later, NEW_YORK).height == 2


def test_a_stamp_in_a_long_break_counts_into_the_session_after_it():
    shanghai = Session(timezone="Asia/Shanghai", close="15:00", calendar="XSHG")
    for closed, reopened, session in [
        (datetime(2001, 9, 11, 18, tzinfo=UTC), date(2001, 9, 17), NEW_YORK),
        (datetime(2020, 1, 24, 18, tzinfo=UTC), date(2020, 2, 3), shanghai),
    ]:
        assert session_calendar(closed, closed, session)["day"].to_list() == [reopened]


def test_stamps_of_the_first_and_last_year_are_taken():
    ends = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 1, tzinfo=UTC)
    assert session_calendar(*ends, NYSE).height > 2_000_000


def test_every_stamp_counts_into_the_first_session_that_closes_at_or_after_it():
    closes = session_days(date(2021, 11, 22), date(2021, 12, 3), NEW_YORK)
    hours = pl.datetime_range(
        datetime(2021, 11, 22), datetime(2021, 12, 3), "1h", time_zone="UTC", eager=True
    )
    made = session_of(hours, NEW_YORK)
    for ts, day in made.select("ts", "day").iter_rows():
        assert day == closes.filter(pl.col("close") >= ts)["day"][0]
    assert session_of(hours.clear(), NEW_YORK).is_empty()
