"""Documents, fitted objects, figures and pages are checked before they are stored."""

import pytest

from regime_factory.datasets.validators import Document, Figures, Fitted, Page, QualityReport


def test_documents_name_the_first_number_that_is_not_finite() -> None:
    assert Document.validate({"a": [1.0, None]}) == {"a": [1.0, None]}
    with pytest.raises(ValueError, match=r"a\.1\.b is not a finite number"):
        Document.validate({"a": [1.0, {"b": float("inf")}]})
    with pytest.raises(ValueError, match="filled JSON object"):
        Document.validate({})


def test_quality_reports_have_their_parts() -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        QualityReport.validate({"symbols": {"A": {}}})
    with pytest.raises(ValueError, match=r"report of A lacks \['checks', "):
        QualityReport.validate({"symbols": {"A": {}}, "fingerprint": "x"})


def quality(**changes: object) -> dict[str, object]:
    check = dict.fromkeys(("check", "result", "note", "first", "last"), "") | {"rows": 0}
    checks = [check | {"severity": changes.pop("severity", "warn")}]
    line = {"rows": 3, "kept": 2, "quarantined": 1, "first": None, "last": None, "reasons": {}}
    return {"symbols": {"A": line | {"checks": checks} | changes}, "fingerprint": "x"}


def test_quality_reports_account_for_every_row_and_every_finding() -> None:
    assert QualityReport.validate(quality()) == quality()
    with pytest.raises(ValueError, match="rows of A are neither kept nor in quarantine"):
        QualityReport.validate(quality(kept=1))
    with pytest.raises(ValueError, match="report of A has the finding"):
        QualityReport.validate(quality(severity="awful"))
    with pytest.raises(ValueError, match="report of A has the finding"):
        QualityReport.validate(quality(checks=[{"check": "gaps", "severity": "ok"}]))


@pytest.mark.parametrize(("validator", "bad"), [(Fitted, {}), (Page, "<p>half a page")])
def test_empty_or_cut_artifacts_are_refused(validator: type, bad: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        validator.validate(bad)


@pytest.mark.parametrize(("validator", "bad"), [(Fitted, {"A": 1}), (Figures, {"A": b"png"})])
def test_foreign_types_are_refused(validator: type, bad: object) -> None:
    with pytest.raises(TypeError):
        validator.validate(bad)


def test_whole_pages_pass() -> None:
    page = "<!doctype html><html><body></body></html>\n"
    assert Page.validate(page) == page
