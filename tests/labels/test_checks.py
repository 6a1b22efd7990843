"""Bars and settings that cannot be used end with a message that says what to do."""

import math

import polars as pl
import pytest

from regime_factory.labels import (
    LabelCosts,
    build_labels,
    forward_returns,
    threshold_targets,
    triple_barrier,
)

from .markets import random_bars, table

BARS = random_bars(60)


def with_value(column, row, value, bars=BARS):
    at = pl.int_range(pl.len()) == row
    return bars.with_columns(pl.when(at).then(value).otherwise(column).alias(column))


@pytest.mark.parametrize(
    "label", [triple_barrier, threshold_targets, forward_returns, build_labels]
)
@pytest.mark.parametrize(
    ("bars", "message"),
    [
        (BARS.drop("high", "low"), "bars lack the columns high, low; they have symbol"),
        (BARS.clear(), "there are no bars to label"),
        (BARS[[0, 2, 1, 3]], r"'X' go back in time or repeat at 2020-01-02 21:00 UTC \(row 2 "),
        (BARS[[0, 1, 1]], r"repeat at 2020-01-02 21:00 UTC \(row 2 "),
        (with_value("ts", 3, None), "'X' have no stamp in row 3"),
        (with_value("symbol", 3, None), "rows without a symbol"),
        (with_value("timeframe", 3, pl.lit("1W")), r"more than one timeframe \(1D, 1W\)"),
        (with_value("close", 4, math.nan), r"'X' has open .*, close nan at 2020-01-05 21:00 UTC"),
        (with_value("close", 4, None), "close None at 2020-01-05"),
        (with_value("low", 4, 0.0), r"low 0.0, .* prices must be positive"),
        (with_value("low", 4, -1.0), r"low -1.0, .* prices must be positive"),
        (with_value("high", 4, math.inf), "high inf"),
        (with_value("high", 4, 1.0), r"high 1.0, .* between low and high"),
        (with_value("open", 4, 1.0), r"open 1.0, .* between low and high"),
        (BARS.with_columns(pl.col("ts").dt.replace_time_zone(None)), "expected Datetime in micro"),
        (BARS.with_columns(pl.col("close").cast(pl.String)), "close of the bars is String"),
        (BARS.with_columns(pl.col("low").cast(pl.Decimal(12, 4))), r"low of the bars is Decimal.*"),
    ],
)
def test_bars(label, bars, message):
    with pytest.raises(ValueError, match=message):
        label(bars)


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"horizon": 0}, "horizon is 0; give a whole number of bars"),
        ({"horizon": -1}, "horizon is -1"),
        ({"horizon": 2.5}, "horizon is 2.5"),
        ({"horizon": True}, "horizon is True"),
        ({"horizon": 10**19}, "horizon is 10000000000000000000; give 1000000000 bars at most"),
        ({"atr_window": 10**12}, "atr_window is 1000000000000; give"),
        ({"atr_window": 0}, "atr_window is 0"),
        ({"upper": -2.0}, "upper is -2.0; give a positive multiple of the ATR"),
        ({"lower": 0.0}, "lower is 0.0"),
        ({"lower": math.nan}, "lower is nan"),
        ({"fill": "close"}, "fill is 'close'; choose one of next_close, next_open, signal_close"),
        ({"costs": {"Y": LabelCosts()}}, "costs hold no entry for 'X', only for 'Y'"),
    ],
)
def test_settings_of_barriers(given_, message):
    for label in (triple_barrier, build_labels):
        with pytest.raises(ValueError, match=message):
            label(BARS, **given_)


@pytest.mark.parametrize(
    ("label", "given_", "message"),
    [
        (threshold_targets, {"thresholds": [1, 2]}, "thresholds hold 1; give shares between 0"),
        (threshold_targets, {"thresholds": [-0.01]}, "thresholds hold -0.01"),
        (threshold_targets, {"thresholds": [math.nan]}, "thresholds hold nan"),
        (threshold_targets, {"thresholds": [0.01, 0.01]}, "thresholds hold 0.01 twice"),
        (threshold_targets, {"thresholds": []}, "thresholds are empty"),
        (threshold_targets, {"horizon": 0}, "horizon is 0"),
        (forward_returns, {"horizons": []}, "horizons are empty"),
        (forward_returns, {"horizons": [1, 0]}, "a horizon is 0"),
        (forward_returns, {"horizons": [6, 6]}, "horizons hold a number twice"),
        (build_labels, {"threshold_horizon": 0}, "threshold_horizon is 0"),
        (build_labels, {"thresholds": [5]}, "thresholds hold 5"),
        (build_labels, {"forward_horizons": [0]}, "a horizon is 0"),
    ],
)
def test_settings_of_other_targets(label, given_, message):
    with pytest.raises(ValueError, match=message):
        label(BARS, **given_)


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"bars": BARS.lazy()}, "bars must be a polars.DataFrame, found polars LazyFrame"),
        ({"bars": BARS.to_pandas()}, "found pandas DataFrame"),
        ({"delisted": "X"}, "delisted is 'X'; give a set of symbols"),
        ({"costs": 5}, "costs must be LabelCosts or a mapping"),
        ({"horizon": None}, "horizon is None; give a whole number of bars"),
        ({"horizon": "24"}, "horizon is '24'; give a whole number of bars"),
        ({"upper": "2"}, "upper is '2'; give a positive multiple"),
        ({"lower": None}, "lower is None; give a positive multiple"),
        ({"upper": True}, "upper is True; give a positive multiple"),
        ({"fill": ["next_close"]}, r"fill is \['next_close'\]; choose one of next_close"),
        ({"shift_barriers": "False"}, "shift_barriers is 'False'; give True, False or None"),
        ({"shift_barriers": 1}, "shift_barriers is 1; give True, False or None"),
    ],
)
def test_types(given_, message):
    for label in (triple_barrier, build_labels):
        with pytest.raises(TypeError, match=message):
            label(given_.get("bars", BARS), **{k: v for k, v in given_.items() if k != "bars"})


@pytest.mark.parametrize(
    ("label", "given_", "message"),
    [
        (threshold_targets, {"thresholds": 0.01}, "thresholds is 0.01; give a list of numbers"),
        (threshold_targets, {"thresholds": None}, "thresholds is None; give a list of numbers"),
        (threshold_targets, {"thresholds": ["0.01"]}, "thresholds hold '0.01'; give shares"),
        (threshold_targets, {"thresholds": "0.01"}, "thresholds is '0.01'; give a list"),
        (threshold_targets, {"thresholds": [True]}, "thresholds hold True; give shares"),
        (forward_returns, {"horizons": 24}, "horizons is 24; give a list of numbers"),
        (forward_returns, {"horizons": None}, "horizons is None; give a list of numbers"),
        (forward_returns, {"horizons": ["24"]}, "a horizon is '24'; give a whole number"),
        (build_labels, {"thresholds": 0.01}, "thresholds is 0.01; give a list of numbers"),
        (build_labels, {"thresholds": None}, "thresholds is None; give a list of numbers"),
        (build_labels, {"forward_horizons": 24}, "forward_horizons is 24; give a list"),
    ],
)
def test_types_of_other_targets(label, given_, message):
    with pytest.raises(TypeError, match=message):
        label(BARS, **given_)


def test_a_horizon_far_beyond_the_bars_is_none_or_ends_with_the_symbol():
    assert triple_barrier(BARS, horizon=10**9).is_empty()
    assert build_labels(BARS, atr_window=10**9)["label"].count() == 0
    gone = triple_barrier(BARS, horizon=10**9, upper=math.inf, lower=math.inf, delisted={"X"})
    assert gone["barrier"].unique().to_list() == ["end"]


def test_settings_may_be_generators():
    found = build_labels(BARS, thresholds=(k / 50 for k in (1, 2)), forward_horizons=iter([1, 2]))
    assert found.equals(build_labels(BARS, thresholds=[0.02, 0.04], forward_horizons=[1, 2]))
    assert forward_returns(BARS, horizons=iter([3])).columns[2] == "fwd_ret_3"


def test_opens_that_repeat_the_previous_close_are_no_fill():
    stale = table([(100, 101, 99, 100)] * 60)
    with pytest.raises(ValueError, match=r"100% of the opens of 'X' .* use fill=\"next_close\""):
        triple_barrier(stale, fill="next_open")
    assert triple_barrier(stale).height == 21


def test_float32_prices_are_the_numbers_they_stand_for():
    """Ticks touched exactly are touched, and every figure is that of the same prices in Float64."""
    prices = ("open", "high", "low", "close")
    bars = random_bars(200, 4).with_columns(pl.col(prices).round(2))
    short = bars.with_columns(pl.col(prices).cast(pl.Float32))
    assert build_labels(short).equals(build_labels(bars))
    flat = (12.0, 12.0, 12.0, 12.0)
    touched = table([flat, flat, (12.0, 12.12, 11.88, 12.0)])
    touched = touched.with_columns(pl.col(prices).cast(pl.Float32))
    targets = threshold_targets(touched, thresholds=[0.01], horizon=1)
    assert targets.select("up_1pct", "down_1pct").row(0) == (1, 1)


def test_whole_numbers_are_prices_too():
    bars = table([(100, 103, 98, 101)] * 60).with_columns(
        pl.col("open", "high", "low", "close").cast(pl.Int64)
    )
    floats = bars.with_columns(pl.col("open", "high", "low", "close").cast(pl.Float64))
    assert build_labels(bars).equals(build_labels(floats))
