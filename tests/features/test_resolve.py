"""Columns by set or by name."""

import polars as pl
import pytest

from regime_factory.features import ACROSS, build_features, feature_columns

from .conftest import NYSE


def test_columns_come_timeframe_by_timeframe():
    clock = {"hour_of_day_sin", "hour_of_day_cos", "day_of_week_sin", "day_of_week_cos"}
    four = [
        name
        for name in feature_columns("v2", ["4H"])
        if name.removesuffix("_4H") not in {*clock, "days_to_month_end"}
    ]
    both = feature_columns("v2", ["1H", "4H"])
    compared = both[-len(ACROSS) :]
    assert both == feature_columns("v2", ["1H"]) + four + compared
    assert compared == [
        "close_vol_ratio_20_1H_over_4H",
        "close_log_ratio_ema_20_1H_over_4H",
        "close_momentum_agreement_20_1H_over_4H",
    ]


def test_the_finest_timeframe_is_compared_with_each_other_one():
    names = feature_columns("v2", ["1D", "1H", "4H"], vol_window=10)
    assert [name for name in names if name.startswith("close_vol_ratio")] == [
        "close_vol_ratio_10_1H_over_1D",
        "close_vol_ratio_10_1H_over_4H",
    ]
    assert not [name for name in feature_columns("v1", ["1H", "4H"]) if "_over_" in name]


def test_momentum_comes_at_three_windows_once_each():
    def lengths(**windows: int) -> list[str]:
        names = feature_columns("v2", ["1H"], **windows)
        return [name for name in names if name.startswith("close_momentum")]

    assert lengths() == ["close_momentum_20_1H", "close_momentum_5_1H", "close_momentum_60_1H"]
    assert lengths(momentum_short_window=20) == ["close_momentum_20_1H", "close_momentum_60_1H"]


def test_a_feature_in_no_set_is_built_where_it_is_listed(make_bars):
    assert "close_keltner_upper_20_10_1H" not in feature_columns("v2", ["1H"])
    table = build_features(make_bars(60), columns=["close_keltner_upper_20_10_1H"])
    assert table.to_series(2).null_count() == 19


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
            {"columns": ["hour_of_day_sin_1D"]},
            "'hour_of_day_sin_1D' would say nothing: with no sess",
        ),
        ({"columns": ["session_progress_1H"]}, "'session_progress_1H' would say nothing"),
        ({"columns": ["close_vol_ratio_20_4H_over_1H"]}, "name the finer one first"),
        ({"columns": ["close_vol_ratio_20_1H_over_1H"]}, "name the finer one first"),
        (
            {"columns": ["close_volratio_20_1H_over_4H"]},
            "did you mean 'close_vol_ratio_20_1H_over_4H'",
        ),
        (
            {"columns": ["close_vol_ratio_20_1H_over_4H"], "timeframes": ["1H"]},
            r"is on 4H, which is not among the timeframes \['1H'\]",
        ),
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


def test_base_timeframe_defaults_to_the_bars(make_bars):
    daily = make_bars(40, step_hours=24)
    assert build_features(daily).columns[2:] == feature_columns("v1", ["1D"])
    assert isinstance(build_features(daily)["close_logret_current_1D"].dtype, pl.Float64)


def test_the_session_decides_which_clock_features_there_are(make_bars):
    inside = build_features(make_bars(40), "v2", session=NYSE)
    assert "session_progress_1H" in inside.columns
    assert "session_progress_1H" not in build_features(make_bars(40), "v2").columns
    halves = build_features(make_bars(40, step_hours=12), "v2").columns
    assert not [name for name in halves if name.startswith("hour_of_day")]
    assert "day_of_week_sin_12H" in halves
