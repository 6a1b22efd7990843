"""Which findings stop a run."""

from pathlib import Path

import pytest
import yaml

from regime_factory.bars import GateLimits, QualityError, enforce_quality


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


LINE = {"check": "gaps", "severity": "warn", "result": "3 gaps", "note": "Look."}


def found(severity, check="gaps"):
    lines = report(A=(100, 0))
    lines["symbols"]["A"]["checks"] = [LINE | {"severity": severity, "check": check}]
    return lines


@pytest.mark.parametrize("severity", ["warn", "bad"])
def test_single_checks_can_stop_a_run(severity):
    with pytest.raises(QualityError, match=r"A: gaps: .* \(quality\.stop_on_checks\)"):
        enforce_quality(found(severity), stop_on_checks=["gaps"])
    enforce_quality(found(severity, "outliers"), stop_on_checks=["gaps"])
    enforce_quality(found("ok"), stop_on_checks=["gaps"])


def test_single_checks_can_be_accepted():
    enforce_quality(found("bad"), stop_on="warn", accept_checks=["gaps"])
    enforce_quality(found("bad"), stop_on_checks=["gaps"], accept_checks=["gaps"])
    with pytest.raises(QualityError):
        enforce_quality(found("bad", "outliers"), stop_on="bad", accept_checks=["gaps"])


def test_only_known_checks_can_be_named():
    limits = GateLimits(stop_on_checks="gaps; split-like jumps")
    assert limits.stop_on_checks == ["gaps", "split-like jumps"]
    with pytest.raises(ValueError, match="no check is named 'stale run'; did you mean stale runs"):
        GateLimits(accept_checks=["stale run"])


def test_a_check_cannot_both_stop_a_run_and_be_accepted():
    with pytest.raises(ValueError, match="both name gaps; a check either stops the run or never"):
        GateLimits(stop_on_checks=["gaps", "outliers"], accept_checks=["stale runs", "gaps"])


def test_the_settings_file_states_the_defaults():
    file = Path(__file__).parents[3] / "conf/base/parameters_quality.yml"
    assert GateLimits(**yaml.safe_load(file.read_text())["quality"]) == GateLimits()
