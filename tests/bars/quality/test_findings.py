"""The form of a report line."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from regime_factory.bars import check_bars
from regime_factory.bars.quality.findings import (
    CHECKS,
    examples,
    finding,
    rejected_finding,
    time_span,
)

from ..reference import NYSE, UTC_TS, make_bars


def hours(*numbers):
    start = datetime(2021, 1, 4, tzinfo=UTC)
    return pl.Series([start + timedelta(hours=n) for n in numbers], dtype=UTC_TS)


def test_span_of_nothing_is_unknown():
    assert time_span(pl.Series([None], dtype=UTC_TS)) == (None, None)
    assert finding("order", "ok", "fine")["first"] is None


@pytest.mark.parametrize(("rows", "severity"), [(0, "ok"), (1, "warn"), (10, "bad")])
def test_one_percent_of_rejected_rows_is_bad(rows, severity):
    assert rejected_finding("rule", "do", hours(*range(rows)), 1000)["severity"] == severity
    assert rejected_finding("rule", "do", hours(1), 1000, bad_share=0.001)["severity"] == "bad"


def test_examples_are_the_first_three():
    assert examples(hours(1)) == "e.g. 2021-01-04 01:00 UTC"
    assert examples(hours(1, 2, 3, 4)).count("2021") == 3


@pytest.mark.parametrize("session", [None, NYSE])
def test_every_check_has_its_line_once_and_in_order(session):
    bars = make_bars(hours(*range(1, 200)).to_list())
    lines = check_bars(bars, session=session).report["symbols"]["X"]["checks"]
    names = [line["check"] for line in lines]
    assert names == [name for name in CHECKS if name in names]
    only_sessions = {"session hours", "incomplete sessions"}
    assert set(CHECKS) - set(names) == (set() if session else only_sessions)
    assert all(line["note"] for line in lines if line["severity"] != "ok")
