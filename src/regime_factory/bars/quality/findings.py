"""What a line of the quality report is: a check, its severity, where it holds and what to do."""

from datetime import datetime
from typing import Any, Literal

import polars as pl

Severity = Literal["ok", "warn", "bad"]
Finding = dict[str, Any]
NO_SYMBOL = "(no symbol)"
CHECKS = (
    "order",
    "readable cells",
    "no missing cells",
    "plausible times",
    "finite prices",
    "positive prices",
    "high not below low",
    "open and close within low and high",
    "repeated rows",
    "conflicting rows",
    "on grid",
    "session hours",
    "gaps",
    "longest gap",
    "incomplete sessions",
    "volume",
    "moving prices",
    "stale runs",
    "stale opens",
    "open follows close",
    "bad ticks",
    "outliers",
    "split-like jumps",
    "given splits",
    "back-adjustment",
    "span",
)
"""Every check of the gate, in the order of the report."""
_EXAMPLES = 3


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
        Name of the check, one of `CHECKS`.
    severity
        ``ok``, ``warn`` or ``bad``.
    result
        Short text of what was found.
    note
        One or two sentences on what it means and what to do.
    where
        Times of the bars concerned.

    Returns
    -------
    dict
        JSON-able, with the number of bars and their first and last time.

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


def rejected_finding(
    check: str, advice: str, where: pl.Series, given: int, bad_share: float = 0.01
) -> Finding:
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
    bad_share
        Share of them from which the finding is ``bad``.

    Returns
    -------
    dict
        As `finding`.

    Examples
    --------
    >>> rejected_finding("positive prices", "", pl.Series([], dtype=pl.Datetime), 10)["severity"]
    'ok'
    """
    rows = len(where)
    if rows == 0:
        return finding(check, "ok", "all rows pass")
    severity: Severity = "bad" if rows >= bad_share * given else "warn"
    return finding(check, severity, f"{counted(rows, 'row')} quarantined", advice, where)


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it is not one.

    Parameters
    ----------
    number
        How many.
    noun
        What, in the singular; the plural has an s.

    Returns
    -------
    str

    Examples
    --------
    >>> counted(1, "row"), counted(1204, "row")
    ('1 row', '1,204 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shown(ts: datetime) -> str:
    """A time as the report's texts show it.

    Parameters
    ----------
    ts
        The time, UTC.

    Returns
    -------
    str
        To the minute.

    Examples
    --------
    >>> shown(datetime(2021, 1, 4, 21))
    '2021-01-04 21:00'
    """
    return f"{ts:%Y-%m-%d %H:%M}"


def examples(ts: pl.Series) -> str:
    """The first times of a column, to look up.

    Parameters
    ----------
    ts
        Times, UTC, without nulls.

    Returns
    -------
    str
        Up to three of them.

    Examples
    --------
    >>> examples(pl.Series([datetime(2021, 1, day) for day in (4, 5, 6, 7)]))
    'e.g. 2021-01-04 00:00, 2021-01-05 00:00, 2021-01-06 00:00 UTC'
    """
    return f"e.g. {', '.join(shown(time) for time in ts.head(_EXAMPLES))} UTC"
