"""Units: what prices and volumes are counted in shows only in features that say so."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.features import build_features, describe_features

from .conftest import every_column, make_bars

TIMEFRAMES = ("1H", "4H")
BARS = make_bars(500, seed=3, gaps=0.1)
COLUMNS = every_column(TIMEFRAMES)
TABLE = build_features(BARS, columns=COLUMNS)


UNITS = dict(
    describe_features(columns=COLUMNS, timeframes=TIMEFRAMES).select("column", "unit").iter_rows()
)


def _assert_scaled(table: pl.DataFrame, factor: float) -> None:
    for column in COLUMNS:
        want = TABLE[column] * (factor if UNITS[column] == "price" else 1.0)
        got = table[column]
        assert got.is_null().equals(want.is_null()), column
        scale = np.nanmax(np.abs(want.to_numpy()))
        np.testing.assert_allclose(
            got.drop_nulls(), want.drop_nulls(), rtol=1e-9, atol=1e-11 * scale, err_msg=column
        )


@settings(max_examples=12, deadline=None, derandomize=True)
@given(exponent=st.floats(-6, 9))
def test_another_currency_scales_price_units_and_nothing_else(exponent):
    prices = pl.col("open", "high", "low", "close") * 10.0**exponent
    _assert_scaled(build_features(BARS.with_columns(prices), columns=COLUMNS), 10.0**exponent)


@pytest.mark.parametrize("factor", [1e-6, 1000.0])
def test_another_lot_size_changes_nothing(factor):
    lots = BARS.with_columns(pl.col("volume") * factor)
    _assert_scaled(build_features(lots, columns=COLUMNS), 1.0)


def test_bounded_units_keep_their_bounds():
    for column, unit in UNITS.items():
        values = TABLE[column].drop_nulls()
        for text, low, high in (
            ("0 to 100", 0, 100), ("-100 to 0", -100, 0), ("-100 to 100", -100, 100),
            ("0 to 1", 0, 1), ("-1 to 1", -1, 1),
        ):  # fmt: skip
            if unit == text:
                assert values.min() >= low, column
                assert values.max() <= high, column
