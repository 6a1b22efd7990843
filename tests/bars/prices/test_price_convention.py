"""The words for prices, dividends and rolls follow the settings."""

import json

import pytest

from regime_factory.bars.prices.price_convention import PriceConvention


@pytest.mark.parametrize(
    ("convention", "prices", "dividends", "summary"),
    [
        (
            PriceConvention(),
            "as traded",
            "excluded: price return only",
            "prices as traded, dividends excluded",
        ),
        (
            PriceConvention(splits=0, payments=0, dividends="reinvested"),
            "as traded; no split in the span",
            "none reinvested: the file gives none in the span",
            "prices as traded, dividends not in the file",
        ),
        (
            PriceConvention(splits=2, payments=40, dividends="reinvested"),
            "as traded; 2 splits in the span, applied from the ex-date on (as of)",
            "reinvested at the ex-date, at the previous close less the dividend: 40 in the span",
            "prices as traded, dividends reinvested",
        ),
        (
            PriceConvention(prices="split_adjusted"),
            "adjusted for splits by the source, which rewrites earlier prices",
            "excluded: price return only",
            "prices split-adjusted by their source, dividends excluded",
        ),
        (
            PriceConvention(prices="back_adjusted", dividends="reinvested"),
            "back-adjusted by the source: earlier prices are not those once traded",
            "as the source put them into its prices; none are added",
            "prices back-adjusted by their source, nothing added",
        ),
        (
            PriceConvention(roll="unadjusted", roll_rule="on volume", splits=0),
            "as traded",
            "a futures contract pays none",
            "futures prices as traded, roll steps left in",
        ),
        (
            PriceConvention(roll="difference_adjusted", prices="back_adjusted"),
            "back-adjusted by the source: earlier prices are not those once traded",
            "a futures contract pays none",
            "futures prices back-adjusted by differences",
        ),
    ],
)
def test_words(convention: PriceConvention, prices: str, dividends: str, summary: str) -> None:
    rows = convention.rows()
    assert (rows["Prices"], rows["Dividends"]) == (prices, dividends)
    assert convention.summary == summary
    assert ("Roll" in rows) == (convention.roll is not None)
    assert json.loads(json.dumps(convention.manifest()))["summary"] == summary
