"""Threshold targets, forward returns and the table of all, against exact arithmetic."""

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from regime_factory.labels import (
    FILL_TIMINGS,
    LabelCosts,
    build_labels,
    forward_returns,
    threshold_names,
    threshold_targets,
    triple_barrier,
)

from .markets import COSTS, markets, random_bars, table
from .slow_reference import forward_rows, threshold_rows

THRESHOLDS = (0.05, 0.005, 0.01, 0.3)


def numbered(bars, targets):
    """Targets with numbers of bars in place of stamps."""
    places = {ts: i for i, ts in enumerate(bars["ts"])}
    stamps = [name for name in targets.columns if name == "ts" or name.startswith("t1_")]
    return targets.with_columns(
        pl.Series(name, [places.get(ts) for ts in targets[name]], dtype=pl.Int64) for name in stamps
    )


def market(data, fill):
    bars = data.draw(markets(stale_opens=fill != "next_open"))
    if fill == "next_open":
        assume(not (bars["open"] == bars["close"].shift(1)).any())
    return bars


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(1, 12), st.sampled_from(list(FILL_TIMINGS)), st.booleans())
def test_thresholds_equal_exact_arithmetic(data, horizon, fill, gone):
    bars = market(data, fill)
    delisted = {"X"} if gone else None
    found = numbered(
        bars,
        threshold_targets(
            bars, thresholds=THRESHOLDS, horizon=horizon, fill=fill, delisted=delisted
        ),
    )
    for name, threshold in threshold_names(THRESHOLDS).items():
        columns = [f"up_{name}", f"t1_up_{name}", f"down_{name}", f"t1_down_{name}"]
        expected = threshold_rows(
            bars.to_dicts(), threshold, horizon=horizon, fill=fill, delisted=gone
        )
        assert found.select("ts", *columns).rows() == expected


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(list(FILL_TIMINGS)), COSTS, st.booleans())
def test_forward_returns_equal_exact_arithmetic(data, fill, costs, gone):
    bars = market(data, fill)
    found = numbered(
        bars,
        forward_returns(
            bars,
            horizons=[7, 1, 3],
            fill=fill,
            costs=LabelCosts(**costs),
            delisted={"X"} if gone else None,
        ),
    )
    for length in (7, 1, 3):
        value, end = f"fwd_ret_{length}", f"t1_fwd_ret_{length}"
        rows = found.select("ts", value, end).drop_nulls().rows()
        expected = forward_rows(bars.to_dicts(), length, fill=fill, costs=costs, delisted=gone)
        assert [(a, c) for a, _, c in rows] == [(a, c) for a, _, c in expected]
        assert [b for _, b, _ in rows] == pytest.approx([b for _, b, _ in expected], abs=1e-12)
        assert (found[value].is_null() == found[end].is_null()).all()


@pytest.mark.parametrize(
    ("entry", "high", "low", "expected"),
    [
        (12.0, 12.12, 12.0, (1, 0)),  # 12 * 1.01 is above 12.12 in floating point
        (12.0, 12.11, 12.0, (0, 0)),
        (12.0, 12.0, 11.88, (0, 1)),
        (12.0, 12.0, 11.89, (0, 0)),
        (100.0, 103.0, 97.0, (1, 1)),  # a question of each side
    ],
)
def test_a_threshold_reached_to_the_tick_counts(entry, high, low, expected):
    flat = (entry, entry, entry, entry)
    bars = table([flat, flat, (entry, high, low, entry)])
    targets = threshold_targets(bars, thresholds=[0.01], horizon=1)
    assert targets.select("up_1pct", "down_1pct").row(0) == expected


def test_columns_of_thresholds_are_named_by_percent_in_the_given_order():
    names = threshold_names((0.02, 0.005, 0.0125, 0.00001, 0.5))
    assert list(names) == ["2pct", "0_5pct", "1_25pct", "0_001pct", "50pct"]
    targets = threshold_targets(random_bars(60), thresholds=(0.02, 0.005))
    assert targets.columns[2:] == [
        "up_2pct", "t1_up_2pct", "down_2pct", "t1_down_2pct",
        "up_0_5pct", "t1_up_0_5pct", "down_0_5pct", "t1_down_0_5pct",
    ]  # fmt: skip
    assert targets.schema["up_2pct"] == pl.Int8


@pytest.mark.parametrize(
    ("threshold", "name"),
    [
        (np.float32(0.3), "30pct"),
        (np.float32(0.012), "1_2pct"),
        (0.1 + 0.2, "30pct"),
        (np.float64(0.07), "7pct"),
        (1 / 3, "33_33333333pct"),
    ],
)
def test_columns_of_thresholds_leave_out_rounding(threshold, name):
    assert list(threshold_names([threshold])) == [name]
    assert threshold_names([threshold])[name] == pytest.approx(float(str(threshold)), abs=1e-17)


@pytest.mark.parametrize("thresholds", [(0.3, 0.1 + 0.2), (0.01, 0.01 + 1e-15)])
def test_thresholds_whose_columns_would_share_a_name_are_refused(thresholds):
    with pytest.raises(ValueError, match="whose columns would share the name"):
        threshold_names(thresholds)
    with pytest.raises(ValueError, match=r"thresholds hold .* twice"):
        threshold_names([np.float32(0.3), 0.3])


@pytest.mark.parametrize("delisted", [None, {"A"}])
def test_the_table_of_all_targets_holds_each_as_it_is_alone(delisted):
    bars = pl.concat([random_bars(90, 1, symbol="A"), random_bars(9, 2, symbol="B")]).sort("ts")
    costs = LabelCosts(fee_bps=2)
    given_ = {"fill": "signal_close", "delisted": delisted}
    table_ = build_labels(
        bars, horizon=30, threshold_horizon=4, forward_horizons=[2, 50], costs=costs, **given_
    )
    parts = [
        triple_barrier(bars, horizon=30, costs=costs, **given_),
        threshold_targets(bars, horizon=4, **given_),
        forward_returns(bars, horizons=[2, 50], costs=costs, **given_),
    ]
    for part in parts:
        targets = part.columns[2:]
        there = pl.any_horizontal(pl.col(targets).is_not_null())
        assert table_.select(part.columns).filter(there).equals(part)
    keys = pl.concat([part.select("symbol", "ts") for part in parts]).unique()
    assert table_.height == keys.height
    assert table_.select("symbol", "ts").equals(keys.sort("symbol", "ts"))


def test_targets_that_are_not_wanted_are_left_out():
    labels = build_labels(random_bars(60), thresholds=(), forward_horizons=())
    assert labels.equals(triple_barrier(random_bars(60)))
