"""Saving and restoring: exact, checked, and readable across versions."""

import io
import json

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM
from regime_factory.regimes.hmm.interchange import checked_parameters, checksum

from ..worlds import TRUTH, simulate, start_of
from .older import as_format_2

KINDS = ("spherical", "diag", "full", "tied")
EMISSIONS = ("gaussian", "student_t")
FIT = {"n_init": 2, "n_iter": 60}
OLD = {  # as the first format stored a model
    "format_version": 1,
    "kind": "GaussianHMM",
    "settings": {
        "n_components": 2, "covariance_type": "diag", "emission": "gaussian", "n_init": 2,
        "n_iter": 500, "tol": 1e-07, "sticky": 0.0, "shrinkage": 1.0, "random_state": 0,
    },
    "arrays": {
        "startprob_": [2.9668575281464077e-50, 1.0],
        "transmat_": [
            [2.7355027974118987e-29, 1.0], [0.9999999999999886, 1.1471693098288857e-14]
        ],
        "means_": [[4.270900000000011], [-0.11633333333329343]],
        "covars_": [[0.8049443667652324], [1.0412014624642785]],
        "offset_": [2.0772833333333334],
        "scale_": [2.362160593550367],
        "history_": [-1.3919605003173756, -1.391960500282281],
    },
    "fit": {
        "converged_": True, "n_iter_": 221, "loglik_": -77.34175235870251, "hit_rate_": 0.5,
        "n_rows_": 60,
    },
}  # fmt: skip
OLD_FILTERED = [[5.907518641411205e-54, 1.0], [0.9999999999999999, 2.594674484554049e-16]]


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


@pytest.mark.parametrize("emission", EMISSIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_model_predicts_identically(X, kind, emission):
    model = GaussianHMM(2, kind, emission=emission, sticky=0.5, random_state=np.int64(3), **FIT)
    model.fit(X)
    again = GaussianHMM.from_state(_through_files(model.to_state()))
    np.testing.assert_array_equal(again.filter(X), model.filter(X))
    assert again.score(X) == model.score(X)
    assert again.get_params() == model.get_params()
    assert set(vars(again)) == set(vars(model))
    for name, value in vars(model).items():
        np.testing.assert_array_equal(getattr(again, name), value, err_msg=name)
    assert again.converged_ is model.converged_


@pytest.mark.parametrize("emission", EMISSIONS)
def test_plain_json_keeps_a_model_exactly(X, emission):
    model = GaussianHMM(2, emission=emission, **FIT).fit(X)
    state = model.to_state()
    state["arrays"] = {name: array.tolist() for name, array in state["arrays"].items()}
    again = GaussianHMM.from_state(json.loads(json.dumps(state)))
    np.testing.assert_array_equal(again.filter(X), model.filter(X))


def test_a_model_of_the_first_format_is_read():
    model = GaussianHMM.from_state(json.loads(json.dumps(OLD)))
    np.testing.assert_allclose(model.filter([[0.5], [3.0]]), OLD_FILTERED, rtol=1e-12)
    assert (model.n_features_in_, model.n_rows_, model.dofs_) == (1, 60, None)
    again = GaussianHMM.from_state(model.to_state())
    np.testing.assert_array_equal(again.means_, model.means_)


def test_a_model_of_the_second_format_is_read_and_its_arrays_are_checked(X):
    model = GaussianHMM(2, emission="student_t", **FIT).fit(X)
    older = as_format_2(model.to_state())
    np.testing.assert_array_equal(GaussianHMM.from_state(older).filter(X), model.filter(X))
    older["arrays"]["means_"] = older["arrays"]["means_"] + 1e-9
    with pytest.raises(ValueError, match="its arrays are not the ones it was saved with"):
        GaussianHMM.from_state(older)


def test_a_restored_model_can_be_fitted_and_saved_on(X):
    model = GaussianHMM(2, emission="student_t", **FIT).fit(X)
    again = GaussianHMM.from_state(model.to_state())
    np.testing.assert_array_equal(again.clone().fit(X).means_, model.means_)
    assert again.to_state()["checksum"] == model.to_state()["checksum"]


def _set(part, name, value):
    return lambda s: s[part].__setitem__(name, value)


def _other(name):
    """An array of the right shape and sense, of another model."""
    start = start_of(2, 2, 5, "full")
    return _set("arrays", f"{name}_", start[name])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda s: s.update(format_version=99),
            "has format 99, this version reads up to 3",
        ),
        (lambda s: s.update(kind="Refits"), "not a saved GaussianHMM"),
        (lambda s: s.pop("format_version"), "not a saved GaussianHMM, or the saved state is dama"),
        (lambda s: s.pop("settings"), "the saved GaussianHMM is damaged: 'settings'"),
        (lambda s: s.pop("arrays"), "the saved GaussianHMM is damaged: 'arrays'"),
        (lambda s: s.pop("fit"), "the saved GaussianHMM is damaged: 'fit'"),
        (lambda s: s.pop("checksum"), "the saved GaussianHMM is damaged: 'checksum'"),
        (lambda s: s["arrays"].pop("means_"), "damaged: 'means_'"),
        (lambda s: s["arrays"].pop("dofs_"), "'student_t' does not go with the arrays saved"),
        (
            _set("arrays", "means_", np.full((2, 2), np.nan)),
            "means_ holds numbers that are",
        ),
        (_set("arrays", "history_", [np.inf]), "history_ holds numbers that are not finite"),
        (_set("arrays", "covars_", np.full((2, 2, 2), np.nan)), "covars_ holds numbers"),
        (_set("arrays", "means_", np.zeros((3, 2))), r"means have shape \(3, 2\)"),
        (_set("arrays", "means_", np.zeros(2)), "damaged"),
        (_set("arrays", "means_", "text"), "damaged: could not convert"),
        (_set("arrays", "transmat_", np.ones((2, 2))), "damaged: transmat must be"),
        (_set("arrays", "covars_", np.ones((2, 2))), "damaged: covars_ has shape"),
        (_set("arrays", "covars_", -np.ones((2, 2, 2))), "not positive definite"),
        (_set("arrays", "covars_", [[[1, 0.5], [0, 1]]] * 2), "covariance matrix is not symmetric"),
        (_set("arrays", "dofs_", [1.0, 5.0]), "dofs are"),
        (_set("arrays", "scale_", np.ones(3)), r"scale_ has shape \(3,\), expected \(2,\)"),
        (_set("arrays", "history_", np.ones((2, 2))), "history_ has shape"),
        (_set("arrays", "filter", np.ones(2)), r"damaged: unknown arrays \['filter'\]"),
        (_other("means"), "not the ones it was saved with: the checksum differs"),
        (_other("transmat"), "the checksum differs"),
        (_other("covars"), "the checksum differs"),
        (_set("arrays", "scale_", np.full(2, 7.0)), "the checksum differs"),
        (_set("settings", "n_states", 2), "damaged"),
        (_set("settings", "covariance_type", "odd"), "damaged: unknown covariance_type"),
        (_set("settings", "emission", "gaussian"), "emission 'gaussian' does not go with"),
        (_set("settings", "n_components", 3), "damaged"),
        (_set("fit", "loglik_", "high"), "loglik_ is 'high', expected a finite number"),
        (_set("fit", "n_iter_", np.nan), "n_iter_ is nan"),
        (lambda s: s.update(columns=["a"]), "1 column names for 2 columns"),
        (lambda s: s.update(columns=["a", "b"]), "the checksum differs"),
        (_set("settings", "sticky", 0.25), "the checksum differs"),
        (_set("settings", "n_init", 7), "the checksum differs"),
        (_set("fit", "loglik_", -1.0), "the checksum differs"),
        (_set("fit", "converged_", None), "converged_ is None"),
    ],
)
def test_damaged_or_newer_states_are_refused(X, damage, message):
    state = GaussianHMM(2, emission="student_t", **FIT).fit(X).to_state()
    damage(state)
    with pytest.raises(ValueError, match=message):
        GaussianHMM.from_state(state)


@pytest.mark.parametrize("thing", [[1, 2], None, "model", 3, {}])
def test_something_else_is_no_state(thing):
    with pytest.raises(ValueError, match="not a saved GaussianHMM"):
        GaussianHMM.from_state(thing)


def test_a_checksum_sees_names_shapes_and_values():
    base = {"a": np.arange(4.0)}
    others = [
        {"b": np.arange(4.0)},
        {"a": np.arange(4.0).reshape(2, 2)},
        {"a": np.nextafter(np.arange(4.0), 9)},
        {"a": np.arange(4.0), "b": np.zeros(0)},
    ]
    assert len({checksum(arrays) for arrays in [base, *others]}) == 5
    swapped = {"a": np.arange(4.0).astype(">f8")}
    assert checksum(swapped) == checksum(base)
    matrix = np.arange(6.0).reshape(2, 3)
    assert checksum({"a": np.asfortranarray(matrix)}) == checksum({"a": matrix})


def test_covariances_that_lean_by_rounding_pass():
    start = start_of(2, 2, 0, "full")
    start["covars"][:, 0, 1] *= 1 + 1e-12
    checked_parameters(start, "full", 2, 2)
    start["covars"][:, 0, 1] *= 1 + 1e-4
    with pytest.raises(ValueError, match="not symmetric"):
        checked_parameters(start, "full", 2, 2)
