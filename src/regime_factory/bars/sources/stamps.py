"""Times as files write them to UTC close stamps, with a reason where a time cannot be used."""

from datetime import datetime, time, timedelta

import polars as pl

from regime_factory.bars.sessions.clock import localise
from regime_factory.bars.sessions.schedule import first_ends, week_closes
from regime_factory.bars.sessions.session import Session, session_calendar, session_closes
from regime_factory.bars.sessions.timeframes import parse_timeframe, timeframe_minutes
from regime_factory.bars.sources.spec import SourceSpec

_ISO = (
    r"^(?<date>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?<clock>\d{2}:\d{2})(?<second>:\d{2})?(?<part>\.\d{1,9})?)?"
    r"\s?(?<zone>Z|[+-]\d{2}:?\d{2})?$"
)
_EPOCH_UNITS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
_SHOWN_CHARACTERS = 30
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_214_400_000_000  # years 1 to 9999
_DATES_AS_CLOSE = (
    "the times are dates without a time of day, so 'close' would put each bar before its session; "
    "set stamp: session_close, and market.session with the exchange's closing time"
)


def close_stamps(
    times: pl.Series, spec: SourceSpec, *, refuse_dates: bool = True
) -> tuple[pl.Series, pl.Series]:
    """Close stamps in UTC of a file's time column.

    Parameters
    ----------
    times
        Time column of the file: text, dates, times with or without a zone, or epoch numbers.
    spec
        The file's layout; `stamp`, `timezone`, `market_session`, `anchor`, `timeframe` and
        `date_format` are used.
    refuse_dates
        Whether a column of nothing but dates is refused where the stamp is ``close``; for later
        parts of a column whose first part was let through, False: their dates become faults.

    Returns
    -------
    ts : pl.Series
        Datetime in microseconds, UTC; null where the time cannot be used.
    fault : pl.Series
        Why it cannot be used; null otherwise.

    Raises
    ------
    ValueError
        Where the column holds whole numbers without an epoch unit, is of another type, or holds
        nothing but dates without a time while the stamp is ``close``.

    Notes
    -----
    A local time that a clock change leaves out or repeats has no one moment; it becomes a fault.
    Bars stamped at the open end one bar length later: hours on the absolute clock, days and weeks
    on the local calendar. With a session, none runs over its close, and one that is stamped at the
    session's open ends where the first bin does. Dates stand for the close that is scheduled on
    them, early on a half day; dates of weekly bars for the close of the last session of their
    week. Among times that close bars, a date alone is a fault.

    Examples
    --------
    >>> spec = SourceSpec(stamp="open", timezone="America/New_York", timeframe="1H")
    >>> ts, fault = close_stamps(pl.Series(["2021-03-12 09:00", "2021-03-14 02:30"]), spec)
    >>> ts.dt.to_string("%Y-%m-%d %H:%M").to_list()
    ['2021-03-12 15:00', None]
    >>> fault[1]
    "ts '2021-03-14 02:30' does not exist in America/New_York (clock change)"
    """
    frame = _moments(times, spec)
    if refuse_dates:
        _refuse_dates_as_close(frame, spec)
    frame = frame.with_columns(fault=_fault(spec))
    unique = pl.col("naive").dt.replace_time_zone(
        spec.timezone, ambiguous="null", non_existent="null"
    )
    frame = frame.with_columns(utc=pl.coalesce("utc", unique.dt.convert_time_zone("UTC")))
    frame = frame.with_columns(
        naive=pl.coalesce(
            "naive", pl.col("utc").dt.convert_time_zone(spec.timezone).dt.replace_time_zone(None)
        )
    )
    frame = frame.with_columns(ts=_close(frame, spec).cast(pl.Datetime("us", "UTC")))
    ts = frame.select(ts=pl.when(pl.col("fault").is_null()).then("ts"))["ts"]
    return ts, frame["fault"]


def _close(frame: pl.DataFrame, spec: SourceSpec) -> pl.Series:
    """Close stamps from the columns ``utc`` and ``naive`` (wall clock in the file's zone)."""
    if spec.stamp == "close":
        return frame["utc"]
    session = spec.market_session
    count, unit = parse_timeframe(spec.timeframe)
    if spec.stamp == "session_close" and session is not None:
        closes = week_closes if unit == "W" else session_closes
        return closes(frame["naive"].dt.date(), session)
    if unit in {"D", "W"}:
        days = count * (7 if unit == "W" else 1)
        end = localise(pl.col("naive") + pl.duration(days=days), spec.timezone)
        return frame.select(end).to_series()
    end = frame["utc"] + timedelta(minutes=timeframe_minutes(spec.timeframe))
    return end if session is None else _cut_by_session(frame["utc"], end, session, spec)


def _cut_by_session(
    start: pl.Series, end: pl.Series, session: Session, spec: SourceSpec
) -> pl.Series:
    """Ends of bars that would run over the close, or over the end of a short first bar."""
    first, last = start.min(), end.max()
    if not (isinstance(first, datetime) and isinstance(last, datetime)):
        return end
    sessions = session_calendar(first, last, session)
    first_end = sessions["close"]
    if session.open is not None:
        first_end = first_ends(sessions, spec.timeframe, session, spec.anchor)
    row = sessions["close"].search_sorted(start.fill_null(first), side="right")
    own = sessions.with_columns(first_end=first_end)[row]
    stamped_at_open = start == own["open"]
    _refuse_wrong_anchor(start, own.filter(stamped_at_open), spec)
    return own.select(
        end=pl.min_horizontal(end, pl.when(stamped_at_open).then("first_end"), "close")
    )["end"]


def _refuse_wrong_anchor(start: pl.Series, opening: pl.DataFrame, spec: SourceSpec) -> None:
    """First bars that the anchor cuts short must be followed by one that opens at the cut."""
    if spec.anchor is None or opening.is_empty():
        return
    length = timedelta(minutes=timeframe_minutes(spec.timeframe))
    short = opening.filter(pl.col("first_end") < pl.col("open") + length)
    as_anchored = short["first_end"].is_in(start.implode()).sum()
    as_unanchored = (short["open"] + length).is_in(start.implode()).sum()
    if as_unanchored > as_anchored:
        shown = short.row(0, named=True)
        raise ValueError(
            f"market.anchor {spec.anchor} ends the first bar of a session, opened at "
            f"{shown['open']:%Y-%m-%d %H:%M} UTC, at {shown['first_end']:%H:%M}, but in "
            f"{as_unanchored} of {short.height} sessions the next bar opens a full "
            f"{spec.timeframe} later: the bars are not cut by that clock; set market.anchor to null"
        )


def _moments(times: pl.Series, spec: SourceSpec) -> pl.DataFrame:
    """Columns ``text``, ``naive`` (wall clock), ``utc`` (where a zone is known), ``date_only``."""
    frame = pl.DataFrame({"raw": times}).with_columns(text=pl.col("raw").cast(pl.String))
    raw, dtype = pl.col("raw"), times.dtype
    naive = pl.lit(None, dtype=pl.Datetime("us"))
    utc = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
    date_only = pl.lit(value=False)
    if spec.date_format in _EPOCH_UNITS:
        utc = _epoch(_EPOCH_UNITS[spec.date_format])
    elif dtype == pl.Date:
        naive, date_only = raw.cast(pl.Datetime("us")), pl.lit(value=True)
    elif isinstance(dtype, pl.Datetime):
        zoned = raw.cast(pl.Datetime("us", dtype.time_zone))
        naive, utc = (zoned, utc) if dtype.time_zone is None else (naive, _to_utc(zoned))
    elif dtype == pl.String and spec.date_format is not None:
        naive, utc, date_only = _formatted(spec.date_format, naive, utc)
    elif dtype in {pl.String, pl.Null}:
        frame = frame.with_columns(parts=_iso_parts()).unnest("parts")
        naive, utc, date_only = _iso()
    else:
        raise ValueError(
            f"the time column holds {dtype}, not times; for epoch numbers set ingest.date_format "
            f"to one of {', '.join(_EPOCH_UNITS)}"
        )
    return frame.select("text", naive=naive, utc=utc, date_only=date_only)


def _epoch(factor: int) -> pl.Expr:
    """Moments of epoch numbers, whole or with a fraction; null outside the years 1 to 9999."""
    text = pl.col("text").str.strip_chars()
    whole = text.cast(pl.Int64, strict=False)
    part = (text.cast(pl.Float64, strict=False) * factor).round().cast(pl.Int64, strict=False)
    moment = pl.when(whole.is_null()).then(part)
    known = whole.is_between(_FIRST_US // factor, _LAST_US // factor)
    moment = pl.when(known).then(whole * factor).otherwise(moment)
    kept = pl.when(moment.is_between(_FIRST_US, _LAST_US)).then(moment)
    return kept.cast(pl.Datetime("us", "UTC"))


def _to_utc(zoned: pl.Expr) -> pl.Expr:
    return zoned.dt.convert_time_zone("UTC")


def _formatted(date_format: str, naive: pl.Expr, utc: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    stripped = pl.col("text").str.strip_chars()
    parsed = stripped.str.to_datetime(date_format, time_unit="us", strict=False)
    if "%z" in date_format or "%#z" in date_format:
        return naive, _to_utc(parsed), pl.lit(value=False)
    has_clock = any(mark in date_format for mark in ("%H", "%I", "%T", "%R", "%X", "%k", "%c"))
    return parsed, utc, pl.lit(value=not has_clock)


def _iso_parts() -> pl.Expr:
    return pl.col("text").str.strip_chars().str.extract_groups(_ISO)


def _iso() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    clock = pl.coalesce("clock", pl.lit("00:00"))
    second = pl.coalesce("second", pl.lit(":00")) + pl.coalesce("part", pl.lit(".0"))
    text = pl.col("date") + " " + clock + second
    naive = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    zone = pl.col("zone").str.replace("Z", "+00:00").str.replace(":", "")
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    hours, minutes = zone.str.slice(1, 2).cast(pl.Int64), zone.str.slice(3, 2).cast(pl.Int64)
    offset = pl.duration(minutes=sign * (60 * hours + minutes))
    zoned = pl.col("zone").is_not_null()
    return (
        pl.when(~zoned).then(naive),
        pl.when(zoned).then((naive - offset).dt.replace_time_zone("UTC")),
        pl.col("clock").is_null(),
    )


def _fault(spec: SourceSpec) -> pl.Expr:
    """Reason why a time cannot be used; dates of a session need no clock time."""
    timezone, dates = spec.timezone, spec.stamp == "session_close"
    text, naive = pl.col("text").str.strip_chars(), pl.col("naive")
    shown = text.str.slice(0, _SHOWN_CHARACTERS)
    empty = pl.col("text").is_null() | (text == "")
    unread = naive.is_null() & pl.col("utc").is_null()
    on_clock = naive.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    unique = naive.dt.replace_time_zone(timezone, ambiguous="null", non_existent="null")
    local = naive.is_not_null() & ~pl.lit(dates)
    return (
        pl.when(empty)
        .then(pl.lit("ts is missing"))
        .when(unread)
        .then(pl.format("ts is not a time: '{}'", shown))
        .when(pl.col("date_only") & pl.lit(spec.stamp == "close"))
        .then(pl.format("ts is a date without a time of day: '{}'", shown))
        .when(local & on_clock.is_null())
        .then(pl.format(f"ts '{{}}' does not exist in {timezone} (clock change)", shown))
        .when(local & unique.is_null())
        .then(pl.format(f"ts '{{}}' happens twice in {timezone} (clock change)", shown))
    )


def refuse_midnight_closes(ts: pl.Series, spec: SourceSpec) -> None:
    """Refuse close stamps that are all midnight UTC in a market whose session ends otherwise.

    Parameters
    ----------
    ts
        Close stamps, UTC.
    spec
        The file's layout; `stamp` and `market_session` are used.

    Raises
    ------
    ValueError
        Where every bar would be known before its session.

    Examples
    --------
    >>> spec = SourceSpec(stamp="close", timezone="UTC", timeframe="1D")
    >>> refuse_midnight_closes(pl.Series([datetime(2021, 3, 12)]), spec)
    """
    session, known = spec.market_session, ts.drop_nulls()
    if spec.stamp != "close" or session is None or session.close == "00:00" or known.is_empty():
        return
    if (known.dt.time() == time(0, 0)).all():
        raise ValueError(_DATES_AS_CLOSE)


def _refuse_dates_as_close(frame: pl.DataFrame, spec: SourceSpec) -> None:
    """A close stamp without a time of day would be known before the session began."""
    if spec.stamp != "close":
        return
    read = frame.filter(pl.any_horizontal(pl.col("naive", "utc").is_not_null()))
    midnight = (pl.col("naive").dt.time() == pl.time(0, 0)).fill_null(value=False)
    wall_clock = pl.lit(spec.timezone != "UTC")
    dates = read.select((pl.col("date_only") | (midnight & wall_clock)).all()).item()
    if read.height and dates:
        raise ValueError(_DATES_AS_CLOSE)
