"""The feature table: as-of joins, symbols, missing volume, awkward input."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from regime_factory.features import FEATURES, FeatureWindows, build_features
from regime_factory.features.schema import Features

from .conftest import every_column, make_bars
from .reference import references

TIMEFRAMES = ("1H", "4H", "1D")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _slow_resample(bars: pl.DataFrame, hours: int) -> list[dict]:
    """Bars on the UTC clock, closed and labelled right, complete ones only."""
    step = timedelta(hours=hours)
    bins: dict[datetime, dict] = {}
    for row in bars.iter_rows(named=True):
        label = EPOCH + -((EPOCH - row["ts"]) // step) * step
        bar = bins.setdefault(label, {**row, "volume": 0.0, "ts": label})
        bar["high"] = max(bar["high"], row["high"])
        bar["low"] = min(bar["low"], row["low"])
        bar["close"] = row["close"]
        bar["volume"] += row["volume"]
    last = bars["ts"][-1]
    return [bar for label, bar in bins.items() if label <= last]


@pytest.mark.parametrize("hours", [4, 12, 24])
def test_coarser_features_equal_a_slow_as_of_join(hours):
    bars = make_bars(1500, seed=8, gaps=0.15)
    name = {4: "4H", 12: "12H", 24: "1D"}[hours]
    table = build_features(bars, columns=every_column([name]))
    coarse = _slow_resample(bars, hours)
    columns = ("open", "high", "low", "close", "volume")
    expected = references(*([bar[c] for bar in coarse] for c in columns))
    labels = [bar["ts"] for bar in coarse]
    position = [sum(label <= ts for label in labels) - 1 for ts in bars["ts"]]
    for stem, values in expected.items():
        got = table[f"{stem}_{name}"].to_list()
        want = [None if p < 0 else values[p] for p in position]
        assert [x is None for x in got] == [x is None for x in want], stem
        pairs = [(a, b) for a, b in zip(got, want, strict=True) if b is not None]
        np.testing.assert_allclose(*zip(*pairs, strict=True), rtol=1e-9, atol=1e-10, err_msg=stem)


def test_several_symbols_equal_one_by_one():
    one, two = make_bars(300, symbol="B", seed=1), make_bars(250, symbol="A", seed=2, gaps=0.2)
    separate = pl.concat([build_features(b, "v2", TIMEFRAMES) for b in (one, two)])
    assert_frame_equal(
        build_features(pl.concat([one, two]), "v2", TIMEFRAMES), separate, check_exact=True
    )
    mixed = pl.concat([one, two]).sort("ts", "symbol", descending=[False, True])
    assert_frame_equal(build_features(mixed, "v2", TIMEFRAMES), separate, check_exact=True)


def test_a_row_knows_the_bar_that_closes_with_it_and_not_later_ones():
    bars = make_bars(60, seed=3)
    table = build_features(bars, columns=["close_logret_current_4H"]).with_columns(
        hour=pl.col("ts").dt.hour()
    )
    values = table["close_logret_current_4H"]
    changes = table.filter((values != values.shift(1)).fill_null(False))["hour"]
    assert set(changes) <= {0, 4, 8, 12, 16, 20}
    assert len(changes) == 13


def test_volume_features_are_null_where_volume_is_missing_and_only_there():
    bars = make_bars(300, seed=2)
    since = 100
    young = bars.with_columns(volume=pl.when(pl.int_range(pl.len()) >= since).then("volume"))
    columns = every_column(["1H", "4H"])
    whole, got = (build_features(table, columns=columns) for table in (bars, young))
    for entry in FEATURES.values():
        for timeframe in ("1H", "4H"):
            name = f"{entry.name(FeatureWindows())}_{timeframe}"
            if entry.speaks is not None:
                continue
            if not entry.needs_volume:
                assert got[name].equals(whole[name]), name
            elif timeframe == "1H":
                first = got[name].is_not_null().arg_max()
                reach = entry.rows(FeatureWindows())
                assert since + reach - 2 <= first <= since + reach - 1, name
                assert got[name][first:].equals(whole[name][first:]), name
                assert got[name][:first].null_count() == first


def test_a_missing_volume_is_felt_as_long_as_a_window_holds_it():
    bars = make_bars(100, seed=2)
    row = pl.int_range(pl.len()) == 50
    holed = bars.with_columns(volume=pl.when(~row).then("volume"))
    names = ["log_volume_delta_current_1H", "volume_cmf_20_1H", "volume_mfi_14_1H"]
    table, whole = (build_features(b, columns=names) for b in (holed, bars))
    for name, rows in zip(names, (2, 20, 14), strict=True):
        lost = table[name].is_null() & whole[name].is_not_null()
        assert lost.arg_true().to_list() == list(range(50, 50 + rows)), name


@pytest.mark.parametrize("volume", [0.0, -1.0, float("nan"), float("inf")])
def test_a_volume_that_cannot_be_counts_as_null(volume):
    bars = make_bars(60, seed=2)
    row = pl.int_range(pl.len()) == 30
    odd, none = (
        bars.with_columns(volume=pl.when(~row).then("volume").otherwise(v)) for v in (volume, None)
    )
    assert build_features(odd, "v2", TIMEFRAMES).equals(build_features(none, "v2", TIMEFRAMES))


def test_one_nan_price_does_not_poison_what_follows():
    bars = make_bars(900, seed=2)
    row = pl.int_range(pl.len()) == 200
    odd = bars.with_columns(close=pl.when(~row).then("close").otherwise(float("nan")))
    table = build_features(odd, "v2")
    Features.validate(table)
    assert table.tail(1).select(pl.all().is_null().any()).sum_horizontal()[0] == 0


def test_constant_prices_give_zero_or_null():
    bars = make_bars(80).with_columns(
        pl.lit(50.0).alias(c) for c in ("open", "high", "low", "close")
    )
    last = build_features(bars, "v2").row(-1, named=True)
    assert last["close_rsi_14_1H"] is None
    assert last["close_zscore_20_1H"] is None
    assert last["close_bollinger_percent_b_20_1H"] is None
    assert last["close_rolling_vol_20_1H"] == last["close_macd_12_26_1H"] == 0.0
    assert last["close_bollinger_upper_20_1H"] == 50.0
    assert last["close_plus_di_14_1H"] is last["close_ret_skew_60_1H"] is None
    assert last["close_stoch_fast_k_14_1H"] is last["close_cci_20_1H"] is None
    assert last["close_efficiency_ratio_10_1H"] is last["close_keltner_position_20_10_1H"] is None
    assert (
        last["close_adx_14_1H"] == last["volume_cmf_20_1H"] == last["close_yang_zhang_20_1H"] == 0
    )


def test_columns_that_features_do_not_need_may_be_missing_or_more():
    bars = make_bars(60)
    table = build_features(bars, "v1", TIMEFRAMES)
    assert build_features(bars.drop("n_base"), "v1", TIMEFRAMES).equals(table)
    assert build_features(bars.with_columns(more=pl.lit(1)), "v1", TIMEFRAMES).equals(table)


def test_bad_tables_are_refused():
    bars = make_bars(30)
    with pytest.raises(ValueError, match=r"bars lack the columns \['volume'\]"):
        build_features(bars.drop("volume"))
    with pytest.raises(ValueError, match="bars have no rows"):
        build_features(bars.clear())
    with pytest.raises(ValueError, match=r"timeframes \['1H', '4H'\]"):
        build_features(pl.concat([bars, bars.with_columns(timeframe=pl.lit("4H"))]))
    with pytest.raises(ValueError, match=r"'X' repeat or go back in time at .*row 1 of"):
        build_features(bars.reverse())
    with pytest.raises(ValueError, match="repeat or go back"):
        build_features(pl.concat([bars, bars.tail(1)]))
    with pytest.raises(ValueError, match="expected Datetime in microseconds, UTC"):
        build_features(bars.with_columns(pl.col("ts").dt.replace_time_zone(None)))
    with pytest.raises(ValueError, match="rows without ts"):
        build_features(bars.with_columns(ts=pl.when(pl.int_range(pl.len()) > 0).then("ts")))
