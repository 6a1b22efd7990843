"""Checks of settings."""

import numpy as np
import pytest

from regime_factory.regimes.detectors.settings import check_amounts, check_counts


def test_usable_settings_pass():
    check_counts({"a": 1, "b": np.int64(0)}, {"a": 1, "b": 0})
    check_amounts({"a": 0, "b": 2.5, "c": np.float32(1)}, ["a", "b", "c"])


@pytest.mark.parametrize("value", [0, 1.0, True, "1", None])
def test_counts_that_are_none(value):
    with pytest.raises(ValueError, match=f"n must be an integer >= 1, found {value!r}"):
        check_counts({"n": value}, {"n": 1})


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), True, "1", None])
def test_amounts_that_are_none(value):
    with pytest.raises(ValueError, match=f"x must be a number >= 0, found {value!r}"):
        check_amounts({"x": value}, ["x"])
