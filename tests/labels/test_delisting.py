"""A symbol that ends long before the others was delisted, and that was known only later."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest

from regime_factory.labels import (
    FILL_TIMINGS,
    build_labels,
    delisted_symbols,
    forward_returns,
    threshold_targets,
    triple_barrier,
)
from regime_factory.labels.schema import Labels

from .markets import random_bars

PANEL = pl.concat(
    [random_bars(100, symbol="A"), random_bars(60, symbol="B"), random_bars(98, symbol="C")]
)
BARS = random_bars(60)
LAST = BARS["ts"][-1]
KNOWN = LAST + timedelta(days=30)
SETTINGS = {"horizon": 12, "threshold_horizon": 9, "forward_horizons": [1, 5], "atr_window": 5}
LENGTHS = {"label": 12, "up_1pct": 9, "down_5pct": 9, "fwd_ret_1": 1, "fwd_ret_5": 5}


@pytest.mark.parametrize(
    ("days", "expected"), [(0, "BC"), (1, "BC"), (2, "BC"), (3, "B"), (40, "B"), (41, "")]
)
def test_symbols_that_end_early_and_when_that_was_known(days, expected):
    after = timedelta(days=days)
    ends = dict(PANEL.group_by("symbol").agg(pl.col("ts").max()).iter_rows())
    known = {symbol: ends[symbol] + after for symbol in expected}
    assert delisted_symbols(PANEL, after) == known
    assert delisted_symbols(PANEL.sort("ts"), after) == known
    # Not before the moment, and from then on: what is found follows from the bars up to it.
    for symbol, moment in known.items():
        assert symbol not in delisted_symbols(PANEL.filter(pl.col("ts") < moment), after)
        if moment > ends[symbol]:
            assert symbol in delisted_symbols(PANEL.filter(pl.col("ts") <= moment), after)


def test_a_symbol_alone_was_not_delisted():
    assert delisted_symbols(random_bars(60), timedelta(0)) == {}


@pytest.mark.parametrize("fill", list(FILL_TIMINGS))
def test_labels_that_need_the_delisting_are_known_with_it(fill):
    """All others, and every value, are those of a delisting known at once."""
    timing = FILL_TIMINGS[fill]
    at_once = build_labels(BARS, fill=fill, delisted={"X"}, **SETTINGS)
    found = build_labels(BARS, fill=fill, delisted={"X": KNOWN}, **SETTINGS)
    ends = [name for name in found.columns if name.startswith("t1_")]
    assert found.drop(ends).equals(at_once.drop(ends))
    undecided = build_labels(BARS, fill=fill, **SETTINGS)
    for name, length in LENGTHS.items():
        end = f"t1_{name}"
        needed = timing.outcome_lag + length - 1  # bars after the decision
        whole = pl.col("ts") <= BARS["ts"][-1 - needed]
        assert found.filter(whole)[end].equals(at_once.filter(whole)[end])
        rest = found.filter(~whole)[end].drop_nulls()
        assert len(rest) == length - 1
        assert (rest == KNOWN).all()
        assert undecided[end].count() == found.filter(whole)[end].count()
    assert Labels.validate(found).equals(found)


def test_a_moment_before_the_deciding_bar_changes_nothing():
    early = {"X": datetime(2020, 1, 5, tzinfo=UTC)}
    assert build_labels(BARS, delisted=early).equals(build_labels(BARS, delisted={"X"}))
    elsewhere = {"X": KNOWN.astimezone(timezone(timedelta(hours=-5)))}
    labels = build_labels(BARS, delisted=elsewhere)
    assert labels.equals(build_labels(BARS, delisted={"X": KNOWN}))


def test_labels_known_by_a_cut_are_those_of_the_bars_up_to_it():
    """With the panel cut off at any bar after the last of B, no cell of B known by then changes."""
    after = timedelta(days=20)
    ends = {name: f"t1_{name}" for name in LENGTHS} | {"ret_net": "t1_label"}

    def known(bars, cut):
        labels = build_labels(bars, delisted=delisted_symbols(bars, after), **SETTINGS)
        cells = [pl.when(pl.col(end) <= cut).then(name).alias(name) for name, end in ends.items()]
        kept = labels.filter(symbol="B").select("symbol", "ts", *cells)
        return kept.filter(pl.any_horizontal(pl.exclude("symbol", "ts").is_not_null()))

    for cut in PANEL["ts"].unique().sort()[60:100]:
        assert known(PANEL.filter(pl.col("ts") <= cut), cut).equals(known(PANEL, cut)), cut
    assert delisted_symbols(PANEL, after).keys() == {"B"}


@pytest.mark.parametrize(
    "label", [triple_barrier, threshold_targets, forward_returns, build_labels]
)
@pytest.mark.parametrize(
    ("delisted", "error", "message"),
    [
        ({"x"}, ValueError, "names 'x', which the bars lack; did you mean 'X'"),
        ({"Y": False}, ValueError, "names 'Y', which the bars lack; known: 'X'"),
        ({"X": "False"}, TypeError, "says 'False' of 'X'; give True, False or the moment"),
        ({"X": 1}, TypeError, "says 1 of 'X'"),
        ({"X": None}, TypeError, "says None of 'X'"),
        ({"X": datetime(2020, 3, 1)}, ValueError, "without a time zone"),
        (5, TypeError, "delisted is 5; give a set of symbols"),
        ("X", TypeError, "delisted is 'X'; give a set of symbols"),
        (True, TypeError, "delisted is True"),
        ([1], TypeError, "delisted names 1; give symbols as text"),
    ],
)
def test_what_cannot_be_said_of_a_delisting(label, delisted, error, message):
    with pytest.raises(error, match=message):
        label(BARS, delisted=delisted)


NUMBERED = PANEL.with_columns(symbol=pl.col("symbol").cast(pl.Categorical).to_physical())


@pytest.mark.parametrize(
    ("given_", "error", "message"),
    [
        ({"after": timedelta(days=-1)}, ValueError, "give a positive length of time"),
        ({"after": 30}, TypeError, "after is 30; give a length of time"),
        ({"bars": PANEL.to_pandas()}, TypeError, "found pandas DataFrame"),
        ({"bars": PANEL.drop("ts")}, ValueError, "bars lack the column 'ts'"),
        ({"bars": NUMBERED}, ValueError, "symbol of the bars is UInt32; expected text"),
        (
            {"bars": PANEL.with_columns(pl.col("ts").dt.replace_time_zone(None))},
            ValueError,
            "expected Datetime in UTC",
        ),
    ],
)
def test_errors(given_, error, message):
    with pytest.raises(error, match=message):
        delisted_symbols(**{"bars": PANEL, "after": timedelta(days=30), **given_})


def test_symbols_of_labels_must_be_text_too():
    with pytest.raises(ValueError, match="symbol of the bars is UInt32; expected text"):
        triple_barrier(NUMBERED)
    named = PANEL.with_columns(pl.col("symbol").cast(pl.Categorical))
    gone = delisted_symbols(named, timedelta(days=5))
    assert triple_barrier(named, delisted=gone).equals(triple_barrier(PANEL, delisted=gone))
