"""EM: hmmlearn's path without priors, an objective that never falls, floors and convergence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.regimes import GaussianHMM

from ..worlds import TRUTH, simulate, start_of

KINDS = ("spherical", "diag", "full", "tied")


def hmmlearn_history(X, kind, start, n_iter):
    from hmmlearn.hmm import GaussianHMM as Reference

    F = X.shape[1]
    model = Reference(
        len(start["startprob"]),
        kind,
        covars_prior=0.0,
        covars_weight=0.0,
        min_covar=0.0,
        init_params="",
        n_iter=n_iter,
        tol=-np.inf,
        implementation="scaling",
    )
    model.n_features = F
    model.startprob_, model.transmat_ = start["startprob"], start["transmat"]
    model.means_, model.covars_ = start["means"], start["covars"]
    model.fit(X)
    return model, np.array(model.monitor_.history)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("K", "F"), [(2, 2), (3, 2), (4, 3)])
def test_likelihood_path_equals_hmmlearn(kind, K, F):
    X, _ = simulate(TRUTH[3], 900, 5)
    X = np.hstack([X, X[:, :1] * 0.3 + np.random.default_rng(1).normal(size=(900, 1))])[:, :F]
    start = start_of(K, F, 7, kind)
    reference, history = hmmlearn_history(X, kind, start, 10)
    own = GaussianHMM(K, kind, n_iter=10, tol=0.0, shrinkage=0.0).fit(X, start=start)
    n = min(len(history), len(own.history_))
    assert n == 10
    np.testing.assert_allclose(own.history_[:n] * len(X), history[:n], rtol=1e-8)
    np.testing.assert_allclose(own.transmat_, reference.transmat_, atol=1e-7)
    np.testing.assert_allclose(own.means_, reference.means_, rtol=1e-6, atol=1e-7)


def test_several_sequences_equal_hmmlearn():
    from hmmlearn.hmm import GaussianHMM as Reference

    X, _ = simulate(TRUTH[2], 600, 2)
    start = start_of(2, 2, 3, "full")
    model = Reference(2, "full", covars_prior=0.0, init_params="", n_iter=8, tol=-np.inf)
    model.n_features = 2
    model.startprob_, model.transmat_ = start["startprob"], start["transmat"]
    model.means_, model.covars_ = start["means"], start["covars"]
    model.fit(X, [100, 200, 300])
    own = GaussianHMM(2, "full", n_iter=8, tol=0.0, shrinkage=0.0)
    own.fit(X, [100, 200, 300], start=start)
    np.testing.assert_allclose(own.history_[:8] * 600, model.monitor_.history, rtol=1e-8)
    assert own.score(X, [100, 200, 300]) == pytest.approx(model.score(X, [100, 200, 300]), rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(KINDS),
    K=st.integers(1, 4),
    priors=st.sampled_from([(0.0, 0.0), (0.5, 0.0), (0.0, 1.0), (0.5, 25.0)]),
    heavy=st.booleans(),
)
def test_objective_never_falls(seed, kind, K, priors, heavy):
    rng = np.random.default_rng(seed)
    X = rng.standard_t(2, size=(120, 2)) if heavy else rng.normal(size=(120, 2))
    model = GaussianHMM(
        K,
        kind,
        n_init=1,
        n_iter=60,
        tol=0.0,
        sticky=priors[0],
        shrinkage=priors[1],
        random_state=seed,
    ).fit(X)
    steps = np.diff(model.history_)
    assert steps.min(initial=0.0) >= -1e-10 * np.abs(model.history_).max()


def test_likelihood_excludes_the_priors():
    X, _ = simulate(TRUTH[2], 500, 0)
    model = GaussianHMM(2, "diag", sticky=0.5, shrinkage=10.0, n_init=3).fit(X)
    assert model.loglik_ == pytest.approx(model.score(X), rel=1e-12)
    assert model.history_[-1] * 500 != pytest.approx(model.loglik_, rel=1e-6)
    plain = GaussianHMM(2, "diag", shrinkage=0.0, n_init=3).fit(X)
    assert plain.history_[-1] * 500 == pytest.approx(plain.score(X), rel=1e-12)


def test_convergence_is_honest():
    X, _ = simulate(TRUTH[2], 500, 0)
    start = start_of(2, 2, 0, "diag")
    short = GaussianHMM(2, "diag", n_iter=2).fit(X, start=start)
    assert not short.converged_
    assert short.n_iter_ == 2
    assert len(short.history_) == 3
    long = GaussianHMM(2, "diag").fit(X, start=start)
    assert long.converged_
    assert 0 <= long.history_[-1] - long.history_[-2] < long.tol


def test_sticky_prior_lengthens_stays():
    X, _ = simulate(TRUTH[2], 500, 0)
    plain = GaussianHMM(2, "diag", n_init=3).fit(X)
    sticky = GaussianHMM(2, "diag", n_init=3, sticky=5.0).fit(X)
    assert (np.diag(sticky.transmat_) > np.diag(plain.transmat_)).all()


def test_states_do_not_collapse_on_repeated_values():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    X[::3] = [0.25, -0.5]
    for shrinkage in (0.0, 1.0):
        model = GaussianHMM(3, "full", n_init=6, shrinkage=shrinkage).fit(X)
        assert np.isfinite(model.score(X))
        assert np.linalg.eigvalsh(model.parameters().covars).min() > 1e-7


def test_an_outlier_at_200_standard_deviations_stays_finite():
    X, _ = simulate(TRUTH[3], 800, 3)
    X[400, 0] = 200.0
    model = GaussianHMM(3, "full", n_init=3).fit(X)
    assert np.isfinite(model.history_).all()
    calm = GaussianHMM(3, "full", n_init=3).fit(simulate(TRUTH[3], 800, 3)[0])
    p = calm.filter(X)
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert np.isfinite(calm.score(X))
    np.testing.assert_allclose(calm.smooth(X).sum(axis=1), 1.0)
