"""Splits that others made: skfolio, scikit-learn and the book."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, TimeSeriesSplit

from regime_factory.splits import CombinatorialPurgedCV, PurgedKFold, WalkForward

from .panels import assert_same_rows

# skfolio's CombinatorialPurgedCV on 12 rows, three folds of which two are tested. Its gaps count
# rows and know no labels; here labels have no length.
SKFOLIO_TESTS = [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 8, 9, 10, 11]]
SKFOLIO_TRAINS = {
    ("purge", 0): [[8, 9, 10, 11], [4, 5, 6, 7], [0, 1, 2, 3]],
    ("purge", 1): [[9, 10, 11], [5, 6], [0, 1, 2]],
    ("embargo", 1): [[9, 10, 11], [5, 6, 7], [0, 1, 2, 3]],
}


@pytest.mark.parametrize(("gap", "size"), SKFOLIO_TRAINS)
def test_the_twelve_rows_of_skfolio(gap: str, size: int) -> None:
    found = CombinatorialPurgedCV(3, 2, **{gap: size}).split(t0=range(12))
    expected = zip(SKFOLIO_TRAINS[gap, size], SKFOLIO_TESTS, strict=True)
    assert [(train.tolist(), test.tolist()) for train, test in found] == list(expected)


@pytest.mark.parametrize("horizon", [1, 2])
def test_purging_a_constant_horizon_equals_purging_as_many_rows(horizon: int) -> None:
    t0 = np.arange(60)
    splitter = CombinatorialPurgedCV(6, 2)
    by_rows = CombinatorialPurgedCV(6, 2, purge=horizon).split(t0=t0)
    assert_same_rows(splitter.split(t0=t0, t1=t0 + horizon), by_rows)


@pytest.mark.parametrize(
    ("n_folds", "n_test_folds", "n_splits", "n_paths"),
    [(6, 2, 15, 5), (10, 8, 45, 36), (3, 2, 3, 2), (5, 1, 5, 1)],
)
def test_numbers_of_splits_and_paths(n_folds, n_test_folds, n_splits, n_paths) -> None:
    splitter = CombinatorialPurgedCV(n_folds, n_test_folds)
    assert (splitter.get_n_splits(), splitter.n_paths) == (n_splits, n_paths)
    assert len(list(splitter.split(t0=range(2 * n_folds)))) == n_splits


@pytest.mark.parametrize(("embargo", "after"), [(0, 65), (5, 65), (8, 68)])
def test_purge_and_embargo_of_the_book(embargo: int, after: int) -> None:
    """Labels over [t, t + 5] and a test block [50, 60): 45 to 49 go, and 60 to 64.

    Closed ends: the label [45, 50] meets the first test time, [60, 65] the test label [55, 60].
    An embargo of five bars counts from the last test time: the labels reach as far already.
    """
    t0 = np.arange(100)
    train, test = list(PurgedKFold(10, embargo=embargo).split(t0=t0, t1=t0 + 5))[5]
    assert test.tolist() == list(range(50, 60))
    assert train.tolist() == [*range(45), *range(after, 100)]


@pytest.mark.parametrize("n_rows", [10, 11, 14, 99])
def test_folds_of_point_labels_are_those_of_scikit_learn(n_rows: int) -> None:
    rows = np.arange(n_rows)
    assert_same_rows(PurgedKFold(5).split(t0=rows), KFold(5).split(rows))


@pytest.mark.parametrize("gap", [0, 3])
@pytest.mark.parametrize("train_size", [None, 7])
@pytest.mark.parametrize("test_size", [None, 6])
@pytest.mark.parametrize("kind", ["purge", "embargo", "labels"])
def test_walk_forward_is_the_time_series_split_of_scikit_learn(
    gap, train_size, test_size, kind
) -> None:
    rows = np.arange(50)
    peer = TimeSeriesSplit(4, max_train_size=train_size, test_size=test_size, gap=gap)
    gaps = {} if kind == "labels" else {kind: gap}
    splitter = WalkForward(4, train_size=train_size, test_size=test_size, **gaps)
    t1 = rows + gap if kind == "labels" else rows
    assert_same_rows(splitter.split(t0=rows, t1=t1), peer.split(rows))


@pytest.mark.parametrize(("n_folds", "n_test_folds"), [(6, 2), (10, 8), (5, 3)])
def test_every_path_takes_each_fold_once_and_each_test_is_used_once(n_folds, n_test_folds) -> None:
    splitter = CombinatorialPurgedCV(n_folds, n_test_folds)
    paths, tests = splitter.paths(), splitter.test_folds()
    assert paths.shape == (splitter.n_paths, n_folds)
    used = [(split, fold) for path in paths for fold, split in enumerate(path)]
    assert sorted(used) == [(split, fold) for split, folds in enumerate(tests) for fold in folds]


def test_rows_know_their_fold_in_any_order() -> None:
    rng = np.random.default_rng(2)
    t0 = rng.permutation(np.repeat(np.arange(20), 3))
    splitter = CombinatorialPurgedCV(6, 2)
    folds = splitter.fold_of(t0)
    for (_, test), tested in zip(splitter.split(t0=t0), splitter.test_folds(), strict=True):
        assert np.array_equal(test, np.flatnonzero(np.isin(folds, tested)))
