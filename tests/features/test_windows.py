"""Window settings: defaults, limits, messages."""

import pytest
from pydantic import ValidationError

from regime_factory.features import FeatureWindows, build_features
from regime_factory.features.windows import read_windows


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
