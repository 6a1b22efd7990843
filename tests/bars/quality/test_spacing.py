"""A wrong timeframe shows in the spacing of bars; gaps, clock changes and sessions do no harm."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars import (
    Session,
    SourceSpec,
    check_bars,
    read_source,
    scheduled_stamps,
    standardise,
)
from regime_factory.bars.quality.spacing import refuse_wrong_spacing

from ..reference import (
    FUTURES,
    INDEX_FUTURES,
    LONDON,
    NEW_YORK,
    NYSE,
    RIYADH,
    SYDNEY,
    UTC_TS,
)

START = datetime(2021, 1, 4, tzinfo=UTC)
DAX = Session(timezone="Europe/Berlin", open="09:00", close="17:30")
MINUTES = {"5min": 5, "1H": 60, "4H": 240, "1D": 24 * 60, "1W": 7 * 24 * 60}


def grid(minutes, n=200):
    return pl.Series([START + timedelta(minutes=minutes * i) for i in range(n)], dtype=UTC_TS)


def session_closes(session, step, days=60):
    """Right labels of the bars of each weekday's session; ``step`` in minutes."""
    stamps = []
    for day in pl.date_range(date(2021, 3, 1), date(2021, 3, 1) + timedelta(days), eager=True):
        if day.weekday() < 5:
            close = session.close_at(day)
            opening = close - timedelta(minutes=session.minutes)
            stamps += [opening + timedelta(minutes=m) for m in range(step, session.minutes, step)]
            stamps.append(close)
    return pl.Series(stamps, dtype=UTC_TS)


@pytest.mark.parametrize("true", MINUTES)
@pytest.mark.parametrize("said", MINUTES)
def test_every_wrong_timeframe_is_refused(true, said):
    ts = grid(MINUTES[true])
    if true == said:
        refuse_wrong_spacing(ts, "X", said, None)
        return
    with pytest.raises(ValueError, match=f"but market.timeframe is {said} .0 spacings fit it"):
        refuse_wrong_spacing(ts, "X", said, None)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(1440, "1 day"), (7200, "5 days"), (5, "5 minutes"), (240, "4 hours"), (0.5, "30 seconds")],
)
def test_the_message_says_what_was_found_and_what_to_do(minutes, words):
    expected = (
        rf"^bars of 'X' are mostly {words} apart \(19 of 19 spacings\), but market.timeframe is 1H "
        r"\(0 spacings fit it\); set market.timeframe to the spacing of the file$"
    )
    with pytest.raises(ValueError, match=expected):
        refuse_wrong_spacing(grid(minutes, 20), "X", "1H", None)


def test_spacings_below_a_second_are_named():
    with pytest.raises(ValueError, match="mostly less than a second apart"):
        refuse_wrong_spacing(grid(1e-4, 20), "X", "1min", None)


def test_a_few_bars_prove_nothing():
    refuse_wrong_spacing(grid(1440, 9), "X", "1H", None)
    with pytest.raises(ValueError, match="mostly 1 day apart"):
        refuse_wrong_spacing(grid(1440, 10), "X", "1H", None)


def test_spacings_of_every_length_prove_nothing():
    hours = pl.Series([2, 3, 5, 7]).sample(40, with_replacement=True, seed=1).cum_sum()
    mixed = pl.Series([START + timedelta(minutes=61.5 * h + h**2) for h in hours], dtype=UTC_TS)
    refuse_wrong_spacing(mixed, "X", "1H", None)


@settings(max_examples=40, deadline=None)
@given(
    timeframe=st.sampled_from(["5min", "1H", "1D"]),
    share=st.floats(0.05, 0.9),
    seed=st.integers(0, 1000),
)
def test_gaps_never_refuse_the_true_timeframe(timeframe, share, seed):
    ts = grid(MINUTES[timeframe], 400)
    kept = ts.sample(int(share * 400), seed=seed).sort()
    refuse_wrong_spacing(kept, "X", timeframe, None)


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0.5, 1.0), seed=st.integers(0, 1000))
def test_gaps_do_not_hide_daily_bars_read_as_hourly(share, seed):
    kept = grid(1440, 400).sample(int(share * 400), seed=seed).sort()
    with pytest.raises(ValueError, match="mostly 1 day apart"):
        refuse_wrong_spacing(kept, "X", "1H", None)


@pytest.mark.parametrize("session", [NYSE, FUTURES, DAX])
@pytest.mark.parametrize("timeframe", ["5min", "1H", "4H", "8H", "12H"])
def test_session_bars_fit_across_clock_changes_and_short_last_bars(session, timeframe):
    minutes = int(timeframe[:-1]) * 60 if timeframe.endswith("H") else 5
    ts = session_closes(session, minutes)
    refuse_wrong_spacing(ts, "X", timeframe, session)
    wrong = "1min" if timeframe == "5min" else "5min"
    with pytest.raises(ValueError, match=f"market.timeframe is {wrong}"):
        refuse_wrong_spacing(ts, "X", wrong, session)


@pytest.mark.parametrize("session", [NYSE, FUTURES, DAX])
def test_daily_and_weekly_session_bars_fit_across_clock_changes(session):
    daily = session_closes(session, session.minutes, days=300)
    refuse_wrong_spacing(daily, "X", "1D", session)
    weekly = daily.filter(daily.dt.weekday() == 5)
    refuse_wrong_spacing(weekly, "X", "1W", session)
    for ts, wrong in [(daily, "1W"), (daily, "1H"), (weekly, "1D"), (weekly, "4H")]:
        with pytest.raises(ValueError, match=r"mostly (1 day|7 days) apart"):
            refuse_wrong_spacing(ts, "X", wrong, session)


@pytest.mark.parametrize("session", [NEW_YORK, INDEX_FUTURES, LONDON, SYDNEY, RIYADH])
@pytest.mark.parametrize("timeframe", ["5min", "1H", "2H", "3H", "4H", "6H", "8H", "12H"])
@pytest.mark.parametrize("anchor", [None, "00:00", "09:45"])
def test_half_days_holidays_and_short_first_bars_fit(session, timeframe, anchor):
    span = datetime(2021, 11, 1, tzinfo=UTC), datetime(2022, 1, 15, tzinfo=UTC)
    ts = scheduled_stamps(*span, timeframe, session, anchor)
    refuse_wrong_spacing(ts, "X", timeframe, session, anchor)
    with pytest.raises(ValueError, match=r"market.timeframe is 1min \(0 spacings fit"):
        refuse_wrong_spacing(ts, "X", "1min", session, anchor)


def test_a_short_first_bar_is_known_from_its_anchor():
    ts = scheduled_stamps(START, START + timedelta(60), "6H", NYSE, "06:00")  # 12:00 and 16:00
    refuse_wrong_spacing(ts, "X", "6H", NYSE, "06:00")
    with pytest.raises(ValueError, match="mostly 4 hours apart"):
        refuse_wrong_spacing(ts, "X", "6H", NYSE)


@pytest.mark.parametrize("timeframe", ["1H", "2H"])
def test_lunch_breaks_do_no_harm(timeframe):
    morning, afternoon = (
        Session(timezone="Asia/Hong_Kong", open=opened, close=closed, calendar="XHKG")
        for opened, closed in [("09:30", "12:00"), ("13:00", "16:00")]
    )
    span = datetime(2021, 1, 4, tzinfo=UTC), datetime(2021, 6, 1, tzinfo=UTC)
    ts = pl.concat(scheduled_stamps(*span, timeframe, part) for part in (morning, afternoon))
    whole = morning.model_copy(update={"close": "16:00"})
    refuse_wrong_spacing(ts.sort(), "X", timeframe, whole)


def test_daily_files_with_a_row_for_sunday_evening_fit():
    days = [day for day in range(120) if (date(2021, 1, 3) + timedelta(day)).weekday() != 5]
    ts = pl.Series([START + timedelta(day) for day in days], dtype=UTC_TS)
    refuse_wrong_spacing(ts, "X", "1D", FUTURES)
    with pytest.raises(ValueError, match="mostly 1 day apart"):
        refuse_wrong_spacing(ts, "X", "1W", FUTURES)


@pytest.mark.parametrize("session", [NYSE, NEW_YORK])
@pytest.mark.parametrize("every", ["1mo", "1q"])
def test_months_have_no_one_length_but_are_no_days(session, every):
    span = datetime(2000, 1, 1, tzinfo=UTC), datetime(2020, 12, 31, tzinfo=UTC)
    days = scheduled_stamps(*span, "1D", session).alias("ts").to_frame()
    closes = days.group_by(pl.col("ts").dt.truncate(every).alias("month")).agg(pl.col("ts").max())
    ts = closes["ts"].sort()
    for timeframe in ("1H", "1D", "1W"):
        with pytest.raises(ValueError, match=rf"mostly \d+ days apart .* is {timeframe} \(0 spac"):
            refuse_wrong_spacing(ts, "X", timeframe, session)


@pytest.mark.parametrize("share", [0.01, 0.03])
def test_bars_of_an_illiquid_market_prove_nothing(share):
    minutes = grid(5, 40_000)
    refuse_wrong_spacing(minutes.sample(fraction=share, seed=1).sort(), "X", "5min", None)


def test_weeks_that_end_on_a_thursday_fit():
    span = datetime(2018, 1, 1, tzinfo=UTC), datetime(2021, 6, 1, tzinfo=UTC)
    ts = scheduled_stamps(*span, "1W", NEW_YORK)
    assert set(ts.dt.weekday()) == {4, 5}
    refuse_wrong_spacing(ts, "X", "1W", NEW_YORK)


def test_a_session_without_an_opening_time_is_compared_with_the_timeframe():
    closing = Session(timezone="America/New_York", close="16:00")
    refuse_wrong_spacing(session_closes(NYSE, 60), "X", "1H", closing)
    with pytest.raises(ValueError, match="mostly 1 hour apart"):
        refuse_wrong_spacing(session_closes(NYSE, 60), "X", "5min", closing)


@pytest.mark.parametrize(
    ("file", "true", "wrong"),
    [
        ("crypto/BTCUSDT_1h_2018_2022_no_volume", "1H", "4H"),
        ("equity/SPY_1h_1998_2021", "1H", "15min"),
        ("equity/SPY_1d_1998_2021", "1D", "1H"),
        ("futures/ES_1d_2010_2020", "1D", "1H"),
        ("futures/NQ_1d_2010_2020", "1D", "1W"),
    ],
)
def test_real_files_pass_with_their_timeframe_only(shared_data, file, true, wrong):
    raw = read_source(shared_data / f"{file}.parquet")
    time = "timestamp" if "1h" in file else "date"
    for timeframe in (true, wrong):
        layout = SourceSpec(columns={"ts": time}, stamp="open", timezone="UTC", timeframe=timeframe)
        bars = standardise(raw, layout)
        if timeframe == true:
            assert check_bars(bars).bars.height == raw.height
            continue
        with pytest.raises(ValueError, match=r"set market\.timeframe to the spacing of the"):
            check_bars(bars)
