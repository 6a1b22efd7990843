"""Report lines on kept bars."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from regime_factory.bars import Session
from regime_factory.bars.findings import (
    finding,
    gap_finding,
    hours_finding,
    rejected_finding,
    stale_open_finding,
    time_span,
    volume_finding,
)

from .reference import FUTURES, NYSE, UTC_TS


def hours(*numbers):
    start = datetime(2021, 1, 4, tzinfo=UTC)
    return pl.Series([start + timedelta(hours=n) for n in numbers], dtype=UTC_TS)


def test_span_of_nothing_is_unknown():
    assert time_span(pl.Series([None], dtype=UTC_TS)) == (None, None)
    assert finding("order", "ok", "fine")["first"] is None


@pytest.mark.parametrize(("rows", "severity"), [(0, "ok"), (1, "warn"), (10, "bad")])
def test_one_percent_of_rejected_rows_is_bad(rows, severity):
    assert rejected_finding("rule", "do", hours(*range(rows)), 1000)["severity"] == severity


def test_volume_lines():
    none = pl.Series([None, None], dtype=pl.Float64)
    assert volume_finding(none, hours(1, 2))["result"] == "no volume in the data"
    assert volume_finding(pl.Series([1.0, 2.0]), hours(1, 2))["result"] == "present"
    assert volume_finding(pl.Series([1.0, None]), hours(1, 2))["result"] == "1 bars without volume"
    bad = volume_finding(pl.Series([-1.0, 0.0, float("nan"), float("inf"), 3.0]), hours(*range(5)))
    assert (bad["severity"], bad["rows"]) == ("warn", 4)


def test_stale_opens_are_counted_per_year():
    stamps = [
        datetime(year, 6, day, tzinfo=UTC) for year in (2003, 2004, 2006) for day in (1, 2, 3)
    ]
    close = [float(i) for i in range(1, 10)]
    opens = [9.0, 1.0, 2.0, 9.0, 9.0, 5.0, 9.0, 9.0, 9.0]
    bars = pl.DataFrame({"ts": stamps, "open": opens, "close": close})
    line, share, years = stale_open_finding(bars, 0.05)
    assert share == pytest.approx(3 / 8)
    assert years == {"2003": 1.0, "2004": pytest.approx(1 / 3)}
    assert (line["severity"], line["rows"]) == ("warn", 3)
    assert "2003-2004" in line["note"]
    assert stale_open_finding(bars, 1.0)[0]["severity"] == "ok"
    assert stale_open_finding(bars[:1], 0.05)[1:] == (0.0, {})


def test_gaps_on_the_24_7_clock():
    assert gap_finding(hours(1, 2, 3), "1H", None)["result"] == "no bar is missing"
    line = gap_finding(hours(1, 2, 5, 6, 8), "1H", None)
    assert line["result"] == "2 gaps, 3 bars (37.5%) missing"
    assert line["first"] == "2021-01-04T05:00:00+00:00"
    assert gap_finding(hours(1), "1H", None)["severity"] == "ok"


def test_long_breaks_between_sessions():
    assert gap_finding(hours(1, 24, 96), "1D", NYSE)["severity"] == "ok"
    line = gap_finding(hours(1, 24, 24 * 9), "1D", NYSE)
    assert (line["severity"], line["result"]) == ("warn", "longest break 8.0 days")


def test_bars_outside_the_session_hours():
    inside = hours(14.75, 15, 21)  # 09:45, 10:00, 16:00 in New York
    assert hours_finding(inside, NYSE)["severity"] == "ok"
    assert hours_finding(hours(12, 14.5, 21.25, 21 + 5 * 24), NYSE)["rows"] == 4
    night = Session(timezone="UTC", open="18:00", close="17:00")
    assert hours_finding(hours(1, 17, 17.5, 18, 18.5), night)["rows"] == 2


def test_sunday_evening_of_futures_is_within_the_session():
    sunday_evening = pl.Series([datetime(2021, 3, 14, 23, tzinfo=UTC)], dtype=UTC_TS)
    saturday = pl.Series([datetime(2021, 3, 13, 18, tzinfo=UTC)], dtype=UTC_TS)
    assert hours_finding(sunday_evening, FUTURES)["rows"] == 0
    assert hours_finding(saturday, FUTURES)["rows"] == 1
