"""The grid is found from the last bars, and early prices off it are counted."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars.prices.price_grid import grid_shares

PRICES = ("open", "high", "low", "close")


def prices(tick: float, seed: int, n_bars: int = 600, base: float = 100.0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    steps = np.round(base / tick) + np.cumsum(rng.integers(-9, 10, (n_bars, 4)), axis=0)
    return pl.DataFrame({name: steps[:, k] * tick for k, name in enumerate(PRICES)})


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([0.01, 0.25, 0.05, 0.001, 1 / 32, 0.125]), st.integers(0, 100))
def test_the_tick_is_inferred(tick: float, seed: int) -> None:
    shares = grid_shares(prices(tick, seed))
    assert shares is not None
    assert shares.tick == pytest.approx(tick)
    assert (shares.off_recent, shares.off_early, shares.shifted_early) == (0.0, 0.0, 0.0)


def test_a_shift_by_part_of_a_tick_is_told_from_a_ratio() -> None:
    frame = prices(0.25, 1)
    early = pl.int_range(600) < 500
    shifted = grid_shares(
        frame.with_columns(pl.col(PRICES) + pl.when(early).then(0.1).otherwise(0))
    )
    scaled = grid_shares(
        frame.with_columns(pl.col(PRICES) * pl.when(early).then(1.01).otherwise(1))
    )
    assert shifted is not None
    assert scaled is not None
    assert (shifted.off_early, shifted.shifted_early) == (1.0, 1.0)
    assert scaled.off_early > 0.9
    assert scaled.shifted_early < 0.1


def test_fractions_and_cents_below_a_dollar_are_as_traded() -> None:
    old, recent = prices(1 / 16, 2), prices(0.01, 3)
    assert grid_shares(pl.concat([old, recent])).off_early == 0.0  # pyrefly: ignore
    penny = prices(0.0001, 4, base=0.5).with_columns(pl.col(PRICES).clip(0.01, 0.99))
    assert grid_shares(pl.concat([penny, recent])).off_early == 0.0  # pyrefly: ignore
    assert grid_shares(pl.concat([old, recent]), 0.01).off_early > 0.5  # pyrefly: ignore


def test_prices_without_a_grid_say_nothing() -> None:
    rng = np.random.default_rng(5)
    frame = pl.DataFrame({name: 1e5 + rng.random(400) * 1e4 for name in PRICES})
    assert grid_shares(frame) is None
    assert grid_shares(frame, 0.25).off_recent > 0.9  # pyrefly: ignore
