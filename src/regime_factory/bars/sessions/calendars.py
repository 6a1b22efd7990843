"""Which days an exchange trades, and on which of them it opens late or closes early."""

import warnings
from datetime import date, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

_UTC = pl.Datetime("us", "UTC")
_HOURS = ("late_open", "early_close", "late_close", "ordinary_close")
_SPAN = (date(1970, 1, 1), date(2049, 12, 31))  # exchange_calendars knows no holidays before 1970
_PACKAGED = {"XNYS": ("America/New_York", time(16))}
_PREVAILING_SESSIONS = 21


def exchange_days(code: str | None, first: date, last: date) -> pl.DataFrame:
    """Trading days of an exchange, with the hours that differ from its ordinary ones.

    Parameters
    ----------
    code
        Code of the exchange in the ``exchange_calendars`` package, e.g. ``"XNYS"``; ``None`` for
        every Monday to Friday.
    first, last
        First and last calendar date.

    Returns
    -------
    pl.DataFrame
        ``day`` (date, increasing), ``late_open``, ``early_close`` and ``late_close`` (Datetime in
        microseconds, UTC), null on ordinary days, and ``ordinary_close``, when the exchange closes
        on ordinary days of that time. Before and after the calendar's own span every Monday to
        Friday is an ordinary day of unknown hours, see `covered_days`.

    Raises
    ------
    ValueError
        Where the code is unknown, or its calendar cannot be built.

    Notes
    -----
    New York comes with the package, as a table made from ``exchange_calendars``; every other code
    loads that package. A day's hours are special where they differ from those of most of the 21
    sessions around it. Dates ahead follow the holiday rules known today.

    Examples
    --------
    >>> exchange_days("XNYS", date(2024, 11, 27), date(2024, 11, 30)).select(
    ...     "day", pl.col("early_close").dt.to_string("%H:%M")).rows()
    [(datetime.date(2024, 11, 27), None), (datetime.date(2024, 11, 29), '18:00')]
    """
    if code is None:
        return _weekdays(first, last)
    own, (start, end) = _calendar(code), covered_days(code)
    return pl.concat(
        [
            _weekdays(first, min(last, start - timedelta(days=1))),
            own.filter(pl.col("day").is_between(first, last)),
            _weekdays(max(first, end + timedelta(days=1)), last),
        ]
    )


def covered_days(code: str) -> tuple[date, date]:
    """First and last date that a calendar speaks for.

    Parameters
    ----------
    code
        Code of the exchange, e.g. ``"XNYS"``.

    Returns
    -------
    tuple of date
        Outside of this span holidays and half days are not known.

    Raises
    ------
    ValueError
        As `exchange_days`.

    Examples
    --------
    >>> covered_days("XNYS")
    (datetime.date(1970, 1, 1), datetime.date(2049, 12, 31))
    """
    if code in _PACKAGED:
        return _SPAN
    return _library_calendar(code)[1]


def known_calendar(code: str) -> str:
    """The code itself, where there is such a calendar.

    Parameters
    ----------
    code
        Code of the exchange, e.g. ``"XNYS"``.

    Returns
    -------
    str
        The code.

    Raises
    ------
    ValueError
        Where it is unknown; the message names the nearest codes.

    Examples
    --------
    >>> known_calendar("XNYS")
    'XNYS'
    """
    if code in _PACKAGED:
        return code
    names = _library(code).get_calendar_names()
    if code not in names:
        near = get_close_matches(code.upper(), names, n=3, cutoff=0.5)
        meant = f" (did you mean {' or '.join(near)}?)" if near else ""
        raise ValueError(
            f"calendar {code!r} is unknown{meant}; give a code of exchange_calendars such as "
            "'XNYS', or null for Monday to Friday without holidays"
        )
    return code


def _weekdays(first: date, last: date) -> pl.DataFrame:
    """Every Monday to Friday as an ordinary day; empty where the span is."""
    days = pl.date_range(first, max(first, last), "1d", eager=True).alias("day")
    ordinary = (pl.lit(None, dtype=_UTC).alias(name) for name in _HOURS)
    kept = (pl.col("day").dt.weekday() <= 5) & (pl.col("day") <= last)
    return days.to_frame().filter(kept).with_columns(*ordinary)


@lru_cache(maxsize=8)
def _calendar(code: str) -> pl.DataFrame:
    return _packaged_calendar(code) if code in _PACKAGED else _library_calendar(code)[0]


def _packaged_calendar(code: str) -> pl.DataFrame:
    """A table of the weekdays without a session and of early closes, as all trading days."""
    timezone, close = _PACKAGED[code]
    file = Path(__file__).parent / "exchange_days" / f"{code}.csv"
    exceptions = pl.read_csv(file, schema={"day": pl.Date, "close": pl.String})
    closed = exceptions.filter(pl.col("close").is_null())
    local = pl.concat_str("day", "close", separator=" ").str.to_datetime("%Y-%m-%d %H:%M")
    early = exceptions.drop_nulls("close").select(
        "day", utc=local.dt.replace_time_zone(timezone).dt.convert_time_zone("UTC")
    )
    days = _weekdays(*_SPAN).join(closed, on="day", how="anti", maintain_order="left")
    days = days.join(early, on="day", how="left", maintain_order="left")
    ordinary = pl.col("day").dt.combine(close).dt.replace_time_zone(timezone)
    return days.with_columns(
        early_close=pl.col("utc").cast(_UTC),
        ordinary_close=ordinary.dt.convert_time_zone("UTC").cast(_UTC),
    ).drop("utc")


def _library(code: str) -> ModuleType:
    try:
        import exchange_calendars
    except ImportError as error:
        raise ValueError(
            f"calendar {code!r} needs the package exchange_calendars; install it, or set "
            "session.calendar to XNYS or null"
        ) from error
    return exchange_calendars


@lru_cache(maxsize=8)
def _library_calendar(code: str) -> tuple[pl.DataFrame, tuple[date, date]]:
    """All trading days of a calendar of the package, and the span it covers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own use of pandas
        return _built_calendar(code)


def _built_calendar(code: str) -> tuple[pl.DataFrame, tuple[date, date]]:
    library = _library(known_calendar(code))
    try:
        kind = type(library.get_calendar(code))
        first, last = (
            kept if bound is None else choose(kept, bound.date())
            for kept, bound, choose in zip(
                _SPAN, (kind.bound_min(), kind.bound_max()), (max, min), strict=True
            )
        )
        calendar = library.get_calendar(code, start=first.isoformat(), end=last.isoformat())
    except (ValueError, NotImplementedError, library.errors.CalendarError) as error:
        raise ValueError(
            f"calendar {code!r} cannot be built by exchange_calendars ({str(error)[:200]}); "
            "set session.calendar to null for Monday to Friday without holidays"
        ) from error
    return _special_hours(calendar), (first, last)


def _special_hours(calendar: Any) -> pl.DataFrame:
    """Sessions of an `exchange_calendars` calendar; special hours are null on ordinary days."""
    schedule = calendar.schedule
    hours = {
        name: pl.Series(schedule[name].dt.tz_localize(None).to_numpy())
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
        for name in ("open", "close")
    }
    days = pl.Series(schedule.index.to_numpy().astype("datetime64[D]"))
    sessions = pl.DataFrame({"day": days, **hours})
    opening, close = pl.col("open"), pl.col("close")
    late_open, late_close = (_clock_shift(name, str(calendar.tz)) for name in ("open", "close"))
    return sessions.select(
        "day",
        pl.when(late_open > 0).then(opening).alias("late_open"),
        pl.when(late_close < 0).then(close).alias("early_close"),
        pl.when(late_close > 0).then(close).alias("late_close"),
        (close - pl.duration(minutes=late_close)).alias("ordinary_close"),
    )


def _clock_shift(name: str, timezone: str) -> pl.Expr:
    """Minutes by which a session opens or closes later on the clock than those around it."""
    clock = pl.col(name).dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    minutes = (clock - pl.col("day").cast(pl.Datetime("us"))).dt.total_minutes()
    prevailing = minutes.cast(pl.Float64).rolling_quantile(
        0.5, interpolation="nearest", window_size=_PREVAILING_SESSIONS, min_samples=1, center=True
    )
    return minutes - prevailing
