"""Report line on daily bars of an exchange that came to close later."""

from datetime import UTC, datetime

import pytest

from regime_factory.bars import Session
from regime_factory.bars.quality.findings_hours import later_close_findings
from regime_factory.bars.quality.findings_times import Schedule, time_findings
from regime_factory.bars.quality.limits import GateLimits
from regime_factory.bars.sessions.schedule import scheduled_stamps

from ..reference import INDEX_FUTURES, NEW_YORK, NYSE, make_bars

TOKYO = Session(timezone="Asia/Tokyo", close="15:00", calendar="XTKS")
SPAN = datetime(2024, 10, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)


def lines(session, timeframe="1D", span=SPAN):
    return later_close_findings(scheduled_stamps(*span, timeframe, session), session)


@pytest.mark.parametrize(("timeframe", "bars", "first"), [("1D", 40, 5), ("1W", 9, 8)])
def test_bars_that_end_before_their_exchange_are_named(timeframe, bars, first):
    (line,) = lines(TOKYO, timeframe)
    assert (line["severity"], line["check"], line["rows"]) == ("warn", "session hours", bars)
    assert "end at 15:00, when XTKS closes at 15:30 (2024-11-0" in line["result"]
    assert line["first"] == f"2024-11-{first:02d}T06:00:00+00:00"


def test_the_gate_names_them():
    bars = make_bars(scheduled_stamps(*SPAN, "1D", TOKYO).to_list(), "1D")
    found = time_findings(bars, Schedule("1D", TOKYO), GateLimits())
    assert [line["check"] for line in found if line["severity"] == "warn"] == ["session hours"]


@pytest.mark.parametrize(
    "session",
    [
        None,
        NYSE,
        NEW_YORK,
        INDEX_FUTURES,  # later than New York
        INDEX_FUTURES.model_copy(update={"calendar": "CMES"}),  # an hour before, and always so
        TOKYO.model_copy(update={"close": "15:30"}),
    ],
)
def test_other_sessions_have_no_finding(session):
    assert lines(session) == []


def test_data_before_the_change_have_no_finding():
    assert lines(TOKYO, span=(SPAN[0], datetime(2024, 11, 4, tzinfo=UTC))) == []
