"""The reason written for each kind of bad row."""

from datetime import UTC, datetime

import polars as pl
import pytest

from regime_factory.bars.row_rules import repeated_time, row_rules

GOOD = {
    "symbol": "X",
    "ts": datetime(2021, 1, 4, tzinfo=UTC),
    "open": 2.0,
    "high": 3.0,
    "low": 1.0,
    "close": 2.5,
    "fault": None,
}
SCHEMA = dict.fromkeys(("open", "high", "low", "close"), pl.Float64) | {
    "symbol": pl.String,
    "fault": pl.String,
}


def judged(**changes):
    row = pl.DataFrame([GOOD | changes], schema_overrides=SCHEMA)
    found = {rule.name: row.select(rule.reason.alias("r"))["r"][0] for rule in row_rules()}
    return {name: reason for name, reason in found.items() if reason is not None}


def test_a_good_row_breaks_no_rule():
    assert judged() == {}
    assert judged(open=1.0, high=1.0, low=1.0, close=1.0) == {}


@pytest.mark.parametrize(
    ("changes", "rule", "reason"),
    [
        ({"ts": None}, "no missing cells", "ts is missing"),
        ({"symbol": None}, "no missing cells", "symbol is missing"),
        ({"open": None, "close": None}, "no missing cells", "open is missing; close is missing"),
        ({"close": float("nan")}, "finite prices", "close is NaN"),
        ({"high": float("inf")}, "finite prices", "high is inf"),
        ({"low": 0.0}, "positive prices", "low is not positive: 0.0"),
        (
            {"high": 2.0, "low": 2.5, "open": 2.2, "close": 2.2},
            "high not below low",
            "high 2.0 is below low 2.5",
        ),
        (
            {"close": 3.5},
            "open and close within low and high",
            "close 3.5 is outside low..high 1.0..3.0",
        ),
        (
            {"open": 0.5},
            "open and close within low and high",
            "open 0.5 is outside low..high 1.0..3.0",
        ),
    ],
)
def test_each_fault_has_its_reason(changes, rule, reason):
    assert judged(**changes) == {rule: reason}


def test_an_unreadable_cell_is_not_reported_as_missing_too():
    found = judged(close=None, fault="close is not a number: 'x'")
    assert found == {"readable cells": "close is not a number: 'x'"}
    both = judged(close=None, open=None, fault="close is not a number: 'x'")
    assert both["no missing cells"] == "open is missing"


def test_only_the_later_of_equal_times_is_a_duplicate():
    marks = pl.DataFrame({"ts": [3, 1, 3, 3]}).select(again=repeated_time())["again"]
    assert marks.is_not_null().to_list() == [False, False, True, True]
