"""Windows against brute force, and without a trace of what lies outside them."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.features.rolling import (
    mean_deviation,
    rolling_mean,
    rolling_std,
    rolling_sum,
    rows_since_highest,
)
from regime_factory.features.steps import Steps

X = pl.col("x")


def _compute(values: list[float | None], make) -> list[float | None]:
    frame = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    steps = Steps()
    return steps.run(frame, [make(steps.once).alias("y")])["y"].to_list()


def _brute(values: list[float | None], window: int, f) -> list[float | None]:
    parts = [values[t - window + 1 : t + 1] if t >= window - 1 else [] for t in range(len(values))]
    return [f(p) if p and None not in p else None for p in parts]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    values=st.lists(st.none() | st.integers(-4, 4).map(float), min_size=1, max_size=60),
    window=st.integers(2, 40),
)
def test_sums_and_ages_equal_brute_force(values, window):
    got = _compute(values, lambda once: rolling_sum(once, X, window))
    assert got == _brute(values, window, sum)
    ages = _compute(values, lambda once: rows_since_highest(once, X, window))
    assert ages == _brute(values, window, lambda p: window - 1 - p.index(max(p)))


@pytest.mark.parametrize("window", [2, 3, 14, 20, 33])
def test_means_and_deviations_equal_brute_force(window):
    values = np.random.default_rng(1).normal(100, 1, 200).tolist()

    def mean(part):
        return math.fsum(part) / window

    for make, f in (
        (rolling_mean, mean),
        (mean_deviation, lambda p: mean([abs(x - mean(p)) for x in p])),
    ):
        got = _compute(values, lambda once, make=make: make(once, X, window))
        want = _brute(values, window, f)
        np.testing.assert_allclose(got[window - 1 :], want[window - 1 :], rtol=1e-13)
        assert got[: window - 1] == [None] * (window - 1)


@pytest.mark.parametrize("spike", [200.0, 1e6, -1e12, 1e300])
def test_what_has_left_the_window_leaves_no_trace(spike):
    rng = np.random.default_rng(3)
    calm = rng.normal(0, 1, 300)
    wild = calm.copy()
    wild[100] = spike
    for make in (rolling_sum, rolling_mean, mean_deviation):
        after, alone = (
            _compute(list(values), lambda once, make=make: make(once, X, 20))
            for values in (wild, calm)
        )
        assert after[120:] == alone[120:]
    after, alone = (
        _compute(list(values), lambda once: rolling_std(once, X, 20, ddof=1))
        for values in (wild, calm)
    )
    np.testing.assert_allclose(after[120:], alone[120:], rtol=1e-12)
