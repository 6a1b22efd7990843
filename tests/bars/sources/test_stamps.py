"""Times as files write them, to UTC close stamps."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars import SourceSpec, standardise
from regime_factory.bars.sources.stamps import close_stamps

from ..reference import (
    FUTURES,
    INDEX_FUTURES,
    LONDON,
    NEW_YORK,
    NYSE,
    SYDNEY,
    closing,
    trades,
)


def spec(**settings):
    return SourceSpec(**({"stamp": "close", "timezone": "UTC", "timeframe": "1H"} | settings))


def shown(times, layout):
    ts, fault = close_stamps(pl.Series("t", times), layout)
    assert ts.dtype == pl.Datetime("us", "UTC")
    assert [t is None for t in ts] == [f is not None for f in fault]
    return ts.dt.to_string("%Y-%m-%d %H:%M:%S").to_list(), fault.to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-12 14:00", "2021-03-12 14:00:00"),
        ("2021-03-12T14:00:05", "2021-03-12 14:00:05"),
        (" 2021-03-12 14:00:05.250 ", "2021-03-12 14:00:05"),
        ("2021-03-12T14:00:00Z", "2021-03-12 14:00:00"),
        ("2021-03-12T14:00:00+02:00", "2021-03-12 12:00:00"),
        ("2021-03-12 14:00:00 -0530", "2021-03-12 19:30:00"),
    ],
)
def test_iso_times(text, expected):
    assert shown([text], spec()) == ([expected], [None])


@pytest.mark.parametrize(
    "text", ["12.3.2021", "2021-13-01 00:00", "2021-02-30 10:00", "soon", "1e9"]
)
def test_text_that_is_no_time_is_quoted(text):
    assert shown([text], spec()) == ([None], [f"ts is not a time: '{text}'"])


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_empty_times_are_missing(empty):
    assert shown(["2021-01-04 10:00", empty], spec())[1] == [None, "ts is missing"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2050, 1, 1)), min_size=1))
def test_iso_text_and_times_agree_with_python(moments):
    expected = [moment.replace(tzinfo=UTC) for moment in moments]
    from_text, _ = close_stamps(pl.Series([moment.isoformat() for moment in moments]), spec())
    aware = pl.Series(expected, dtype=pl.Datetime("us", "UTC"))
    assert from_text.to_list() == expected
    assert close_stamps(aware, spec(timezone="America/New_York"))[0].to_list() == expected


def test_open_stamps_move_by_one_bar():
    assert shown(["2021-03-12 14:00"], spec(stamp="open", timeframe="4H"))[0] == [
        "2021-03-12 18:00:00"
    ]
    assert shown(["2021-12-31"], spec(stamp="open", timeframe="1D"))[0] == ["2022-01-01 00:00:00"]
    assert shown(["2021-03-08"], spec(stamp="open", timeframe="1W"))[0] == ["2021-03-15 00:00:00"]


def test_local_days_last_23_or_25_hours_at_clock_changes():
    layout = spec(stamp="open", timeframe="1D", timezone="America/New_York")
    assert shown(["2021-03-13", "2021-03-14", "2021-11-07"], layout)[0] == [
        "2021-03-14 05:00:00",
        "2021-03-15 04:00:00",
        "2021-11-08 05:00:00",
    ]


def test_local_hours_that_do_not_exist_or_happen_twice_are_faults():
    layout = spec(stamp="open", timezone="America/New_York")
    times = ["2021-03-14 01:30", "2021-03-14 02:30", "2021-03-14 03:30", "2021-11-07 01:30"]
    made, faults = shown(times, layout)
    assert made == ["2021-03-14 07:30:00", None, "2021-03-14 08:30:00", None]
    assert faults[1] == "ts '2021-03-14 02:30' does not exist in America/New_York (clock change)"
    assert faults[3] == "ts '2021-11-07 01:30' happens twice in America/New_York (clock change)"


def test_the_same_hours_with_an_offset_are_fine():
    layout = spec(timezone="America/New_York")
    times = ["2021-11-07T01:30:00-04:00", "2021-11-07T01:30:00-05:00"]
    assert shown(times, layout)[0] == ["2021-11-07 05:30:00", "2021-11-07 06:30:00"]


@pytest.mark.parametrize(
    "dates",
    [
        ["2021-03-12", "2021-03-15"],
        [date(2021, 3, 12), date(2021, 3, 15)],
        [datetime(2021, 3, 12), datetime(2021, 3, 15)],
        [datetime(2021, 3, 12, 5, tzinfo=UTC), datetime(2021, 3, 15, 4, tzinfo=UTC)],
    ],
)
def test_session_dates_get_the_scheduled_close(dates):
    layout = spec(
        stamp="session_close", session_close="16:00", timeframe="1D", timezone=NYSE.timezone
    )
    assert shown(dates, layout)[0] == ["2021-03-12 21:00:00", "2021-03-15 20:00:00"]


def test_an_open_stamped_bar_ends_at_the_session_close():
    layout = spec(stamp="open", session_close="16:00", timezone=NYSE.timezone)
    times = ["2021-01-04 14:30", "2021-01-04 15:30", "2021-01-04 16:00", "2021-01-04 18:30"]
    assert shown(times, layout)[0] == [
        "2021-01-04 20:30:00",
        "2021-01-04 21:00:00",
        "2021-01-04 22:00:00",
        "2021-01-05 00:30:00",
    ]


def test_session_dates_of_half_days_get_the_early_close():
    layout = spec(
        stamp="session_close", session=NEW_YORK, timeframe="1D", timezone="America/New_York"
    )
    dates = ["2021-11-24", "2021-11-25", "2021-11-26", "soon"]
    made, faults = shown(dates, layout)
    assert made == ["2021-11-24 21:00:00", "2021-11-25 21:00:00", "2021-11-26 18:00:00", None]
    assert faults[3] == "ts is not a time: 'soon'"


@pytest.mark.parametrize("day", range(4, 11))
def test_dates_of_weekly_bars_get_the_close_of_the_last_session_of_their_week(day):
    layout = spec(stamp="session_close", session=NEW_YORK, timeframe="1W", timezone="UTC")
    good_friday_week = [date(2021, 3, 28) + timedelta(days=day - 4), None]
    assert shown(good_friday_week, layout)[0] == ["2021-04-01 20:00:00", None]
    next_week = date(2021, 4, day)  # Sunday to Saturday
    assert shown([next_week], layout)[0] == ["2021-04-09 20:00:00"]


def test_a_date_that_ends_at_midnight_is_known_when_it_is_over():
    layout = spec(stamp="session_close", session_close="00:00", timeframe="1D")
    assert shown(["2021-03-12"], layout)[0] == ["2021-03-13 00:00:00"]


def test_an_open_stamped_bar_of_a_half_day_ends_at_the_early_close():
    layout = spec(stamp="open", session=NEW_YORK, timezone=NEW_YORK.timezone)
    times = ["2021-11-26 11:30", "2021-11-26 12:30", "2021-11-26 13:00", "2021-11-25 15:30"]
    assert shown(times, layout)[0] == [
        "2021-11-26 17:30:00",
        "2021-11-26 18:00:00",
        "2021-11-26 19:00:00",  # after hours, not cut
        "2021-11-25 21:30:00",  # a holiday has no close
    ]


@pytest.mark.parametrize(
    ("session", "times", "expected"),
    [
        (NEW_YORK, ["2021-11-24 09:30", "2021-11-24 10:00"], ["15:00", "16:00"]),
        (NEW_YORK, ["2021-11-24 09:00", "2021-11-24 09:45"], ["15:00", "15:45"]),  # as stamped
        (FUTURES, ["2021-03-14 17:00", "2021-03-15 15:30"], ["23:00", "21:00"]),
    ],
)
def test_a_bar_stamped_at_the_open_ends_where_the_first_bin_does(session, times, expected):
    layout = spec(stamp="open", session=session, timezone=session.timezone, anchor="00:00")
    assert [text[11:16] for text in shown(times, layout)[0]] == expected


def test_without_an_anchor_the_first_bar_is_a_whole_one():
    layout = spec(stamp="open", session=NEW_YORK, timezone=NEW_YORK.timezone)
    assert shown(["2021-11-24 09:30"], layout)[0] == ["2021-11-24 15:30:00"]


@settings(max_examples=40, deadline=None)
@given(
    hours=st.lists(st.integers(0, 24 * 21), min_size=1, unique=True),
    session=st.sampled_from([NYSE, NEW_YORK, FUTURES, INDEX_FUTURES, LONDON, SYDNEY]),
    timeframe=st.sampled_from(["1H", "2H", "4H"]),
)
def test_open_stamped_bars_never_run_over_a_close(hours, session, timeframe):
    start = datetime(2021, 11, 15, 0, 30, tzinfo=UTC)
    opens = [start + timedelta(hours=hour) for hour in hours]
    layout = spec(stamp="open", session=session, timeframe=timeframe)
    made, _ = close_stamps(pl.Series(opens, dtype=pl.Datetime("us", "UTC")), layout)
    length = timedelta(hours=int(timeframe[:-1]))
    days = [date(2021, 11, 14) + timedelta(days=i) for i in range(30)]
    closes = [closing(day, session) for day in days if trades(day, session)]
    for opened, closed in zip(opens, made, strict=True):
        within = [close for close in closes if opened < close < opened + length]
        assert closed == min([opened + length, *within])


@pytest.mark.parametrize(
    ("date_format", "text", "expected"),
    [
        ("%m/%d/%Y %H:%M", "3/12/2021 14:00", "2021-03-12 14:00:00"),
        ("%d.%m.%Y %H:%M", "12.03.2021 14:00", "2021-03-12 14:00:00"),
        ("%Y-%m-%d %H:%M:%S%z", "2021-03-12 14:00:00+0200", "2021-03-12 12:00:00"),
        ("epoch_s", "1615557600", "2021-03-12 14:00:00"),
    ],
)
def test_other_formats(date_format, text, expected):
    assert shown([text], spec(date_format=date_format))[0] == [expected]


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1000), ("us", 1_000_000)])
def test_epoch_numbers(unit, factor):
    layout = spec(date_format=f"epoch_{unit}", timezone="America/New_York")
    assert shown([1615557600 * factor], layout)[0] == ["2021-03-12 14:00:00"]


def test_epoch_numbers_with_a_fraction():
    layout = spec(date_format="epoch_s")
    times = ["2021-03-12 14:00:00", "2021-03-12 14:00:00"]
    assert shown([1615557600.0, 1615557600.25], layout)[0] == times
    assert shown(["1615557600.0", " 1615557600 "], layout)[0] == times
    assert shown([float("nan"), float("inf")], layout)[0] == [None, None]


def test_epoch_numbers_beyond_the_calendar_are_no_times():
    assert shown([1615557600000, -(10**17)], spec(date_format="epoch_s")) == (
        [None, None],
        ["ts is not a time: '1615557600000'", "ts is not a time: '-100000000000000000'"],
    )


def test_epoch_numbers_need_their_unit():
    with pytest.raises(
        ValueError, match=r"holds Int64, not times; for epoch numbers set ingest\.date_format"
    ):
        close_stamps(pl.Series([1615557600]), spec())


@pytest.mark.parametrize(
    ("dates", "zone", "date_format"),
    [
        (["2021-03-12"], "UTC", None),
        ([date(2021, 3, 12)], "UTC", None),
        (["3/12/2021"], "UTC", "%m/%d/%Y"),
        ([datetime(2021, 3, 12)], "America/New_York", None),
    ],
)
def test_dates_are_no_close_stamps(dates, zone, date_format):
    layout = spec(timezone=zone, timeframe="1D", date_format=date_format)
    with pytest.raises(ValueError, match="set stamp: session_close"):
        close_stamps(pl.Series(dates), layout)


@pytest.mark.parametrize("other", ["2021-03-15 16:00", "2021-03-15T16:00Z"])
def test_a_date_among_close_stamps_is_a_fault_of_its_row(other):
    layout = spec(timeframe="1D", timezone="America/New_York")
    made, faults = shown(["2021-03-12", other], layout)
    assert made[0] is None
    assert faults == ["ts is a date without a time of day: '2021-03-12'", None]


def test_utc_midnights_may_close_the_days_of_a_24_7_market():
    layout = spec(timeframe="1D")
    assert shown([datetime(2021, 3, 12)], layout)[0] == ["2021-03-12 00:00:00"]


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_midnights_are_no_closes_of_a_market_with_a_session(zone):
    days = pl.Series([datetime(2021, 3, 12), datetime(2021, 3, 15)]).dt.replace_time_zone(zone)
    raw = pl.DataFrame({"ts": days, **dict.fromkeys(("open", "high", "low", "close"), 1.0)})
    layout = {"stamp": "close", "timezone": "UTC", "timeframe": "1D", "symbol": "X"}
    with pytest.raises(ValueError, match="dates without a time of day"):
        standardise(raw, SourceSpec(**layout, session=NYSE))
    assert standardise(raw, SourceSpec(**layout))["ts"].null_count() == 0


def test_an_anchor_that_the_bars_do_not_follow_is_refused():
    """Half-hour bars of 09:30 would be known at 10:00, in the middle of an hour."""
    hours = [f"2021-03-{day} {hour:02}:30" for day in (11, 12) for hour in range(9, 16)]
    settings = {"stamp": "open", "timezone": "America/New_York", "timeframe": "1H"}
    with pytest.raises(ValueError, match=r"market\.anchor 00:00 .* in 2 of 2 sessions"):
        close_stamps(pl.Series(hours), SourceSpec(**settings, session=NYSE, anchor="00:00"))
    on_the_hour = ["09:30", *(f"{hour}:00" for hour in range(10, 16))]
    stamps = [f"2021-03-12 {clock}" for clock in on_the_hour]
    ts, _ = close_stamps(pl.Series(stamps), SourceSpec(**settings, session=NYSE, anchor="00:00"))
    assert ts[0] == datetime(2021, 3, 12, 15, tzinfo=UTC)
