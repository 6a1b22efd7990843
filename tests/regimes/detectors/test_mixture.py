"""The Gaussian mixture against scikit-learn, and as a hidden Markov model without memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.regimes import GaussianHMM, GaussianMixture

from ..worlds import TRUTH, simulate

X = simulate(TRUTH[3], 600, 7)[0]
KINDS = ("full", "diag", "spherical", "tied")


def start_for(kind, n_states=3):
    rng = np.random.default_rng(4)
    covars = {
        "full": np.repeat(np.cov(X.T)[None], n_states, axis=0),
        "diag": np.tile(X.var(axis=0), (n_states, 1)),
        "spherical": np.full(n_states, X.var(axis=0).mean()),
        "tied": np.cov(X.T),
    }[kind]
    means = X[rng.choice(len(X), n_states, replace=False)]
    return {"weights": np.array([0.5, 0.3, 0.2]), "means": means, "covars": covars}


@pytest.mark.parametrize("kind", KINDS)
def test_em_equals_scikit_learn_step_by_step(kind):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture as Peer

    start = start_for(kind)
    precisions = {
        "full": np.linalg.inv, "diag": np.reciprocal, "spherical": np.reciprocal,
        "tied": np.linalg.inv,
    }[kind](start["covars"])  # fmt: skip
    peer = Peer(
        3, covariance_type=kind, reg_covar=0.0, max_iter=25, tol=0.0,
        weights_init=start["weights"], means_init=start["means"], precisions_init=precisions,
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning):
        peer.fit(X)
    model = GaussianMixture(3, kind, shrinkage=0.0, n_iter=25, tol=0.0).fit(X, start=start)
    assert model.n_iter_ == 25
    np.testing.assert_allclose(model.means_, peer.means_, rtol=1e-7)
    np.testing.assert_allclose(model.covars_, peer.covariances_, rtol=1e-6)
    np.testing.assert_allclose(model.weights_, peer.weights_, rtol=1e-7)
    np.testing.assert_allclose(model.filter(X), peer.predict_proba(X), atol=1e-8)
    np.testing.assert_allclose(model.score_rows(X), peer.score_samples(X), rtol=1e-8)
    assert model.loglik_ == pytest.approx(model.score(X))
    assert model.bic(X) == pytest.approx(peer.bic(X), rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_hidden_markov_model_without_memory(kind):
    model = GaussianMixture(3, kind, n_init=3).fit(X)
    hmm = GaussianHMM(3, kind).set_parameters(model.parameters())
    np.testing.assert_allclose(hmm.transmat_, np.tile(model.weights_, (3, 1)))
    np.testing.assert_allclose(model.filter(X), hmm.filter(X), atol=1e-12)
    np.testing.assert_allclose(model.score_rows(X), hmm.score_rows(X), rtol=1e-10)
    assert hmm.n_parameters() - model.n_parameters() == 6  # the rows of the transition matrix
    np.testing.assert_allclose(model.moments().covars, hmm.moments().covars)


def test_each_bar_is_judged_by_itself():
    model = GaussianMixture(3, n_init=3).fit(X)
    whole = model.filter(X)
    np.testing.assert_array_equal(model.filter(X[300:301])[0], whole[300])
    np.testing.assert_array_equal(model.filter(X[::-1])[::-1], whole)


@given(
    seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(KINDS), shrinkage=st.floats(0.1, 20),
    n_states=st.integers(1, 4),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_the_objective_never_falls(seed, kind, shrinkage, n_states):
    rows = np.random.default_rng(seed).standard_t(3, size=(150, 2))
    model = GaussianMixture(n_states, kind, n_init=2, shrinkage=shrinkage).fit(rows)
    assert (np.diff(model.history_) >= -1e-12).all()
    assert model.weights_.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_results_do_not_depend_on_units_offsets_or_the_order_of_rows(kind):
    factor = 1000.0 if kind == "spherical" else np.array([1000.0, 0.01])
    base = GaussianMixture(3, kind, n_init=4).fit(X)
    moved = GaussianMixture(3, kind, n_init=4).fit(X * factor + 1e6)
    np.testing.assert_allclose(moved.filter(X * factor + 1e6), base.filter(X), atol=1e-4)
    order = np.random.default_rng(1).permutation(len(X))
    turned = GaussianMixture(3, kind).fit(X[order], start=base)
    np.testing.assert_allclose(turned.filter(X), base.filter(X), atol=0.02)


def test_states_without_a_different_mean_are_found():
    """Scales alone differ: starts of one middle with several widths find them."""
    rng = np.random.default_rng(9)
    rows = np.concatenate([rng.normal(0, 1, (500, 2)), rng.normal(0, 5, (300, 2))])
    model = GaussianMixture(2, n_init=4).fit(rows)
    np.testing.assert_allclose(model.weights_, [0.625, 0.375], atol=0.05)
    np.testing.assert_allclose(np.sqrt(model.covars_[:, 0, 0]), [1, 5], rtol=0.1)
    assert model.converged_
    assert model.hit_rate_ > 0


def test_a_collapse_is_named():
    rows = np.concatenate([np.zeros((50, 1)), np.random.default_rng(0).normal(5, 1, (50, 1))])
    start = {"weights": [0.5, 0.5], "means": [[0.0], [5.0]], "covars": [[[0.1]], [[1.0]]]}
    with pytest.raises(ValueError, match="shrank to a few equal bars; set shrinkage above 0"):
        GaussianMixture(2, shrinkage=0.0, n_iter=500, tol=0.0).fit(rows, start=start)
    kept = GaussianMixture(2, shrinkage=1.0).fit(rows, start=start)
    assert kept.covars_.min() > 0.01


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"covariance_type": "round"}, "unknown covariance_type 'round'; use one of"),
        ({"n_components": 0}, "n_components must be an integer >= 1"),
        ({"shrinkage": -1.0}, "shrinkage must be a number >= 0"),
    ],
)
def test_unusable_settings_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture().set_params(**change).fit(X)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"means": None}, "start means have shape"),
        ({"weights": [0.9, 0.9, 0.9]}, "weights must be non-negative and sum to 1"),
        ({"covars": np.zeros((3, 2, 2))}, "not positive definite"),
    ],
)
def test_unusable_starts_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture(3).fit(X, start={**start_for("full"), **change})
    with pytest.raises(ValueError, match=r"start lacks \['weights', 'covars'\]"):
        GaussianMixture(3).fit(X, start={"means": X[:3]})
