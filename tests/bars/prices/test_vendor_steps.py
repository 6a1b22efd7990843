"""Steps of a vendor's adjusted close: events are seen, rounding is not."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.bars.prices.vendor_steps import SIMPLE_SPLITS, nearest_split, vendor_steps


def walk(seed: int, n: int = 400, decimals: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, n))), decimals)


@given(st.integers(0, 1000), st.integers(2, 6), st.floats(0.01, 1.0))
def test_rounding_of_the_file_is_no_event(seed: int, decimals: int, level: float) -> None:
    close = walk(seed)
    adjusted = np.maximum(np.round(close * level, decimals), 10.0**-decimals)
    steps = vendor_steps(pl.Series(close), pl.Series(adjusted))
    assert steps["step"].null_count() == 1
    assert (steps["step"].drop_nulls() == 1.0).mean() >= 0.99, "later decimals may show early ones"
    assert (steps["step"].drop_nulls().tail(380) == 1.0).all()


@given(st.integers(0, 1000), st.integers(4, 6), st.floats(0.003, 0.05))
def test_a_dividend_is_seen_at_its_row_only(seed: int, decimals: int, paid: float) -> None:
    close = walk(seed)
    level = np.where(np.arange(400) < 200, 1 - paid, 1.0)
    steps = vendor_steps(pl.Series(close), pl.Series(np.round(close * level, decimals)))["step"]
    assert steps[200] == pytest.approx(1 / (1 - paid), rel=1e-4)
    assert [k for k in range(20, 400) if steps[k] != 1.0] == [200]


@given(st.integers(0, 1000), st.integers(2, 399))
def test_decimals_that_show_later_change_no_earlier_step(seed: int, cut: int) -> None:
    """Two decimals at first, six later on: the early steps keep the rounding known by then."""
    close, early = walk(seed), np.arange(400) < cut
    adjusted = np.where(early, np.round(close * 0.9, 2), np.round(close * 0.9, 6))
    whole = vendor_steps(pl.Series(close), pl.Series(adjusted))
    begun = vendor_steps(pl.Series(close[:cut]), pl.Series(adjusted[:cut]))
    assert whole.head(cut).equals(begun)


def test_prices_kept_as_32_bit_numbers_show_no_event() -> None:
    close = walk(3).astype(np.float32)
    adjusted = np.round(close * 0.123456, 2).astype(np.float32)
    steps = vendor_steps(pl.Series(close.astype(float)), pl.Series(adjusted.astype(float)))
    assert (steps["step"].drop_nulls() == 1.0).all()


def test_rows_without_an_adjusted_close_are_bridged_and_named() -> None:
    close = pl.Series([100.0, 100.25, 50.5, 50.75])
    steps = vendor_steps(close, pl.Series([50.01, None, 50.51, 50.76]))
    assert steps["step"].null_count() == 2
    assert steps["gap"].to_list() == [None, None, True, False]
    assert vendor_steps(close, pl.Series([None] * 4))["step"].null_count() == 4


def test_simple_splits_go_both_ways() -> None:
    for ratio in SIMPLE_SPLITS:
        assert any(abs(ratio * other - 1) < 1e-12 for other in SIMPLE_SPLITS)
        assert nearest_split(ratio * 1.00001, 1e-4) == ratio
    assert nearest_split(1.0, 0.0) == 1.0
    assert nearest_split(1.0101, 1e-4) is None
