"""What the prices of a run are, in words that stand beside every figure made from them."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Prices = Literal["as_traded", "split_adjusted", "back_adjusted"]
"""What a file's prices are."""

Dividends = Literal["excluded", "reinvested"]
"""What becomes of cash dividends."""

_PRICES: dict[Prices, str] = {
    "as_traded": "as traded",
    "split_adjusted": "adjusted for splits by the source, which rewrites earlier prices",
    "back_adjusted": "back-adjusted by the source: earlier prices are not those once traded",
}
Roll = Literal["none", "unadjusted", "ratio_adjusted", "difference_adjusted"]
"""How futures contracts were joined into one series."""

ROLLS: dict[Roll, str] = {
    "none": "one contract, never rolled",
    "unadjusted": "contracts joined as traded: the step of the price at a roll is no profit or "
    "loss of a holder, but counts as one here",
    "ratio_adjusted": "joined by ratios: returns are right, early price levels were never traded",
    "difference_adjusted": "joined by differences: profit and loss in points is right, early "
    "price levels and percentage returns are not those traded",
}
_JOINED: dict[Roll, str] = {
    "none": "futures prices of one contract as traded",
    "unadjusted": "futures prices as traded, roll steps left in",
    "ratio_adjusted": "futures prices back-adjusted by ratios",
    "difference_adjusted": "futures prices back-adjusted by differences",
}
REINVESTMENT = "reinvested at the ex-date, at the previous close less the dividend"


@dataclass(frozen=True)
class PriceConvention:
    """What the prices behind one symbol's figures are.

    Parameters
    ----------
    prices
        What the file holds.
    dividends
        Whether cash dividends are left out of returns or reinvested.
    splits
        Splits applied in the span judged; ``None`` where they were not counted.
    payments
        Dividends reinvested in the span judged; ``None`` where they were not counted.
    roll
        How a futures series was made from contracts; ``None`` for other markets.
    roll_rule
        When it rolls, in words.

    Examples
    --------
    >>> PriceConvention().summary
    'prices as traded, dividends excluded'
    >>> PriceConvention(dividends="reinvested", splits=1, payments=40).rows()["Dividends"]
    'reinvested at the ex-date, at the previous close less the dividend: 40 in the span'
    """

    prices: Prices = "as_traded"
    dividends: Dividends = "excluded"
    splits: int | None = None
    payments: int | None = None
    roll: Roll | None = None
    roll_rule: str = ""

    def rows(self) -> dict[str, str]:
        """Name and text of each convention about prices.

        Returns
        -------
        dict of str to str
            ``Prices``, ``Dividends`` and, for a futures series, ``Roll``.
        """
        rows = {"Prices": self._price_text(), "Dividends": self._dividend_text()}
        if self.roll is None:
            return rows
        return {**rows, "Roll": roll_text(self.roll, self.roll_rule)}

    def manifest(self) -> dict[str, Any]:
        """Settings, counts and summary, for JSON.

        Returns
        -------
        dict
            ``prices, dividends, splits, payments, roll, roll_rule, summary``.
        """
        return {**asdict(self), "summary": self.summary}

    @property
    def summary(self) -> str:
        """The conventions in a few words, for the line under a figure."""
        if self.roll is not None:
            return _JOINED[self.roll]
        if self.prices == "back_adjusted":
            return "prices back-adjusted by their source, nothing added"
        held = "as traded" if self.prices == "as_traded" else "split-adjusted by their source"
        return f"prices {held}, dividends {self._dividend_word()}"

    def _price_text(self) -> str:
        text = _PRICES[self.prices]
        if self.prices != "as_traded" or self.splits is None or self.roll is not None:
            return text
        if self.splits == 0:
            return f"{text}; no split in the span"
        noun = "split" if self.splits == 1 else "splits"
        return f"{text}; {self.splits} {noun} in the span, applied from the ex-date on (as of)"

    def _dividend_text(self) -> str:
        if self.roll is not None:
            return "a futures contract pays none"
        if self.prices == "back_adjusted":
            return "as the source put them into its prices; none are added"
        if self.dividends == "excluded":
            return "excluded: price return only"
        if self.payments == 0:
            return "none reinvested: the file gives none in the span"
        counted = "" if self.payments is None else f": {self.payments} in the span"
        return REINVESTMENT + counted

    def _dividend_word(self) -> str:
        if self.dividends == "reinvested" and self.payments == 0:
            return "not in the file"
        return self.dividends


def roll_text(roll: Roll, rule: str) -> str:
    """How a futures series was made, in words.

    Parameters
    ----------
    roll
        How contracts were joined.
    rule
        When, in words; may be empty.

    Returns
    -------
    str

    Examples
    --------
    >>> roll_text("none", ""), roll_text("none", "expires in March")
    ('one contract, never rolled', 'one contract, never rolled (expires in March)')
    """
    return f"{ROLLS[roll]} ({rule})" if rule else ROLLS[roll]
