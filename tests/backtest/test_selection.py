"""The choice of a strategy and what it says about the number of trials."""

import numpy as np
import polars as pl
import pytest

from regime_factory.backtest import choose_strategy, run_backtest
from regime_factory.backtest.schema import StrategySelection
from regime_factory.evaluation import cagr, max_drawdown, sharpe_ratio

from .market import make_positions, random_bars, random_weights


def equity_of(symbol, names, seed=0):
    bars = random_bars(200, seed=seed).with_columns(symbol=pl.lit(symbol))
    parts = [
        make_positions(bars, random_weights(200, seed=seed + k), name)
        for k, name in enumerate(names)
    ]
    return run_backtest(bars, pl.concat(parts), periods_per_year=252, fee_bps=5).equity


def test_highest_net_sharpe_of_each_symbol():
    names = ["a", "b", "c", "d"]
    equity = pl.concat([equity_of("X", names), equity_of("Y", names, seed=10)])
    table = choose_strategy(equity, periods_per_year=252, candidates=names[:3])
    StrategySelection.validate(table)
    for symbol in ("X", "Y"):
        own = table.filter(symbol=symbol)
        returns = [
            equity.filter(symbol=symbol, strategy=name)["ret"].to_numpy() for name in names[:3]
        ]
        sharpes = [sharpe_ratio(ret, 252) for ret in returns]
        assert own["sharpe"].to_list() == sharpes
        assert own["cagr"].to_list() == [cagr(ret, 252) for ret in returns]
        assert own["max_drawdown"].to_list() == [max_drawdown(ret) for ret in returns]
        assert own["selected"].to_list() == [s == max(sharpes) for s in sharpes]
        assert own["n_trials"].to_list() == [3] * 3
        per_bar = np.var([sharpe_ratio(ret, 1) for ret in returns], ddof=1)
        assert own["trial_sharpe_variance"][0] == pytest.approx(per_bar, rel=1e-12)


def test_all_strategies_by_default_and_a_tie_goes_to_the_first():
    equity = equity_of("X", ["a"])
    twin = equity.with_columns(strategy=pl.lit("b"))
    table = choose_strategy(pl.concat([equity, twin]), periods_per_year=252)
    assert table.select("strategy", "selected").rows() == [("a", True), ("b", False)]


def test_a_flat_candidate_is_never_preferred():
    bars = random_bars(50)
    parts = [make_positions(bars, [0.0] * 50, "flat"), make_positions(bars, [-1.0] * 50, "short")]
    equity = run_backtest(bars, pl.concat(parts), periods_per_year=252, fee_bps=500).equity
    table = choose_strategy(equity, periods_per_year=252)
    assert table["sharpe"].to_list()[0] is None
    assert table["selected"].to_list() == [False, True]
    alone = choose_strategy(equity.filter(strategy="flat"), periods_per_year=252)
    assert alone.select("selected", "trial_sharpe_variance").row(0) == (True, 0.0)


def test_unknown_candidate():
    with pytest.raises(ValueError, match="no equity for candidate 'z' of 'X'; the table holds a"):
        choose_strategy(equity_of("X", ["a"]), periods_per_year=252, candidates=["z"])
