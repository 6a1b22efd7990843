"""Columns by set or by name, and the lookback they need."""

import polars as pl
import pytest

from regime_factory.bars import Session
from regime_factory.features import (
    FEATURES,
    FeatureWindows,
    build_features,
    feature_columns,
    warmup_bars,
)

WINDOWED = [e for e in FEATURES.values() if e.rows(FeatureWindows()) < 100]


def test_columns_come_timeframe_by_timeframe():
    both = feature_columns("v2", ["1H", "4H"])
    assert both == feature_columns("v2", ["1H"]) + feature_columns("v2", ["4H"])


def test_a_window_in_a_name_is_used_as_written(make_bars):
    bars = make_bars(60)
    names = ["close_parkinson_10_1H", "close_parkinson_30_1H", "close_parkinson_20_4H"]
    table = build_features(bars, columns=names)
    assert table.columns == ["symbol", "ts", *names]
    want = build_features(bars, parkinson_window=10)["close_parkinson_10_1H"]
    assert table["close_parkinson_10_1H"].equals(want)


def test_columns_without_a_window_in_their_name_follow_the_setting(make_bars):
    bars = make_bars(60)
    short, default = (
        build_features(bars, columns=["close_over_vwap_1H"], **given)["close_over_vwap_1H"]
        for given in ({"vwap_window": 5}, {})
    )
    assert (short.null_count(), default.null_count()) == (4, 19)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"feature_set": "v3"}, "unknown feature set 'v3'; did you mean 'v2', 'v1'"),
        ({"timeframes": ["1h"]}, "unknown timeframe '1h'; did you mean '1H'"),
        ({"timeframes": ["fortnight"]}, "unknown timeframe 'fortnight'"),
        ({"timeframes": []}, "list of timeframes is empty"),
        ({"timeframes": ["1H", "4H", "1H"]}, "timeframe '1H' is listed twice"),
        ({"timeframes": ["30min"]}, "30min bars cannot be made from 1H bars"),
        ({"columns": []}, "list of columns is empty"),
        ({"columns": ["close_logret_1H"]}, "did you mean 'close_logret_current_1H'"),
        ({"columns": ["close_logret_current"]}, "did you mean 'close_logret_current_1H'"),
        ({"columns": ["close_rsi_1_1H"]}, "rsi_window"),
        ({"columns": ["close_rsi_14_1d"]}, "unknown timeframe '1d'; did you mean '1D'"),
        ({"columns": ["close_rsi_14_1H"] * 2}, "column 'close_rsi_14_1H' is listed twice"),
        (
            {"columns": ["close_rsi_14_1D"], "timeframes": ["1H"]},
            r"is on 1D, which is not among the timeframes \['1H'\]",
        ),
    ],
)
def test_wrong_names_are_refused_with_the_nearest(make_bars, given, message):
    with pytest.raises(ValueError, match=message):
        build_features(make_bars(30), **given)


def test_one_name_as_text_stands_for_a_list(make_bars):
    bars = make_bars(30)
    assert build_features(bars, timeframes="4H").equals(build_features(bars, timeframes=["4H"]))
    one = build_features(bars, columns="close_logret_current_4H")
    assert one.columns[2:] == ["close_logret_current_4H"]


@pytest.mark.parametrize("entry", WINDOWED, ids=lambda e: e.template)
def test_a_window_needs_exactly_its_rows(make_bars, entry):
    column = f"{entry.name(FeatureWindows())}_1H"
    rows = warmup_bars(columns=[column])
    bars = make_bars(100, seed=3)
    batch = build_features(bars, columns=[column])[column][-1]
    alone = build_features(bars.tail(rows), columns=[column])[column][-1]
    assert alone == pytest.approx(batch, rel=1e-9, abs=1e-12)
    if rows > 1:
        assert build_features(bars.tail(rows - 1), columns=[column])[column][-1] is None


def test_lookback_rule_by_hand():
    assert warmup_bars("v1") == 20
    assert warmup_bars("v1", parkinson_window=50) == 50
    assert warmup_bars(columns=["close_logret_current_1D"], base="1H") == (2 + 2) * 24
    assert warmup_bars(columns=["close_logret_current_1W"], base="1D") == (2 + 2) * 7
    assert warmup_bars("v1", ["5min", "1H"]) == (20 + 2) * 12


def test_lookback_by_session_by_hand():
    nyse = Session(timezone="America/New_York", open="09:30", close="16:00")
    column = "close_logret_current_{}"
    for timeframe, per_bar in {"4H": 17, "1D": 34, "1W": 168}.items():
        rows = warmup_bars(columns=[column.format(timeframe)], base="1H", session=nyse)
        assert rows == (2 + 2) * per_bar


def test_lookback_without_opening_time_is_known_for_days_only():
    close_only = Session(timezone="America/New_York", close="16:00")
    assert warmup_bars("v1", ["1D", "1W"], session=close_only) == 22 * 7
    with pytest.raises(ValueError, match="opening time"):
        warmup_bars("v1", ["1H", "4H"], session=close_only)


def test_base_timeframe_defaults_to_the_bars(make_bars):
    daily = make_bars(40, step_hours=24)
    assert build_features(daily).columns[2:] == feature_columns("v1", ["1D"])
    assert isinstance(build_features(daily)["close_logret_current_1D"].dtype, pl.Float64)
