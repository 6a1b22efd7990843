"""Filter, smoother and Viterbi against statsmodels, a textbook and brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.regimes.describe.diagnostics import stationary_distribution
from regime_factory.regimes.hmm.emission import log_density
from regime_factory.regimes.hmm.inference import (
    decode_log_emission,
    expectation,
    filter_log_emission,
)
from regime_factory.regimes.hmm.parameters import HMMParameters

from ..worlds import UMBRELLA, every_path


def test_umbrella_world():
    p, loglik = filter_log_emission(*UMBRELLA)
    assert p[0].round(4).tolist() == [0.8182, 0.8834, 0.1907, 0.7308, 0.8673]
    assert round(loglik.sum(), 4) == -3.3725
    gamma = expectation(*UMBRELLA, [5]).gamma
    assert gamma[0].round(4).tolist() == [0.8673, 0.8204, 0.3075, 0.8204, 0.8673]
    logprob, states = decode_log_emission(*UMBRELLA)
    assert states.tolist() == [0, 0, 1, 0, 0]
    assert round(logprob, 4) == -4.4590


def test_filter_and_smoother_equal_statsmodels():
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    rng = np.random.default_rng(0)
    y = np.concatenate([rng.normal(0.1, s, 150) for s in (0.5, 2.0, 0.5, 2.0)])
    transmat = np.array([[0.95, 0.05], [0.1, 0.9]])
    means, variances = np.array([0.1, -0.2]), np.array([0.3, 3.0])
    model = MarkovRegression(y, k_regimes=2, trend="c", switching_variance=True)
    result = model.smooth([transmat[0, 0], transmat[1, 0], *means, *variances])
    prior = stationary_distribution(transmat)
    truth = HMMParameters(prior, transmat, means[:, None], variances[:, None, None])
    log_b = log_density(y[None], truth)
    p, loglik = filter_log_emission(prior, transmat, log_b)
    gamma = expectation(prior, transmat, log_b, [len(y)]).gamma
    np.testing.assert_allclose(p.T, result.filtered_marginal_probabilities, atol=1e-12)
    np.testing.assert_allclose(gamma.T, result.smoothed_marginal_probabilities, atol=2e-12)
    assert loglik.sum() == pytest.approx(result.llf, rel=1e-12)


def _tiny_case(seed, n_states, n_rows, with_zeros=False):
    rng = np.random.default_rng(seed)
    startprob = rng.dirichlet(np.ones(n_states))
    transmat = rng.dirichlet(np.ones(n_states), size=n_states)
    if with_zeros:
        transmat = np.triu(transmat)
        transmat /= transmat.sum(axis=1, keepdims=True)
    return startprob, transmat, rng.normal(scale=4, size=(n_states, n_rows))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 6), st.booleans())
def test_everything_equals_the_sum_over_all_paths(seed, n_states, n_rows, with_zeros):
    startprob, transmat, log_b = _tiny_case(seed, n_states, n_rows, with_zeros)
    paths, logs = every_path(startprob, transmat, log_b)
    weights = np.exp(logs - logs.max())
    total = logs.max() + np.log(weights.sum())
    weights /= weights.sum()
    _, loglik = filter_log_emission(startprob, transmat, log_b)
    assert loglik.sum() == pytest.approx(total, rel=1e-12, abs=1e-12)
    logprob, states = decode_log_emission(startprob, transmat, log_b)
    assert logprob == pytest.approx(logs.max(), rel=1e-12)
    assert states.tolist() == paths[logs.argmax()].tolist()
    result = expectation(startprob, transmat, log_b, [n_rows])
    for k in range(n_states):
        np.testing.assert_allclose(result.gamma[k], weights @ (paths == k), atol=1e-12)
        for j in range(n_states):
            moves = ((paths[:, :-1] == k) & (paths[:, 1:] == j)).sum(axis=1)
            assert result.xi[k, j] == pytest.approx(weights @ moves, abs=1e-12)
    np.testing.assert_allclose(result.first, result.gamma[:, 0])


def test_sequences_are_independent():
    startprob, transmat, log_b = _tiny_case(3, 3, 12)
    both = expectation(startprob, transmat, log_b, [5, 7])
    parts = [
        expectation(startprob, transmat, part, [part.shape[1]])
        for part in (log_b[:, :5], log_b[:, 5:])
    ]
    np.testing.assert_allclose(both.xi, parts[0].xi + parts[1].xi)
    np.testing.assert_allclose(both.gamma, np.hstack([part.gamma for part in parts]))
    assert both.loglik == pytest.approx(parts[0].loglik + parts[1].loglik)


def test_bars_that_only_an_unreachable_state_explains():
    startprob = np.array([1.0, 0.0])
    transmat = np.array([[1.0, 0.0], [0.5, 0.5]])
    log_b = np.array([[-1.0, -5000.0, -1.0, -9000.0], [-5000.0, -1.0, -1.0, -1.0]])
    p, loglik = filter_log_emission(startprob, transmat, log_b)
    np.testing.assert_array_equal(p, [[1, 1, 1, 1], [0, 0, 0, 0]])
    np.testing.assert_allclose(loglik, [-1, -5000, -1, -9000])
    result = expectation(startprob, transmat, log_b, [4])
    np.testing.assert_allclose(result.gamma, p)
    np.testing.assert_allclose(result.xi, [[3, 0], [0, 0]])


def test_nearly_impossible_transitions_stay_finite():
    transmat = np.array([[1.0, 1e-120], [1e-120, 1.0]])
    log_b = np.array([[0.0, 0.0, -800.0, -800.0], [-800.0, -800.0, 0.0, 0.0]])
    result = expectation(np.array([0.5, 0.5]), transmat, log_b, [4])
    assert np.isfinite(result.gamma).all()
    assert result.loglik == pytest.approx(np.log(0.5) + np.log(1e-120), rel=1e-12)
    assert result.gamma.argmax(axis=0).tolist() == [0, 0, 1, 1]
