"""Report lines on bad ticks and outliers."""

import polars as pl
import pytest

from ..walks import findings, found, moment, scaled, walk


def test_an_ordinary_walk_has_no_finding():
    lines = findings(walk())
    assert {line["severity"] for line in lines.values()} == {"ok"}


@pytest.mark.parametrize("factor", [10.0, 0.1, 0.5, 1.6])
def test_a_price_that_comes_back_is_a_bad_tick(factor):
    line = findings(scaled(walk(), 200, factor, 201))["bad ticks"]
    assert (line["severity"], line["rows"], line["first"]) == ("warn", 1, moment(200).isoformat())
    assert found(scaled(walk(), 200, factor, 201)) == {"bad ticks": 1}


def test_a_move_over_a_gap_may_be_larger():
    bars = scaled(walk(), 200, 1.3)
    assert found(bars) == {"outliers": 1}
    gap = pl.when(pl.int_range(pl.len()) >= 200).then(pl.duration(days=25))
    assert found(bars.with_columns(pl.col("ts") + pl.coalesce(gap, pl.duration()))) == {}


def test_a_high_alone_can_be_a_bad_tick():
    assert found(scaled(walk(), 200, 1.5, 201, ("high",))) == {"bad ticks": 1}
    assert found(scaled(walk(), 200, 0.5, 201, ("low",))) == {"bad ticks": 1}


def test_ticks_one_after_the_other_are_counted_once_each():
    bars = scaled(scaled(scaled(walk(), 200, 4.0, 201), 202, 4.0, 203), 204, 4.0, 205)
    assert found(bars) == {"bad ticks": 3}


def test_a_move_that_stays_is_an_outlier_and_names_its_size():
    line = findings(scaled(walk(), 200, 1.6))["outliers"]
    assert (line["severity"], line["rows"]) == ("warn", 1)
    move = walk()["close"][200] * 1.6 / walk()["close"][199] - 1
    assert f"{100 * move:+.1f}% at 2001-07-20 00:00" in line["note"]


def test_a_last_bar_far_off_is_an_outlier_until_the_next_bar_tells():
    bars = scaled(walk(), 200, 10.0, 201)
    assert found(bars[:201]) == {"split-like jumps": 1}
    assert found(bars[:202]) == {"bad ticks": 1}
