"""Kernels against plain loops and against their own source run as plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.backtest._kernels import hold_inside_band, rebalance, run_accounts


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=50), st.sampled_from([0.0, 0.1, 0.5]))
def test_band_against_a_plain_loop(desired, band):
    weights, current = [], 0.0
    for wanted in desired:
        current = wanted if abs(wanted - current) > band else current
        weights.append(current)
    np.testing.assert_array_equal(hold_inside_band(np.array(desired), band), weights)
    np.testing.assert_array_equal(hold_inside_band.py_func(np.array(desired), band), weights)


@given(st.floats(-2, 2), st.floats(-1.5, 1.5), st.floats(0, 0.05), st.floats(0, 0.05))
def test_the_weight_holds_when_the_cost_is_paid(holdings, goal, buy_cost, sell_cost):
    costs = np.array([buy_cost, sell_cost])
    wanted, paid = rebalance.py_func(holdings, 1.0, goal, costs)
    assert wanted == pytest.approx(goal * (1.0 - paid), abs=1e-12)
    rate = buy_cost if wanted > holdings else sell_cost
    assert paid == pytest.approx(abs(wanted - holdings) * rate, abs=1e-12)
    assert rebalance(holdings, 1.0, goal, costs) == pytest.approx((wanted, paid), abs=1e-12)


@pytest.mark.parametrize("at_open", [False, True])
def test_compiled_and_plain_accounts_are_the_same(at_open):
    rng = np.random.default_rng(6)
    close = 10 * np.exp(np.cumsum(rng.normal(0, 0.02, 60)))
    close[40:] *= 4.0
    fill_price = close * 0.5 if at_open else close
    targets = rng.choice([-1.0, 0.0, 0.5, 1.0], (8, 60))
    given_ = (close, fill_price, targets, at_open, np.array([0.002, 0.001, 1e-4, 2.0]))
    plain = run_accounts.py_func(*given_)
    np.testing.assert_allclose(run_accounts(*given_), plain, rtol=1e-12, atol=1e-14)
    assert (plain[4] == 0.0).any()
