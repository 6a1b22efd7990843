"""Indicators against the independent oracle file, and their warm-up rule."""

import numpy as np
import polars as pl
import pytest

from regime_factory.features import build_features
from regime_factory.features import indicators as ind
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
    "close_macd_12_26_1D": "macd.macd",
    "close_macd_signal_12_26_9_1D": "macd.signal",
    "close_macd_histogram_12_26_9_1D": "macd.histogram",
    "close_roc_14_1D": "roc.roc",
    "close_rsi_14_1D": "rsi.rsi",
}


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
    return build_features(bars, "v2")


def _assert_equal(got: pl.Series, want: pl.Series) -> None:
    assert got.is_null().to_list() == want.is_null().to_list()
    np.testing.assert_allclose(
        got.drop_nulls().to_numpy(), want.drop_nulls().to_numpy(), rtol=1e-9, atol=1e-10
    )


@pytest.mark.parametrize(("column", "name"), ORACLE_OF.items())
def test_feature_equals_the_oracle_from_its_first_value(oracle, table, column, name):
    _assert_equal(table[column], oracle[name])


@pytest.mark.parametrize(
    ("name", "expression"),
    {
        "atr.tr": ind.true_range(inline),
        "bb.sma": ind.rolling_mean(inline, ind.CLOSE, 20),
        "sma.sma": ind.rolling_mean(inline, ind.CLOSE, 20),
        "macd.fastEma": ind.ema(inline, ind.CLOSE, 12),
        "macd.slowEma": ind.ema(inline, ind.CLOSE, 26),
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


def test_a_seed_fades_below_its_weight_and_not_much_earlier():
    alpha = 2 / 21
    rows = ind.seeded_rows(20, alpha) - 20
    assert (1 - alpha) ** rows <= ind.SEED_WEIGHT < (1 - alpha) ** (rows - 1)
