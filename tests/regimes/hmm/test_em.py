"""EM: hmmlearn's path without priors, an objective that never falls, floors and convergence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.regimes import GaussianHMM
from regime_factory.regimes.hmm.em import Problem, Stepper
from regime_factory.regimes.hmm.parameters import HMMParameters
from regime_factory.regimes.hmm.theta import Theta

from ..worlds import TRUTH, simulate, start_of
from . import slow_reference

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
    reference, history = hmmlearn_history(X, kind, start, 20)
    own = GaussianHMM(K, kind, n_iter=20, tol=0.0, shrinkage=0.0).fit(X, start=start)
    n = min(len(history), len(own.history_))
    assert n >= 10
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


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(KINDS),
    emission=st.sampled_from(["gaussian", "student_t"]),
    K=st.sampled_from([1, 2, 3, 4, 8]),
    priors=st.sampled_from([(0.0, 0.0), (0.5, 0.0), (0.0, 1.0), (0.5, 25.0)]),
    shape=st.sampled_from(["heavy", "normal", "outlier", "repeated"]),
)
def test_objective_never_falls(seed, kind, emission, K, priors, shape):  # noqa: PLR0917
    rng = np.random.default_rng(seed)
    X = rng.standard_t(2, size=(150, 2)) if shape == "heavy" else rng.normal(size=(150, 2))
    if shape == "outlier":
        X[rng.integers(150), 0] = 200.0
    if shape == "repeated":
        X[::3] = [0.25, -0.5]
    settings = {"sticky": priors[0], "shrinkage": priors[1], "random_state": seed}
    model = GaussianHMM(K, kind, emission=emission, n_init=1, n_iter=90, tol=0.0, **settings)
    model.fit(X)
    steps = np.diff(model.history_)
    assert np.isfinite(model.history_).all()
    assert steps.min(initial=0.0) >= 0.0
    assert np.linalg.eigvalsh(model.parameters().covars).min() > 0
    assert np.isfinite(model.filter(X)).all()


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


@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
@pytest.mark.parametrize("K", [3, 8])
def test_an_outlier_at_200_standard_deviations_stays_finite(emission, K):
    X, _ = simulate(TRUTH[3], 800, 3)
    X[400, 0] = 200.0
    model = GaussianHMM(K, "full", emission=emission, n_init=3).fit(X)
    assert np.isfinite(model.history_).all()
    calm = GaussianHMM(K, "full", emission=emission, n_init=3).fit(simulate(TRUTH[3], 800, 3)[0])
    p = calm.filter(X)
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert np.isfinite(calm.score(X))
    np.testing.assert_allclose(calm.smooth(X).sum(axis=1), 1.0)


@pytest.mark.parametrize("leave", [1e-3, 1e-60, 1e-120, 1e-200, 1e-300])
def test_impossible_looking_paths_are_measured_exactly(leave):
    """Scaling every eighth bar, every bar, and logarithms where neither is enough."""
    rng = np.random.default_rng(0)
    X = np.where(np.arange(60) % 3 == 0, 30.0, -30.0)[:, None] + rng.normal(size=(60, 1))
    transmat = np.array([[1 - leave, leave], [leave, 1 - leave]])
    truth = HMMParameters(
        np.array([0.5, 0.5]), transmat, np.array([[30.0], [-30.0]]), np.ones((2, 1, 1))
    )
    worker = Stepper(
        Problem(np.ascontiguousarray(X.T), [35, 25], "full", "gaussian", 0.0, 0.0, np.eye(1)), 2
    )
    theta = Theta.of(truth)
    worker.prepare(theta)
    log_b = slow_reference.log_densities(X, truth)
    loglik, gamma, xi = slow_reference.expectation(truth, log_b, [35, 25])
    assert worker.measure(theta)[0] == pytest.approx(loglik, rel=1e-12)
    work = worker.work
    np.testing.assert_allclose(work.alpha * work.beta * work.inverse, gamma, atol=1e-12)
    np.testing.assert_allclose(work.xi, xi, atol=1e-9)
    before, out = worker.measure(theta)[1], theta.like()
    worker.step(theta, out, learn_dofs=False)
    assert worker.measure(out)[1] >= before


def test_several_sequences_are_independent():
    X, _ = simulate(TRUTH[3], 900, 5)
    start = start_of(3, 2, 4, "full")
    fit = GaussianHMM(3, n_iter=3, tol=0.0, shrinkage=0.0)
    lengths = [1, 7, 8, 300, 584]
    model = fit.fit(X, lengths, start=start)
    first = GaussianHMM(3).set_parameters(HMMParameters(**start))
    np.testing.assert_allclose(model.history_[0] * 900, first.score(X, lengths), rtol=1e-12)
    assert model.history_[-1] * 900 == pytest.approx(model.score(X, lengths), rel=1e-12)
