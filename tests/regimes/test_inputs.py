"""What is not numbers, or not rows of one width, is named."""

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import GaussianHMM
from regime_factory.regimes.inputs import float_array


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([[1.0, 2.0], [3.0]], "row 1 has 1 values, row 0 has 2; give rows of one width"),
        ([1.0, [2.0, 3.0]], "row 1 has 2 values, row 0 has 1"),
        ((np.ones(2), np.ones(2), np.ones(3)), "row 2 has 3 values, row 0 has 2"),
        ([["a", "b"]], "observations are not numbers: could not convert string to float"),
        ({"a": 1.0}, "observations are not numbers: .* give columns of numbers only"),
        (pl.DataFrame({"a": ["calm"]}), "observations are not numbers: could not convert"),
    ],
)
def test_what_is_wrong_is_said(given, message) -> None:
    with pytest.raises(ValueError, match=message):
        float_array(given)
    with pytest.raises(ValueError, match=message):
        GaussianHMM(2).fit(given)


def test_an_array_in_order_is_taken_as_it_is() -> None:
    rows = np.ones((3, 2))
    assert float_array(rows) is rows
    assert float_array(np.asfortranarray(rows)).flags.c_contiguous
    assert np.isnan(float_array([1.0, None])[1])
