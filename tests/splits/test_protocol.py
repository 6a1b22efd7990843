"""The splitters behave as scikit-learn expects of a splitter."""

import copy
import datetime as dt
import pickle
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, check_cv, cross_val_predict, cross_val_score

from regime_factory.splits import CombinatorialPurgedCV, PurgedKFold, WalkForward

from .panels import assert_same_rows

SPLITTERS = [
    PurgedKFold(4, purge=1, embargo=timedelta(hours=1)),
    WalkForward(start=datetime(2024, 1, 2), step=20, train_size=30, min_train=5),
    CombinatorialPurgedCV(4, 2, embargo=2),
]
T0 = pl.datetime_range(
    datetime(2024, 1, 1), datetime(2024, 1, 5), "1h", time_unit="us", time_zone="UTC", eager=True
)
T1 = T0.dt.offset_by("3h")
X = np.random.default_rng(0).normal(size=(len(T0), 3))
y = X @ [1.0, -1.0, 0.5]


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_scores_and_searches(splitter) -> None:
    cv = splitter.bound(T0, T1)
    assert check_cv(cv) is cv
    scores = cross_val_score(Ridge(alpha=1e-6), X, y, cv=cv, scoring="r2")
    assert len(scores) == cv.get_n_splits() == splitter.get_n_splits(t0=T0, t1=T1)
    assert scores.min() > 0.99
    search = GridSearchCV(Ridge(), {"alpha": [1e-6, 1e3]}, cv=cv).fit(X, y)
    assert search.best_params_ == {"alpha": 1e-6}
    assert search.n_splits_ == len(scores)


def test_a_search_inside_each_fold_binds_the_times_of_its_training_rows() -> None:
    inner, best = PurgedKFold(3), []
    for train, _ in WalkForward(3).split(X, y, t0=T0, t1=T1):
        cv = inner.bound(T0[train], T1[train])
        best.append(GridSearchCV(Ridge(), {"alpha": [1e-6, 1e3]}, cv=cv).fit(X[train], y[train]))
    assert [search.best_params_["alpha"] for search in best] == [1e-6] * 3
    with pytest.raises(ValueError, match=r"X has 24 rows and t0 has 97.*bound\(t0\[train\]"):
        cross_val_score(Ridge(), X[:24], y[:24], cv=inner.bound(T0, T1))


def test_every_row_is_predicted_once() -> None:
    predicted = cross_val_predict(Ridge(alpha=1e-6), X, y, cv=PurgedKFold(4).bound(T0, T1))
    assert np.abs(predicted - y).max() < 1e-5


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_settings_are_kept_untouched(splitter) -> None:
    copied = clone(splitter)
    assert copied is not splitter
    assert copied.get_params() == splitter.get_params() == vars(splitter)
    assert type(splitter)(**splitter.get_params()).get_params() == splitter.get_params()
    names = {type(item).__name__: type(item) for item in SPLITTERS} | {"datetime": dt}
    restored = eval(repr(splitter), names)
    assert restored.get_params() == splitter.get_params()
    assert copied.set_params(purge=3).get_params() == {**splitter.get_params(), "purge": 3}


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, clone, lambda cv: pickle.loads(pickle.dumps(cv))]
)
def test_bound_splitters_can_be_copied(copied) -> None:
    search = GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=PurgedKFold(3).bound(T0, T1))
    cv = copied(search).cv
    assert_same_rows(cv.split(X, y), PurgedKFold(3).split(t0=T0, t1=T1))
    assert repr(cv) == "PurgedKFold(n_splits=3, purge=0, embargo=0).bound(97 rows)"


def test_settings_changed_later_are_checked() -> None:
    with pytest.raises(
        ValueError, match="PurgedKFold has no setting 'folds'; it has n_splits, purge"
    ):
        PurgedKFold().set_params(folds=3)
    with pytest.raises(ValueError, match="n_splits is 1"):
        PurgedKFold().set_params(n_splits=1)
    splitter = PurgedKFold()
    bound = splitter.bound(T0)
    splitter.embargo = -1
    for used in (lambda: splitter.split(t0=T0), bound.split, bound.get_n_splits):
        with pytest.raises(ValueError, match="embargo is -1"):
            used()


@pytest.mark.parametrize(
    ("splitter", "bad"),
    [
        (PurgedKFold(4), {"embargo": 2, "n_splits": 1}),
        (WalkForward(min_train=5), {"purge": 3, "train_size": 4}),
        (CombinatorialPurgedCV(4, 2), {"n_folds": 2}),
    ],
    ids=repr,
)
def test_settings_that_do_not_fit_change_nothing(splitter, bad) -> None:
    before = splitter.get_params()
    with pytest.raises(ValueError, match=r"n_splits is 1|train_size is 4|n_test_folds is 2"):
        splitter.set_params(**bad)
    assert splitter.get_params() == before


def test_rows_that_cannot_be_counted_are_refused() -> None:
    for rows in (pl.LazyFrame({"x": X[:, 0]}), iter(X), np.array(1)):
        with pytest.raises(TypeError, match=r"X is a .*, which has no number of rows; give an arr"):
            PurgedKFold().split(rows, t0=T0)


@pytest.mark.parametrize("given", [{"X": X[:5]}, {"y": y[:5]}, {"groups": list("abcde")}])
def test_other_rows_than_those_of_the_times_are_refused(given) -> None:
    with pytest.raises(ValueError, match="has 5 rows and t0 has 97"):
        PurgedKFold().split(**given, t0=T0)
    with pytest.raises(ValueError, match="has 5 rows and t0 has 97"):
        PurgedKFold().bound(T0).split(**given)


def test_a_splitter_without_its_times_says_how_to_give_them() -> None:
    with pytest.raises(TypeError, match=r"for scikit-learn pass cv=splitter.bound\(t0, t1\)"):
        cross_val_score(Ridge(), X, y, cv=PurgedKFold(4))
