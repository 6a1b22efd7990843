"""Start parameters are usable, varied and repeatable."""

import numpy as np
import pytest

from regime_factory.regimes.hmm.starts import make_start, sticky_transmat


@pytest.mark.parametrize("index", range(6))
@pytest.mark.parametrize("K", [1, 2, 5])
def test_starts_are_valid_and_repeatable(index, K):
    X = np.random.default_rng(0).normal(size=(2, 300))
    start, again = (make_start(X, K, np.eye(2), index, 3) for _ in range(2))
    np.testing.assert_array_equal(start.means, again.means)
    np.testing.assert_allclose(start.transmat.sum(axis=1), 1.0)
    assert start.means.shape == (K, 2)
    assert np.linalg.eigvalsh(start.covars).min() > 0
    other = make_start(X, K, np.eye(2), index, 4)
    assert K == 1 or not np.array_equal(start.means, other.means)


def test_clusters_of_equal_rows_do_not_fail():
    start = make_start(np.zeros((2, 50)), 3, np.eye(2), 0, 0)
    assert np.isfinite(start.means).all()


def test_one_state_always_stays():
    assert sticky_transmat(1, 0.9).tolist() == [[1.0]]
