"""To hmmlearn and back, with models fitted here and there, of all its versions' spellings."""

import hmmlearn.hmm
import numpy as np
import pytest
from hmmlearn.vhmm import VariationalGaussianHMM

from regime_factory.regimes import GaussianHMM, NotFittedError
from regime_factory.regimes.hmm.hmmlearn_models import model_of

from ..worlds import TRUTH, simulate

KINDS = ("spherical", "diag", "full", "tied")


@pytest.fixture(scope="module", name="X")
def observations():
    wide, _ = simulate(TRUTH[3], 600, 1)
    return np.column_stack([wide, wide @ [0.3, 0.2] + np.random.default_rng(0).normal(size=600)])


def last_rows_of(peer, X):
    """Filtered rows: what hmmlearn smooths up to the last bar of each prefix."""
    return [peer.predict_proba(X[:n])[-1] for n in (1, 2, 30, 299, 300)]


@pytest.mark.parametrize("F", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_fitted_here_predicts_the_same_there(X, kind, F):
    X = X[:, :F]
    model = GaussianHMM(3, kind, n_init=2).fit(X)
    peer = model.to_hmmlearn()
    assert peer.score(X) == pytest.approx(model.score(X), rel=1e-10)
    np.testing.assert_allclose(
        last_rows_of(peer, X), model.filter(X[:300])[[0, 1, 29, 298, 299]], atol=1e-10
    )
    np.testing.assert_allclose(peer.predict_proba(X), model.smooth(X), atol=1e-10)
    again = GaussianHMM.from_hmmlearn(peer)
    for name in ("startprob_", "transmat_", "means_", "covars_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))


@pytest.mark.parametrize("F", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_fitted_there_predicts_the_same_here(X, kind, F):
    X = X[:, :F]
    peer = hmmlearn.hmm.GaussianHMM(3, kind, random_state=0).fit(X)
    model = GaussianHMM.from_hmmlearn(peer)
    assert model.score(X) == pytest.approx(peer.score(X), rel=1e-10)
    np.testing.assert_allclose(
        model.filter(X[:300])[[0, 1, 29, 298, 299]], last_rows_of(peer, X), atol=1e-10
    )
    np.testing.assert_array_equal(model.means_, peer.means_)
    np.testing.assert_array_equal(model.parameters().covars.ravel()[0], np.ravel(peer.covars_)[0])
    back = model.to_hmmlearn()
    assert back.score(X) == pytest.approx(peer.score(X), rel=1e-10)
    saved = GaussianHMM.from_state(model.to_state())
    np.testing.assert_array_equal(saved.filter(X), model.filter(X))
    assert model.clone().fit(X, start=model).converged_


def test_student_t_says_what_to_do(X):
    model = GaussianHMM(2, emission="student_t", n_init=2, n_iter=30).fit(X[:, :2])
    with pytest.raises(ValueError, match=r"no emission 'student_t'; .* to_state, or fit one"):
        model.to_hmmlearn()
    start = GaussianHMM(2, n_iter=30).fit(X[:, :2], start=model)  # as the message says
    assert start.to_hmmlearn().n_components == 2


@pytest.mark.parametrize(
    "peer",
    [
        hmmlearn.hmm.GMMHMM(2), hmmlearn.hmm.CategoricalHMM(2), hmmlearn.hmm.PoissonHMM(2),
        VariationalGaussianHMM(2), "model",
    ],
    ids=lambda peer: type(peer).__name__,
)  # fmt: skip
def test_other_classes_are_refused(peer):
    name = type(peer).__name__
    with pytest.raises(ValueError, match=rf"only hmmlearn.hmm.GaussianHMM .* found .*{name}"):
        GaussianHMM.from_hmmlearn(peer)


def test_models_that_are_not_fitted_say_so():
    with pytest.raises(ValueError, match="not fitted; call its fit first"):
        GaussianHMM.from_hmmlearn(hmmlearn.hmm.GaussianHMM(2))
    with pytest.raises(NotFittedError):
        GaussianHMM(2).to_hmmlearn()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("transmat_", [[1.0, 0.0], [0.0, 0.0]], "transmat must be non-negative and sum to 1"),
        ("startprob_", [0.5, np.nan], "startprob must be non-negative"),
        ("means_", [[0.0], [np.nan]], "means have shape"),
        ("means_", [0.0, 1.0], r"means_ has shape \(2,\)"),
        ("_covars_", [[1.0], [-1.0]], "not positive definite"),
        ("_covars_", [[[1.0, 0.0], [0.0, 1.0]]], r"covars have shape \(1, 2, 2\); 'diag' expects"),
        ("covariance_type", "odd", "unknown covariance_type 'odd'"),
    ],
)
def test_parameters_that_are_no_model_are_named(name, value, message):
    values = {
        "covariance_type": "diag", "startprob_": [0.5, 0.5], "transmat_": np.full((2, 2), 0.5),
        "means_": [[0.0], [1.0]], "_covars_": [[1.0], [2.0]],
    }  # fmt: skip
    assert model_of(GaussianHMM, values).n_components == 2
    with pytest.raises(ValueError, match=message):
        model_of(GaussianHMM, {**values, name: value})


@pytest.mark.parametrize("kind", KINDS)
def test_spellings_of_all_versions_are_read(X, kind):
    peer = hmmlearn.hmm.GaussianHMM(2, kind, random_state=0).fit(X)
    new = vars(peer)
    expected = model_of(GaussianHMM, new)
    compact = expected.covars_
    with np.errstate(divide="ignore"):
        logs = {"_log_startprob": np.log(peer.startprob_), "_log_transmat": np.log(peer.transmat_)}
    oldest = {"_covariance_type": kind, "_means_": peer.means_, "_covars_": compact, **logs}
    public = {
        **{name: new[name] for name in ("covariance_type", "startprob_", "transmat_", "means_")},
        "covars_": expected.parameters().covars,
    }
    for values in (oldest, public, {**new, "_covars_": compact}):
        found = model_of(GaussianHMM, values)
        np.testing.assert_array_equal(found.covars_, compact)
        np.testing.assert_allclose(found.transmat_, peer.transmat_, rtol=1e-14)


def test_a_converted_model_has_no_training_objective(X):
    peer = GaussianHMM(2, n_init=2).fit(X).to_hmmlearn()
    with pytest.raises(NotFittedError, match="has no training objective; score"):
        GaussianHMM.from_hmmlearn(peer).objective()


def test_a_spherical_model_has_one_variance_per_state():
    values = {
        "covariance_type": "spherical", "startprob_": [1.0], "transmat_": [[1.0]],
        "means_": [[0.0, 0.0]],
    }  # fmt: skip
    for covars in ([2.0], [[2.0]], [[2.0, 2.0]]):
        assert model_of(GaussianHMM, {**values, "_covars_": covars}).covars_.tolist() == [2.0]
    with pytest.raises(ValueError, match="differ between columns"):
        model_of(GaussianHMM, {**values, "_covars_": [[2.0, 3.0]]})
