"""What the quality gate reports about symbols beside each other, and reports put together."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from regime_factory.bars.quality.findings import NO_SYMBOL, Finding, Severity, finding


def combine_reports(reports: Iterable[Mapping[str, Any]], late_days: float) -> dict[str, Any]:
    """One report out of those of single symbols, with what only shows beside the others.

    Parameters
    ----------
    reports
        Reports of `check_bars`, of one symbol or more each.
    late_days
        Days that a symbol may start after, or end before, most of the others.

    Returns
    -------
    dict
        A report with a finding `span` for each symbol that has kept bars.

    Examples
    --------
    >>> line = {"first": "2001-01-01T00:00:00", "last": "2021-01-01T00:00:00", "checks": []}
    >>> parts = [{"symbols": {name: line}} for name in ("A", "B")]
    >>> late = line | {"first": "2019-01-01T00:00:00"}
    >>> whole = combine_reports([*parts, {"symbols": {"C": late}}], 30)
    >>> whole["symbols"]["C"]["checks"][0]["result"]
    'starts 2019-01-01, most others 2001-01-01'
    """
    symbols = {name: line for report in reports for name, line in report["symbols"].items()}
    spans = {
        name: (datetime.fromisoformat(line["first"]), datetime.fromisoformat(line["last"]))
        for name, line in symbols.items()
        if name != NO_SYMBOL and line["first"] is not None
    }
    slack = timedelta(days=late_days)
    return {"symbols": {name: _beside(name, line, spans, slack) for name, line in symbols.items()}}


def _beside(
    name: str,
    line: dict[str, Any],
    spans: Mapping[str, tuple[datetime, datetime]],
    slack: timedelta,
) -> dict[str, Any]:
    if name not in spans:
        return line
    checks = [check for check in line["checks"] if check["check"] != "span"]
    return {**line, "checks": [*checks, _span_finding(name, spans, slack)]}


def _span_finding(
    name: str, spans: Mapping[str, tuple[datetime, datetime]], slack: timedelta
) -> Finding:
    """Whether a symbol begins and ends when most of the others do."""
    others = [span for other, span in spans.items() if other != name]
    if not others:
        return finding("span", "ok", "the only symbol")
    first, last = spans[name]
    begin = sorted(start for start, _ in others)[len(others) // 2]
    end = sorted(end for _, end in others)[(len(others) - 1) // 2]
    faults = []
    if first - begin > slack:
        faults.append(f"starts {first:%Y-%m-%d}, most others {begin:%Y-%m-%d}")
    if end - last > slack:
        faults.append(f"ends {last:%Y-%m-%d}, most others {end:%Y-%m-%d}")
    severity: Severity = "warn" if faults else "ok"
    note = (
        "A figure over all symbols covers another time here; where the symbol did not begin or "
        "end to trade then, ask the source for the rest."
    )
    result = ", ".join(faults) or "starts and ends with the other symbols"
    line = finding("span", severity, result, note * bool(faults))
    return line | {"first": first.isoformat(), "last": last.isoformat()} if faults else line
