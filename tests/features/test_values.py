"""Every feature against an independent plain Python definition."""

import numpy as np
import polars as pl
import pytest

from regime_factory.features import FEATURES, FeatureWindows, build_features, feature_columns

from .conftest import make_bars
from .reference import references

NAMES = [entry.name(FeatureWindows()) for entry in FEATURES.values()]
PRICE_UNITS = {e.name(FeatureWindows()) for e in FEATURES.values() if e.unit == "price"}


def _inputs(bars: pl.DataFrame) -> list[list]:
    return [bars[name].to_list() for name in ("open", "high", "low", "close", "volume")]


@pytest.fixture(scope="module", params=["full", "null volume"])
def case(request):
    bars = make_bars(220, seed=4)
    if request.param == "null volume":
        hole = (pl.int_range(pl.len()) % 37 == 5).alias("hole")
        bars = bars.with_columns(volume=pl.when(~hole).then("volume"))
    return build_features(bars, "v2"), references(*_inputs(bars))


def test_the_reference_covers_the_registry(case):
    assert set(case[1]) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_feature_equals_its_definition(case, name):
    table, expected = case
    got = table[f"{name}_1H"].to_list()
    want = expected[name]
    assert [x is None for x in got] == [x is None for x in want]
    known = [x for x in want if x is not None]
    assert len(known) > 50
    scale = 100.0 if name in PRICE_UNITS else 1.0
    np.testing.assert_allclose(
        [x for x in got if x is not None], known, rtol=1e-10, atol=1e-12 * scale
    )


@pytest.mark.parametrize("entry", FEATURES.values(), ids=NAMES)
def test_self_contained_expression_gives_the_same_bits(make_bars, entry):
    bars = make_bars(120, seed=2)
    alone = bars.select(entry.expression(FeatureWindows())).to_series()
    staged = build_features(bars, columns=[f"{alone.name}_1H"])[f"{alone.name}_1H"]
    assert alone.to_list() == staged.to_list()


def test_a_column_alone_has_the_bits_it_has_in_the_set(make_bars):
    bars = make_bars(200, seed=6)
    together = build_features(bars, "v2", ["1H", "4H"])
    for name in together.columns[2:]:
        alone = build_features(bars, columns=[name])[name]
        assert alone.to_list() == together[name].to_list(), name


def test_names_are_those_of_the_mission():
    v1 = feature_columns("v1", ["1H"])
    assert v1 == [
        "close_logret_current_1H",
        "log_halfrange_current_1H",
        "log_volume_delta_current_1H",
        "close_parkinson_20_1H",
    ]
    v2 = feature_columns("v2", ["1H"])
    assert v2[:4] == v1
    assert {
        "close_ret_zscore_20_1H",
        "volume_rvol_20_1H",
        "close_over_vwap_1H",
        "close_log_ratio_vwap_1H",
        "high_low_range_pct_current_1H",
        "close_open_pct_current_1H",
    } <= set(v2)
    assert len(v2) == len(set(v2)) == len(FEATURES)


def test_bars_without_range_have_a_finite_half_range(make_bars):
    bars = make_bars(5).with_columns(
        high=pl.col("close"), low=pl.col("close"), open=pl.col("close")
    )
    values = build_features(bars, columns=["log_halfrange_current_1H"]).to_series(2)
    assert values.to_list() == [pytest.approx(np.log(1e-5))] * 5
