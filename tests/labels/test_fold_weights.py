"""Weights of a fold count the overlap among its own rows, in any order and by symbol."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.labels import average_uniqueness, fold_weights

MOMENT = datetime(2020, 1, 1, tzinfo=UTC)
ROWS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), min_size=1, max_size=20)


def stamps(numbers):
    return [MOMENT + timedelta(hours=int(k)) for k in numbers]


@settings(deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_bar_numbers_give_average_uniqueness_of_the_interval(rows, order):
    order.shuffle(rows)
    t0 = np.array([a for a, _ in rows])
    t1 = t0 + [b for _, b in rows]
    unique = average_uniqueness(t0 + 1, t1 + 1)
    assert fold_weights(t0, t1) == pytest.approx(unique / unique.mean(), abs=1e-12)
    assert fold_weights(t0, t1).mean() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "as_times",
    [
        lambda numbers: pl.Series(stamps(numbers)),
        lambda numbers: pl.Series(stamps(numbers)).to_numpy(),
        lambda numbers: pl.Series(stamps(numbers)).to_pandas(),
        stamps,
        lambda numbers: np.asarray(numbers, float),
    ],
)
def test_times_of_neighbouring_bars_weigh_as_bar_numbers_do(as_times):
    t0 = np.repeat(np.arange(50), 1)
    t1 = t0 + 1 + np.arange(50) % 4
    t1[-5:] = np.arange(46, 51)  # every bar of the tail is some label's end
    expected = fold_weights(t0, t1)
    assert fold_weights(as_times(t0), as_times(t1)) == pytest.approx(expected, abs=1e-12)


def test_rows_of_other_symbols_do_not_overlap():
    t0, t1 = np.array([0, 0, 5, 6]), np.array([4, 4, 9, 9])
    together = fold_weights(t0, t1)
    apart = fold_weights(t0, t1, groups=["A", "B", "A", "A"])
    assert together[0] == together[1]
    alone = np.array([1.0, 1.0, *(average_uniqueness([6, 7], [10, 10]))])
    assert apart == pytest.approx(alone / alone.mean())


@settings(deadline=None)
@given(ROWS, st.data())
def test_rows_that_are_not_trained_on_do_not_count(rows, data):
    """Weighing the training rows is not weighing all rows and taking the training ones."""
    t0 = np.array([a for a, _ in rows])
    t1 = t0 + [b for _, b in rows]
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    if not kept.any():
        return
    unique = average_uniqueness(t0[kept] + 1, t1[kept] + 1)
    found = fold_weights(t0[kept], t1[kept])
    assert found == pytest.approx(unique / unique.mean(), abs=1e-12)


def test_attribution_is_uniqueness_times_the_size_of_the_return():
    t0, t1, returns = [0, 1, 2], [4, 3, 9], np.array([0.02, -0.01, 0.03])
    expected = fold_weights(t0, t1) * np.abs(returns)
    found = fold_weights(t0, t1, returns=returns, kind="attribution")
    assert found == pytest.approx(expected / expected.mean())
    assert fold_weights(t0, t1, returns=np.zeros(3), kind="attribution").tolist() == [1.0] * 3


def test_no_weighing_and_no_rows():
    assert fold_weights([0, 1], [5, 5], kind="none").tolist() == [1.0, 1.0]
    for kind in ("uniqueness", "attribution", "none"):
        assert fold_weights([], [], returns=[], kind=kind).tolist() == []


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"kind": "time"}, "kind is 'time'; choose one of uniqueness, attribution, none"),
        ({"t1": [3]}, "t0 has 2 rows and t1 has 1"),
        ({"t1": [3, None]}, "t1 is missing in row 1"),
        ({"t1": [3.0, np.nan]}, "t1 is missing in row 1"),
        ({"t1": [3, 1]}, "label of row 1 ends at 1, not after its start 1"),
        ({"t0": ["a", "b"]}, "t0 holds String; give times or bar numbers"),
        ({"t1": stamps([3, 4])}, "t0 holds Int64 and t1 Datetime"),
        ({"groups": ["A"]}, "groups have 1 rows, t0 has 2"),
        ({"groups": ["A", None]}, "groups are missing in row 1"),
        ({"kind": "attribution"}, "needs the return of each row"),
        ({"kind": "attribution", "returns": [0.1]}, r"returns have shape \(1,\), expected \(2,\)"),
        ({"kind": "attribution", "returns": [0.1, np.inf]}, "the return of row 1 is inf"),
    ],
)
def test_errors(given_, message):
    columns = {"t0": [0, 1], "t1": [3, 4], **given_}
    with pytest.raises(ValueError, match=message):
        fold_weights(columns.pop("t0"), columns.pop("t1"), **columns)
