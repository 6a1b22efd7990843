"""Slow plain-Python resampling and small builders of bars, for comparison in tests."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import polars as pl

from regime_factory.bars import Session

UTC_TS = pl.Datetime("us", "UTC")
NYSE = Session(timezone="America/New_York", open="09:30", close="16:00")
FUTURES = Session(timezone="America/Chicago", open="17:00", close="16:00")
NEW_YORK = NYSE.model_copy(update={"calendar": "XNYS"})
INDEX_FUTURES = FUTURES.model_copy(update={"calendar": "XNYS"})
LONDON = Session(timezone="Europe/London", open="08:00", close="16:30", calendar="XLON")
SYDNEY = Session(timezone="Australia/Sydney", open="10:00", close="16:00", calendar="XASX")
RIYADH = Session(timezone="Asia/Riyadh", open="10:00", close="15:00", calendar="XSAU")
SAO_PAULO = Session(timezone="America/Sao_Paulo", open="10:00", close="18:00", calendar="BVMF")
COVERED = {"XSAU": ("2021-01-01", "2029-12-31")}
STEPS = {"min": timedelta(minutes=1), "H": timedelta(hours=1), "D": timedelta(days=1)}


def make_bars(
    stamps: list[datetime],
    timeframe: str = "1H",
    symbol: str = "X",
    closes: list[float] | None = None,
) -> pl.DataFrame:
    """Canonical bars with distinct, consistent prices."""
    n = len(stamps)
    close = closes or [100 + (7 * i % 11) + i / 10 for i in range(n)]
    return pl.DataFrame(
        {
            "symbol": [symbol] * n,
            "timeframe": [timeframe] * n,
            "ts": stamps,
            "open": [c - 0.3 for c in close],
            "high": [c + 1 + i % 3 for i, c in enumerate(close)],
            "low": [c - 1 - i % 4 for i, c in enumerate(close)],
            "close": close,
            "volume": [None if i % 5 == 0 else float(10 + i) for i in range(n)],
            "n_base": [1] * n,
        },
        schema_overrides={"ts": UTC_TS, "n_base": pl.UInt32, "volume": pl.Float64},
    )


def brute_force(
    bars: pl.DataFrame, timeframe: str, session: Session | None, anchor: str | None = None
) -> list[tuple]:
    """Resampled rows by walking over every bar and every bin edge, without any table function."""
    rows = []
    symbols = dict.fromkeys(bars["symbol"])
    for symbol in symbols:
        mine = [row for row in bars.iter_rows(named=True) if row["symbol"] == symbol]
        bins: dict[datetime, list[dict]] = {}
        for row in mine:
            bins.setdefault(label_of(row["ts"], timeframe, session, anchor), []).append(row)
        for label, members in bins.items():
            if label > mine[-1]["ts"]:
                continue
            volumes = [m["volume"] for m in members if m["volume"] is not None]
            rows.append(
                (
                    symbol,
                    timeframe,
                    label,
                    members[0]["open"],
                    max(m["high"] for m in members),
                    min(m["low"] for m in members),
                    members[-1]["close"],
                    sum(volumes) if volumes else None,
                    sum(m["n_base"] for m in members),
                )
            )
    return rows


@cache
def label_of(
    ts: datetime, timeframe: str, session: Session | None, anchor: str | None = None
) -> datetime:
    """End of the bin of one close stamp, found by stepping along the edges."""
    ts = ts.astimezone(UTC)
    count, unit = int(timeframe.rstrip("minHDW")), timeframe.lstrip("0123456789")
    if session is None:
        return _utc_edge(ts, count, unit, anchor)
    day = _session_day(ts, session)
    if unit == "D":
        return closing(day, session)
    if unit == "W":
        return _week_close(day, session)
    opening_day = day - timedelta(days=1) if session.open >= session.close else day
    opening = _at(opening_day, session.open, session)
    edge = opening + _from_clock_to_clock(session.open, anchor or session.open)
    if edge > opening:
        edge -= timedelta(days=1)
    while edge <= _late_open(day, opening, session) or edge < ts:
        edge += count * STEPS[unit]
    return min(edge, closing(day, session))


def _from_clock_to_clock(first: str, second: str) -> timedelta:
    before, after = (datetime.strptime(clock, "%H:%M") for clock in (first, second))
    return after - before


def _utc_edge(ts: datetime, count: int, unit: str, anchor: str | None) -> datetime:
    if unit == "W":
        edge = ts.replace(hour=0, minute=0, second=0, microsecond=0)
        while edge.weekday() != 0 or edge < ts:
            edge += timedelta(days=1)
        return edge
    step = count * STEPS[unit]
    edge = datetime(1970, 1, 1, tzinfo=UTC)
    if unit != "D":
        edge += _from_clock_to_clock("00:00", anchor or "00:00")
    edge += ((ts - edge) // step) * step
    return edge if edge == ts else edge + step


def _session_day(ts: datetime, session: Session) -> date:
    day = ts.astimezone(ZoneInfo(session.timezone)).date()
    while not trades(day, session) or closing(day, session) < ts:
        day += timedelta(days=1)
    return day


def _week_close(day: date, session: Session) -> datetime:
    """Close of the last session from a day to the Saturday that ends its week."""
    days = [day]
    while days[-1].weekday() != 5:
        days.append(days[-1] + timedelta(days=1))
    return closing(max(other for other in days if trades(other, session)), session)


@cache
def _schedule(code: str) -> tuple[dict[date, tuple[datetime, datetime]], set[date], set[date]]:
    """Hours by day, and days of late opens and early closes, as the library has them."""
    import exchange_calendars

    start, end = COVERED.get(code, ("1970-01-01", "2049-12-31"))
    calendar = exchange_calendars.get_calendar(code, start=start, end=end)
    hours = {
        day.date(): (row["open"].to_pydatetime(), row["close"].to_pydatetime())
        for day, row in calendar.schedule.iterrows()
    }
    late, early = calendar.late_opens, calendar.early_closes
    return hours, {day.date() for day in late}, {day.date() for day in early}


def trades(day: date, session: Session) -> bool:
    """Whether there is a session on a date."""
    start, end = COVERED.get(session.calendar, ("1970-01-01", "2049-12-31"))
    if session.calendar is None or not start <= day.isoformat() <= end:
        return day.weekday() < 5
    return day in _schedule(session.calendar)[0]


def closing(day: date, session: Session) -> datetime:
    """Scheduled close of one session."""
    close = _at(day, session.close, session)
    if session.calendar is not None:
        hours, _, early = _schedule(session.calendar)
        close = min(close, hours[day][1]) if day in early else close
    return close


def _late_open(day: date, opening: datetime, session: Session) -> datetime:
    if session.calendar is None:
        return opening
    hours, late, _ = _schedule(session.calendar)
    return max(opening, hours[day][0]) if day in late else opening


def _at(day: date, clock: str, session: Session) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(session.timezone))
    return local.astimezone(UTC)
