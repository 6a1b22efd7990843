"""Report lines on times: off the schedule, missing bars, gaps and incomplete sessions."""

from datetime import UTC, datetime, timedelta

import pytest

from regime_factory.bars import Session
from regime_factory.bars.quality.findings_times import Schedule, time_findings
from regime_factory.bars.quality.limits import GateLimits
from regime_factory.bars.sessions.schedule import scheduled_stamps

from ..reference import FUTURES, NYSE, make_bars

XNYS = NYSE.model_copy(update={"calendar": "XNYS"})
START = datetime(2021, 1, 4, tzinfo=UTC)


def hours(*numbers):
    return [START + timedelta(hours=n) for n in numbers]


def lines(stamps, timeframe="1H", session=None, anchor=None, **limits):
    bars = make_bars(list(stamps), timeframe)
    found = time_findings(bars, Schedule(timeframe, session, anchor), GateLimits(**limits))
    return {line["check"]: line for line in found}


def scheduled(timeframe, session, first=(2021, 1, 4), last=(2021, 12, 31), anchor=None):
    span = (datetime(*day, tzinfo=UTC) for day in (first, last))
    return scheduled_stamps(*span, timeframe, session, anchor).to_list()


@pytest.mark.parametrize(
    ("timeframe", "session", "anchor"),
    [
        ("1H", None, None),
        ("4H", None, "02:00"),
        ("1D", None, None),
        ("1W", None, None),
        ("1H", NYSE, None),
        ("1H", NYSE, "00:00"),
        ("30min", XNYS, None),
        ("4H", FUTURES, None),
        ("1D", XNYS, None),
        ("1W", XNYS, None),
    ],
)
def test_bars_on_the_schedule_have_no_finding(timeframe, session, anchor):
    found = lines(scheduled(timeframe, session, anchor=anchor), timeframe, session, anchor)
    assert {line["severity"] for line in found.values()} == {"ok"}
    assert sum(line["rows"] for line in found.values()) == 0
    intraday_session = session is not None and timeframe.endswith(("H", "min"))
    assert ("incomplete sessions" in found) == intraday_session


def test_bars_off_the_grid_are_named():
    found = lines([*hours(1, 2), *hours(2.5), *hours(3, 4)])
    line = found["on grid"]
    assert (line["severity"], line["rows"]) == ("warn", 1)
    assert line["result"] == "1 of 5 bars (20.0%) close at no scheduled time"
    assert "e.g. 2021-01-04 02:30 UTC" in line["note"]
    assert found["gaps"]["rows"] == 0


def test_another_anchor_is_off_the_grid():
    stamps = scheduled("4H", None, anchor="02:00")
    assert lines(stamps, "4H")["on grid"]["rows"] == len(stamps)
    assert lines(stamps, "4H", anchor="02:00")["on grid"]["rows"] == 0


def test_missing_bars_of_a_market_that_never_closes():
    found = lines(hours(1, 2, 5, 6, 8))
    line = found["gaps"]
    assert line["result"] == "3 of 8 scheduled bars are missing (37.5%)"
    assert (line["severity"], line["rows"]) == ("warn", 3)
    assert line["first"] == "2021-01-04T03:00:00+00:00"
    assert lines(hours(1, 2, 5), missing_share=0.5)["gaps"]["severity"] == "ok"
    assert lines(hours(1))["gaps"]["severity"] == "ok"


def test_the_longest_gap_shows_what_stands_on_both_sides():
    found = lines(hours(1, 2, 5, 6, 6 + 24 * 8))["longest gap"]
    bars = make_bars(hours(1, 2, 5, 6, 6 + 24 * 8))
    before, after = bars["close"][3], bars["open"][4]
    assert found["severity"] == "warn"
    assert found["result"] == (
        "8.0 days, 2021-01-04 06:00 to 2021-01-12 06:00 UTC; "
        f"close {before:g} before, open {after:g} after ({after / before - 1:+.1%})"
    )
    assert (found["first"], found["last"]) == (
        "2021-01-04T06:00:00+00:00", "2021-01-12T06:00:00+00:00",
    )  # fmt: skip
    assert lines(hours(1, 2, 5, 6))["longest gap"]["severity"] == "ok"


def test_a_weekend_is_no_gap():
    friday_and_monday = [datetime(2021, 1, day, 21, tzinfo=UTC) for day in (7, 8, 11)]
    found = lines(friday_and_monday, "1D", XNYS)
    assert found["longest gap"]["result"] == "no gap"
    assert found["gaps"]["result"] == "no bar is missing"


def test_holidays_count_as_missing_only_beyond_what_a_year_has():
    with_holidays = scheduled("1D", XNYS)
    found = lines(with_holidays, "1D", NYSE)["gaps"]
    assert (found["severity"], found["rows"]) == ("ok", 9)
    assert "set session.calendar" in found["note"]
    few = [stamp for i, stamp in enumerate(with_holidays) if i % 15]
    assert lines(few, "1D", NYSE)["gaps"]["severity"] == "warn"
    assert lines(with_holidays, "1D", NYSE, weekdays_off=0)["gaps"]["severity"] == "warn"
    assert lines(few, "1D", XNYS)["gaps"]["rows"] == 16


def test_whole_sessions_and_single_bars_are_told_apart():
    stamps = scheduled("1H", XNYS, last=(2021, 1, 31))
    lost_day = [s for s in stamps if s.date() != datetime(2021, 1, 12).date()]
    assert len(stamps) - len(lost_day) == 7
    found = lines(lost_day, "1H", XNYS)
    assert found["gaps"]["result"].endswith("1 whole session among them")
    assert found["gaps"]["rows"] == 7
    assert found["incomplete sessions"]["rows"] == 0
    found = lines([s for i, s in enumerate(stamps) if i not in {40, 41, 60}], "1H", XNYS)
    assert found["gaps"]["result"].endswith("0 whole sessions among them")
    line = found["incomplete sessions"]
    assert (line["severity"], line["rows"]) == ("warn", 2)
    assert line["result"] == "2 of 19 sessions (10.5%) lack 3 bars"


def test_half_days_are_complete_where_the_calendar_knows_them():
    stamps = scheduled("1H", XNYS, first=(2021, 11, 1))
    assert lines(stamps, "1H", XNYS)["incomplete sessions"]["rows"] == 0
    without = lines(stamps, "1H", NYSE)["incomplete sessions"]
    assert (without["rows"], without["last"]) == (1, "2021-11-26T21:00:00+00:00")
    assert "half days count here" in without["note"]


def test_a_file_may_start_and_end_within_a_session():
    stamps = scheduled("1H", XNYS, last=(2021, 1, 31))[3:-3]
    assert lines(stamps, "1H", XNYS)["incomplete sessions"]["rows"] == 0


def test_bars_outside_the_session_are_no_matter_of_the_grid():
    stamps = [*scheduled("1H", NYSE, last=(2021, 1, 6)), datetime(2021, 1, 6, 1, tzinfo=UTC)]
    found = lines(sorted(stamps), "1H", NYSE)
    assert found["session hours"]["rows"] == 1
    assert found["on grid"]["rows"] == 0
    early = [stamp - timedelta(hours=1) for stamp in scheduled("1H", NYSE)]
    first_of_day = lines(early, "1H", NYSE)["session hours"]
    assert first_of_day["rows"] == len({stamp.date() for stamp in early})  # 09:30 ends no bar
    assert "ingest.stamp" in first_of_day["note"]


def test_the_night_session_reaches_over_the_weekend():
    sunday = datetime(2021, 3, 14, 23, tzinfo=UTC)
    saturday = datetime(2021, 3, 13, 18, tzinfo=UTC)
    assert lines([sunday], "1H", FUTURES)["session hours"]["rows"] == 0
    assert lines([saturday], "1H", FUTURES)["session hours"]["rows"] == 1


def test_weekend_bars_of_a_market_with_sessions_are_off_the_schedule():
    days = [datetime(2021, 1, day, 21, tzinfo=UTC) for day in range(4, 13)]
    assert lines(days, "1D", XNYS)["on grid"]["rows"] == 2


def test_a_session_without_an_opening_time_has_no_schedule_inside_the_day():
    session = Session(timezone="America/New_York", close="16:00")
    found = lines(hours(1, 2, 3), "1H", session)
    assert list(found) == ["on grid"]
    assert "session.open" in found["on grid"]["note"]
    assert lines(scheduled("1D", session), "1D", session)["gaps"]["rows"] == 0


def test_a_weekend_is_not_the_longest_gap_where_a_day_is_missing():
    days = [s for s in scheduled("1D", XNYS, last=(2021, 1, 31)) if s.day != 13]
    found = lines(days, "1D", XNYS)["longest gap"]
    assert found["result"].startswith("2.0 days, 2021-01-12 21:00 to 2021-01-14 21:00 UTC")
