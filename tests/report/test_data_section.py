"""The section on the data: severity first, what was found where, and what passed."""

import pytest

from regime_factory.report import render_report
from regime_factory.report.data_section import data_answer, data_footer, data_section

SEALED = {"start": "2020-07-06 00:00", "end": "2022-07-01 00:00"}
UNKNOWN = {"start": None, "end": None}


@pytest.fixture
def quality(payload):
    return payload["symbols"][0]["quality"]


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_the_answer_names_what_was_found(quality):
    assert data_answer(quality) == (
        "Usable, with 2 warnings: repeated rows (1 row quarantined) and stale opens "
        "(43% of opens equal the previous close)."
    )
    quality["checks"][0].update(severity="bad", result="x" * 61)
    assert data_answer(quality) == "Not sound: order. There are 2 warnings too."
    quality["checks"] = [{"check": "a", "severity": "ok", "result": "x"}]
    assert data_answer(quality) == "Sound: 1 check found no problem."
    assert data_answer({"checks": []}) == "The data were not checked."


def test_many_findings_are_named_without_their_results(quality):
    warned = [check for check in quality["checks"] if check["severity"] == "warn"]
    quality["checks"] = 2 * warned
    assert data_answer(quality).endswith(
        "4 warnings: repeated rows, stale opens, repeated rows and stale opens."
    )


def test_findings_stand_worst_first_with_bars_and_dates(quality):
    quality["checks"][3]["severity"] = "bad"
    table = data_section(quality, SEALED)["table"]
    assert [row[1].tone for row in table.rows] == ["bad", "warn"]
    assert texts(table) == [
        [
            "Stale opens",
            "43% of opens equal the previous close",
            "1,994 bars, 1999-01-05 to 2006-12-29",
            "Opens repeat the previous close too often in 1999-2006; fill at the close.",
        ],
        ["Repeated rows", "1 row quarantined", "1 bar, 2001-02-14", "The source gives it twice."],
    ]


def test_checks_that_pass_are_one_line_to_open(quality):
    title, table = data_section(quality, SEALED)["passed"]
    assert title == "3 checks passed"
    assert texts(table)[1] == [
        "Gaps", "52 of 5,849 scheduled bars are missing (0.9%)",
        "52 bars, 1999-01-05 to 2006-12-29",
    ]  # fmt: skip
    quality["checks"] = quality["checks"][1:2]
    assert data_section(quality, SEALED)["passed"] is None


def test_the_footer_counts_the_quarantine_by_rule(quality):
    footer = data_footer(quality, SEALED)
    assert footer == (
        "5,849 rows before the sealed holdout: 5,848 kept, 1 in quarantine (repeated rows 1), "
        "1999-01-04 to 2020-07-03. Sealed holdout 2020-07-06 to 2022-07-01, not read."
    )
    assert data_footer(quality, UNKNOWN).endswith("2020-07-03.")
    assert data_footer({}, SEALED) == ""
    del quality["reasons"]
    assert "1 in quarantine, 1999-01-04" in data_footer(quality, UNKNOWN)


def test_the_page_shows_findings_and_folds_the_rest(payload):
    page = render_report(payload)
    assert "What it means and what to do" in page
    assert "<summary>3 checks passed</summary>" in page
    for symbol in payload["symbols"]:
        symbol["quality"]["checks"] = []
    page = render_report(payload)
    assert "What it means and what to do" not in page
    assert "checks passed" not in page
