"""Dates of macro files: as they are written, the period they stand for, and when it is known."""

from typing import Literal

import polars as pl

from regime_factory.bars.sessions.clock import local_moment, localise

_ISO = (
    r"^(?<date>\d{4}-\d{2}(?:-\d{2})?)"
    r"(?:[T ](?<clock>\d{2}:\d{2})(?<second>:\d{2}(?:\.\d{1,9})?)?)?"
    r"\s?(?<zone>Z|[+-]\d{2}:?\d{2})?$"
)
_DAY_MARKS = ("%d", "%e", "%j", "%D", "%F", "%x", "%v", "%c", "%s")
Period = Literal["day", "week", "month", "quarter"]
LagUnit = Literal["business_days", "calendar_days"]


def written_times(column: pl.Series, date_format: str | None, zone: str = "UTC") -> pl.DataFrame:
    """Read a column of dates or times, as the file writes them.

    Parameters
    ----------
    column
        Dates, times with or without a zone, text, or whole numbers such as 20200131.
    date_format
        Format of text and numbers in strptime terms, one without a day standing for the month's
        first day; ``None`` reads ISO 8601 (``2020-01`` too).
    zone
        IANA name of the zone of times without an offset.

    Returns
    -------
    pl.DataFrame
        ``text``, ``naive`` (Datetime as written, null where it cannot be read), ``has_clock``
        (whether it holds a time of day other than midnight) and ``utc`` (the moment).

    Raises
    ------
    ValueError
        Where the column holds neither times, text nor whole numbers.

    Notes
    -----
    The date is the written one, never the date in another zone: midnight in Tokyo is the evening
    before in UTC, and a period must not end a day early.

    Examples
    --------
    >>> written_times(pl.Series(["2020-01", "2020-02-05T08:30-05:00", "soon"]), None).rows()[1:]
    [('2020-02-05T08:30-05:00', datetime.datetime(2020, 2, 5, 8, 30), True,
      datetime.datetime(2020, 2, 5, 13, 30, tzinfo=zoneinfo.ZoneInfo(key='UTC'))),
     ('soon', None, None, None)]
    """
    raw, dtype = pl.col("raw"), column.dtype
    offset = pl.lit(None, dtype=pl.Duration("us"))
    frame = pl.DataFrame({"raw": column}).with_columns(text=raw.cast(pl.String).str.strip_chars())
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        naive = raw.dt.replace_time_zone(None).cast(pl.Datetime("us"))
        offset = naive - raw.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    elif isinstance(dtype, pl.Datetime) or dtype == pl.Date:
        naive = raw.cast(pl.Datetime("us"))
    elif not (dtype in {pl.String, pl.Null} or dtype.is_integer()):
        raise ValueError(f"column {column.name!r} holds {dtype}, not dates")
    elif date_format is None:
        parts = pl.col("text").str.extract_groups(_ISO)
        frame = frame.with_columns(parts.alias("parts")).unnest("parts")
        naive, offset = _iso_clock(), _iso_offset()
    else:
        naive = _formatted(date_format)
    frame = frame.with_columns(naive=naive).with_columns(
        utc=pl.coalesce(
            (pl.col("naive") - offset).dt.replace_time_zone("UTC"), localise(pl.col("naive"), zone)
        )
    )
    has_clock = pl.col("naive").dt.time() != pl.time(0, 0)
    return frame.select("text", "naive", has_clock.alias("has_clock"), "utc")


def _iso_clock() -> pl.Expr:
    month_only = pl.col("date").str.len_chars() == 7
    day = pl.col("date") + pl.when(month_only).then(pl.lit("-01")).otherwise(pl.lit(""))
    clock = pl.coalesce(pl.col("clock") + pl.coalesce("second", pl.lit(":00")), pl.lit("00:00:00"))
    text = day + " " + clock
    return text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)


def _iso_offset() -> pl.Expr:
    zone = pl.col("zone").str.replace("Z", "+00:00").str.replace(":", "")
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    hours, minutes = zone.str.slice(1, 2).cast(pl.Int64), zone.str.slice(3, 2).cast(pl.Int64)
    return pl.duration(minutes=sign * (60 * hours + minutes))


def _formatted(date_format: str) -> pl.Expr:
    text = pl.col("text")
    if not any(mark in date_format for mark in _DAY_MARKS):
        text, date_format = text + " 01", f"{date_format} %d"
    return text.str.to_datetime(date_format, time_unit="us", strict=False)


def period_end(day: pl.Expr, period: Period, stamp: Literal["start", "end"]) -> pl.Expr:
    """Last day of the period that a date stands for.

    Parameters
    ----------
    day
        Expression of dates.
    period
        Length of the period.
    stamp
        Whether the date is the period's start or its end; an end is taken as it is.

    Returns
    -------
    pl.Expr
        Dates.

    Examples
    --------
    >>> days = pl.DataFrame({"day": ["2020-02-01"]}).select(pl.col("day").str.to_date())
    >>> [str(days.select(period_end(pl.col("day"), period, "start")).item())
    ...     for period in ("day", "week", "month", "quarter")]
    ['2020-02-01', '2020-02-07', '2020-02-29', '2020-03-31']
    """
    if stamp == "end" or period == "day":
        return day
    if period == "week":
        return day.dt.offset_by("6d")
    if period == "month":
        return day.dt.month_end()
    return day.dt.truncate("1q").dt.offset_by("3mo").dt.offset_by("-1d")


def available_at(day: pl.Expr, lag: int, lag_unit: LagUnit, clock: str, zone: str) -> pl.Expr:
    """Moment at which a value is known: so many days after a date, at a time of day.

    Parameters
    ----------
    day
        Expression of dates: ends of periods, or days of release.
    lag
        Days from that date.
    lag_unit
        ``calendar_days`` or ``business_days``: Monday to Friday, without holidays. A lag of no
        business days leads from a weekend to the Monday after it.
    clock
        Local time of day ``HH:MM``.
    zone
        IANA name of its zone.

    Returns
    -------
    pl.Expr
        Datetime in microseconds, UTC.

    Examples
    --------
    >>> days = pl.DataFrame({"day": ["2020-02-28", "2020-02-29"]}).select(
    ...     pl.col("day").str.to_date())
    >>> moment = available_at(pl.col("day"), 1, "business_days", "16:15", "America/New_York")
    >>> days.select(moment.dt.to_string("%a %d %H:%M"))["day"].to_list()
    ['Mon 02 21:15', 'Mon 02 21:15']
    """
    if lag_unit == "business_days":
        known = day.dt.add_business_days(lag, roll="backward" if lag else "forward")
    else:
        known = day.dt.offset_by(f"{lag}d")
    return local_moment(known, clock, zone)
