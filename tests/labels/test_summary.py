"""Figures of a table of labels, counted by hand."""

import json
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.bars import resolve_zones
from regime_factory.bars.symbol_table import SymbolTableBuilder
from regime_factory.labels import average_uniqueness, build_labels, label_summary, triple_barrier

from .markets import random_bars, table

SETTINGS = {"horizon": 3, "atr_window": 1, "threshold_horizon": 2, "forward_horizons": [1, 4]}


def test_figures_of_a_small_market():
    bars = table([(100, 101, 99, 100)] * 5 + [(100, 104, 100, 104)] + [(104, 105, 103, 104)] * 6)
    labels = build_labels(bars, thresholds=[0.02], **SETTINGS)
    summary = label_summary(labels)["X"]
    assert summary["rows"] == 10
    assert summary["first"] == "2020-01-01T21:00:00+00:00"
    rows = labels.filter(pl.col("label").is_not_null())
    place = {ts: i for i, ts in enumerate(bars["ts"])}
    start = [place[ts] for ts in rows["ts"]]
    end = [place[ts] for ts in rows["t1_label"]]
    assert summary["label"] == {
        "rows": 7,
        "counts": {"-1": 0, "0": 4, "1": 3},
        "shares": {"-1": 0.0, "0": 4 / 7, "1": 3 / 7},
        "barriers": {"upper": 3, "time": 4},
        "barrier_shares": {"upper": 3 / 7, "time": 4 / 7},
        "mean_bars": pytest.approx(sum(b - a for a, b in zip(start, end, strict=True)) / 7),
        "average_uniqueness": pytest.approx(
            average_uniqueness([a + 1 for a in start], [b + 1 for b in end]).mean()
        ),
        "mean_ret_net": pytest.approx(rows["ret_net"].mean()),
    }
    hits = labels["up_2pct"].drop_nulls()
    assert summary["thresholds"]["up_2pct"]["rows"] == 9
    assert summary["thresholds"]["up_2pct"]["positive_share"] == pytest.approx(hits.mean())
    assert summary["forward"]["fwd_ret_4"]["rows"] == 7
    assert summary["forward"]["fwd_ret_1"]["mean"] == pytest.approx(labels["fwd_ret_1"].mean())
    assert json.loads(json.dumps(summary)) == summary


def test_figures_by_symbol_and_zone():
    bars = pl.concat([random_bars(200, 1, symbol="A"), random_bars(200, 2, symbol="B")])
    zones = resolve_zones(bars["ts"], selection_end=0.5, evaluation_end=0.8, min_bars=10)
    labels = build_labels(bars, **SETTINGS)
    summary = label_summary(labels, zones)
    assert list(summary) == ["A", "B"]
    for symbol, figures in summary.items():
        parts = figures["zones"]
        assert list(parts) == ["selection", "evaluation", "holdout"]
        assert sum(part["rows"] for part in parts.values()) == figures["rows"]
        for key in ("-1", "0", "1"):
            counts = [part["label"]["counts"][key] for part in parts.values()]
            assert sum(counts) == figures["label"]["counts"][key]
        own = labels.filter(pl.col("symbol") == symbol)
        selected = own.filter(pl.col("ts") <= zones["end"][0])
        assert parts["selection"]["label"]["mean_bars"] == pytest.approx(
            label_summary(selected)[symbol]["label"]["mean_bars"]
        )


@pytest.mark.parametrize("columns", [["label", "t1_label", "ret_net", "barrier"], []])
def test_a_table_with_some_targets_only(columns):
    labels = triple_barrier(random_bars(80)).select("symbol", "ts", *columns)
    summary = label_summary(labels)["X"]
    assert ("label" in summary) == bool(columns)
    assert "forward" not in summary
    assert summary["rows"] == 41


def test_figures_of_no_rows_are_none():
    labels = build_labels(random_bars(30), horizon=50, atr_window=5)
    figures = label_summary(labels)["X"]["label"]
    assert figures["rows"] == 0
    assert figures["mean_bars"] is None
    assert figures["shares"] == {"-1": None, "0": None, "1": None}
    assert label_summary(labels.clear()) == {}


def test_a_table_without_keys_is_refused():
    with pytest.raises(ValueError, match="labels lack the column 'symbol'; they have label"):
        label_summary(pl.DataFrame({"label": [1]}))


BARS = random_bars(200, 3)
LABELS = build_labels(BARS, **SETTINGS)
FIRST = ["symbol", "ts", "label", "t1_label", "ret_net", "barrier"]


def test_with_bars_missing_rows_change_no_length_of_an_outcome():
    """Figures of a filtered table are those by the numbers of the market's bars."""
    kept = LABELS.drop_nulls("label").select(FIRST).gather_every(2)
    found = label_summary(kept, bars=BARS)["X"]["label"]
    place = {ts: i for i, ts in enumerate(BARS["ts"])}
    start, end = (np.array([place[ts] for ts in kept[name]]) for name in ("ts", "t1_label"))
    assert found["mean_bars"] == pytest.approx((end - start).mean())
    unique = average_uniqueness(start + 1, end + 1)
    assert found["average_uniqueness"] == pytest.approx(unique.mean())
    without = label_summary(kept)["X"]["label"]
    assert without["mean_bars"] < 0.7 * found["mean_bars"]


def test_a_delisting_ends_outcomes_in_the_last_bar_whenever_it_was_known():
    known = BARS["ts"][-1] + timedelta(days=90)
    at_once, later = (
        label_summary(build_labels(BARS, delisted=gone, **SETTINGS), bars=BARS)
        for gone in ({"X"}, {"X": known})
    )
    assert at_once == later


def test_bars_may_lie_on_disk_and_rows_in_any_order():
    built = SymbolTableBuilder()
    built.append(BARS)
    expected = label_summary(LABELS, bars=BARS)
    assert label_summary(LABELS, bars=built.table()) == expected
    turned = label_summary(LABELS.reverse(), bars=BARS.reverse())["X"]
    for name in ("first", "last", "rows"):
        assert turned[name] == expected["X"][name]
    assert turned["label"]["counts"] == expected["X"]["label"]["counts"]
    assert turned["label"]["mean_bars"] == pytest.approx(expected["X"]["label"]["mean_bars"])


@pytest.mark.parametrize(
    ("labels", "bars", "error", "message"),
    [
        (LABELS.to_pandas(), None, TypeError, "labels must be a polars.DataFrame, found pandas"),
        (LABELS.drop("label"), None, ValueError, "labels lack the column 'label'"),
        (LABELS.drop("barrier"), None, ValueError, "labels lack the column 'barrier'"),
        (LABELS.drop("ret_net"), None, ValueError, "labels lack the column 'ret_net'"),
        (LABELS.drop("up_1pct"), None, ValueError, "labels lack the column 'up_1pct'"),
        (LABELS, BARS.to_pandas(), TypeError, "bars must be a polars.DataFrame, found pandas"),
        (LABELS, BARS.drop("ts"), ValueError, "bars lack the column 'ts'"),
        (LABELS, BARS[:50], ValueError, "bars of 'X' lack 2020-02-20 .*the decision of a label"),
        (LABELS, random_bars(200, symbol="Y"), ValueError, "bars hold none of 'X'"),
        (
            LABELS,
            pl.concat([BARS, BARS.with_columns(timeframe=pl.lit("1W"))]),
            ValueError,
            "bars of 'X' hold more than one timeframe",
        ),
    ],
)
def test_tables_that_cannot_be_counted(labels, bars, error, message):
    with pytest.raises(error, match=message):
        label_summary(labels, bars=bars)
