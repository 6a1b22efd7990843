"""Scheduled closes of every timeframe against the labels of a slow reference, and a real file."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from regime_factory.bars import Session, read_source, scheduled_stamps
from regime_factory.bars.sessions.schedule import bins_of, first_ends, week_closes
from regime_factory.bars.sessions.session import session_days

from ..reference import (
    FUTURES,
    INDEX_FUTURES,
    LONDON,
    NEW_YORK,
    NYSE,
    RIYADH,
    SAO_PAULO,
    SYDNEY,
    UTC_TS,
    label_of,
)

STARTS = [
    datetime(2021, 3, 12, tzinfo=UTC),
    datetime(2021, 3, 26, 5, tzinfo=UTC),
    datetime(2021, 10, 1, tzinfo=UTC),
    datetime(2021, 11, 5, 20, tzinfo=UTC),
    datetime(2021, 11, 24, 20, tzinfo=UTC),
    datetime(2020, 12, 23, 15, tzinfo=UTC),
    datetime(2022, 3, 1, tzinfo=UTC),
    datetime(1969, 12, 30, 12, tzinfo=UTC),
]
MARKETS = [
    None,
    NYSE,
    NEW_YORK,
    FUTURES,
    INDEX_FUTURES,
    LONDON,
    SYDNEY,
    RIYADH,
    SAO_PAULO,
]


@settings(max_examples=150, deadline=None)
@given(
    start=st.sampled_from(STARTS),
    minutes=st.integers(0, 4 * 24 * 60 // 5),
    session=st.sampled_from(MARKETS),
    timeframe=st.sampled_from(["15min", "1H", "4H", "7H", "12H", "1D", "1W"]),
    anchor=st.sampled_from([None, "00:00", "00:30", "09:45", "17:00"]),
)
def test_the_schedule_is_every_label_of_a_five_minute_grid(
    start, minutes, session, timeframe, anchor
):
    grid = [start + timedelta(minutes=5 * i) for i in range(minutes + 1)]
    labels = {label_of(ts, timeframe, session, anchor) for ts in grid}
    made = scheduled_stamps(grid[0], grid[-1], timeframe, session, anchor)
    assert made.dtype == UTC_TS
    assert made.to_list() == sorted(label for label in labels if label <= grid[-1])


def test_a_span_without_a_close_and_one_that_is_one():
    close = datetime(2021, 11, 26, 18, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert scheduled_stamps(close, close, "1D", NEW_YORK).to_list() == [close]
    assert scheduled_stamps(close + second, close + 2 * second, "1D", NEW_YORK).is_empty()
    assert scheduled_stamps(close, close - second, "1H", None).is_empty()


def test_the_week_of_a_friday_holiday_ends_on_thursday():
    good_friday_week = datetime(2021, 3, 29, tzinfo=UTC), datetime(2021, 4, 10, tzinfo=UTC)
    made = scheduled_stamps(*good_friday_week, "1W", NEW_YORK)
    assert made.dt.to_string("%a %d %H:%M").to_list() == ["Thu 01 20:00", "Fri 09 20:00"]
    assert scheduled_stamps(*good_friday_week, "1W", NYSE)[0].day == 2


def test_the_week_of_a_market_from_sunday_ends_on_thursday():
    weeks = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 1, 14, tzinfo=UTC)
    made = scheduled_stamps(*weeks, "1W", RIYADH)
    assert made.dt.to_string("%a %d").to_list() == ["Thu 05", "Thu 12"]


@given(st.dates(date(1975, 1, 1), date(2045, 1, 1)), st.sampled_from([NEW_YORK, LONDON, RIYADH]))
def test_the_close_of_a_week_is_that_of_its_weekly_bar(day, session):
    """Against a walk from session to session."""
    sunday = day - timedelta(days=day.isoweekday() % 7)
    sessions = session_days(sunday, sunday + timedelta(days=6), session)
    assume(sessions.height)
    made = week_closes(pl.Series([None, day]), session)
    assert made.to_list() == [None, sessions["close"][-1]]
    assert scheduled_stamps(made[1], made[1], "1W", session).to_list() == [made[1]]


def test_a_week_without_a_session_ends_with_the_next():
    shanghai = Session(timezone="Asia/Shanghai", close="15:00", calendar="XSHG")
    days = pl.Series([date(2023, 10, 4), date(9999, 12, 31), date(1, 1, 1)])  # the golden week
    made = week_closes(days, shanghai)
    assert made.dt.to_string("%Y-%m-%d").to_list() == ["2023-10-13", "9999-12-31", "0001-01-05"]


def test_blocks_of_weeks_go_on_through_holidays():
    span = datetime(2021, 1, 1, tzinfo=UTC), datetime(2021, 12, 31, tzinfo=UTC)
    single, pairs = (scheduled_stamps(*span, name, NEW_YORK) for name in ("1W", "2W"))
    assert set(pairs) <= set(single)
    assert set(np.diff(single.search_sorted(pairs))) == {2}


def test_a_late_open_leaves_the_grid_on_the_clock():
    days = session_days(date(2022, 3, 2), date(2022, 3, 3), SAO_PAULO)
    made = first_ends(days, "2H", SAO_PAULO).dt.convert_time_zone("America/Sao_Paulo")
    assert made.dt.to_string("%H:%M").to_list() == ["14:00", "12:00"]
    assert first_ends(days, "12H", SAO_PAULO).to_list() == days["close"].to_list()


def test_bins_inside_the_day_need_the_opening_time():
    span = datetime(2021, 3, 8, tzinfo=UTC), datetime(2021, 3, 12, tzinfo=UTC)
    closing_only = Session(timezone="America/New_York", close="16:00")
    assert len(scheduled_stamps(*span, "1D", closing_only)) == 4
    with pytest.raises(ValueError, match=r"give session\.open as 'HH:MM'"):
        scheduled_stamps(*span, "1H", closing_only)
    with pytest.raises(ValueError, match="'9am' is not a time of day"):
        scheduled_stamps(*span, "1H", NYSE, anchor="9am")


def test_two_stamps_millennia_apart_cost_no_grid_between_them():
    far = np.array([-62_000_000_000_000_000, 100_000_000_000_000_000, 200_000_000_000_000_000])
    for session in (None, NYSE):
        ends, stops = bins_of(far, "1min", session)
        assert stops.tolist() == list(range(1, len(stops) + 1))
        assert (ends >= far[stops - 1]).all()


def test_the_schedule_from_midnight_is_that_of_the_hourly_stock_file(shared_data):
    opened = read_source(shared_data / "equity" / "SPY_1h_1998_2021.parquet")["timestamp"]
    closed = opened.dt.cast_time_unit("us") + timedelta(hours=1)
    made = scheduled_stamps(closed[0], closed[-1], "1H", NEW_YORK, anchor="00:00")
    missing = made.filter(~made.is_in(closed.implode()))
    assert missing.dt.to_string("%Y-%m-%d").unique().to_list() == ["2002-09-11"]  # opened late
    extra = closed.filter(~closed.is_in(made.implode()))
    days = session_days(date(1998, 1, 1), date(2021, 4, 1), NEW_YORK)
    local = pl.col("close").dt.convert_time_zone("America/New_York").dt.hour()
    half_days = days.filter(local == 13)["day"]
    assert extra.dt.date().is_in(half_days.implode()).all()  # trades after an early close
    assert len(extra) == 47
    assert len(made) + len(extra) - len(missing) == len(closed)
