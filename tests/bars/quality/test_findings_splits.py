"""Report lines on splits: those that prices show and those that the data state."""

import polars as pl
import pytest

from regime_factory.bars.quality.findings_splits import stated_splits
from regime_factory.bars.quality.limits import GateLimits

from ..walks import findings, found, moment, scaled, walk

GIVEN = {"adj_close": pl.Float64, "split": pl.Float64, "dividend": pl.Float64}


@pytest.mark.parametrize(
    ("split", "words"), [(2, "2:1"), (3, "3:1"), (1.5, "3:2"), (0.1, "1:10"), (7, "7:1")]
)
def test_a_split_without_a_factor_is_named(split, words):
    line = findings(scaled(walk(), 200, 1 / split))["split-like jumps"]
    assert (line["severity"], line["rows"], line["last"]) == ("warn", 1, moment(200).isoformat())
    assert f"{words} at 2001-07-20" in line["result"]


def test_a_split_in_the_first_bars_is_found_without_a_scale():
    assert found(scaled(walk(), 5, 0.5)) == {"split-like jumps": 1}
    assert found(scaled(walk(), 5, 1.3)) == {}


def splits_of(bars, **columns):
    given = bars.select("ts").with_columns(
        pl.Series(name, columns.get(name, [None] * len(bars)), dtype=dtype)
        for name, dtype in GIVEN.items()
    )
    return stated_splits(bars, given, GateLimits())


def split_at(bars, row, split):
    return splits_of(bars, split=[split if i == row else None for i in range(len(bars))])


def test_a_stated_split_explains_the_jump():
    bars = scaled(walk(), 200, 0.5)
    lines = findings(bars, splits=split_at(bars, 200, 2.0))
    assert found(bars, splits=split_at(bars, 200, 2.0)) == {}
    assert lines["given splits"]["result"] == "the price agrees with 1 stated split"


def test_a_step_of_the_adjusted_close_explains_the_jump():
    bars = scaled(walk(), 200, 0.5).with_columns(pl.col("close").round(2))
    adjusted = scaled(bars, 0, 0.5, 200)["close"].round(2).to_list()
    splits = splits_of(bars, adj_close=adjusted)
    assert splits.rows() == [(moment(200), 2.0)]
    assert found(bars, splits=splits) == {}


def test_a_stated_split_without_a_jump_is_bad():
    bars = walk()
    line = findings(bars, splits=split_at(bars, 200, 2.0))["given splits"]
    assert (line["severity"], line["rows"], line["first"]) == ("bad", 1, moment(200).isoformat())
    assert "split_adjusted" in line["note"]
    assert found(bars, splits=split_at(bars, 200, 2.0), adjusted=True) == {}


def test_prices_called_adjusted_must_not_jump_at_a_stated_split():
    bars = scaled(walk(), 200, 0.5)
    line = findings(bars, splits=split_at(bars, 200, 2.0), adjusted=True)["given splits"]
    assert (line["severity"], line["rows"]) == ("bad", 1)
    assert "as_traded" in line["note"]


def test_nothing_stated_and_impossible_splits_are_no_split():
    bars = walk()
    assert split_at(bars, 200, 1.0).is_empty()
    assert split_at(bars, 200, -2.0).is_empty()
    assert stated_splits(bars, bars.clear(), GateLimits()).is_empty()
