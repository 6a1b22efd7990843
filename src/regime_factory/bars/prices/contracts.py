"""What a futures contract is worth, and how a continuous series was made from contracts."""

import math
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from regime_factory.bars.prices.price_convention import Prices, Roll, roll_text

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_SAME = 1e-9


class Contract(BaseModel):
    """One futures market's contract.

    Parameters
    ----------
    tick_size
        Smallest step of the price, in points.
    multiplier
        Worth of one point of one contract, in the account's currency.
    tick_value
        Worth of one tick; ``tick_size`` times ``multiplier`` where it is left out.
    roll
        How the series was made from contracts: ``none``, ``unadjusted``, ``ratio_adjusted`` or
        ``difference_adjusted``.
    roll_rule
        When it rolls, in words, e.g. ``"front quarter, on the Monday of expiry week"``.

    Examples
    --------
    >>> es = Contract(tick_size=0.25, multiplier=50, roll="unadjusted", roll_rule="8 days early")
    >>> es.tick_value
    12.5
    >>> es.roll_text
    'contracts joined as traded: the step of the price at a roll is no profit or loss of a holder,
    but counts as one here (8 days early)'
    >>> Contract(tick_size=0.25, multiplier=50, tick_value=5, roll="none")
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for Contract
      Value error, tick_value 5 is not tick_size 0.25 times multiplier 50, which is 12.5; ...
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tick_size: _Positive
    multiplier: _Positive
    tick_value: _Positive = math.nan
    roll: Roll
    roll_rule: str = ""

    @model_validator(mode="before")
    @classmethod
    def _tick_value_follows(cls, values: object) -> object:
        """Fill in the tick value that is left out."""
        if not isinstance(values, dict) or values.get("tick_value") is not None:
            return values
        size, worth = values.get("tick_size"), values.get("multiplier")
        if isinstance(size, int | float) and isinstance(worth, int | float):
            return {**values, "tick_value": size * worth}
        return {name: value for name, value in values.items() if name != "tick_value"}

    @model_validator(mode="after")
    def _tick_value_agrees(self) -> "Contract":
        made = self.tick_size * self.multiplier
        if not math.isclose(self.tick_value, made, rel_tol=_SAME):
            raise ValueError(
                f"tick_value {self.tick_value:g} is not tick_size {self.tick_size:g} times "
                f"multiplier {self.multiplier:g}, which is {made:g}; correct one, or leave "
                "tick_value out"
            )
        return self

    @property
    def roll_text(self) -> str:
        """How the series was made, in words."""
        return roll_text(self.roll, self.roll_rule)


def check_roll(symbol: str, contract: Contract, prices: Prices) -> None:
    """Refuse a roll that contradicts what the prices are said to be.

    Parameters
    ----------
    symbol
        The market, for the message.
    contract
        Its contract.
    prices
        What the file is said to hold.

    Raises
    ------
    ValueError
        Where an adjusted series is called as traded, or the other way round.

    Examples
    --------
    >>> es = Contract(tick_size=0.25, multiplier=50, roll="difference_adjusted")
    >>> check_roll("ES", es, "back_adjusted")
    >>> check_roll("ES", es, "as_traded")
    Traceback (most recent call last):
    ...
    ValueError: market.contracts.ES.roll is difference_adjusted, and ingest.prices is as_traded; ...
    """
    adjusted = contract.roll in {"ratio_adjusted", "difference_adjusted"}
    if adjusted == (prices == "back_adjusted"):
        return
    expected = "back_adjusted" if adjusted else "as_traded"
    raise ValueError(
        f"market.contracts.{symbol}.roll is {contract.roll}, and ingest.prices is {prices}; "
        f"expected {expected}: say what the file holds in one of the two"
    )
