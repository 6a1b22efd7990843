"""The account kernel against plain Python, the full-cash recursion and its own identities."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.backtest import Execution, simulate_accounts


def reference(close, fill_price, weights, execution):
    """One account in plain Python: solve for the shares by bisection on the budget."""
    slip, fee = execution.slippage_bps / 1e4, execution.fee_bps / 1e4
    cash, shares, goal, out = execution.initial, 0.0, 0.0, []
    for i, weight in enumerate(weights):
        if i:
            cash *= 1 + execution.rate_per_bar
        if weight != goal and cash + shares * close[max(i - 1, 0)] != 0:
            goal, price = weight, fill_price[i]

            def after(wanted, shares=shares, cash=cash, price=price):
                traded = wanted - shares
                if traded > 0:
                    return cash - traded * price * (1 + slip) * (1 + fee)
                return cash - traded * price * (1 - slip) * (1 - fee)

            low, high = -1e3 * execution.initial / price, 1e3 * execution.initial / price
            for _ in range(200):
                middle = (low + high) / 2
                equity = after(middle) + middle * price
                low, high = (middle, high) if middle * price < weight * equity else (low, middle)
            shares, cash = middle, after(middle)
        out.append(cash + shares * close[i])
    return np.array(out)


WEIGHTS = st.lists(
    st.one_of(st.sampled_from([-1.0, 0.0, 1.0]), st.floats(-1.5, 1.5)), min_size=2, max_size=25
)
SEED = st.integers(0, 999)
COST = st.sampled_from([0.0, 2.0, 37.0])


@settings(deadline=None, max_examples=60)
@given(WEIGHTS, st.tuples(COST, COST), st.sampled_from([0.0, 0.04]), st.booleans(), SEED)
def test_kernel_equals_plain_python(weights, costs, cash_rate, at_open, seed):
    rng = np.random.default_rng(seed)
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, len(weights))))
    opens = close * np.exp(rng.normal(0, 0.005, len(weights)))
    fill = "next_open" if at_open else "next_close"
    execution = Execution(252, *costs, fill, cash_rate, initial=3.0, max_leverage=1.5)
    paths = simulate_accounts(close, [weights], execution, opens=opens)
    expected = reference(close, opens if at_open else close, weights, execution)
    np.testing.assert_allclose(paths.equity[0], expected, rtol=1e-11)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=40), COST, COST)
def test_full_cash_recursion(weights, fee, slippage):
    close = 20 * np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.03, len(weights))))
    f, s = fee / 1e4, slippage / 1e4
    cash, shares, expected = 1.0, 0.0, []
    for price, weight in zip(close, weights, strict=True):
        if weight and not shares:
            shares, cash = cash / (price * (1 + s) * (1 + f)), 0.0
        elif shares and not weight:
            shares, cash = 0.0, shares * price * (1 - s) * (1 - f)
        expected.append(cash + shares * price)
    paths = simulate_accounts(close, [weights], Execution(252, fee, slippage))
    np.testing.assert_allclose(paths.equity[0], expected, rtol=1e-12)
    assert set(np.unique(paths.held)) <= {0.0, 1.0}


@settings(deadline=None, max_examples=40)
@given(WEIGHTS, COST, st.booleans(), st.integers(0, 99))
def test_identities_hold_at_every_bar(weights, fee, at_open, seed):
    rng = np.random.default_rng(seed)
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, len(weights))))
    opens = close * np.exp(rng.normal(0, 0.005, len(weights)))
    execution = Execution(252, fee, 3.0, "next_open" if at_open else "next_close", max_leverage=1.5)
    paths = simulate_accounts(close, [weights], execution, opens=opens)
    price = opens if at_open else close
    cash, shares, last = 1.0, 0.0, 1.0
    for i in range(len(weights)):
        traded = paths.shares[0, i] - shares
        rate = execution.buy_cost if traded > 0 else execution.sell_cost
        paid = abs(traded) * price[i] * rate
        assert paths.cost[0, i] * last == pytest.approx(paid, abs=1e-12)
        value = cash + shares * price[i]
        assert paths.turnover[0, i] * value == pytest.approx(abs(traded) * price[i], abs=1e-12)
        cash -= traded * price[i] + paid
        shares = paths.shares[0, i]
        assert paths.equity[0, i] == pytest.approx(cash + shares * close[i], abs=1e-12)
        assert paths.ret[0, i] == pytest.approx(paths.equity[0, i] / last - 1, abs=1e-12)
        last = paths.equity[0, i]


def test_held_times_the_price_move_is_the_gross_return():
    rng = np.random.default_rng(3)
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, 80)))
    weights = np.repeat(rng.uniform(-1, 1, 16), 5)
    execution = Execution(252, 5, 2, cash_rate=0.03)
    paths = simulate_accounts(close, [weights], execution)
    held = paths.held[0, 1:]
    expected = held * (close[1:] / close[:-1] - 1) + (1 - held) * execution.rate_per_bar
    np.testing.assert_allclose((paths.ret + paths.cost)[0, 1:], expected, atol=1e-14)


def test_the_weight_is_reached_after_costs():
    close = np.array([10.0, 11.0, 12.0])
    for weight in (-0.7, 0.3, 1.0, 1.4):
        paths = simulate_accounts(
            close, [[0.2, weight, weight]], Execution(252, 40, 10, max_leverage=2)
        )
        assert paths.shares[0, 1] * 11.0 / paths.equity[0, 1] == pytest.approx(weight, abs=1e-14)


def test_a_short_mirrors_a_long_without_costs():
    close = np.array([100.0, 104.0])
    paths = simulate_accounts(close, [[1.0, 1.0], [-1.0, -1.0]], Execution(252))
    assert paths.ret[:, 1].tolist() == pytest.approx([0.04, -0.04])


def test_a_broken_account_stops():
    close = np.array([10.0, 25.0, 5.0, 5.0, 6.0])
    paths = simulate_accounts(close, [[-1.0, -1.0, -1.0, 1.0, 1.0]], Execution(252, 5))
    assert paths.equity[0, 1:].tolist() == [0.0] * 4
    assert paths.ret[0].tolist()[1:] == [-1.0, 0.0, 0.0, 0.0]
    assert not paths.held[0, 2:].any()
    assert not paths.turnover[0, 1:].any()


def test_an_account_broken_at_the_open_does_not_recover():
    close, opens = np.array([10.0, 10.0, 10.0]), np.array([10.0, 10.0, 30.0])
    execution = Execution(252, fill="next_open")
    assert simulate_accounts(close, [[-1.0] * 3], execution, opens=opens).equity[0, 2] == 0.0


def test_accounts_do_not_touch_each_other():
    close = 50 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.02, 30)))
    weights = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], (4, 30))
    execution = Execution(252, 5)
    together = simulate_accounts(close, weights, execution)
    for number in range(4):
        alone = simulate_accounts(close, weights[number : number + 1], execution)
        np.testing.assert_array_equal(alone.equity[0], together.equity[number])


def test_cost_scales_in_proportion():
    execution = Execution(252, fee_bps=6, slippage_bps=2)
    assert (execution.with_bps(4).fee_bps, execution.with_bps(4).slippage_bps) == (3.0, 1.0)
    assert replace(execution, fee_bps=0, slippage_bps=0).with_bps(4).fee_bps == 4.0
    assert execution.with_bps(execution.bps) == execution


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"fill": "close"}, "fill is 'close'; choose one of next_close"),
        ({"fee_bps": -1}, "fee_bps is -1"),
        ({"slippage_bps": 5000}, "slippage_bps is 5000"),
        ({"periods_per_year": 0}, "periods_per_year is 0"),
        ({"initial": float("nan")}, "initial is nan"),
        ({"cash_rate": -2}, "cash_rate is -2"),
        ({"max_leverage": 10, "fee_bps": 1000}, "uses up the account"),
    ],
)
def test_bad_settings(changed, message):
    with pytest.raises(ValueError, match=message):
        Execution(**{"periods_per_year": 252, **changed})


def test_opens_are_needed():
    with pytest.raises(ValueError, match="needs opening prices"):
        simulate_accounts([1.0], [[1.0]], Execution(252, fill="next_open"))
