"""Rows by name: frames in any order, arrays in theirs, and what is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.regimes.macro.rows import feature_names, macro_matrix, macro_row, stamps_of

NAMES = ["a", "b", "c"]
FRAME = pl.DataFrame({"symbol": ["X", "X"], "a": [1, 2], "b": [3.0, None], "c": [5.0, 6.0]})


@given(st.permutations(["symbol", *NAMES]))
def test_columns_of_a_frame_are_found_by_name(order) -> None:
    expected = macro_matrix(FRAME, NAMES)
    assert np.array_equal(macro_matrix(FRAME.select(order), NAMES), expected, equal_nan=True)
    assert np.isnan(expected).tolist() == [[False, False, False], [False, True, False]]


def test_pandas_frames_and_arrays_are_taken_too() -> None:
    frame = pd.DataFrame({"c": [5.0], "b": [np.nan], "a": [1]})
    array = np.array([[1.0, np.nan, 5.0]])
    assert np.array_equal(macro_matrix(frame, NAMES), array, equal_nan=True)
    assert np.array_equal(macro_matrix(array, NAMES), array, equal_nan=True)
    assert feature_names(frame) == ["c", "b", "a"]
    assert feature_names(array) is None


def test_a_column_of_nulls_is_missing_throughout() -> None:
    frame = FRAME.with_columns(b=pl.lit(None))
    assert np.isnan(macro_matrix(frame, NAMES)[:, 1]).all()


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (FRAME.drop("b"), "lacks the column 'b'; a series without values"),
        (FRAME.rename({"b": "bb"}), "lacks the column 'b', and has 'bb', which the detector"),
        (FRAME.with_columns(d=1.0), "column 'd' is not one of the detector's"),
        (FRAME.with_columns(b=pl.lit("x")), "column 'b' holds String, not numbers"),
        (FRAME.with_columns(b=pl.lit(np.inf)), "column 'b' is infinite in row 0"),
        (FRAME.clear(), "no row"),
        (np.ones((2, 4)), r"shape \(2, 4\), expected \(rows, 3\): the columns a, b, c in this"),
        (np.ones(3), r"shape \(3, 1\), expected \(rows, 3\)"),
        (np.ones((1, 1, 3)), r"shape \(1, 1, 3\)"),
    ],
)
def test_what_does_not_fit_is_named(X, message) -> None:
    with pytest.raises(ValueError, match=message):
        macro_matrix(X, NAMES)


def test_columns_that_are_not_needed_may_be_absent() -> None:
    found = macro_matrix(FRAME.drop("b"), NAMES, ["a", "c"])
    assert np.isnan(found[:, 1]).all()
    assert macro_matrix(FRAME.with_columns(d=1.0), NAMES, others=True).shape == (2, 3)


def test_one_row_comes_as_mapping_frame_or_array() -> None:
    expected = np.array([1.0, np.nan, 5.0])
    forms = (
        {"c": 5, "a": 1, "b": None}, {"c": 5.0, "a": 1.0, "symbol": "X"}, [1.0, np.nan, 5.0],
        FRAME[:1].with_columns(b=pl.lit(None)), FRAME[:1].drop("b"), np.array([[1.0, np.nan, 5.0]]),
    )  # fmt: skip
    for form in forms:
        assert np.array_equal(macro_row(form, NAMES), expected, equal_nan=True)
    with pytest.raises(ValueError, match="column 'd' is not one of the detector's"):
        macro_row({"d": 1.0}, NAMES)
    assert np.isnan(macro_row({"d": 1.0}, NAMES, others=True)).all()
    with pytest.raises(ValueError, match="one row is taken at a time, found 2"):
        macro_row(FRAME, NAMES)


def test_stamps_are_those_given_or_the_frames() -> None:
    assert stamps_of(FRAME) is None
    assert stamps_of(np.ones((2, 3))) is None
    assert stamps_of(FRAME, ["x", "y"]) == ["x", "y"]
    assert stamps_of(FRAME.with_columns(ts=pl.Series([7, 8]))) == [7, 8]
    with pytest.raises(ValueError, match="1 stamps for 2 rows"):
        stamps_of(FRAME, ["x"])
