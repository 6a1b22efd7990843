"""Moments of weighted rows, and hard states as probabilities."""

import numpy as np

from regime_factory.regimes.detectors.moments import one_hot, weighted_moments

X = np.random.default_rng(0).normal(size=(80, 2)) * [1.0, 3.0] + [5.0, -1e6]


def test_moments_are_weighted_with_one_pseudo_bar():
    weights = np.random.default_rng(1).dirichlet([1, 1, 1], 80)
    found = weighted_moments(X, weights)
    pooled = np.cov(X.T, bias=True)
    for k in range(3):
        mean = np.average(X, axis=0, weights=weights[:, k])
        np.testing.assert_allclose(found.means[k], mean, rtol=1e-9)
        scatter = np.cov(X.T, aweights=weights[:, k], ddof=0) * weights[:, k].sum()
        expected = (scatter + pooled) / (weights[:, k].sum() + 1)
        np.testing.assert_allclose(found.covars[k], expected, rtol=1e-6)


def test_a_state_without_rows_has_the_moments_of_all():
    found = weighted_moments(X, one_hot(np.zeros(80, dtype=np.int64), 2))
    np.testing.assert_allclose(found.means[1], X.mean(axis=0))
    np.testing.assert_allclose(found.covars[1], np.cov(X.T, bias=True), rtol=1e-6)


def test_a_state_of_one_row_has_a_covariance():
    states = np.zeros(80, dtype=np.int64)
    states[3] = 1
    found = weighted_moments(X, one_hot(states, 2))
    np.testing.assert_allclose(found.means[1], X[3])
    assert np.linalg.eigvalsh(found.covars).min() > 0
