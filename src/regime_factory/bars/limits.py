"""When the findings of the quality gate stop a run."""

from collections.abc import Mapping
from typing import Any

from regime_factory.bars.gate import NO_SYMBOL

SEVERITIES = {"never": (), "bad": ("bad",), "warn": ("bad", "warn")}


class QualityError(ValueError):
    """The bars are worse than the settings allow."""


def enforce_quality(
    report: Mapping[str, Any], *, max_quarantined: float = 0.01, stop_on: str = "never"
) -> None:
    """Stop where the quality report shows more than the settings allow.

    Parameters
    ----------
    report
        Report of `check_bars`.
    max_quarantined
        Largest share of a symbol's rows that may be in quarantine, 0 to 1; for rows without a
        symbol the largest share of all rows.
    stop_on
        Severity of a finding that is not accepted: ``bad``, ``warn`` (and bad) or ``never``.

    Raises
    ------
    QualityError
        Naming every symbol that fails, and why.

    Examples
    --------
    >>> line = {"rows": 100, "quarantined": 3, "checks": []}
    >>> enforce_quality({"symbols": {"ES": line}}, max_quarantined=0.05)
    >>> enforce_quality({"symbols": {"ES": line}}, max_quarantined=0.01)
    Traceback (most recent call last):
    ...
    regime_factory.bars.limits.QualityError: the bars are not good enough: ES: 3 of 100 rows ...
    """
    faults = []
    in_file = sum(line["rows"] for line in report["symbols"].values())
    for symbol, line in report["symbols"].items():
        rows = in_file if symbol == NO_SYMBOL else line["rows"]
        share = line["quarantined"] / max(rows, 1)
        if share > max_quarantined:
            faults.append(
                f"{symbol}: {line['quarantined']} of {rows} rows are in quarantine "
                f"({share:.2%}), at most {max_quarantined:.2%} are accepted "
                "(ingest.max_quarantined); see bars_quarantine for rows and reasons"
            )
        faults += [
            f"{symbol}: {check['check']}: {check['result']}; {check['note']} (ingest.stop_on)"
            for check in line["checks"]
            if check["severity"] in SEVERITIES[stop_on]
        ]
    if faults:
        raise QualityError("the bars are not good enough: " + "; ".join(faults))
