"""Resampling against a slow reference: gaps, clock changes, sessions, weekends, partial bars."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars import (
    BAR_COLUMNS,
    Session,
    SourceSpec,
    check_bars,
    read_source,
    resample,
    resample_many,
    scheduled_stamps,
    standardise,
)

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
    brute_force,
    closing,
    make_bars,
)

STARTS = [
    datetime(1969, 12, 29, tzinfo=UTC),  # the epoch; holidays are not known before 1970
    datetime(2021, 3, 11, tzinfo=UTC),  # clocks change in New York and Chicago
    datetime(2021, 11, 4, 13, tzinfo=UTC),
    datetime(2021, 3, 25, tzinfo=UTC),  # clocks change in London; Good Friday, Sydney changes
    datetime(2021, 10, 1, tzinfo=UTC),  # clocks change in Sydney; a Monday holiday there
    datetime(2021, 10, 28, tzinfo=UTC),  # clocks change in London
    datetime(2020, 12, 22, 20, tzinfo=UTC),  # half days before Christmas and New Year
    datetime(2021, 11, 24, tzinfo=UTC),  # a holiday and a half day in New York
    datetime(2021, 1, 14, tzinfo=UTC),  # a Monday holiday in New York
    datetime(2001, 9, 10, 12, tzinfo=UTC),  # four days without a session in New York
    datetime(2022, 2, 25, tzinfo=UTC),  # carnival and a late open in Sao Paulo
    datetime(2022, 4, 28, tzinfo=UTC),  # a week of holidays in Riyadh
]
SESSIONS = {"24/7": None, "NYSE": NYSE, "futures": FUTURES}
CALENDARS = {
    "New York": NEW_YORK,
    "index futures": INDEX_FUTURES,
    "London": LONDON,
    "Sydney": SYDNEY,
    "Riyadh": RIYADH,
    "Sao Paulo": SAO_PAULO,
}


@st.composite
def gappy_bars(draw, base="1H", minutes=60, longest=400):
    """Base bars on the grid, some missing, from a start near a clock change; one or two symbols."""
    frames = []
    for symbol in ["A", "B"][: draw(st.integers(1, 2))]:
        start = draw(st.sampled_from(STARTS)) + timedelta(
            minutes=minutes * draw(st.integers(0, 50))
        )
        n = draw(st.integers(1, longest))
        missing = draw(st.sets(st.integers(0, n - 2), max_size=20)) if n > 1 else set()
        pause = draw(st.integers(0, n)), draw(st.integers(0, longest // 3))
        steps = [i + (pause[1] if i >= pause[0] else 0) for i in range(n) if i not in missing]
        frames.append(
            make_bars([start + timedelta(minutes=minutes * i) for i in steps], base, symbol)
        )
    return pl.concat(frames)


def assert_equals_reference(bars, timeframe, session, anchor=None):
    made = resample(bars, timeframe, session, anchor=anchor)
    expected = brute_force(bars, timeframe, session, anchor)
    assert made.columns == list(BAR_COLUMNS)
    assert made.schema == bars.schema
    assert made.drop("volume").rows() == [row[:7] + row[8:] for row in expected]
    for got, row in zip(made["volume"], expected, strict=True):
        assert got == (None if row[7] is None else pytest.approx(row[7], rel=1e-12))


@pytest.mark.parametrize("market", SESSIONS)
@pytest.mark.parametrize("timeframe", ["2H", "4H", "7H", "12H", "1D", "1W"])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_hourly_bars_equal_the_reference(market, timeframe, data):
    assert_equals_reference(data.draw(gappy_bars()), timeframe, SESSIONS[market])


@pytest.mark.parametrize("market", SESSIONS)
@pytest.mark.parametrize("timeframe", ["15min", "1H", "4H"])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_five_minute_bars_equal_the_reference(market, timeframe, data):
    assert_equals_reference(data.draw(gappy_bars("5min", 5)), timeframe, SESSIONS[market])


@pytest.mark.parametrize("market", CALENDARS)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), timeframe=st.sampled_from(["2H", "4H", "7H", "12H", "1D", "1W"]))
def test_holidays_and_half_days_equal_the_reference(market, data, timeframe):
    assert_equals_reference(data.draw(gappy_bars()), timeframe, CALENDARS[market])


@pytest.mark.parametrize("market", [*SESSIONS, *CALENDARS])
@settings(max_examples=12, deadline=None)
@given(
    data=st.data(),
    timeframe=st.sampled_from(["15min", "1H", "4H", "7H", "12H", "1D", "1W"]),
    anchor=st.sampled_from(["00:00", "00:30", "08:00", "09:45", "17:00", "23:55"]),
)
def test_anchored_bins_equal_the_reference(market, data, timeframe, anchor):
    bars = data.draw(gappy_bars("5min", 5))
    assert_equals_reference(bars, timeframe, (SESSIONS | CALENDARS)[market], anchor)


@settings(max_examples=30, deadline=None)
@given(missing=st.sets(st.integers(0, 199)), last=st.integers(1, 200))
def test_daily_bars_become_weeks_that_end_on_friday(missing, last):
    days = [datetime(2021, 1, 4) + timedelta(days=i) for i in range(last) if i not in missing]
    stamps = [NYSE.close_at(day.date()) for day in days if day.weekday() < 5]
    if stamps:
        close_only = Session(timezone=NYSE.timezone, close="16:00")
        bars = make_bars(stamps, "1D")
        assert_equals_reference(bars, "1W", close_only)
        assert set(resample(bars, "1W", close_only)["ts"].dt.weekday()) <= {5}


@pytest.mark.parametrize("market", SESSIONS)
@pytest.mark.parametrize("timeframe", ["4H", "1D", "1W"])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_later_bars_change_no_finished_bar(market, timeframe, data):
    bars = data.draw(gappy_bars()).filter(pl.col("symbol") == "A")
    cut = data.draw(st.integers(1, bars.height))
    known = resample(bars[:cut], timeframe, SESSIONS[market])
    assert resample(bars, timeframe, SESSIONS[market])[: known.height].equals(known)


def test_a_close_on_the_edge_belongs_to_the_bin_it_ends():
    bars = make_bars([datetime(2021, 1, 4, hour, tzinfo=UTC) for hour in (3, 4, 5, 8)])
    made = resample(bars, "4H")
    assert made["ts"].dt.hour().to_list() == [4, 8]
    assert made["close"].to_list() == [bars["close"][1], bars["close"][3]]
    assert made["n_base"].to_list() == [2, 2]


def test_the_partial_last_bar_is_dropped():
    hours = [datetime(2021, 1, 4, tzinfo=UTC) + timedelta(hours=i) for i in range(1, 24)]
    assert resample(make_bars(hours), "1D").is_empty()
    assert resample(make_bars([*hours, datetime(2021, 1, 5, tzinfo=UTC)]), "1D").height == 1


def test_new_york_session_keeps_its_hours_over_the_clock_change():
    # 10:00 to 16:00 local on the Friday before and the Monday after 2021-03-14
    friday = [datetime(2021, 3, 12, hour, tzinfo=UTC) for hour in range(15, 22)]
    monday = [datetime(2021, 3, 15, hour, tzinfo=UTC) for hour in range(14, 21)]
    made = resample(make_bars(friday + monday), "4H", NYSE)
    assert made["ts"].dt.to_string("%d %H:%M").to_list() == [
        "12 18:30",
        "12 21:00",
        "15 17:30",
        "15 20:00",
    ]
    assert made["n_base"].to_list() == [4, 3, 4, 3]


def test_bars_outside_the_session_join_the_next_one():
    evening = datetime(2021, 3, 12, 23, tzinfo=UTC)  # Friday 18:00 in New York
    saturday = datetime(2021, 3, 13, 15, tzinfo=UTC)
    premarket = datetime(2021, 3, 15, 12, tzinfo=UTC)  # Monday 08:00
    close = datetime(2021, 3, 15, 20, tzinfo=UTC)
    made = resample(make_bars([evening, saturday, premarket, close]), "4H", NYSE)
    assert made.select(pl.col("ts").dt.to_string("%d %H:%M"), "n_base").rows() == [
        ("15 17:30", 3),
        ("15 20:00", 1),
    ]


def test_the_night_session_of_futures_belongs_to_the_next_day():
    sunday_evening = datetime(2021, 3, 14, 23, tzinfo=UTC)  # 18:00 in Chicago
    monday_close = datetime(2021, 3, 15, 21, tzinfo=UTC)  # 16:00 in Chicago
    made = resample(make_bars([sunday_evening, monday_close]), "1D", FUTURES)
    assert made.select("ts", "n_base").rows() == [(monday_close, 2)]


def test_volume_is_null_only_where_no_base_bar_has_one():
    bars = make_bars([datetime(2021, 1, 4, hour, tzinfo=UTC) for hour in (1, 2, 3, 4)])
    volume = pl.Series([None, None, None, 5.0])
    made = resample(bars.with_columns(volume=volume), "2H")
    assert made["volume"].to_list() == [None, 5.0]


def test_a_missing_price_is_left_out_of_high_and_low():
    bars = make_bars([datetime(2021, 1, 4, hour, tzinfo=UTC) for hour in (1, 2, 3, 4)])
    gone = pl.int_range(pl.len()).is_in([0, 2, 3])
    bars = bars.with_columns(pl.when(~gone).then(pl.col("open", "high", "low", "close")))
    made = resample(bars, "2H").select("open", "high", "low", "close")
    assert made.rows() == [
        (None, bars["high"][1], bars["low"][1], bars["close"][1]),
        (None, None, None, None),
    ]


def test_base_counts_add_up_over_two_steps():
    hours = [datetime(2021, 1, 3, tzinfo=UTC) + timedelta(hours=i) for i in range(1, 24 * 14 + 1)]
    bars = make_bars(hours)
    in_one_step, in_two_steps = resample(bars, "1D"), resample(resample(bars, "4H"), "1D")
    assert in_two_steps.drop("volume").equals(in_one_step.drop("volume"))


def test_the_base_timeframe_comes_back_unchanged():
    bars = make_bars([datetime(2021, 1, 4, 1, tzinfo=UTC)])
    assert resample(bars, "1H", NYSE).equals(bars)
    assert resample(bars.clear(), "4H").is_empty()


def test_several_timeframes_come_in_the_order_asked_for():
    hours = [datetime(2021, 1, 3, tzinfo=UTC) + timedelta(hours=i) for i in range(1, 49)]
    long = resample_many(make_bars(hours), ["1D", "1H", "4H"])
    assert long["timeframe"].unique(maintain_order=True).to_list() == ["1H", "1D", "4H"]
    assert long.filter(pl.col("timeframe") == "4H").drop("timeframe").height == 12


def test_weeks_of_two_end_every_other_friday():
    days = [datetime(2021, 1, 4) + timedelta(days=i) for i in range(60)]
    stamps = [NYSE.close_at(day.date()) for day in days if day.weekday() < 5]
    made = resample(make_bars(stamps, "1D"), "2W", NYSE)
    gaps = made["ts"].dt.convert_time_zone(NYSE.timezone).dt.date().diff().drop_nulls()
    assert set(gaps.dt.total_days()) == {14}


@pytest.mark.parametrize(
    ("base", "timeframe", "session", "message"),
    [
        ("1H", "4h", None, "timeframe '4h' is unknown"),
        ("4H", "1H", None, "cannot be made from 4H bars, which are longer"),
        ("4H", "6H", None, "whole 4H bars"),
        ("1H", "2D", NYSE, "2D is not defined for a market with sessions"),
        ("1H", "4H", Session(timezone="UTC", close="16:00"), "need the opening time"),
    ],
)
def test_impossible_timeframes_say_why(base, timeframe, session, message):
    bars = make_bars([datetime(2021, 1, 4, 4, tzinfo=UTC)], base)
    with pytest.raises(ValueError, match=message):
        resample(bars, timeframe, session)


def test_mixed_timeframes_and_disorder_are_refused():
    early, late = datetime(2021, 1, 4, 4, tzinfo=UTC), datetime(2021, 1, 4, 5, tzinfo=UTC)
    mixed = pl.concat([make_bars([early], "1H"), make_bars([late], "4H")])
    with pytest.raises(ValueError, match="bars of one timeframe"):
        resample(mixed, "1D")
    backwards = pl.concat([make_bars([early, late], symbol="A"), make_bars([late, early])])
    twice = make_bars([early, late, late])
    nameless = make_bars([early, late]).with_columns(ts=pl.lit(None, dtype=UTC_TS))
    for timeframe in ("1H", "4H"):
        with pytest.raises(ValueError, match="bars for 'X' go back in time at 2021-01-04 04:00 U"):
            resample(backwards, timeframe)
        with pytest.raises(ValueError, match="bars for 'X' repeat the time 2021-01-04 05:00 UTC; "):
            resample(twice, timeframe)
        with pytest.raises(ValueError, match="bars for 'X' hold a ts that is null"):
            resample(nameless, timeframe)


def test_only_a_table_and_a_named_timeframe_are_taken():
    bars = make_bars([datetime(2021, 1, 4, 4, tzinfo=UTC)])
    with pytest.raises(ValueError, match="timeframe None is unknown; write a number"):
        resample(bars, None)
    with pytest.raises(
        TypeError, match=r"bars must be a polars\.DataFrame, found polars LazyFrame"
    ):
        resample(bars.lazy(), "4H")
    with pytest.raises(TypeError, match=r"bars must be a polars\.DataFrame, found None"):
        resample_many(None, ["4H"])


def read_checked(folder, name, **layout):
    return check_bars(standardise(read_source(folder / name), SourceSpec(**layout))).bars


@pytest.fixture(scope="module")
def spy(shared_data):
    """Hourly and daily bars of one market; the two files agree on every day."""
    hourly = read_checked(
        shared_data / "equity",
        "SPY_1h_1998_2021.parquet",
        columns={"ts": "timestamp"},
        stamp="open",
        timezone="UTC",
        timeframe="1H",
    )
    daily = read_checked(
        shared_data / "equity",
        "SPY_1d_1998_2021.parquet",
        columns={"ts": "date"},
        stamp="session_close",
        session_close="16:00",
        timeframe="1D",
        timezone="America/New_York",
    )
    return hourly, daily


def test_hourly_spy_becomes_its_own_daily_file(spy):
    hourly, daily = spy
    made = resample(hourly, "1D", NYSE)
    assert made["ts"].equals(daily["ts"])
    assert made.height == 5849
    difference = made.join(daily, on="ts").select(
        (pl.col(name) - pl.col(f"{name}_right")).abs().max()
        for name in ("open", "high", "low", "close", "volume")
    )
    assert difference.row(0) == (0, 0, 0, 0, 0)


def test_with_the_calendar_a_half_day_ends_at_its_close_and_later_trades_count_to_the_next(spy):
    hourly, daily = spy
    made = resample(hourly, "1D", NEW_YORK)
    assert made["ts"].to_list() == [
        closing(ts.astimezone(ZoneInfo(NEW_YORK.timezone)).date(), NEW_YORK) for ts in daily["ts"]
    ]
    late = hourly.filter(~pl.col("ts").is_in(scheduled_hours(hourly).implode()))["ts"]
    days = made["ts"].to_list()
    next_days = {min(day for day in days if day >= ts) for ts in late}
    touched = next_days | {max(day for day in days if day < ts) for ts in late}
    assert len(next_days) == 23  # half days with trades after 13:00
    columns = ["open", "high", "low", "close", "volume"]
    same = made.select(columns).with_columns(ts=made["ts"]).filter(~pl.col("ts").is_in(touched))
    given = daily.select(columns).with_columns(ts=made["ts"]).filter(~pl.col("ts").is_in(touched))
    assert same.equals(given)
    assert made["volume"].sum() == daily["volume"].sum()


@pytest.mark.parametrize("name", ["ES", "NQ"])
@pytest.mark.parametrize("session", [FUTURES, INDEX_FUTURES])
def test_weeks_of_real_futures_equal_the_reference(shared_data, name, session):
    daily = read_checked(
        shared_data / "futures",
        f"{name}_1d_2010_2020.parquet",
        columns={"ts": "date"},
        stamp="session_close",
        session=session,
        timeframe="1D",
        timezone=session.timezone,
    )
    assert_equals_reference(daily, "1W", session)


def scheduled_hours(hourly):
    return scheduled_stamps(hourly["ts"][0], hourly["ts"][-1], "1H", NEW_YORK, anchor="00:00")
