"""Models out of files of hmmlearn: the same answers, scalers folded in, everything else refused."""

import pickle
from dataclasses import replace
from pathlib import Path

import hmmlearn.hmm
import joblib
import numpy as np
import polars as pl
import pytest
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from regime_factory.regimes import GaussianHMM
from regime_factory.regimes.hmm.migration import read_hmmlearn_file, verify

from ..worlds import TRUTH, simulate

KINDS = ("spherical", "diag", "full", "tied")
NAMES = ["close_logret", "log_halfrange"]


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[3], 500, 2)[0] * [0.01, 30.0] + [0.0, 400.0]


@pytest.fixture(name="file")
def a_file(tmp_path):
    return tmp_path / "model.joblib"


def peer_of(X, kind="full", **settings):
    return hmmlearn.hmm.GaussianHMM(3, kind, random_state=0, **settings).fit(X)


def last_rows(peer, X):
    return np.array([peer.predict_proba(X[:n])[-1] for n in (1, 7, 200, len(X))])


@pytest.mark.parametrize("kind", KINDS)
def test_a_bare_model_keeps_its_parameters_bit_for_bit(file, X, kind):
    peer = peer_of(X, kind)
    joblib.dump(peer, file)
    saved = read_hmmlearn_file(file)
    model = saved.model()
    assert (saved.scaler, saved.columns) == (None, None)
    for name in ("startprob_", "transmat_", "means_"):
        np.testing.assert_array_equal(getattr(model, name), getattr(peer, name))
    shape = model.covars_.shape
    np.testing.assert_array_equal(model.covars_, np.resize(peer._covars_.T, shape[::-1]).T)
    np.testing.assert_allclose(model.filter(X)[[0, 6, 199, -1]], last_rows(peer, X), atol=1e-9)
    agreement = verify(saved, model, X)
    assert agreement.n_rows == len(X)
    assert max(agreement.loglik, agreement.probability) < 1e-9
    assert verify(saved, model).n_rows == 1000


@pytest.mark.parametrize("wrap", ["pipeline", "beside", "tuple", "nested"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_scaler_is_folded_into_the_model(file, X, kind, wrap):
    scaler = StandardScaler().fit(X)
    Z = scaler.transform(X)
    peer = peer_of(Z, kind)
    content = {
        "pipeline": Pipeline([("scale", scaler), ("hmm", peer)]),
        "beside": {"the scaler": scaler, "the model": peer, "features": NAMES, "version": 3},
        "tuple": (peer, scaler),
        "nested": {"SPY": {"models": [peer], "prep": {"x": scaler}}},
    }[wrap]
    joblib.dump(content, file, compress=3)
    saved = read_hmmlearn_file(file)
    model = saved.model()
    np.testing.assert_allclose(model.filter(X)[[0, 6, 199, -1]], last_rows(peer, Z), atol=1e-9)
    volume = np.log(scaler.scale_).sum()
    assert model.score(X) == pytest.approx(peer.score(Z) - len(X) * volume, rel=1e-10)
    assert model.covariance_type == ("diag" if kind == "spherical" else kind)
    assert verify(saved, model, X).loglik < 1e-10
    assert verify(saved, model).probability < 1e-8


@pytest.mark.parametrize(
    "settings", [{"with_mean": False}, {"with_std": False}, {"with_mean": False, "with_std": False}]
)
def test_a_scaler_may_do_half_of_its_work(file, X, settings):
    pipeline = make_pipeline(StandardScaler(**settings), hmmlearn.hmm.GaussianHMM(2, "full"))
    pipeline.fit(X)
    joblib.dump(pipeline, file)
    model = read_hmmlearn_file(file).model()
    peer, Z = pipeline[-1], pipeline[:-1].transform(X)
    np.testing.assert_allclose(model.filter(X)[[0, 6, 199, -1]], last_rows(peer, Z), atol=1e-9)


def test_a_spherical_model_stays_one_where_its_scaler_allows(file, X):
    pipeline = make_pipeline(
        StandardScaler(with_std=False), hmmlearn.hmm.GaussianHMM(2, "spherical")
    )
    joblib.dump(pipeline.fit(X), file)
    assert read_hmmlearn_file(file).model().covariance_type == "spherical"


def test_an_old_scaler_kept_its_scale_as_std(file, X):
    scaler = StandardScaler().fit(X)
    peer = peer_of(scaler.transform(X))
    scaler.std_ = vars(scaler).pop("scale_")
    joblib.dump({"s": scaler, "m": peer}, file)
    np.testing.assert_array_equal(read_hmmlearn_file(file).scaler.scale, scaler.std_)


def test_column_names_of_the_scaler_are_kept(file, X):
    frame = pl.DataFrame(X, schema=NAMES).to_pandas()
    pipeline = make_pipeline(StandardScaler(), hmmlearn.hmm.GaussianHMM(2))
    joblib.dump(pipeline.fit(frame), file)
    saved = read_hmmlearn_file(file)
    assert saved.columns == tuple(NAMES)
    again = GaussianHMM.from_state(saved.model().to_state())
    assert again.feature_names_in_.tolist() == NAMES


@pytest.mark.parametrize("protocol", [0, 2, 3])
def test_a_model_of_scikit_learn_before_hmmlearn_is_read(file, X, protocol):
    peer = peer_of(X, "diag")
    values = vars(peer)
    values["_covariance_type"] = values.pop("covariance_type")
    values["_means_"] = values.pop("means_")
    with np.errstate(divide="ignore"):
        values["_log_startprob"] = np.log(values.pop("startprob_"))
        values["_log_transmat"] = np.log(values.pop("transmat_"))
    raw = pickle.dumps(peer, protocol)
    assert b"hmmlearn.hmm\n" in raw
    file.write_bytes(raw.replace(b"hmmlearn.hmm\n", b"sklearn.hmm\n"))
    model = read_hmmlearn_file(file).model()
    np.testing.assert_array_equal(model.means_, values["_means_"])
    np.testing.assert_allclose(model.transmat_, np.exp(values["_log_transmat"]), rtol=1e-14)


def contents(X):
    scaler, other = StandardScaler().fit(X), StandardScaler().fit(X[:, :1])
    peer = peer_of(X)
    half = hmmlearn.hmm.GaussianHMM(2)
    dead = peer_of(X)
    dead.transmat_[0] = 0.0
    thin = peer_of(X)
    thin._covars_ = -thin._covars_
    return {
        "nothing": ({"a": 1}, "holds 0 models and 0 pipelines, expected one"),
        "two": ({"a": peer, "b": peer_of(X)}, "holds 2 models and 0 pipelines"),
        "two scalers": ([peer, scaler, other], "holds 2 scalers, and which of them"),
        "pipeline, scaler": ((make_pipeline(scaler, peer), other), "holds 2 scalers"),
        "narrow": ((peer, other), "StandardScaler has 1 columns and its model 2"),
        "unfitted": (half, "not fitted; call its fit first"),
        "unfitted scaler": ((peer, StandardScaler()), "StandardScaler is not fitted"),
        "two steps": (
            make_pipeline(scaler, scaler, peer),
            r"steps \['StandardScaler', 'StandardScaler', 'GaussianHMM'\], expected",
        ),
        "passthrough": (Pipeline([("a", "passthrough"), ("b", peer)]), "\"?'passthrough'\"?, "),
        "dead state": (dead, "transmat must be non-negative and sum to 1"),
        "negative": (thin, "not positive definite"),
    }


@pytest.mark.parametrize("name", list(contents(np.random.default_rng(0).normal(size=(80, 2)))))
def test_what_is_not_one_model_is_said(file, X, name):
    content, message = contents(X)[name]
    joblib.dump(content, file)
    with pytest.raises(ValueError, match=rf"(?s)model.joblib cannot be converted: .*{message}"):
        read_hmmlearn_file(file)


def test_another_scaler_is_refused(file, X):
    joblib.dump(make_pipeline(MinMaxScaler(), hmmlearn.hmm.GaussianHMM(2)).fit(X), file)
    with pytest.raises(ValueError, match=r"is refused: it holds a sklearn.*MinMaxScaler"):
        read_hmmlearn_file(file)


def test_the_same_scaler_twice_is_one(file, X):
    scaler = StandardScaler().fit(X)
    pipeline = make_pipeline(scaler, peer_of(scaler.transform(X)))
    joblib.dump({"pipeline": pipeline, "scaler": scaler}, file)
    assert read_hmmlearn_file(file).scaler is not None


@pytest.mark.parametrize("name", ["startprob", "transmat", "means", "covars"])
@pytest.mark.parametrize("behind", [False, True], ids=["bare", "behind a scaler"])
def test_a_conversion_that_differs_does_not_pass(file, X, name, behind):
    scaler = StandardScaler().fit(X)
    Z = scaler.transform(X) if behind else X
    joblib.dump((peer_of(Z), scaler) if behind else peer_of(X), file)
    saved = read_hmmlearn_file(file)
    right = saved.model().parameters()
    changed = getattr(right, name) * (1 + 1e-6)
    model = saved.model().set_parameters(replace(right, **{name: changed}))
    with pytest.raises(ValueError, match=f"the converted {name} differ"):
        verify(saved, model, X)


def test_figures_that_differ_do_not_pass(file, X, monkeypatch):
    joblib.dump(peer_of(X), file)
    saved = read_hmmlearn_file(file)
    model = saved.model()
    monkeypatch.setattr(GaussianHMM, "score", lambda self, X: 1.0)
    with pytest.raises(ValueError, match=r"differs from hmmlearn: log-likelihood by .*, filtered"):
        verify(saved, model, X)


def test_observations_of_another_width_are_refused(file, X):
    joblib.dump(peer_of(X), file)
    saved = read_hmmlearn_file(file)
    with pytest.raises(ValueError, match="have 1 columns, the model was fitted on 2"):
        verify(saved, saved.model(), X[:, :1])


def test_shared_and_circular_containers_end(tmp_path: Path) -> None:
    shared: list[object] = []
    for _ in range(200):
        shared = [shared, shared]
    file = tmp_path / "shared.pkl"
    file.write_bytes(pickle.dumps(shared))
    with pytest.raises(ValueError, match="holds 0 models"):
        read_hmmlearn_file(file)
