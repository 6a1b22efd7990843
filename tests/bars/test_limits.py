"""Which findings stop a run."""

import pytest

from regime_factory.bars import QualityError, enforce_quality


def report(**lines):
    return {
        "symbols": {
            name: {"rows": rows, "quarantined": bad, "checks": []}
            for name, (rows, bad) in lines.items()
        }
    }


def test_a_symbol_is_compared_with_its_own_rows():
    enforce_quality(report(A=(100, 1), B=(50, 0)))
    with pytest.raises(QualityError, match=r"A: 2 of 100 rows are in quarantine \(2\.00%\), at"):
        enforce_quality(report(A=(100, 2), B=(5000, 0)))


def test_rows_without_a_symbol_are_compared_with_all_rows():
    lines = report(A=(3970, 0))
    lines["symbols"]["(no symbol)"] = {"rows": 30, "quarantined": 30, "checks": []}
    enforce_quality(lines)
    with pytest.raises(QualityError, match=r"\(no symbol\): 30 of 4000 rows .* \(0\.75%\)"):
        enforce_quality(lines, max_quarantined=0.005)


def test_findings_stop_by_their_severity():
    lines = report(A=(100, 0))
    lines["symbols"]["A"]["checks"] = [
        {"check": "gaps", "severity": "warn", "result": "3 gaps", "note": "Look."}
    ]
    enforce_quality(lines, stop_on="bad")
    with pytest.raises(QualityError, match=r"A: gaps: 3 gaps; Look\. \(ingest\.stop_on\)"):
        enforce_quality(lines, stop_on="warn")
