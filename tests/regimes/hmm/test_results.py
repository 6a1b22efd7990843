"""Filter, smoother and decoder of a fitted model."""

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM
from regime_factory.regimes.hmm.inference import filter_log_emission

from ..worlds import TRUTH, simulate


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[3], 500, 9)[0]


@pytest.fixture(scope="module")
def model(X):
    return GaussianHMM(3, n_init=3).fit(X)


def test_filtering_goes_on_from_the_bar_before(X, model):
    p = model.filter(X)
    np.testing.assert_allclose(model.filter(X[200:], previous=p[199]), p[200:], atol=1e-14)
    rows = model.score_rows(X)
    np.testing.assert_allclose(model.score_rows(X[200:], previous=p[199]), rows[200:], atol=1e-12)
    with pytest.raises(ValueError, match="previous must be non-negative and sum to 1"):
        model.filter(X, previous=[0.1, 0.1, 0.1])


@pytest.mark.parametrize("cut", [1, 2, 255, 256, 499])
def test_filtered_rows_do_not_change_with_later_rows(X, model, cut):
    p = model.filter(X)
    changed = X.copy()
    changed[cut:] = np.random.default_rng(1).normal(scale=50, size=changed[cut:].shape)
    np.testing.assert_array_equal(model.filter(changed)[:cut], p[:cut])
    np.testing.assert_array_equal(model.filter(X[:cut]), p[:cut])
    assert not np.array_equal(model.smooth(changed)[:cut], model.smooth(X)[:cut])


def test_smoother_ends_where_the_filter_ends(X, model):
    gamma = model.smooth(X)
    np.testing.assert_allclose(gamma[-1], model.filter(X)[-1], atol=1e-12)
    np.testing.assert_allclose(gamma.sum(axis=1), 1.0, atol=1e-15)


def test_everything_agrees_with_hmmlearn(X, model):
    other = model.to_hmmlearn()
    np.testing.assert_allclose(model.smooth(X), other.predict_proba(X), atol=1e-10)
    assert model.score(X) == pytest.approx(other.score(X), rel=1e-12)
    logprob, states = model.decode(X)
    reference, path = other.decode(X)
    assert logprob == pytest.approx(reference, rel=1e-12)
    assert states.tolist() == path.tolist()
    lengths = [200, 300]
    np.testing.assert_allclose(
        model.smooth(X, lengths), other.predict_proba(X, lengths), atol=1e-10
    )
    assert model.decode(X, lengths)[0] == pytest.approx(other.decode(X, lengths)[0], rel=1e-12)


def test_lengths_restart_the_filter(X, model):
    both = model.filter(X, [200, 300])
    np.testing.assert_array_equal(both[200:], model.filter(X[200:]))


def test_parameters_can_be_set_by_hand(X, model):
    own = GaussianHMM(3).set_parameters(TRUTH[3])
    p, _ = filter_log_emission(TRUTH[3].startprob, TRUTH[3].transmat, own.log_emission(X)[0])
    np.testing.assert_array_equal(own.filter(X), p.T)
    assert own.n_parameters() == 23
