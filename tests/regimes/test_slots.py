"""The slot of the day of a close stamp: by the clock, by the session, over clock changes."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from regime_factory.bars import Session
from regime_factory.bars.sessions.schedule import scheduled_stamps
from regime_factory.bars.sessions.session import session_of
from regime_factory.regimes.slots import slots_of

NYSE = Session(timezone="America/New_York", open="09:30", close="16:00", calendar="XNYS")
CME = Session(timezone="America/Chicago", open="17:00", close="16:00")


def stamps(*moments: tuple[int, ...]) -> pl.Series:
    return pl.Series([datetime(2024, *moment, tzinfo=UTC) for moment in moments])


def test_an_hour_ends_with_its_last_moment() -> None:
    ts = stamps((7, 1, 0, 30), (7, 1, 1, 0), (7, 1, 1, 1), (7, 2, 0, 0))
    assert slots_of(ts, "hour", timeframe="30min").to_list() == [0, 0, 1, 23]


def test_the_hour_is_that_of_the_sessions_clock_on_both_sides_of_a_clock_change() -> None:
    ts = stamps((3, 8, 15, 30), (3, 11, 14, 30))  # 10:30 in New York, before and after
    for by in ("hour", "slot"):
        own = slots_of(ts, by, timeframe="1H", session=NYSE)
        assert own.n_unique() == 1, by
    assert slots_of(ts, "hour", timeframe="1H", session=NYSE).to_list() == [10, 10]


def test_bars_are_numbered_from_the_open_of_their_session() -> None:
    day = [(7, 1, 14, 30), (7, 1, 15, 30), (7, 1, 19, 30), (7, 1, 20, 0), (7, 2, 14, 30)]
    assert slots_of(stamps(*day), "slot", timeframe="1H", session=NYSE).to_list() == [0, 1, 5, 6, 0]
    evening = stamps((7, 1, 23, 0), (7, 2, 0, 0), (7, 2, 21, 0))  # opens 17:00 in Chicago
    assert slots_of(evening, "slot", timeframe="1H", session=CME).to_list() == [0, 1, 22]
    half_day = stamps((11, 29, 18, 0))  # closes at 13:00
    assert slots_of(half_day, "slot", timeframe="1H", session=NYSE).to_list() == [3]


def test_bars_before_the_open_share_a_slot() -> None:
    ts = stamps((7, 1, 9, 0), (7, 1, 12, 0), (7, 1, 14, 30))
    assert slots_of(ts, "slot", timeframe="1H", session=NYSE).to_list() == [-1, -1, 0]


def test_without_a_session_bars_are_numbered_from_midnight_or_the_anchor() -> None:
    ts = stamps((7, 1, 4, 0), (7, 1, 8, 0), (7, 2, 0, 0))
    assert slots_of(ts, "slot", timeframe="4H").to_list() == [0, 1, 5]
    assert slots_of(ts, "slot", timeframe="4H", anchor="04:00").to_list() == [5, 0, 4]


@pytest.mark.parametrize("anchor", [None, "00:00"])
@pytest.mark.parametrize(("session", "count"), [(NYSE, 7), (CME, 23)])
def test_the_scheduled_bars_of_a_session_are_counted_from_zero(
    session: Session, count: int, anchor: str | None
) -> None:
    """Every session of a year, half days too, over both clock changes."""
    year = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    ts = scheduled_stamps(*year, "1H", session, anchor)
    slots = slots_of(ts, "slot", timeframe="1H", session=session, anchor=anchor)
    own = session_of(ts, session).with_columns(slots).group_by("day", maintain_order=True).all()
    counted = own["slot"].to_list()[1:-1]
    assert max(map(len, counted)) == count
    assert all(slots == list(range(len(slots))) for slots in counted)


def test_a_slot_depends_on_its_own_stamp_alone() -> None:
    first = datetime(2024, 7, 1, 12, 30, tzinfo=UTC)
    ts = pl.Series([first + timedelta(hours=n) for n in range(200)])
    for by in ("hour", "slot"):
        whole = slots_of(ts, by, timeframe="1H", session=NYSE)
        assert slots_of(ts[:73], by, timeframe="1H", session=NYSE).equals(whole[:73])
        assert slots_of(ts[90:], by, timeframe="1H", session=NYSE).equals(whole[90:])


def test_days_have_no_slot() -> None:
    with pytest.raises(ValueError, match="bars of 1D have no slot of the day"):
        slots_of(stamps((7, 1, 0, 0)), "hour", timeframe="1D")
