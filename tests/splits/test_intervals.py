"""No training label meets a test label or its embargo, whatever the panel."""

from datetime import timedelta
from time import process_time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from regime_factory.splits import CombinatorialPurgedCV, PurgedKFold, WalkForward

from . import brute_force
from .panels import after_tests, assert_apart, assert_same_rows, gaps, panels, stamps

SPLITTERS = [
    (PurgedKFold(4), brute_force.purged_k_fold, {"n_splits": 4}),
    (PurgedKFold(2), brute_force.purged_k_fold, {"n_splits": 2}),
    (CombinatorialPurgedCV(6, 2), brute_force.combinatorial, {"n_folds": 6, "n_test_folds": 2}),
    (CombinatorialPurgedCV(4, 1), brute_force.combinatorial, {"n_folds": 4, "n_test_folds": 1}),
    (CombinatorialPurgedCV(6, 3), brute_force.combinatorial, {"n_folds": 6, "n_test_folds": 3}),
]


def assert_same(splitter, expected, t0, t1) -> None:
    """The same splits, or an error where a fold keeps nothing."""
    if any(not train for train, _ in expected):
        with pytest.raises(ValueError, match="has no training rows left"):
            splitter.split(t0=t0, t1=t1)
        return
    found = [(train.tolist(), test.tolist()) for train, test in splitter.split(t0=t0, t1=t1)]
    assert found == expected


@pytest.mark.parametrize(
    ("splitter", "reference", "folds"), SPLITTERS, ids=[repr(row[0]) for row in SPLITTERS]
)
@given(panel=panels(), kept_apart=st.fixed_dictionaries({"purge": gaps(), "embargo": gaps()}))
@settings(max_examples=60, deadline=None)
def test_folds_equal_brute_force(splitter, reference, folds, panel, kept_apart) -> None:
    t0, t1 = panel
    assume(len(np.unique(t0)) >= 6)
    expected = reference(brute_force.Rows(t0, t1), **folds, **kept_apart)
    assert_same(type(splitter)(**folds, **kept_apart), expected, stamps(t0), stamps(t1))


CHOICES = st.fixed_dictionaries(
    {
        "step": st.integers(1, 7),
        "train_size": st.none() | st.integers(1, 9),
        "test_size": st.none() | st.integers(1, 9),
        "purge": gaps(),
        "embargo": gaps(),
    }
)


@given(panel=panels(), start=st.integers(1, 30), choices=CHOICES)
@settings(max_examples=250, deadline=None)
def test_walk_forward_equals_brute_force(panel, start, choices) -> None:
    t0, t1 = panel
    assume(t0.max() >= start)
    expected = brute_force.walk_forward(brute_force.Rows(t0, t1), start, **choices)
    first = stamps(np.array([start]))[0]
    assert_same(WalkForward(start=first, **choices), expected, stamps(t0), stamps(t1))


@pytest.mark.parametrize(
    "splitter",
    [PurgedKFold(3, embargo=2), CombinatorialPurgedCV(5, 2, embargo=2)],
    ids=repr,
)
@given(panel=panels())
@settings(max_examples=80, deadline=None)
def test_no_training_label_meets_a_test_label_or_its_embargo(splitter, panel) -> None:
    t0, t1 = panel
    assume(len(np.unique(t0)) >= 5)
    try:
        splits = list(splitter.split(t0=t0, t1=t1))
    except ValueError as error:
        assume("no training rows" not in str(error))
        raise
    assert_apart(splits, t0, t1)
    tests = np.bincount(np.concatenate([test for _, test in splits]), minlength=len(t0))
    assert (tests == getattr(splitter, "n_paths", 1)).all()
    for train, test in splits:
        assert train.dtype == test.dtype == np.int64
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()
        assert not np.isin(t0[train], t0[test]).any(), "one moment lies on one side"
        assert not np.isin(t0[train], after_tests(t0, test, 2)).any()


@given(panel=panels(), step=st.integers(1, 6), embargo=st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_walk_forward_trains_on_outcomes_that_are_known(panel, step, embargo) -> None:
    t0, t1 = panel
    splitter = WalkForward(step=step, embargo=embargo)
    try:
        splits = list(splitter.split(t0=t0, t1=t1))
    except ValueError as error:
        assume("no training rows" not in str(error))
        raise
    assert_apart(splits, t0, t1)
    times = np.unique(t0)
    for train, test in splits:
        first = np.searchsorted(times, t0[test].min())
        assert t1[train].max() < times[first - embargo]
    tested = np.concatenate([test for _, test in splits])
    assert np.array_equal(np.sort(tested), np.flatnonzero(t0 >= t0[splits[0][1]].min()))


class Unpurged:
    """A splitter that is not told where labels end."""

    def __init__(self, splitter) -> None:
        self.splitter = splitter

    def split(self, *, t0, t1):
        return self.splitter.split(t0=t0)


@pytest.mark.parametrize(
    "splitter", [PurgedKFold(4), CombinatorialPurgedCV(5, 2), WalkForward(4)], ids=repr
)
def test_a_split_that_does_not_purge_breaks_the_property(splitter) -> None:
    t0 = np.random.default_rng(0).permutation(np.repeat(np.arange(50), 2))
    t1 = t0 + 3
    assert_apart(splitter.split(t0=t0, t1=t1), t0, t1)
    with pytest.raises(AssertionError, match="meets a test"):
        assert_apart(Unpurged(splitter).split(t0=t0, t1=t1), t0, t1)


ALL = [
    PurgedKFold(3, purge=1, embargo=2),
    CombinatorialPurgedCV(5, 2, purge=2),
    WalkForward(3, embargo=1),
    WalkForward(start=12, step=4, train_size=6),
]


@pytest.mark.parametrize("splitter", ALL, ids=repr)
def test_the_order_of_the_rows_does_not_matter(splitter) -> None:
    rng = np.random.default_rng(1)
    t0 = np.sort(rng.integers(0, 40, 120))
    t1 = t0 + rng.integers(0, 4, 120)
    order = rng.permutation(120)
    shuffled = splitter.split(t0=t0[order], t1=t1[order])
    moved = [[np.sort(order[rows]) for rows in split] for split in shuffled]
    assert_same_rows(splitter.split(t0=t0, t1=t1), moved)


@pytest.mark.parametrize("n_bars", [0, 1, 4])
@pytest.mark.parametrize("kind", ["purge", "embargo"])
@pytest.mark.parametrize(
    "make", [lambda **k: PurgedKFold(4, **k), lambda **k: WalkForward(4, **k)], ids=["k", "wf"]
)
def test_a_length_of_time_equals_its_bars_on_a_regular_grid(make, kind, n_bars) -> None:
    t0 = stamps(np.arange(60))
    t1 = stamps(np.arange(60) + 2)
    in_bars = make(**{kind: n_bars}).split(t0=t0, t1=t1)
    in_time = make(**{kind: timedelta(seconds=n_bars)}).split(t0=t0, t1=t1)
    assert_same_rows(in_bars, in_time)


def test_a_label_that_reaches_past_a_later_block_purges_behind_it() -> None:
    t0 = np.arange(12)
    t1 = t0.copy()
    t1[1] = 7  # folds of two times: behind the test folds 0 and 2 it reaches over both
    train, test = list(CombinatorialPurgedCV(6, 2).split(t0=t0, t1=t1))[1]
    assert test.tolist() == [0, 1, 4, 5]
    assert train.tolist() == [8, 9, 10, 11]


@pytest.mark.parametrize("order", ["sorted", "panel", "shuffled"])
def test_a_million_rows_split_in_seconds(order: str) -> None:
    """Nothing compares rows with rows, not even where a label never ends."""
    rng = np.random.default_rng(0)
    t0 = np.tile(np.arange(50_000), 20) if order == "panel" else np.arange(1_000_000)
    t0 = rng.permutation(t0) if order == "shuffled" else t0
    t1 = t0 + rng.integers(0, 60, len(t0))
    endless = t1.copy()
    endless[t0.argmin()] = 2 * t0.max()
    started = process_time()
    for train, test in PurgedKFold(10, purge=60, embargo=1440).split(t0=t0, t1=t1):
        assert len(train) + len(test) > 900_000
    rolling = WalkForward(50, train_size=2_000, embargo=60)
    for splitter in (WalkForward(10, embargo=1440), rolling):
        assert all(len(train) for train, _ in splitter.split(t0=t0, t1=endless))
    assert process_time() - started < 8
