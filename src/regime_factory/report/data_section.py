"""The report's section on the data: what the quality gate found, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report.answers import holdout_sentence
from regime_factory.report.formats import DASH, counted, listed
from regime_factory.report.tables import Cell, Table, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regime_factory.report.payload import Check, Quality

_ORDER = ("bad", "warn")
_SHORT = 60  # characters of a result that the answer quotes
_QUOTED = 3  # findings whose result the answer quotes
_DATE = 10  # characters of a date


def data_section(quality: Quality, holdout: Mapping[str, str | None]) -> dict[str, Any]:
    """Answer, tables and footer of the section.

    Parameters
    ----------
    quality
        The symbol's quality report, of the rows before the holdout.
    holdout
        Start and end of the holdout, None where they are not known.

    Returns
    -------
    dict
        ``answer``, ``table`` (what was found, worst first), ``passed`` (title and table of the
        checks that found nothing, None where there are none), ``footer``.
    """
    checks = quality.get("checks", [])
    found = [check for kind in _ORDER for check in checks if check["severity"] == kind]
    passed = [check for check in checks if check["severity"] not in _ORDER]
    return {
        "answer": data_answer(quality),
        "table": findings_table(found),
        "passed": (f"{counted(len(passed), 'check')} passed", passed_table(passed))
        if passed
        else None,
        "footer": data_footer(quality, holdout),
    }


def data_answer(quality: Quality) -> str:
    """Say whether the bars can be used.

    Parameters
    ----------
    quality
        The symbol's quality report.

    Returns
    -------
    str
    """
    checks = quality.get("checks", [])
    if not checks:
        return "The data were not checked."
    bad, warned = ([c for c in checks if c["severity"] == kind] for kind in _ORDER)
    if bad:
        also = f" There are {counted(len(warned), 'warning')} too." if len(warned) > 1 else ""
        return f"Not sound: {_named(bad)}.{also}"
    if warned:
        return f"Usable, with {counted(len(warned), 'warning')}: {_named(warned)}."
    return f"Sound: {counted(len(checks), 'check')} found no problem."


def data_footer(quality: Quality, holdout: Mapping[str, str | None]) -> str:
    """Count the rows checked, kept and put aside, and name the holdout that is left out.

    Parameters
    ----------
    quality
        The symbol's quality report, of the rows before the holdout.
    holdout
        Start and end of the holdout, None where they are not known.

    Returns
    -------
    str
    """
    if "rows" not in quality:
        return ""
    span = f", {_dates(quality)}" if quality.get("first") and quality.get("last") else ""
    reasons = quality.get("reasons") or {}
    listing = ", ".join(f"{rule} {rows:,}" for rule, rows in reasons.items())
    why = f" ({listing})" if listing else ""
    return (
        f"{quality['rows']:,} rows before the sealed holdout: {quality.get('kept', 0):,} kept, "
        f"{quality.get('quarantined', 0):,} in quarantine{why}{span}. {holdout_sentence(holdout)}"
    ).strip()


def findings_table(found: Sequence[Check]) -> Table:
    """Tabulate what was found.

    Parameters
    ----------
    found
        Checks that found something, worst first.

    Returns
    -------
    Table
    """
    rows = [
        [
            Cell(words(check["check"])),
            Cell(check["result"], tone=check["severity"]),
            Cell(_where(check)),
            Cell(check.get("note") or ""),
        ]
        for check in found
    ]
    columns = ("Check", "Found", "Where", "What it means and what to do")
    return Table("Findings about the data", columns, rows, numeric=False, checks=True)


def passed_table(passed: Sequence[Check]) -> Table:
    """Tabulate the checks that passed.

    Parameters
    ----------
    passed
        Checks that found nothing to warn of.

    Returns
    -------
    Table
    """
    rows = [
        [Cell(words(check["check"])), Cell(check["result"], tone="ok"), Cell(_where(check))]
        for check in passed
    ]
    columns = ("Check", "Result", "Where")
    return Table("Checks that passed", columns, rows, numeric=False, checks=True)


def _named(checks: Sequence[Check]) -> str:
    """Names of checks; with what they found where that is short."""
    quoted = len(checks) <= _QUOTED
    return listed(
        [
            name + f" ({check['result']})" * (quoted and len(check["result"]) <= _SHORT)
            for check in checks
            for name in [check["check"][:1].lower() + check["check"][1:]]
        ]
    )


def _where(check: Check) -> str:
    """How many bars, and from when to when."""
    rows = check.get("rows") or 0
    if not rows:
        return DASH
    dates = f", {_dates(check)}" if check.get("first") and check.get("last") else ""
    return f"{counted(rows, 'bar')}{dates}"


def _dates(span: Check | Quality) -> str:
    first, last = (str(span.get(name))[:_DATE] for name in ("first", "last"))
    return first if first == last else f"{first} to {last}"
