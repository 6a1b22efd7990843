"""The compiled filter and densities against numpy and scipy."""

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
    assert b[1, -1] == 0.0
    np.testing.assert_array_equal(shift, 0.0)
