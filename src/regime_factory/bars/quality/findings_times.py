"""What the quality gate reports about times: off the schedule, missing from it, and gaps."""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from regime_factory.bars.quality.findings import Finding, counted, examples, finding, shown
from regime_factory.bars.quality.findings_hours import later_close_findings
from regime_factory.bars.quality.limits import GateLimits
from regime_factory.bars.sessions.schedule import scheduled_stamps
from regime_factory.bars.sessions.session import Session, session_of
from regime_factory.bars.sessions.timeframes import parse_timeframe, timeframe_minutes

_DAY = timedelta(days=1)
_YEAR = timedelta(days=365.25)


@dataclass(frozen=True)
class Schedule:
    """The times at which bars of one timeframe close.

    Parameters
    ----------
    timeframe
        Timeframe of the bars.
    session
        The market's session; ``None`` for a 24/7 market.
    anchor
        Where the grid of the day starts, ``HH:MM``; ``None`` as in `resample`.
    """

    timeframe: str
    session: Session | None = None
    anchor: str | None = None

    @property
    def intraday(self) -> bool:
        """Whether several bars make a session."""
        return parse_timeframe(self.timeframe).unit in {"min", "H"}

    @property
    def known(self) -> bool:
        """Whether the settings say when bars close."""
        return not self.intraday or self.session is None or self.session.open is not None


def time_findings(kept: pl.DataFrame, schedule: Schedule, limits: GateLimits) -> list[Finding]:
    """Report lines on how the bars' times fit the schedule.

    Parameters
    ----------
    kept
        Kept bars of one symbol, ``ts`` strictly increasing.
    schedule
        When bars should close.
    limits
        Thresholds.

    Returns
    -------
    list of dict
        Findings `on grid`, `session hours` (intraday, or where daily bars end too early), `gaps`,
        `longest gap` and `incomplete sessions` (intraday).

    Notes
    -----
    Only the time between the first and the last bar is looked at, so a file may start or end
    within a session.

    Examples
    --------
    >>> from datetime import datetime
    >>> hours = [datetime(2021, 1, 4, hour) for hour in (1, 2, 5)]
    >>> bars = pl.DataFrame({"ts": hours, "open": 1.0, "close": 2.0}).with_columns(
    ...     pl.col("ts").dt.replace_time_zone("UTC"))
    >>> [line["result"] for line in time_findings(bars, Schedule("1H"), GateLimits())][1]
    '2 of 5 scheduled bars are missing (40.0%)'
    """
    if not schedule.known:
        note = "Set session.open; without it no intraday bar has a scheduled close."
        return [finding("on grid", "warn", "not checked: the session has no open", note)]
    ts = kept["ts"]
    scheduled = scheduled_stamps(
        ts[0], ts[-1], schedule.timeframe, schedule.session, schedule.anchor
    )
    off = ts.filter(~_is_among(ts, scheduled))
    missing = scheduled.filter(~_is_among(scheduled, ts))
    lines = _off_findings(off, len(ts), schedule)
    if not schedule.intraday:
        lines += later_close_findings(ts, schedule.session)
    lack = _Missing(missing, len(scheduled), _by_session(missing, scheduled, schedule.session))
    lines.append(_gap_finding(lack, ts[-1] - ts[0], schedule.session, limits))
    lines.append(_longest_finding(kept, missing, schedule, limits))
    if schedule.session is not None and schedule.intraday:
        lines.append(_partial_finding(lack.sessions, ts, schedule.session, limits))
    return lines


@dataclass(frozen=True)
class _Missing:
    """Scheduled times without a bar, out of how many, and the sessions they belong to."""

    stamps: pl.Series
    scheduled: int
    sessions: pl.DataFrame | None


def _is_among(times: pl.Series, others: pl.Series) -> pl.Series:
    """Whether each time is one of the others; both increase."""
    left = times.alias("ts").to_frame().set_sorted("ts")
    right = others.alias("ts").to_frame().with_columns(found=pl.col("ts")).set_sorted("ts")
    joined = left.join_asof(right, on="ts", strategy="backward")
    return joined.select((pl.col("found") == pl.col("ts")).fill_null(value=False)).to_series()


def _off_findings(off: pl.Series, bars: int, schedule: Schedule) -> list[Finding]:
    """Bars that no schedule has: outside the session, or inside it at another time."""
    session = schedule.session
    outside = off.clear()
    lines = []
    if session is not None and schedule.intraday:
        outside = session_of(off, session).filter(pl.col("ts") <= pl.col("open"))["ts"]
        off = off.filter(~_is_among(off, outside))
        if len(outside):
            result = f"{len(outside):,} of {bars:,} bars close outside the session"
            note = (
                "Coarser bars count them into the next session; check session open, close, time "
                f"zone and ingest.stamp, or leave such bars out; {examples(outside)}."
            )
            lines.append(finding("session hours", "warn", result, note, outside))
        else:
            lines.append(finding("session hours", "ok", "all bars close within the session"))
    if len(off) == 0:
        return [finding("on grid", "ok", "every bar closes when one is scheduled"), *lines]
    result = f"{len(off):,} of {bars:,} bars ({len(off) / bars:.1%}) close at no scheduled time"
    note = (
        "Check market.timeframe, market.anchor, the session's days and hours and ingest.stamp; a "
        f"few such bars are mostly odd rows of the source; {examples(off)}."
    )
    return [finding("on grid", "warn", result, note, off), *lines]


def _by_session(
    missing: pl.Series, scheduled: pl.Series, session: Session | None
) -> pl.DataFrame | None:
    """Sessions with missing bars: ``close``, ``missing`` and ``scheduled`` bars."""
    if session is None or len(missing) == 0:
        return None
    days = session_of(missing, session).group_by("day", maintain_order=True)
    counts = days.agg(pl.col("close", "open").first(), missing=pl.len(), ts=pl.col("ts").first())
    start = scheduled.search_sorted(counts["open"].fill_null(counts["close"]), side="right")
    end = scheduled.search_sorted(counts["close"], side="right")
    intraday = counts["open"].null_count() == 0
    size = (end - start) if intraday else pl.Series([1] * counts.height)
    return counts.select("close", "missing", scheduled=size)


def _gap_finding(
    lack: _Missing, span: timedelta, session: Session | None, limits: GateLimits
) -> Finding:
    """Missing bars, less the holidays that are to be expected without a calendar."""
    missing = len(lack.stamps)
    if missing == 0:
        return finding("gaps", "ok", "no bar is missing")
    share, expected = missing / lack.scheduled, 0.0
    result = f"{missing:,} of {lack.scheduled:,} scheduled bars are missing ({share:.1%})"
    note = "A return over a gap spans more than one bar; nothing is filled in"
    if session is not None and lack.sessions is not None:
        whole = lack.sessions.filter(pl.col("missing") >= pl.col("scheduled"))
        result += f", {counted(whole.height, 'whole session')} among them"
        if session.calendar is None:
            holidays = round(limits.weekdays_off * span / _YEAR)
            expected = float(whole["missing"][:holidays].sum())
            note += (
                f"; up to {limits.weekdays_off} weekdays a year count as holidays, set "
                "session.calendar to know them"
            )
    severity = "warn" if (missing - expected) / lack.scheduled > limits.missing_share else "ok"
    return finding("gaps", severity, result, f"{note}; {examples(lack.stamps)}.", lack.stamps)


def _longest_finding(
    kept: pl.DataFrame, missing: pl.Series, schedule: Schedule, limits: GateLimits
) -> Finding:
    """The longest time without a bar in which one was scheduled, and the prices around it."""
    if len(missing) == 0:
        return finding("longest gap", "ok", "no gap")
    steps = kept.select(
        "ts", "open", before=pl.col("ts").shift(1), closed=pl.col("close").shift(1)
    ).drop_nulls()
    lacking = missing.search_sorted(steps["ts"]) - missing.search_sorted(steps["before"])
    gap = steps.filter(lacking > 0).with_columns(length=pl.col("ts") - pl.col("before"))
    at = gap.row(gap["length"].arg_max() or 0, named=True)
    limit = max(
        timedelta(days=limits.long_gap_days),
        timedelta(minutes=2 * timeframe_minutes(schedule.timeframe)),
    )
    result = (
        f"{at['length'] / _DAY:.1f} days, {shown(at['before'])} to {shown(at['ts'])} UTC; close "
        f"{at['closed']:g} before, open {at['open']:g} after ({at['open'] / at['closed'] - 1:+.1%})"
    )
    where = pl.Series([at["before"], at["ts"]])
    if at["length"] <= limit:
        return finding("longest gap", "ok", result, where=where)
    note = (
        "Bars on both sides count as neighbours, and values carried over the gap end after "
        "market.max_staleness_days; ask the source for the bars between, or start after the gap."
    )
    return finding("longest gap", "warn", result, note, where)


def _partial_finding(
    sessions: pl.DataFrame | None, ts: pl.Series, session: Session, limits: GateLimits
) -> Finding:
    name = "incomplete sessions"
    if sessions is None:
        return finding(name, "ok", "every session has all its bars")
    partial = sessions.filter(pl.col("missing") < pl.col("scheduled"))
    if partial.is_empty():
        return finding(name, "ok", "every session that has bars has all of them")
    held = session_of(ts, session)["day"].n_unique()
    share = partial.height / held
    lack = counted(int(partial["missing"].sum()), "bar")
    result = f"{partial.height:,} of {held:,} sessions ({share:.1%}) lack {lack}"
    known = "" if session.calendar else "half days count here without session.calendar; "
    note = (
        f"Bars of these sessions cover less time than they should; {known}ask the source for the "
        f"bars; sessions that close {examples(partial['close'])}."
    )
    severity = "warn" if share > limits.partial_share else "ok"
    return finding(name, severity, result, note, partial["close"])
