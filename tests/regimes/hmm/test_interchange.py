"""Saving, restoring and hmmlearn."""

import io
import json

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM

from ..worlds import TRUTH, simulate

KINDS = ("spherical", "diag", "full", "tied")


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[2], 300, 1)[0]


def _through_files(state):
    """What a JSON file and an npz file keep of a state."""
    buffer = io.BytesIO()
    np.savez(buffer, **state["arrays"])
    buffer.seek(0)
    rest = json.loads(json.dumps({k: v for k, v in state.items() if k != "arrays"}))
    with np.load(buffer, allow_pickle=False) as arrays:
        return {**rest, "arrays": dict(arrays)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_model_predicts_identically(X, kind):
    model = GaussianHMM(2, kind, n_init=2, sticky=0.5, random_state=np.int64(3)).fit(X)
    again = GaussianHMM.from_state(_through_files(model.to_state()))
    np.testing.assert_array_equal(again.filter(X), model.filter(X))
    assert again.get_params() == model.get_params()
    assert again.loglik_ == model.loglik_
    assert again.converged_ is model.converged_
    np.testing.assert_array_equal(again.history_, model.history_)


def test_plain_json_keeps_a_model_exactly(X):
    model = GaussianHMM(2, n_init=2).fit(X)
    state = model.to_state()
    state["arrays"] = {name: array.tolist() for name, array in state["arrays"].items()}
    again = GaussianHMM.from_state(json.loads(json.dumps(state)))
    np.testing.assert_array_equal(again.filter(X), model.filter(X))


@pytest.mark.parametrize("kind", KINDS)
def test_hmmlearn_and_back(X, kind):
    model = GaussianHMM(2, kind, n_init=2).fit(X)
    other = model.to_hmmlearn()
    assert other.score(X) == pytest.approx(model.score(X), rel=1e-10)
    again = GaussianHMM.from_hmmlearn(other)
    np.testing.assert_allclose(again.filter(X), model.filter(X), atol=1e-14)
    assert again.covars_.shape == model.covars_.shape
    again = GaussianHMM.from_state(again.to_state())
    np.testing.assert_allclose(again.filter(X), model.filter(X), atol=1e-14)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda s: s.update(format_version=99), "has format 99, this version reads up to 1"),
        (lambda s: s.update(kind="Refits"), "not a saved GaussianHMM"),
        (
            lambda s: s.pop("format_version"),
            "not a saved GaussianHMM, or the saved state is damaged",
        ),
        (lambda s: s.pop("arrays"), "the saved GaussianHMM is damaged: 'arrays'"),
        (lambda s: s["arrays"].pop("means_"), "damaged"),
        (lambda s: s["arrays"].update(means_=np.full((2, 2), np.nan)), "damaged: means have shape"),
        (lambda s: s["arrays"].update(transmat_=np.ones((2, 2))), "damaged: transmat must be"),
        (lambda s: s["arrays"].update(covars_=np.ones((2, 2))), "damaged: covars_ has shape"),
        (lambda s: s["arrays"].update(filter=np.ones(2)), r"damaged: unknown arrays \['filter'\]"),
        (lambda s: s["settings"].update(n_states=2), "damaged"),
        (lambda s: s["settings"].update(covariance_type="odd"), "damaged: unknown covariance_type"),
    ],
)
def test_damaged_or_newer_states_are_refused(X, damage, message):
    state = GaussianHMM(2, n_init=2).fit(X).to_state()
    damage(state)
    with pytest.raises(ValueError, match=message):
        GaussianHMM.from_state(state)


def test_something_else_is_no_state():
    with pytest.raises(ValueError, match="not a saved GaussianHMM"):
        GaussianHMM.from_state([1, 2])
