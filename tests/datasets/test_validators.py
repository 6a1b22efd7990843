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
