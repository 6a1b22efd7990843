"""Costs of a round trip: those of the backtest, or ticks."""

import math

import pytest

from regime_factory.backtest import Execution, simulate_accounts
from regime_factory.labels import LabelCosts


@pytest.mark.parametrize(("fee", "slippage"), [(0, 0), (2, 3), (50, 0), (0, 400)])
@pytest.mark.parametrize(("entry", "price"), [(100.0, 103.0), (100.0, 91.0), (7.0, 7.0)])
def test_a_long_round_trip_earns_what_the_backtest_earns(fee, slippage, entry, price):
    execution = Execution(periods_per_year=252, fee_bps=fee, slippage_bps=slippage)
    equity = simulate_accounts([entry, price], [[1.0, 0.0]], execution).equity[0, -1]
    costs = LabelCosts(fee_bps=fee, slippage_bps=slippage)
    assert costs.long_return(entry, price) == pytest.approx(equity - 1.0, abs=1e-14)


@pytest.mark.parametrize(("fee", "slippage"), [(0, 0), (2, 3), (50, 0), (0, 400)])
@pytest.mark.parametrize("price", [103.0, 91.0])
def test_a_short_round_trip_pays_as_the_backtest_pays(fee, slippage, price):
    """Sold at 100 and bought back, per 100 of value sold."""
    execution = Execution(periods_per_year=252, fee_bps=fee, slippage_bps=slippage)
    received = 1.0 - execution.sell_cost
    paid = price / 100.0 * (1.0 + execution.buy_cost)
    costs = LabelCosts(fee_bps=fee, slippage_bps=slippage)
    assert costs.short_return(100.0, price) == pytest.approx(received - paid, abs=1e-14)


def test_ticks_are_price_units_per_side():
    costs = LabelCosts.ticks(1, 2.5, tick_size=0.25, multiplier=50)
    assert costs.price_per_side == pytest.approx(0.25 + 0.05)
    assert costs.long_return(100.0, 102.6) == pytest.approx(0.02)
    assert costs.short_return(100.0, 97.4) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LabelCosts(fee_bps=-1), "fee_bps is -1; give basis points from 0 to 1000"),
        (lambda: LabelCosts(slippage_bps=math.nan), "slippage_bps is nan"),
        (lambda: LabelCosts(price_per_side=-1), "price_per_side is -1"),
        (lambda: LabelCosts(fee_bps=1, price_per_side=1), "at once; give one of them"),
        (lambda: LabelCosts.ticks(-1, 0, 0.25, 50), "slippage_ticks is -1"),
        (lambda: LabelCosts.ticks(1, -2, 0.25, 50), "commission is -2"),
        (lambda: LabelCosts.ticks(1, 2, 0, 50), "tick_size is 0"),
        (lambda: LabelCosts.ticks(1, 2, 0.25, math.inf), "multiplier is inf"),
    ],
)
def test_costs_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LabelCosts("1"), "fee_bps is '1'; give a number"),
        (lambda: LabelCosts(None), "fee_bps is None; give a number"),
        (lambda: LabelCosts(fee_bps=True), "fee_bps is True; give a number"),
        (lambda: LabelCosts(price_per_side="1"), "price_per_side is '1'; give a number"),
        (lambda: LabelCosts.ticks("1", 2, 0.25, 50), "slippage_ticks is '1'; give a number"),
        (lambda: LabelCosts.ticks(1, 2, None, 50), "tick_size is None; give a number"),
    ],
)
def test_costs_that_are_no_numbers(make, message):
    with pytest.raises(TypeError, match=message):
        make()
