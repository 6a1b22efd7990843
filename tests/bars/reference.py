"""Slow plain-Python resampling and small builders of bars, for comparison in tests."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from regime_factory.bars import Session

UTC_TS = pl.Datetime("us", "UTC")
NYSE = Session(timezone="America/New_York", open="09:30", close="16:00")
FUTURES = Session(timezone="America/Chicago", open="17:00", close="16:00")
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


def brute_force(bars: pl.DataFrame, timeframe: str, session: Session | None) -> list[tuple]:
    """Resampled rows by walking over every bar and every bin edge, without any table function."""
    rows = []
    symbols = dict.fromkeys(bars["symbol"])
    for symbol in symbols:
        mine = [row for row in bars.iter_rows(named=True) if row["symbol"] == symbol]
        bins: dict[datetime, list[dict]] = {}
        for row in mine:
            bins.setdefault(label_of(row["ts"], timeframe, session), []).append(row)
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


def label_of(ts: datetime, timeframe: str, session: Session | None) -> datetime:
    """End of the bin of one close stamp, found by stepping along the edges."""
    ts = ts.astimezone(UTC)
    count, unit = int(timeframe.rstrip("minHDW")), timeframe.lstrip("0123456789")
    if session is None:
        return _utc_edge(ts, count, unit)
    day = _session_day(ts, session)
    if unit == "D":
        return _at(day, session.close, session)
    if unit == "W":
        while day.weekday() != 4:
            day += timedelta(days=1)
        return _at(day, session.close, session)
    starts_before = session.open >= session.close
    edge = _at(day - timedelta(days=1) if starts_before else day, session.open, session)
    close = _at(day, session.close, session)
    edge += count * STEPS[unit]
    while edge < ts:
        edge += count * STEPS[unit]
    return min(edge, close)


def _utc_edge(ts: datetime, count: int, unit: str) -> datetime:
    if unit == "W":
        edge = ts.replace(hour=0, minute=0, second=0, microsecond=0)
        while edge.weekday() != 0 or edge < ts:
            edge += timedelta(days=1)
        return edge
    step = count * STEPS[unit]
    edge = datetime(1970, 1, 1, tzinfo=UTC)
    edge += ((ts - edge) // step) * step
    return edge if edge == ts else edge + step


def _session_day(ts: datetime, session: Session) -> date:
    day = ts.astimezone(ZoneInfo(session.timezone)).date()
    while day.weekday() > 4 or _at(day, session.close, session) < ts:
        day += timedelta(days=1)
    return day


def _at(day: date, clock: str, session: Session) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(session.timezone))
    return local.astimezone(UTC)
