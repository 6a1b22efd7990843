"""The switching regression against statsmodels, and against the hidden Markov model."""

import ast
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.regimes import GaussianHMM, MarkovRegression, stationary_distribution
from regime_factory.regimes.detectors.markov_fitting import RegressionParameters
from regime_factory.regimes.hmm.inference import filter_log_emission
from regime_factory.regimes.hmm.parameters import HMMParameters

from ..worlds import TRUTH, simulate


def switching_line(n_rows=500, seed=1):
    """A target whose slope, intercept and noise follow a hidden chain; the regressor."""
    _, states = simulate(TRUTH[2], n_rows, seed)
    rng = np.random.default_rng(seed)
    x = rng.normal(2, 1.5, n_rows)
    slope, level, noise = np.array([[1.0, -0.5], [0.2, 1.0], [0.3, 1.2]])[:, states]
    return np.column_stack([level + slope * x + rng.normal(0, noise), x]), states


X, STATES = switching_line()


def with_parameters(beta, variances, transmat, startprob):
    """A model with given parameters in the user's units (standardised as they come)."""
    model = MarkovRegression(2, n_init=1, n_iter=1).fit(X[:, : len(beta[0])])
    model.offset_, model.scale_ = np.zeros(len(beta[0])), np.ones(len(beta[0]))
    model.beta_, model.variance_ = np.array(beta), np.array(variances)
    model.transmat_, model.startprob_ = np.array(transmat), np.array(startprob)
    return model


@pytest.mark.parametrize("columns", [1, 2])
def test_filter_and_smoother_equal_statsmodels(columns):
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression as Peer

    exog = X[:, 1:] if columns == 2 else None
    peer = Peer(X[:, 0], 2, trend="c", exog=exog, switching_variance=True)
    beta = [[0.3, 0.9], [1.2, -0.4]] if columns == 2 else [[0.3], [1.2]]
    slopes = [row[1] for row in beta] if columns == 2 else []
    # statsmodels: p[0->0], p[1->0], constants, slopes, variances.
    params = [0.95, 0.08, 0.3, 1.2, *slopes, 0.2, 1.4]
    expected = peer.smooth(params)
    stationary = np.array([0.08, 0.05]) / 0.13
    model = with_parameters(beta, [0.2, 1.4], [[0.95, 0.05], [0.08, 0.92]], stationary)
    rows = X[:, :columns]
    filtered = np.asarray(expected.filtered_marginal_probabilities)
    np.testing.assert_allclose(model.filter(rows), filtered, atol=1e-12)
    smoothed = np.asarray(expected.smoothed_marginal_probabilities)
    np.testing.assert_allclose(model.smooth(rows), smoothed, atol=1e-10)
    assert model.score_rows(rows).sum() == pytest.approx(expected.llf, rel=1e-12)


@pytest.mark.slow
def test_a_fit_reaches_the_likelihood_of_statsmodels():
    import warnings

    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression as Peer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = Peer(X[:, 0], 2, trend="c", exog=X[:, 1:], switching_variance=True)
        best = peer.fit(search_reps=10).llf
    model = MarkovRegression(2, shrinkage=0.0, tol=1e-9, n_iter=2000).fit(X)
    assert model.loglik_ >= best - 0.5  # statsmodels starts from the stationary distribution
    assert model.loglik_ == pytest.approx(best, abs=2.0)


def test_one_column_is_the_gaussian_hidden_markov_model():
    returns = simulate(TRUTH[2], 600, 5)[0][:, :1]
    start = HMMParameters(
        np.array([0.6, 0.4]),
        np.array([[0.9, 0.1], [0.2, 0.8]]),
        np.array([[0.1], [-0.2]]),
        np.array([[[0.5]], [[2.0]]]),
    )
    hmm = GaussianHMM(2, "diag", shrinkage=0.0, n_iter=40, tol=0.0).fit(returns, start=vars(start))
    first = MarkovRegression(2, n_init=1, n_iter=1, shrinkage=0.0).fit(returns)
    scale, offset = first.scale_[0], first.offset_[0]
    first.beta_ = (start.means - offset) / scale
    first.variance_ = start.covars[:, 0, 0] / scale**2
    first.startprob_, first.transmat_ = start.startprob, start.transmat
    own = MarkovRegression(2, shrinkage=0.0, n_iter=40, tol=0.0).fit(returns, start=first)
    np.testing.assert_allclose(own.intercept_, hmm.means_[:, 0], rtol=1e-5)
    np.testing.assert_allclose(own.variances_, hmm.covars_[:, 0], rtol=1e-5)
    np.testing.assert_allclose(own.filter(returns), hmm.filter(returns), atol=1e-5)
    assert own.loglik_ == pytest.approx(hmm.loglik_, rel=1e-8)


def test_the_truth_is_found_in_the_users_units():
    model = MarkovRegression(2, sticky=0.5).fit(X)
    wild_first = model.variances_.argsort()
    np.testing.assert_allclose(model.coef_[wild_first, 0], [1.0, -0.5], atol=0.15)
    np.testing.assert_allclose(model.intercept_[wild_first], [0.2, 1.0], atol=0.35)
    np.testing.assert_allclose(np.sqrt(model.variances_[wild_first]), [0.3, 1.2], rtol=0.15)
    labels = model.filter(X)[:, wild_first].argmax(axis=1)
    assert (labels == STATES).mean() > 0.9


def test_units_and_offsets_move_with_the_results():
    base = MarkovRegression(2, n_init=4).fit(X)
    moved = MarkovRegression(2, n_init=4).fit(X * [0.01, 100.0] + [5.0, 1e5])
    np.testing.assert_allclose(
        moved.filter(X * [0.01, 100.0] + [5.0, 1e5]), base.filter(X), atol=1e-5
    )
    np.testing.assert_allclose(moved.coef_, base.coef_ * 1e-4, rtol=1e-4)
    np.testing.assert_allclose(moved.variances_, base.variances_ * 1e-4, rtol=1e-4)
    residual = X[:, 0] - base.intercept_[0] - base.coef_[0, 0] * X[:, 1]
    one = RegressionParameters(np.ones(1), np.ones((1, 1)), np.zeros((1, 1)), base.variances_[:1])
    density = one.log_density(residual, np.ones((len(X), 1)))[0]
    y, Z = base._split(X)
    own = base.parameters().log_density(y, Z)[0] - np.log(base.scale_[0])
    np.testing.assert_allclose(own, density, rtol=1e-9)


@given(
    seed=st.integers(0, 2**32 - 1), sticky=st.sampled_from([0.0, 0.5]),
    shrinkage=st.floats(0, 20), n_states=st.integers(1, 3),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_the_objective_never_falls(seed, sticky, shrinkage, n_states):
    rows = np.random.default_rng(seed).standard_t(4, size=(120, 2))
    settings_ = {"sticky": sticky, "shrinkage": shrinkage, "n_init": 2, "n_iter": 60}
    model = MarkovRegression(n_states, **settings_).fit(rows, lengths=[70, 50])
    assert (np.diff(model.history_) >= -1e-9).all()
    np.testing.assert_allclose(model.transmat_.sum(axis=1), 1.0)


def test_a_warm_start_stands_where_it_was():
    first = MarkovRegression(2, n_init=4, tol=1e-9).fit(X)
    again = MarkovRegression(2).fit(X, start=first)
    assert again.n_iter_ <= 2
    np.testing.assert_allclose(again.coef_, first.coef_, rtol=1e-4)
    longer = MarkovRegression(2).fit(X[:400], start=first)
    assert longer.n_iter_ < 60


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sticky": -1.0}, "sticky must be a number >= 0"),
        ({"n_init": 0}, "n_init must be an integer >= 1"),
    ],
)
def test_unusable_settings_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        MarkovRegression().set_params(**change).fit(X)


def statsmodels_lists(*names):
    """Lists of numbers in the tests that statsmodels installs, read without running them."""
    import statsmodels

    file = "tsa/regime_switching/tests/test_markov_autoregression.py"
    tree = ast.parse((Path(statsmodels.__file__).parent / file).read_text("utf-8"))
    assigned = {node.targets[0].id: node for node in tree.body if isinstance(node, ast.Assign)}
    lists = [next(n for n in ast.walk(assigned[name]) if isinstance(n, ast.List)) for name in names]
    return [np.array(ast.literal_eval(found), dtype=np.float64) for found in lists]


def test_the_filter_reproduces_hamiltons_autoregression():
    """Hamilton (1989) AR(4) of output growth, figures of E-Views: a chain of five-bar pasts."""
    y, filtered = statsmodels_lists("rgnp", "hamilton_ar4_filtered")
    stay, back = 0.754673, 0.095915
    transmat = np.array([[stay, 1 - stay], [back, 1 - back]])
    means, sigma = np.array([-0.358811, 1.163516]), np.exp(-0.262658)
    lags = np.array([0.013486, -0.057521, -0.246983, -0.212923])
    pasts = list(itertools.product((0, 1), repeat=5))  # state now, one bar ago, ... four bars ago
    moves = np.array([[transmat[a[0], b[0]] * (b[1:] == a[:4]) for b in pasts] for a in pasts])
    prior = np.array([stationary_distribution(transmat)[past[-1]] for past in pasts])
    for newer, older in ((3, 4), (2, 3), (1, 2), (0, 1)):
        prior *= [transmat[past[older], past[newer]] for past in pasts]
    rows = np.arange(4, len(y))
    expected = np.array(
        [means[p[0]] + sum(lags[i] * (y[rows - i - 1] - means[p[i + 1]]) for i in range(4))
         for p in pasts]
    )  # fmt: skip
    log_b = -0.5 * ((y[rows] - expected) / sigma) ** 2 - np.log(sigma * np.sqrt(2 * np.pi))
    p, loglik = filter_log_emission(prior, moves, log_b)
    assert loglik.sum() == pytest.approx(-181.26339, abs=1e-5)
    growing = p[[past[0] == 1 for past in pasts]].sum(axis=0)
    np.testing.assert_allclose(growing, filtered, atol=1e-5)
