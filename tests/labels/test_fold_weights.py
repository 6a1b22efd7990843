"""Weights of a fold count the overlap among its own rows, in any order and by symbol."""

import logging
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
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


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"t0": "ts", "t1": "t1_label"}, "t0 is 'ts'; give a column of moments or bar numbers"),
        ({"t0": None}, "t0 is None; give a column"),
        ({"t1": 5}, "t1 is 5; give a column"),
        ({"bars": "ts"}, "bars is 'ts'; give a column"),
        ({"bars": pl.DataFrame({"ts": [0, 1]})}, "bars is a DataFrame; give a column"),
        ({"t0": ["a", "b"]}, "t0 holds String; give moments or bar numbers"),
        ({"t0": [True, False]}, "t0 holds Boolean"),
        ({"t0": [0, date(2020, 1, 1)]}, r"t0 holds values of several types \(date, int\)"),
        ({"t1": stamps([3, 4])}, "t0 holds Int64 and t1 Datetime"),
        ({"bars": stamps(range(9))}, "t0 holds Int64 and bars Datetime"),
        (
            {"t0": pl.Series(stamps([0, 1])).dt.replace_time_zone(None), "t1": stamps([3, 4])},
            "only one of t0 and t1 has a time zone",
        ),
        ({"groups": [1, "A"]}, r"groups hold values of several types \(int, str\)"),
        ({"groups": "AB"}, "groups is 'AB'; give a column of symbols"),
        ({"kind": "attribution", "returns": ["a", "b"]}, "returns hold 'a'; give numbers"),
        ({"kind": "attribution", "returns": [True, False]}, "returns hold True; give numbers"),
    ],
)
def test_types(given_, message):
    columns = {"t0": [0, 1], "t1": [3, 4], **given_}
    with pytest.raises(TypeError, match=message):
        fold_weights(columns.pop("t0"), columns.pop("t1"), **columns)


@pytest.mark.parametrize("gap", [pd.NaT, np.datetime64("NaT"), None, np.nan, pd.NA])
def test_a_missing_moment_in_a_list_is_named(gap):
    first = np.datetime64("2020-01-01") if isinstance(gap, np.datetime64) else stamps([0])[0]
    with pytest.raises(ValueError, match="t0 is missing in row 1; drop it"):
        fold_weights([first, gap], stamps([3, 4]))


@pytest.mark.parametrize(
    "as_times",
    [
        lambda numbers: pl.Series(stamps(numbers)),
        lambda numbers: pl.Series(stamps(numbers)).cast(pl.Datetime("ns", "UTC")),
        lambda numbers: pl.Series(stamps(numbers)).to_numpy(),
        lambda numbers: pl.Series(stamps(numbers)).to_pandas(),
        lambda numbers: [pd.Timestamp(stamp) for stamp in stamps(numbers)],
        lambda numbers: (stamp for stamp in stamps(numbers)),
        lambda numbers: [k / 4 for k in numbers],
        list,
    ],
)
@settings(deadline=None, max_examples=30)
@given(ROWS, st.data())
def test_with_the_bars_of_the_market_stamps_weigh_as_bar_numbers_do_on_any_rows(
    as_times, rows, data
):
    """Bars a night apart and rows at random, as purging leaves them."""
    t0 = np.array([a for a, _ in rows])
    t1 = t0 + [b for _, b in rows]
    hours = np.cumsum(data.draw(st.lists(st.integers(1, 17), min_size=30, max_size=30)))
    order = data.draw(st.permutations([*range(30), *range(0, 30, 4)]))
    found = fold_weights(as_times(hours[t0]), as_times(hours[t1]), bars=as_times(hours[order]))
    assert found == pytest.approx(fold_weights(t0, t1), abs=1e-12)


def test_without_the_bars_purged_rows_change_what_a_stretch_is():
    """What `bars` are for: long labels lose the bars of rows that are not there."""
    t0, t1 = np.array([0, 1, 2]), np.array([1, 20, 3])
    on_stamps = fold_weights(stamps(t0), stamps(t1))
    assert np.abs(on_stamps - fold_weights(t0, t1)).max() > 0.03
    assert fold_weights(stamps(t0), stamps(t1), bars=stamps(range(21))) == pytest.approx(
        fold_weights(t0, t1)
    )


@pytest.mark.parametrize(
    ("bars", "message"),
    [
        ([], "bars are empty"),
        ([0, 2, 3, 4], "decision of row 1, 1, is no stamp in bars"),
        ([0, 1], "no bar lies after 1 and up to 4, the label of row 1"),
        ([0, None, 3], "bars is missing in row 1"),
    ],
)
def test_bars_that_are_not_those_of_the_labels(bars, message):
    with pytest.raises(ValueError, match=message):
        fold_weights([0, 1], [3, 4], bars=bars)


def test_repeated_decisions_without_groups_are_warned_of(caplog):
    with caplog.at_level(logging.WARNING):
        fold_weights([0, 0], [3, 4], groups=["A", "B"])
        fold_weights([0, 1], [3, 4])
        assert not caplog.text
        fold_weights([0, 0], [3, 4])
    assert "decisions repeat among the rows" in caplog.text
