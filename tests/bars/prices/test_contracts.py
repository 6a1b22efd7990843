"""Contracts: the tick value follows, and a roll agrees with what the prices are said to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from regime_factory.bars.prices.contracts import Contract, check_roll
from regime_factory.bars.prices.price_convention import ROLLS

SIZES = st.sampled_from([0.25, 0.01, 0.1, 0.0001, 1 / 64, 5.0])


@given(SIZES, st.integers(1, 1000))
def test_tick_value_is_size_times_multiplier(size: float, multiplier: int) -> None:
    made = Contract(tick_size=size, multiplier=multiplier, roll="none")
    assert made.tick_value == size * multiplier
    assert Contract(**made.model_dump()) == made
    assert Contract(**{**made.model_dump(), "tick_value": None}) == made
    with pytest.raises(ValidationError, match="is not tick_size"):
        Contract(**{**made.model_dump(), "tick_value": made.tick_value * 1.01})


@pytest.mark.parametrize("name", ["tick_size", "multiplier", "tick_value"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan"), "a"])
def test_sizes_are_positive_numbers(name: str, value: object) -> None:
    good = {"tick_size": 0.25, "multiplier": 50.0, "tick_value": 12.5, "roll": "none"}
    with pytest.raises(ValidationError, match=name):
        Contract(**{**good, name: value})


def test_a_roll_has_to_be_stated_in_a_known_word() -> None:
    with pytest.raises(ValidationError, match="roll"):
        Contract(tick_size=0.25, multiplier=50)  # pyrefly: ignore[missing-argument]
    with pytest.raises(ValidationError, match="difference_adjusted"):
        Contract(tick_size=0.25, multiplier=50, roll="spliced")  # pyrefly: ignore
    with pytest.raises(ValidationError, match="tick_sise"):
        Contract(tick_sise=0.25, tick_size=0.25, multiplier=50, roll="none")  # pyrefly: ignore


def test_roll_in_words_says_how_and_when() -> None:
    for roll, text in ROLLS.items():
        made = Contract(tick_size=1, multiplier=1, roll=roll, roll_rule="on volume")
        assert made.roll_text == f"{text} (on volume)"
        assert Contract(tick_size=1, multiplier=1, roll=roll).roll_text == text


@pytest.mark.parametrize(
    ("roll", "prices", "agrees"),
    [
        ("none", "as_traded", True), ("unadjusted", "as_traded", True),
        ("ratio_adjusted", "back_adjusted", True), ("difference_adjusted", "back_adjusted", True),
        ("none", "back_adjusted", False), ("unadjusted", "back_adjusted", False),
        ("ratio_adjusted", "as_traded", False), ("difference_adjusted", "split_adjusted", False),
    ],
)  # fmt: skip
def test_roll_and_prices_tell_one_story(roll: str, prices: str, agrees: bool) -> None:
    contract = Contract(tick_size=1, multiplier=1, roll=roll)  # pyrefly: ignore
    if agrees:
        check_roll("ES", contract, prices)  # pyrefly: ignore
        return
    with pytest.raises(ValueError, match=rf"market.contracts.ES.roll is {roll}.*is {prices}"):
        check_roll("ES", contract, prices)  # pyrefly: ignore
