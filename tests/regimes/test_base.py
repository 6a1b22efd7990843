"""Estimators of this room in the hands of scikit-learn."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError as SklearnNotFittedError
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from regime_factory.regimes import GaussianHMM, NotFittedError

from .worlds import TRUTH, simulate

SETTINGS = {"n_init": 2, "n_iter": 60}


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[2], 400, 3)[0] * [0.01, 5.0] + [0.0, 9.0]


@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
def test_clone_copies_settings_and_nothing_fitted(X, emission):
    model = GaussianHMM(2, "diag", emission=emission, sticky=0.5, **SETTINGS).fit(X)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not twin.is_fitted()
    assert clone(twin.set_params(random_state=np.int64(4))).random_state == 4


def test_settings_are_stored_untouched():
    tol, seed = np.float64(1e-5), np.int64(3)
    model = GaussianHMM(tol=tol, random_state=seed, covariance_type="odd")
    assert model.get_params()["tol"] is tol
    assert model.random_state is seed
    assert model.set_params() is model
    with pytest.raises(ValueError, match="unknown setting 'states'"):
        model.set_params(states=2)


def test_the_number_and_names_of_columns_are_kept(X):
    model = GaussianHMM(2, **SETTINGS)
    assert not hasattr(model, "n_features_in_")
    assert model.fit(X).n_features_in_ == 2
    assert not hasattr(model, "feature_names_in_")
    frame = pl.DataFrame(X, schema=["ret", "range"])
    for table in (frame, frame.to_pandas()):
        assert model.fit(table).feature_names_in_.tolist() == ["ret", "range"]
    again = GaussianHMM.from_state(model.to_state())
    assert (again.n_features_in_, again.feature_names_in_.tolist()) == (2, ["ret", "range"])
    assert not hasattr(model.fit(X), "feature_names_in_")


def test_a_frame_with_its_columns_in_another_order_is_refused(X):
    frame = pl.DataFrame(X, schema=["ret", "range"])
    model = GaussianHMM(2, **SETTINGS).fit(frame)
    expected = model.filter(X)
    renamed = frame.rename({"ret": "return"})
    for same in (frame, frame.to_pandas(), renamed, X.tolist()):
        np.testing.assert_array_equal(model.filter(same), expected)
    numbered = frame.to_pandas().set_axis([0, 1], axis=1)
    np.testing.assert_array_equal(model.filter(numbered), expected)
    swapped = frame.select("range", "ret")
    with pytest.raises(ValueError, match=r"columns are \['range', 'ret'\], the model was fitted"):
        model.filter(swapped)
    again = GaussianHMM.from_state(model.to_state())
    with pytest.raises(ValueError, match="select them in that order"):
        again.score(swapped.to_pandas())
    assert not hasattr(GaussianHMM(2, **SETTINGS).fit(numbered), "feature_names_in_")


@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
def test_a_pipeline_fits_scores_and_pickles(X, emission):
    pipeline = make_pipeline(StandardScaler(), GaussianHMM(2, emission=emission, **SETTINGS))
    pipeline.fit(X)
    plain = GaussianHMM(2, emission=emission, **SETTINGS).fit(X)
    Z = pipeline[:-1].transform(X)
    np.testing.assert_allclose(pipeline[-1].filter(Z), plain.filter(X), atol=1e-8)
    volume = len(X) * np.log(pipeline[0].scale_).sum()
    assert pipeline.score(X) - volume == pytest.approx(plain.score(X), rel=1e-10)
    again = pickle.loads(pickle.dumps(pipeline))
    assert again.score(X) == pipeline.score(X)
    np.testing.assert_array_equal(again[-1].filter(Z), pipeline[-1].filter(Z))
    assert not clone(pipeline)[-1].is_fitted()
    assert "GaussianHMM" in pipeline._repr_html_()
    pipeline.set_params(gaussianhmm__n_components=3).fit(X)
    assert pipeline[-1].means_.shape == (3, 2)


def test_searches_and_cross_validation_use_the_likelihood(X):
    folds = TimeSeriesSplit(3)
    scores = cross_val_score(GaussianHMM(2, **SETTINGS), X, cv=folds)
    train, test = next(folds.split(X))
    assert scores[0] == GaussianHMM(2, **SETTINGS).fit(X[train]).score(X[test])
    search = GridSearchCV(GaussianHMM(**SETTINGS), {"n_components": [1, 2]}, cv=folds).fit(X)
    assert search.best_estimator_.n_components == 2


def test_models_copy_and_pickle_with_what_they_learned(X):
    model = GaussianHMM(2, emission="student_t", **SETTINGS).fit(X)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin.filter(X), model.filter(X))
        assert twin.to_state()["checksum"] == model.to_state()["checksum"]


def test_scikit_learn_knows_whether_a_model_is_fitted(X):
    model = GaussianHMM(2, **SETTINGS)
    assert not get_tags(model).target_tags.required
    with pytest.raises(SklearnNotFittedError):
        check_is_fitted(model)
    check_is_fitted(model.fit(X))


def test_the_error_of_an_unfitted_model_is_of_both_kinds(X):
    with pytest.raises(SklearnNotFittedError, match="not fitted; call fit"):
        GaussianHMM(2).filter(X)
    with pytest.raises(NotFittedError) as caught:
        GaussianHMM(2).filter(X)
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, NotFittedError)
    assert str(again) == str(caught.value)


@pytest.mark.slow
def test_scikit_learn_is_not_imported_for_it():
    code = (
        "import sys; from regime_factory.regimes import GaussianHMM, NotFittedError\n"
        "try: GaussianHMM(2).filter([1.0])\n"
        "except NotFittedError as error: print('sklearn' in sys.modules, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("False this GaussianHMM is not fitted")
