"""The compiled loops against numpy."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from regime_factory.regimes.hmm import _kernels
from regime_factory.regimes.hmm.emission import log_density

from ..worlds import TRUTH, simulate


@pytest.mark.parametrize("n_rows", [1, 7, 511, 512, 513, 1300])
def test_log_density_equals_scipy(n_rows):
    X, _ = simulate(TRUTH[3], n_rows, 1)
    expected = [
        multivariate_normal(mean, covar).logpdf(X)
        for mean, covar in zip(TRUTH[3].means, TRUTH[3].covars, strict=True)
    ]
    found = log_density(np.ascontiguousarray(X.T), TRUTH[3])
    np.testing.assert_allclose(found, np.reshape(expected, found.shape), rtol=1e-12)


def test_exponential_is_accurate_and_clamped():
    x = np.concatenate([np.linspace(-690, 0, 20001), [-1e6]])
    log_b = np.vstack([np.zeros_like(x), x])
    shift, b = np.empty(len(x)), np.empty_like(log_b)
    _kernels.shifted_exp(log_b, shift, b)
    np.testing.assert_allclose(b[1, :-1], np.exp(x[:-1]), rtol=1e-15)
    assert 0 < b[1, -1] < 1e-300
    np.testing.assert_array_equal(shift, 0.0)


def test_moments_equal_numpy():
    rng = np.random.default_rng(0)
    X, gamma = rng.normal(size=(3, 777)), rng.dirichlet(np.ones(2), 777).T.copy()
    weight, mean, scatter = np.empty(2), np.empty((2, 3)), np.empty((2, 3, 3))
    _kernels.moments(X, gamma, True, np.zeros((2, 3)), weight, mean, scatter)
    np.testing.assert_allclose(weight, gamma.sum(axis=1))
    for k in range(2):
        np.testing.assert_allclose(mean[k], np.average(X, axis=1, weights=gamma[k]), atol=1e-14)
        expected = np.cov(X, aweights=gamma[k], ddof=0) * weight[k]
        np.testing.assert_allclose(scatter[k], expected, rtol=1e-10)
    _kernels.moments(X, gamma, False, np.zeros((2, 3)), weight, mean, scatter)
    assert scatter[0, 0, 1] == 0.0


def test_a_state_without_weight_keeps_its_mean():
    X, gamma = np.ones((1, 4)), np.vstack([np.ones(4), np.zeros(4)])
    weight, mean, scatter = np.empty(2), np.empty((2, 1)), np.empty((2, 1, 1))
    _kernels.moments(X, gamma, True, np.full((2, 1), 5.0), weight, mean, scatter)
    assert mean.ravel().tolist() == [1.0, 5.0]
