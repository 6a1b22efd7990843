"""The conventions follow the settings they name."""

import pytest

from regime_factory.backtest import Execution
from regime_factory.backtest.conventions import conventions
from regime_factory.bars import PriceConvention


def named(prices: PriceConvention | None = None, **settings) -> dict[str, object]:
    execution = Execution(periods_per_year=252, **settings)
    rows = conventions(execution, 1000, 500, prices=prices)
    assert [set(row) for row in rows] == [{"name", "value"}] * len(rows)
    return {row["name"]: row["value"] for row in rows}


def test_costs_and_fill_are_those_of_the_run():
    rows = named(fee_bps=3, slippage_bps=1, fill="next_open", cash_rate=0.02)
    assert rows["Fee per side"].startswith("3 bp")
    assert rows["Slippage per side"].startswith("1 bp")
    assert "open" in rows["Fill"]
    assert rows["Risk-free rate"].startswith("0.02 a year")
    assert "500 stationary bootstrap draws" in rows["Sharpe interval"]


def test_prices_are_as_given_where_nothing_is_said():
    rows = named()
    assert rows["Prices"] == "as given"
    assert rows["Dividends"] == "as in the prices; none are added"
    assert "Roll" not in rows


@pytest.mark.parametrize(
    "prices",
    [
        PriceConvention(),
        PriceConvention(dividends="reinvested", splits=3, payments=11),
        PriceConvention(prices="back_adjusted", roll="ratio_adjusted"),
    ],
)
def test_prices_dividends_and_roll_are_those_of_the_data(prices):
    rows = named(prices)
    assert {name: rows[name] for name in prices.rows()} == prices.rows()
