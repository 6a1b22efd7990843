"""Cost curves against whole backtests at each cost."""

import numpy as np
import polars as pl
import pytest

from regime_factory.backtest import Execution, cost_curve, run_backtest
from regime_factory.backtest.costs import break_even
from regime_factory.evaluation import sharpe_ratio, stationary_bootstrap_sharpe

from .market import make_positions, random_bars, random_weights

EXECUTION = Execution(252, fee_bps=4, slippage_bps=2)
BARS = random_bars(300, seed=5)
POSITIONS = pl.concat(
    [
        make_positions(BARS, [1.0] * 300, "hold"),
        make_positions(BARS, random_weights(300, seed=3, choices=(0.0, 1.0), spell=20), "s"),
    ]
)


def equity_at(fee, slippage):
    return run_backtest(
        BARS, POSITIONS, periods_per_year=252, fee_bps=fee, slippage_bps=slippage
    ).equity


def net_sharpe(name, fee, slippage):
    return sharpe_ratio(equity_at(fee, slippage).filter(strategy=name)["ret"].to_numpy(), 252)


def test_every_point_is_a_backtest():
    equity = equity_at(4, 2)
    curve = cost_curve(BARS, equity, "s", EXECUTION, bps=(0, 12), n_draws=50, seed=2)
    assert curve["bps"] == [0.0, 6.0, 12.0]
    expected = [net_sharpe("s", 2 * k, k) for k in (0, 2, 4)]
    assert curve["sharpe"] == pytest.approx(expected, rel=1e-9)
    assert curve["assumed_bps"] == 6.0
    interval = stationary_bootstrap_sharpe(
        equity.filter(strategy="s")["ret"], periods_per_year=252, n_draws=50, seed=2
    )
    assert curve["lower"][1] == pytest.approx(interval.lower, rel=1e-9)
    assert curve["upper"][1] == pytest.approx(interval.upper, rel=1e-9)


def test_break_even_costs_are_where_the_sharpe_meets():
    curve = cost_curve(BARS, equity_at(4, 2), "s", EXECUTION, benchmark="hold", n_draws=5)
    zero, hold = curve["break_even_bps"], curve["break_even_vs_benchmark_bps"]
    for bps, other in ((zero, None), (hold, "hold")):
        if bps is None:
            continue
        fees = bps * 2 / 3, bps / 3
        theirs = net_sharpe(other, *fees) if other else 0.0
        assert net_sharpe("s", *fees) == pytest.approx(theirs, abs=0.01)
    assert (hold is None) == ("break_even_vs_benchmark_bps" in curve["notes"])


def test_reasons_for_a_missing_break_even():
    assert break_even(lambda bps: 0.0)[1] == "there is no advantage even without costs"
    assert break_even(lambda bps: 1.0)[1] == "the advantage outlasts 500 basis points"
    assert "never vary" in break_even(lambda bps: np.nan)[1]
    value, reason = break_even(lambda bps: 12.34 - bps)
    assert (value, reason) == (pytest.approx(12.34, abs=0.006), "")


def test_a_flat_strategy_has_no_curve():
    flat = run_backtest(BARS, make_positions(BARS, [0.0] * 300), periods_per_year=252).equity
    curve = cost_curve(BARS, flat, "s", EXECUTION, bps=(0,), n_draws=5)
    assert curve["sharpe"] == [None, None]
    assert curve["break_even_bps"] is None
    assert curve["break_even_vs_benchmark_bps"] is None
