"""What the quality gate reports about bars that it keeps: volume, stale opens, gaps, hours."""

from datetime import datetime
from typing import Any, Literal

import polars as pl

from regime_factory.bars.session import Session, session_of
from regime_factory.bars.timeframes import timeframe_minutes

Severity = Literal["ok", "warn", "bad"]
Finding = dict[str, Any]
_BAD_SHARE = 0.01
_LONG_BREAK_DAYS = 7


def time_span(ts: pl.Series) -> tuple[str | None, str | None]:
    """Earliest and latest time of a column as ISO 8601 text, for JSON.

    Parameters
    ----------
    ts
        Times, null where unknown.

    Returns
    -------
    tuple of str or None
        First and last; ``None`` where no time is known.

    Examples
    --------
    >>> time_span(pl.Series([datetime(2021, 1, 4, 21), None, datetime(2021, 1, 5, 21)]))
    ('2021-01-04T21:00:00', '2021-01-05T21:00:00')
    """
    first, last = ts.min(), ts.max()
    if not (isinstance(first, datetime) and isinstance(last, datetime)):
        return None, None
    return first.isoformat(), last.isoformat()


def finding(
    check: str, severity: Severity, result: str, note: str = "", where: pl.Series | None = None
) -> Finding:
    """One line of the quality report.

    Parameters
    ----------
    check
        Name of the check.
    severity
        ``ok``, ``warn`` or ``bad``.
    result
        Short text of what was found.
    note
        One sentence on what it means and what to do.
    where
        Times of the rows concerned.

    Returns
    -------
    dict
        JSON-able, with the number of rows and their first and last time.

    Examples
    --------
    >>> finding("order", "ok", "in order")["rows"]
    0
    """
    rows = 0 if where is None else len(where)
    first, last = (None, None) if where is None else time_span(where)
    return {
        "check": check,
        "severity": severity,
        "result": result,
        "note": note,
        "rows": rows,
        "first": first,
        "last": last,
    }


def rejected_finding(check: str, advice: str, where: pl.Series, given: int) -> Finding:
    """Report line of a rule that moved rows to the quarantine.

    Parameters
    ----------
    check
        Name of the rule.
    advice
        What to do where rows were found.
    where
        Times of the rows that break the rule.
    given
        Rows of the symbol that were checked.

    Returns
    -------
    dict
        As `finding`; ``bad`` from 1 % of the rows.

    Examples
    --------
    >>> rejected_finding("positive prices", "", pl.Series([], dtype=pl.Datetime), 10)["severity"]
    'ok'
    """
    rows = len(where)
    if rows == 0:
        return finding(check, "ok", "all rows pass")
    severity: Severity = "bad" if rows >= _BAD_SHARE * given else "warn"
    noun = "row" if rows == 1 else "rows"
    return finding(check, severity, f"{rows} {noun} quarantined", advice, where)


def volume_finding(volume: pl.Series, ts: pl.Series) -> Finding:
    """Report line on volume; a volume that is not positive counts as unknown.

    Parameters
    ----------
    volume
        Volume of the kept bars as given.
    ts
        Their times.

    Returns
    -------
    dict
        As `finding`.

    Examples
    --------
    >>> times = pl.Series([datetime(2021, 1, 4), datetime(2021, 1, 5)])
    >>> volume_finding(pl.Series([0.0, 7.0]), times)["result"]
    '1 of 2 bars have no volume above zero'
    """
    known = (volume > 0) & volume.is_finite()
    wrong = ts.filter(~known.fill_null(value=True))
    if volume.null_count() == len(volume):
        return finding("volume", "ok", "no volume in the data", "Volume features stay empty.")
    if len(wrong) == 0:
        missing = volume.null_count()
        return finding("volume", "ok", f"{missing} bars without volume" if missing else "present")
    result = f"{len(wrong)} of {len(ts)} bars have no volume above zero"
    note = "Such volumes are set to unknown; volume features are empty there."
    return finding("volume", "warn", result, note, wrong)


def stale_open_finding(kept: pl.DataFrame, limit: float) -> tuple[Finding, float, dict[str, float]]:
    """Report line on opens that only repeat the previous close.

    Parameters
    ----------
    kept
        Kept bars of one symbol, in order.
    limit
        Share above which opens are not usable as prices.

    Returns
    -------
    line : dict
        As `finding`.
    share : float
        Share of bars, from the second on, whose open equals the previous close.
    years : dict
        Share per calendar year (UTC) where it exceeds the limit.

    Examples
    --------
    >>> bars = pl.DataFrame({"ts": [datetime(2021, 1, 4), datetime(2021, 1, 5)],
    ...     "open": [1.0, 2.0], "close": [2.0, 3.0]})
    >>> stale_open_finding(bars, 0.05)[1:]
    (1.0, {'2021': 1.0})
    """
    stale = kept.select("ts", stale=pl.col("open") == pl.col("close").shift(1)).drop_nulls()
    if stale.is_empty():
        return finding("stale opens", "ok", "one bar only"), 0.0, {}
    share = float(stale["stale"].sum()) / stale.height
    yearly = stale.group_by(pl.col("ts").dt.year().alias("year")).agg(pl.col("stale").mean())
    over = yearly.filter(pl.col("stale") > limit).sort("year")
    years = {str(year): float(value) for year, value in over.iter_rows()}
    result = f"{share:.1%} of opens equal the previous close"
    if share <= limit and not years:
        return finding("stale opens", "ok", result), share, years
    worst = max(years.values(), default=share)
    when = f"in {_spans(over['year'].to_list())}" if years else "over all years together"
    note = (
        f"Opens repeat the previous close too often {when} (up to {worst:.0%} a year) to stand for "
        "a price one could trade at; fill at the close and read features of the open with care."
    )
    where = stale.filter("stale")["ts"]
    return finding("stale opens", "warn", result, note, where), share, years


def gap_finding(ts: pl.Series, timeframe: str, session: Session | None) -> Finding:
    """Report line on missing bars (24/7) or long breaks between bars (sessions).

    Parameters
    ----------
    ts
        Times of the kept bars of one symbol, in order.
    timeframe
        Base timeframe.
    session
        The market's session; ``None`` for a 24/7 market.

    Returns
    -------
    dict
        As `finding`; the rows are the first bars after a gap.

    Examples
    --------
    >>> hours = pl.Series([datetime(2021, 1, 4, hour) for hour in (1, 2, 5)])
    >>> gap_finding(hours, "1H", None)["result"]
    '1 gap, 2 bars (40.0%) missing'
    """
    step = timeframe_minutes(timeframe) * 60
    seconds = ts.diff().dt.total_seconds().fill_null(0)
    if session is not None:
        limit = max(_LONG_BREAK_DAYS * 24 * 3600, 2 * step)
        after = ts.filter(seconds > limit)
        longest = max(seconds.to_list(), default=0) / (24 * 3600)
        result = f"longest break {longest:.1f} days"
        note = "Bars on both sides of a long break count as neighbours; check the source."
        return finding(
            "gaps", "warn" if len(after) else "ok", result, note * bool(len(after)), after
        )
    after = ts.filter(seconds > step)
    if len(after) == 0:
        return finding("gaps", "ok", "no bar is missing")
    missing = int((seconds.filter(seconds > step) // step - 1).sum())
    share = missing / (len(ts) + missing)
    noun = "gap" if len(after) == 1 else "gaps"
    result = f"{len(after)} {noun}, {missing} bars ({share:.1%}) missing"
    note = "A return over a gap spans more than one bar; nothing is filled in."
    return finding("gaps", "warn" if share > _BAD_SHARE else "ok", result, note, after)


def hours_finding(ts: pl.Series, session: Session) -> Finding:
    """Report line on bars that close outside the session hours.

    Parameters
    ----------
    ts
        Times of the kept bars of one symbol.
    session
        The market's session with an opening time.

    Returns
    -------
    dict
        As `finding`.

    Examples
    --------
    >>> nyse = Session(timezone="America/New_York", open="09:30", close="16:00")
    >>> times = pl.Series([datetime(2021, 1, 4, 12), datetime(2021, 1, 4, 21)])
    >>> hours_finding(times.dt.replace_time_zone("UTC"), nyse)["rows"]
    1
    """
    outside = session_of(ts, session).filter(pl.col("ts") <= pl.col("open"))["ts"]
    if len(outside) == 0:
        return finding("session hours", "ok", "all bars close within the session")
    result = f"{len(outside)} of {len(ts)} bars close outside the session"
    note = "Coarser bars count them into the next session; check session open, close and time zone."
    return finding("session hours", "warn", result, note, outside)


def _spans(years: list[int]) -> str:
    """Years as text with runs joined: 1999-2006, 2009."""
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
