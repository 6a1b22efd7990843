"""The reason written for each kind of bad row."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars.quality.row_rules import passes_row_rules, repeated_rows, row_rules

LATEST = datetime(2030, 1, 1, tzinfo=UTC)
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
    "ts": pl.Datetime("us", "UTC"),
    "fault": pl.String,
}


def _no_reason():
    return pl.all_horizontal(rule.reason.is_null() for rule in row_rules(LATEST))


def judged(**changes):
    row = pl.DataFrame([GOOD | changes], schema_overrides=SCHEMA)
    assert row.select(passes_row_rules(LATEST))[0, 0] == row.select(_no_reason())[0, 0]
    found = {rule.name: row.select(rule.reason.alias("r"))["r"][0] for rule in row_rules(LATEST)}
    return {name: reason for name, reason in found.items() if reason is not None}


def test_a_good_row_breaks_no_rule():
    assert judged() == {}
    assert judged(open=1.0, high=1.0, low=1.0, close=1.0) == {}
    assert judged(ts=LATEST) == judged(ts=datetime(1800, 1, 1, tzinfo=UTC)) == {}


@pytest.mark.parametrize(
    ("changes", "rule", "reason"),
    [
        ({"ts": None}, "no missing cells", "ts is missing"),
        ({"symbol": None}, "no missing cells", "symbol is missing"),
        ({"open": None, "close": None}, "no missing cells", "open is missing; close is missing"),
        (
            {"ts": LATEST + timedelta(microseconds=1)},
            "plausible times",
            "ts 2030-01-01 00:00 UTC is in the future: the bar has not closed",
        ),
        (
            {"ts": datetime(1799, 12, 31, 23, 59, tzinfo=UTC)},
            "plausible times",
            "ts 1799-12-31 23:59 UTC is before 1800",
        ),
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


def test_a_time_that_is_only_missing_is_not_unreadable():
    found = judged(ts=None, fault="ts is missing")
    assert found == {"no missing cells": "ts is missing"}
    both = judged(ts=None, close=None, fault="ts is missing; close is not a number: 'x'")
    assert both["readable cells"] == "close is not a number: 'x'"
    assert both["no missing cells"] == "ts is missing"


def test_only_the_later_of_equal_times_is_a_duplicate():
    ts, close = [1, 3, 3, 3, 4, 4], [1.0, 1.0, 1.0, 2.0, None, None]
    good = pl.DataFrame({"place": range(6), "ts": ts, "close": close, "volume": 5.0})
    found = repeated_rows(good, ["close", "volume"])
    assert found.select("place", "same").rows() == [(2, True), (3, False), (5, True)]
    assert found["reason"][0].endswith("the same time and values")
    assert found["reason"][1].endswith("the same time and other values")
    assert repeated_rows(good[:2], ["close"]).is_empty()


ODD_PRICES = [None, float("nan"), float("inf"), -float("inf"), 0.0, -1.0]
PRICES = st.sampled_from([*ODD_PRICES, 1.0, 2.0, 3.0])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(PRICES, PRICES, PRICES, PRICES), min_size=1, max_size=40))
def test_the_cheap_pass_agrees_with_the_rules(rows):
    table = pl.DataFrame(
        rows, schema=dict.fromkeys(["open", "high", "low", "close"], pl.Float64), orient="row"
    )
    table = table.with_columns(symbol=pl.lit("X"), ts=LATEST, fault=pl.lit(None, dtype=pl.String))
    made = table.select(cheap=passes_row_rules(LATEST), full=_no_reason())
    assert made["cheap"].equals(made["full"].rename("cheap"))
    assert made["cheap"].null_count() == 0
