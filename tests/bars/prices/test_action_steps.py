"""What is stated about one bar, and every way in which it can contradict itself."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from regime_factory.bars.prices.action_steps import action_steps
from regime_factory.bars.prices.price_convention import Prices

NUMBERS = ("close", "previous", "split", "dividend", "step", "tolerance")


def action(**stated: Any) -> pl.DataFrame:
    row = {"close": 100.0, "previous": 100.0, "gap": False, **stated}
    if "step" in row:
        row.setdefault("tolerance", 1e-6)
    frame = pl.DataFrame({"ts": [datetime(2021, 3, 1, 21, tzinfo=UTC)]})
    return frame.with_columns(
        *(pl.lit(row.get(name), dtype=pl.Float64).alias(name) for name in NUMBERS),
        gap=pl.lit(row["gap"]),
    )


def steps(prices: Prices = "as_traded", **stated: Any) -> tuple[float, float]:
    return action_steps(action(**stated), prices).select("split", "dividend").row(0)


@pytest.mark.parametrize(
    ("stated", "split", "dividend"),
    [
        ({"split": 2.0, "close": 50.0}, 2.0, 1.0),
        ({"dividend": 1.0}, 1.0, 100 / 99),
        ({"split": 2.0, "dividend": 1.0, "close": 49.0}, 2.0, 100 / 98),
        ({"step": 2.0, "close": 50.0}, 2.0, 1.0),
        ({"step": 0.1, "close": 1000.0}, 0.1, 1.0),
        ({"step": 1.5, "close": 66.0}, 1.5, 1.0),
        ({"step": 2 * 100 / 98, "close": 49.0}, 2.0, 100 / 98),
        ({"step": 0.1 * 100 / 98, "close": 980.0}, 0.1, 100 / 98),
        ({"step": 1.31, "close": 75.0}, 1.0, 1.31),
        ({"step": 100 / 99}, 1.0, 100 / 99),
        ({"step": 100 / 99, "split": 1.0}, 1.0, 100 / 99),
        ({"step": 2 * 100 / 98, "split": 2.0, "close": 49.0}, 2.0, 100 / 98),
        ({"step": 2 * 100 / 98, "dividend": 1.0, "close": 49.0}, 2.0, 100 / 98),
        ({"step": 2 * 100 / 98, "split": 2.0, "dividend": 1.0, "close": 49.0}, 2.0, 100 / 98),
        ({"step": 2.0, "split": 1.0, "close": 50.0}, 1.0, 2.0),
        ({"step": 1.037, "dividend": 0.0}, 1.037, 1.0),
        ({"step": 1.0, "split": 2.0, "close": 50.0, "tolerance": 1.2}, 2.0, 1.0),
    ],
)
def test_what_is_stated_becomes_steps(stated: Any, split: float, dividend: float) -> None:
    assert steps(**stated) == pytest.approx((split, dividend), rel=1e-9)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"dividend": 100.0}, "the dividend 100 is not below the price 100 before it"),
        ({"split": 2.0, "dividend": 60.0, "close": 50.0}, "not below the price 50 before it"),
        ({"step": 0.93}, "which is no split and would be a negative dividend"),
        ({"step": 1.01, "split": 2.0, "close": 50.0}, "would be a negative dividend"),
        ({"step": 1.05, "dividend": 1.0}, "adj_close steps by 1.05, but split 1 and dividend 1"),
        ({"step": 2.0, "split": 1.0, "dividend": 0.0}, "split 1 and dividend 0 make 1"),
        ({"step": 1.02, "gap": True}, "adj_close is missing on the rows before"),
        ({"split": 2.0}, r"does not jump: it looks adjusted for splits .*split_adjusted"),
        ({"step": 2.0}, "looks adjusted for splits"),
        ({"split": 0.1}, "looks adjusted for splits"),
        ({"split": 1.25}, "looks adjusted for splits"),
    ],
)
def test_contradictions_are_refused_with_their_row(stated: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        steps(**stated)
    assert "2021-03-01 21:00 UTC" in str(error.value)
    assert "ingest.columns" in str(error.value)


def test_split_adjusted_prices_take_no_split_and_must_not_jump() -> None:
    assert steps("split_adjusted", split=2.0) == (1.0, 1.0)
    assert steps("split_adjusted", step=1.02) == pytest.approx((1.0, 1.02))
    with pytest.raises(ValueError, match=r"jumps as it does in prices as traded .*as_traded"):
        steps("split_adjusted", split=2.0, close=50.0)


@pytest.mark.parametrize("prices", ["as_traded", "split_adjusted"])
def test_a_move_between_the_two_cases_contradicts_neither(prices: Prices) -> None:
    """A 5:4 split on a day on which the stock rises by 12 %, or falls by as much."""
    for close in (100 / 1.25 * 1.12, 88.0):
        expected = 1.25 if prices == "as_traded" else 1.0
        assert steps(prices, split=1.25, close=close) == (expected, 1.0)


def test_a_small_stock_dividend_need_not_be_seen_in_the_price() -> None:
    assert steps(split=1.05) == (1.05, 1.0)


def test_nothing_happens_on_a_first_bar_or_without_events() -> None:
    assert action_steps(action(previous=None, split=2.0), "as_traded").is_empty()
    assert action_steps(action(split=1.0, dividend=0.0), "as_traded").is_empty()


def test_many_contradictions_are_counted() -> None:
    with pytest.raises(ValueError, match="and 2 more rows"):
        action_steps(pl.concat([action(step=0.93)] * 5), "as_traded")
