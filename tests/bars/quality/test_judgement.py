"""Which rows are taken out, why, and what is said of each rule."""

from datetime import UTC, datetime, timedelta

import polars as pl

from regime_factory.bars.quality.findings import CHECKS
from regime_factory.bars.quality.judgement import judge
from regime_factory.bars.quality.prepared import prepare

from ..reference import make_bars

START = datetime(2021, 1, 4, tzinfo=UTC)
LATEST = datetime(2030, 1, 1, tzinfo=UTC)


def rows(*hours, **columns):
    bars = make_bars([START + timedelta(hours=hour) for hour in hours])
    return prepare(bars.with_columns(**columns))


def judged(frame):
    made = judge(frame, LATEST, bad_share=0.5)
    assert made.kept.height + made.rejected.height == frame.height
    found = {line["check"]: (line["severity"], line["rows"]) for line in made.findings}
    assert [name for name in CHECKS if name in found] == list(found)
    return made, {name: line for name, line in found.items() if line[1]}


def test_sound_rows_are_kept():
    made, found = judged(rows(1, 2, 3))
    assert found == {}
    assert made.rejected.is_empty()


def test_repeated_and_conflicting_rows_are_told_apart():
    same = {"open": 1.0, "high": 9.0, "low": 1.0, "volume": 5.0}
    made, found = judged(rows(1, 2, 2, 2, **same, close=pl.Series([2.0, 3.0, 3.0, 4.0])))
    assert found == {"repeated rows": ("warn", 1), "conflicting rows": ("warn", 1)}
    assert made.kept["row"].to_list() == [1, 2]
    assert made.rejected.select("row", pl.col("reason").str.slice(-12)).rows() == [
        (3, " time and values"[-12:]), (4, " other values"[-12:]),
    ]  # fmt: skip


def test_a_row_that_breaks_a_rule_does_not_make_the_next_one_a_repetition():
    made, found = judged(rows(1, 2, 2, close=pl.Series([101.0, -1.0, 100.8])))
    assert made.kept["row"].to_list() == [1, 3]
    assert found["positive prices"] == ("warn", 1)
    assert "repeated rows" not in found


def test_rows_are_rejected_in_their_order_with_every_reason():
    made, found = judged(rows(1, 1, 2, low=pl.Series([99.0, 99.0, -1.0]), close=101.5, open=101.0,
                              high=pl.Series([102.0, 102.0, float("inf")])))  # fmt: skip
    assert made.rejected["row"].to_list() == [2, 3]
    assert made.rejected["reason"][1] == "high is inf; low is not positive: -1.0"
    assert found["finite prices"] == found["positive prices"] == ("warn", 1)


def test_the_share_of_bad_rows_sets_the_severity():
    made = judge(rows(1, 2, close=pl.Series([-1.0, -1.0])), LATEST, bad_share=0.5)
    assert {line["severity"] for line in made.findings if line["rows"]} == {"bad"}
