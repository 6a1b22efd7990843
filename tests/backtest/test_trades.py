"""The trade table against a plain walk, and its sums against the equity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.backtest import run_backtest

from .market import make_bars, make_positions, random_bars, stamps


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from([-1.0, -0.4, 0.0, 0.5, 1.0]), min_size=4, max_size=30),
    st.sampled_from(["next_close", "next_open"]),
)
def test_profits_add_up_to_the_equity(weights, fill):
    bars = random_bars(len(weights), seed=len(weights))
    result = run_backtest(
        bars, make_positions(bars, weights), periods_per_year=252, fee_bps=20, fill=fill
    )
    equity = result.equity["equity"].to_numpy()
    before = np.concatenate(([1.0], equity[:-1]))
    assert result.trades["pnl"].sum() == pytest.approx(equity[-1] - 1.0, abs=1e-12)
    paid = (result.equity["cost"].to_numpy() * before).sum()
    assert result.trades["cost"].sum() == pytest.approx(paid, abs=1e-12)


def test_long_then_short_then_open():
    bars = make_bars([100, 100, 110, 121, 121, 110, 110])
    weights = [1, 1, -1, -1, 0, 0.5, 0.5]
    result = run_backtest(bars, make_positions(bars, weights), periods_per_year=252, fee_bps=10)
    ts = stamps(7)
    long, short, last = result.trades.rows(named=True)
    assert (long["entry_ts"], long["exit_ts"], long["side"]) == (ts[1], ts[3], 1)
    assert (long["entry_price"], long["exit_price"], long["n_bars"]) == (100, 121, 2)
    shares = 1 / (100 * 1.001)
    sold = shares * 121
    assert long["cost"] == pytest.approx(shares * 100 * 0.001 + sold * 0.001, rel=1e-12)
    assert long["pnl"] == pytest.approx(sold * 0.999 - 1, rel=1e-12)
    assert (short["entry_ts"], short["exit_ts"], short["side"]) == (ts[3], ts[5], -1)
    assert (short["weight"], short["exit_price"]) == (-1.0, 110)
    assert short["pnl"] > 0
    assert (last["entry_ts"], last["exit_ts"], last["exit_price"]) == (ts[6], None, None)
    assert (last["weight"], last["n_bars"]) == (0.5, 0)


def test_resizing_does_not_end_a_trade():
    bars = random_bars(20)
    weights = np.repeat([0.0, 0.5, 1.0, 0.3, 0.0], 4)
    trades = run_backtest(bars, make_positions(bars, weights), periods_per_year=252).trades
    assert trades.height == 1
    assert trades.select("weight", "n_bars").row(0) == (0.5, 12)


def test_no_trades():
    bars = random_bars(20)
    trades = run_backtest(bars, make_positions(bars, [0.0] * 20), periods_per_year=252).trades
    assert trades.height == 0
    assert trades.columns[:4] == ["symbol", "strategy", "entry_ts", "exit_ts"]
