"""Window settings: defaults, limits, messages."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from regime_factory.features import FeatureWindows, build_features, describe_features
from regime_factory.features.windows import read_windows
from regime_factory.params import FeaturesParams, MarketParams
from regime_factory.pipelines.market import feature_columns, feature_table

CONF = Path(__file__).resolve().parents[2] / "conf" / "base"


def _settings(**changed: Any) -> FeaturesParams:
    text = (CONF / "parameters_features.yml").read_text("utf-8")
    return FeaturesParams.model_validate({**yaml.safe_load(text)["features"], **changed})


def _market() -> MarketParams:
    text = (CONF / "parameters_market.yml").read_text("utf-8")
    return MarketParams.model_validate(
        {**yaml.safe_load(text)["market"], "timeframe": "1H", "timeframes": ["1H"], "session": None}
    )


def test_given_windows_replace_defaults():
    windows = read_windows({"rsi_window": 9})
    assert (windows.rsi_window, windows.atr_window) == (9, 14)


@pytest.mark.parametrize("value", [1, 0, -3, 2.5, "x"])
def test_bad_lengths_are_refused(value):
    with pytest.raises(ValueError, match="rsi_window"):
        read_windows({"rsi_window": value})


def test_unknown_window_names_the_nearest(make_bars):
    with pytest.raises(ValueError, match=r"unknown window 'parkinson'.*'parkinson_window'"):
        build_features(make_bars(5), parkinson=10)


def test_fast_must_be_shorter_than_slow():
    with pytest.raises(ValidationError, match="macd_fast is 26 and macd_slow is 26"):
        FeatureWindows(macd_fast=26)


def test_settings_cannot_change():
    with pytest.raises(ValidationError):
        FeatureWindows().rsi_window = 3


@pytest.mark.parametrize("name", FeatureWindows.model_fields)
def test_every_window_is_documented(name):
    assert f"{name}" in FeatureWindows.__doc__


def test_four_returns_make_the_shortest_kurtosis():
    with pytest.raises(ValueError, match="moment_window"):
        read_windows({"moment_window": 3})


def test_the_configuration_holds_every_window_at_its_default():
    assert _settings().window_lengths == FeatureWindows().model_dump()
    named = yaml.safe_load((CONF / "parameters_features.yml").read_text("utf-8"))["features"]
    assert {*named["windows"], "parkinson_window"} == set(FeatureWindows.model_fields)


def test_windows_of_the_settings_reach_the_tables(make_bars):
    bars = make_bars(60)
    features = _settings(parkinson_window=9, windows={"rsi_window": 7, "vwap_window": 5})
    table = feature_table("v2", bars, _market(), features)
    assert {"close_parkinson_9_1H", "close_rsi_7_1H"} <= set(table.columns)
    assert table["close_over_vwap_1H"].null_count() == 4
    listed = feature_columns(["close_over_vwap_1H"], bars, _market(), features)
    assert listed["close_over_vwap_1H"].equals(table["close_over_vwap_1H"])
    described = describe_features(columns=["close_over_vwap_1H"], **features.window_lengths)
    assert described["window"].item() == "5"


def test_the_parkinson_window_has_one_place():
    assert _settings(windows={"parkinson_window": 20}).window_lengths["parkinson_window"] == 20
    with pytest.raises(ValidationError, match=r"set features\.parkinson_window alone"):
        _settings(windows={"parkinson_window": 30})
    with pytest.raises(ValidationError, match="macd_slw"):
        _settings(windows={"macd_slw": 30})
