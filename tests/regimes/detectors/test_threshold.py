"""The volatility threshold: bands by hand, equal training shares, its own trailing variance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.regimes import VolatilityThreshold

from ..worlds import TRUTH, simulate

X = simulate(TRUTH[3], 600, 4)[0]


def by_hand(model, X, first):
    """Trailing volatility, one row at a time in plain Python."""
    squares = [(x - model.offset_[0]) ** 2 for x in X[:, model.column]]
    found = []
    for t, square in enumerate(squares):
        if model.decay is not None:
            before = found[-1] if found else first
            found.append(model.decay * before + (1 - model.decay) * square)
        else:
            past = squares[max(0, t - model.window + 1) : t + 1]
            padded = [first] * (model.window - len(past)) + past
            found.append(sum(padded) / model.window)
    return np.sqrt(found)


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("memory", [{"decay": 0.8}, {"decay": None, "window": 7}])
def test_states_are_bands_of_the_trailing_volatility(memory, column):
    model = VolatilityThreshold(3, column=column, **memory).fit(X[:400])
    assert model.offset_[0] == pytest.approx(X[:400, column].mean())
    assert model.level_[0] == pytest.approx(X[:400, column].var())
    volatility = by_hand(model, X, model.level_[0])
    np.testing.assert_allclose(model.thresholds_, np.quantile(volatility[:400], [1 / 3, 2 / 3]))
    states = (volatility > model.thresholds_[0]).astype(int) + (volatility > model.thresholds_[1])
    np.testing.assert_array_equal(model.filter(X).argmax(axis=1), states)
    shares = model.filter(X[:400]).mean(axis=0)
    np.testing.assert_allclose(shares, 1 / 3, atol=0.005)
    assert model.objective() == pytest.approx(np.log(3), abs=1e-4)


def test_previous_stands_for_the_variance_of_its_states():
    model = VolatilityThreshold(2, decay=0.9).fit(X[:400])
    volatility = by_hand(model, X[:400], model.level_[0])
    bands = model.filter(X[:400]).argmax(axis=1)
    np.testing.assert_allclose(
        model.levels_, [(volatility[bands == k] ** 2).mean() for k in (0, 1)]
    )
    found = model.filter(X[400:], previous=[0.0, 1.0]).argmax(axis=1)
    expected = by_hand(model, X[400:], model.levels_[1]) > model.thresholds_[0]
    np.testing.assert_array_equal(found, expected)


def test_a_longer_history_is_forgotten():
    """Without earlier bars, rows agree once the memory has faded; a window forgets at once."""
    exponential = VolatilityThreshold(3, decay=0.9).fit(X)
    windowed = VolatilityThreshold(3, decay=None, window=20).fit(X)
    np.testing.assert_array_equal(exponential.filter(X[200:])[150:], exponential.filter(X)[350:])
    np.testing.assert_array_equal(windowed.filter(X[200:])[19:], windowed.filter(X)[219:])


def test_moments_are_those_of_the_training_rows_of_each_band():
    model = VolatilityThreshold(2).fit(X)
    bands = model.filter(X).argmax(axis=1)
    means = [X[bands == k].mean(axis=0) for k in (0, 1)]
    np.testing.assert_allclose(model.moments().means, means)
    covars = [np.cov(X[bands == k].T, bias=True) for k in (0, 1)]
    np.testing.assert_allclose(model.moments().covars, covars, rtol=0.05, atol=0.01)


@given(seed=st.integers(0, 2**32 - 1), window=st.integers(1, 30), cut=st.integers(1, 99))
@settings(max_examples=30, deadline=None)
def test_rows_depend_on_earlier_ones_only(seed, window, cut):
    rows = np.random.default_rng(seed).normal(size=(100, 1))
    changed = rows.copy()
    changed[cut:] *= 50
    for memory in ({"decay": 0.7}, {"decay": None, "window": window}):
        model = VolatilityThreshold(2, **memory).fit(X[:, :1])
        np.testing.assert_array_equal(model.filter(rows)[:cut], model.filter(changed)[:cut])


def test_volatilities_too_alike_are_named():
    flips = np.tile([1.0, -1.0], 50)
    with pytest.raises(ValueError, match="takes too few values for 2 bands over 100 rows"):
        VolatilityThreshold(2, decay=None, window=5).fit(flips)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"decay": None}, "decay is None and window None; give one of them"),
        ({"window": 5}, "decay is 0.94 and window 5; give one of them"),
        ({"decay": 1.0}, "decay must lie between 0 and 1, found 1.0"),
        ({"decay": None, "window": 0}, "window must be an integer >= 1"),
        ({"column": 2}, "column is 2, but the observations have 2 columns"),
        ({"column": -1}, "column must be an integer >= 0"),
    ],
)
def test_unusable_settings_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        VolatilityThreshold().set_params(**change).fit(X)
