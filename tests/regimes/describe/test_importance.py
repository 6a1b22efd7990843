"""Importance against sums of squares of labelled rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.regimes import feature_importance
from regime_factory.regimes.describe.importance import explained_variance
from regime_factory.regimes.detector import StateMoments


def labelled(seed: int, n_states: int = 3, n_features: int = 4):
    rng = np.random.default_rng(seed)
    states = np.append(rng.integers(0, n_states, 300), np.arange(n_states))
    centres = rng.normal(size=(n_states, n_features)) * rng.random(n_features)
    X = centres[states] + rng.normal(size=(len(states), n_features))
    groups = [X[states == k] for k in range(n_states)]
    moments = StateMoments(
        np.array([rows.mean(axis=0) for rows in groups]),
        np.array([np.cov(rows.T, bias=True) for rows in groups]),
    )
    return X, states, moments, np.array([len(rows) for rows in groups])


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_correlation_ratio_of_labelled_rows(seed) -> None:
    X, states, moments, counts = labelled(seed)
    total = ((X - X.mean(axis=0)) ** 2).sum(axis=0)
    within = sum(
        ((X[states == k] - X[states == k].mean(axis=0)) ** 2).sum(axis=0) for k in range(3)
    )
    ratio = 1 - within / total
    np.testing.assert_allclose(explained_variance(moments, counts).sum(axis=0), ratio, rtol=1e-9)
    np.testing.assert_allclose(feature_importance(moments, counts), ratio / ratio.sum(), rtol=1e-9)


def test_it_equals_the_ratio_of_an_analysis_of_variance() -> None:
    from scipy.stats import f_oneway

    X, states, moments, counts = labelled(9)
    for column in range(4):
        f = f_oneway(*(X[states == k, column] for k in range(3))).statistic
        ratio = f * 2 / (f * 2 + len(X) - 3)
        np.testing.assert_allclose(explained_variance(moments, counts).sum(axis=0)[column], ratio)


@given(st.integers(0, 10**6), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_units_and_offsets_do_not_matter(seed, scale, offset) -> None:
    _, _, moments, counts = labelled(seed)
    moved = StateMoments(moments.means * scale + offset, moments.covars * scale**2)
    found = feature_importance(moved, counts)
    np.testing.assert_allclose(found, feature_importance(moments, counts), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.sum(), 1)


def test_columns_that_never_differ_count_alike() -> None:
    alike = StateMoments(np.ones((2, 4)), np.array([np.eye(4)] * 2))
    assert feature_importance(alike, [0.5, 0.5]).tolist() == [0.25] * 4
    assert feature_importance(StateMoments(np.ones((1, 2)), np.eye(2)[None]), [1.0]).tolist() == [
        0.5,
        0.5,
    ]


@pytest.mark.parametrize("weights", [[1.0], [0.5, -0.5], [0.0, 0.0], [np.nan, 1.0]])
def test_weights_that_cannot_be(weights) -> None:
    two = StateMoments(np.ones((2, 1)), np.ones((2, 1, 1)))
    with pytest.raises(ValueError, match="of 2 states; expected one share per state"):
        explained_variance(two, weights)
