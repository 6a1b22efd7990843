"""Indicators against the independent oracle file, against published values and their warm-up."""

import numpy as np
import polars as pl
import pytest

from regime_factory.features import build_features
from regime_factory.features import indicators as ind
from regime_factory.features.rolling import rolling_mean
from regime_factory.features.steps import inline

ORACLE_OF = {
    "close_atr_14_1D": "atr.atr",
    "close_atr_pct_14_1D": "atr.atrp",
    "close_bollinger_upper_20_1D": "bb.upperBand",
    "close_bollinger_lower_20_1D": "bb.lowerBand",
    "close_bollinger_percent_b_20_1D": "bb.percentB",
    "close_bollinger_width_20_1D": "bb.width",
    "close_zscore_20_1D": "bb.zScore",
    "close_ema_20_1D": "ema.ema",
    "close_ema_12_1D": "macd.fastEma",
    "close_ema_26_1D": "macd.slowEma",
    "close_macd_12_26_1D": "macd.macd",
    "close_macd_signal_12_26_9_1D": "macd.signal",
    "close_macd_histogram_12_26_9_1D": "macd.histogram",
    "close_roc_14_1D": "roc.roc",
    "close_rsi_14_1D": "rsi.rsi",
    "close_sma_20_1D": "sma.sma",
}

# What DaveSkender/Stock.Indicators, which the file is from, expects of these bars at its default
# parameters: the first row with a value, the decimals that are given, values by row.
PUBLISHED = {
    "close_plus_di_14_1D": (
        14, 4, {14: 21.9669, 19: 21.0361, 29: 37.9719, 248: 32.3167, 501: 17.7565}),
    "close_minus_di_14_1D": (
        14, 4, {14: 18.5462, 19: 25.0124, 29: 14.1658, 248: 18.2471, 501: 31.1510}),
    "close_adx_14_1D": (27, 4, {27: 15.9459, 29: 19.7949, 248: 30.5903, 501: 34.2987}),
    "close_aroon_up_25_1D": (25, 9, {210: 100, 293: 0, 298: 0, 458: 0, 501: 28}),
    "close_aroon_down_25_1D": (25, 9, {210: 0, 293: 40, 298: 20, 458: 100, 501: 88}),
    "close_aroon_oscillator_25_1D": (25, 9, {210: 100, 293: -40, 298: -20, 458: -100, 501: -60}),
    "close_cci_20_1D": (19, 4, {501: -52.9946}),
    "volume_cmf_20_1D": (19, 6, {49: 0.350596, 249: -0.040226, 501: -0.123754}),
    "close_donchian_upper_20_1D": (20, 9, {20: 217.02, 249: 258.70, 485: 274.39, 501: 273.59}),
    "close_donchian_lower_20_1D": (20, 9, {20: 211.52, 249: 249.87, 485: 256.68, 501: 229.42}),
    "close_donchian_width_20_1D": (
        20, 6, {20: 0.025669, 249: 0.034725, 485: 0.066696, 501: 0.175623}),
    "close_keltner_upper_20_10_1D": (19, 4, {485: 275.4260, 501: 262.1873}),
    "close_keltner_lower_20_10_1D": (19, 4, {485: 255.4938, 501: 236.5165}),
    "close_keltner_width_20_10_1D": (19, 6, {485: 0.075085, 501: 0.102950}),
    "volume_mfi_14_1D": (14, 4, {439: 69.0622, 501: 39.9494}),
    "close_stoch_k_14_3_1D": (
        15, 4, {15: 81.1253, 17: 92.1307, 149: 81.6870, 249: 83.2020, 501: 43.1353}),
    "close_stoch_d_14_3_3_1D": (17, 4, {17: 88.4995, 149: 79.7935, 249: 83.0813, 501: 35.5674}),
    "close_williams_r_14_1D": (13, 4, {343: -19.8211, 501: -52.0121}),
    "close_zscore_10_1D": (9, 6, {9: -0.525917, 249: 0.783563, 501: 0.524312}),
    "close_efficiency_ratio_10_1D": (
        10, 4, {10: 0.2465, 24: 0.2136, 149: 0.3165, 249: 0.3182, 501: 0.2214}),
}  # fmt: skip


@pytest.fixture(scope="module")
def oracle(shared_data) -> pl.DataFrame:
    path = shared_data / "oracle" / "stock_indicators_502bars.parquet"
    if not path.is_file():
        pytest.skip("the oracle file is not on this machine")
    return pl.read_parquet(path)


@pytest.fixture(scope="module")
def table(oracle) -> pl.DataFrame:
    bars = oracle.select(
        pl.lit("X").alias("symbol"),
        pl.lit("1D").alias("timeframe"),
        pl.col("date").dt.replace_time_zone("UTC").alias("ts"),
        "open", "high", "low", "close",
        pl.col("volume").cast(pl.Float64),
        pl.lit(1, pl.UInt32).alias("n_base"),
    )  # fmt: skip
    columns = [*ORACLE_OF, *PUBLISHED, "volume_obv_change_20_1D"]
    return build_features(bars, columns=columns)


def _assert_equal(got: pl.Series, want: pl.Series) -> None:
    assert got.is_null().to_list() == want.is_null().to_list()
    np.testing.assert_allclose(
        got.drop_nulls().to_numpy(), want.drop_nulls().to_numpy(), rtol=1e-9, atol=1e-10
    )


@pytest.mark.parametrize(("column", "name"), ORACLE_OF.items())
def test_feature_equals_the_oracle_from_its_first_value(oracle, table, column, name):
    _assert_equal(table[column], oracle[name])


@pytest.mark.parametrize("column", PUBLISHED)
def test_feature_equals_the_published_values_of_the_same_bars(table, column):
    first, decimals, values = PUBLISHED[column]
    got = table[column]
    assert got.is_null().to_list() == [row < first for row in range(502)]
    for row, value in values.items():
        assert got[row] == pytest.approx(value, abs=0.501 * 10.0**-decimals), row


@pytest.mark.parametrize(
    ("name", "expression"),
    {
        "atr.tr": ind.true_range(inline),
        "bb.sma": rolling_mean(inline, ind.CLOSE, 20),
        "obv.obv": ind.on_balance_volume(inline),
        "roc.momentum": ind.rate_of_change(14) * ind.CLOSE.shift(14) / 100,
    }.items(),
)
def test_building_block_equals_the_oracle(oracle, name, expression):
    _assert_equal(oracle.select(expression).to_series(), oracle[name].cast(pl.Float64))


def test_windowed_obv_change_follows_from_the_oracle_level(oracle, table):
    level, volume = oracle["obv.obv"].cast(pl.Float64), oracle["volume"].cast(pl.Float64)
    want = ((level - level.shift(20)) / volume.rolling_sum(20))[20:]
    np.testing.assert_allclose(table["volume_obv_change_20_1D"][20:], want, rtol=1e-9, atol=1e-12)
