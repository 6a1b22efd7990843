"""run_backtest: who is filled when, and what the tables hold."""

import numpy as np
import polars as pl
import pytest

from regime_factory.backtest import run_backtest
from regime_factory.backtest.schema import Equity, Trades

from .market import make_bars, make_positions, random_bars, random_weights

COSTS = {"periods_per_year": 252, "fee_bps": 5, "slippage_bps": 2}
FIRST_HELD = {"next_close": 2, "next_open": 1, "signal_close": 1}


@pytest.mark.parametrize("fill", FIRST_HELD)
def test_a_decision_is_held_from_its_bar_on(fill):
    bars = random_bars(12)
    weights = np.zeros(12)
    weights[5:] = 1.0
    equity = run_backtest(bars, make_positions(bars, weights), fill=fill, **COSTS).equity
    assert np.flatnonzero(equity["held"].to_numpy())[0] == 5 + FIRST_HELD[fill]
    traded = 5 if fill == "signal_close" else 6
    assert np.flatnonzero(equity["turnover"].to_numpy()).tolist() == [traded]
    assert np.flatnonzero(equity["target"].to_numpy())[0] == traded


@pytest.mark.parametrize("fill", FIRST_HELD)
@pytest.mark.parametrize("bar", [3, 11, 29])
def test_a_bar_changes_nothing_decided_before_it(fill, bar):
    bars = random_bars(30, seed=4)
    weights = random_weights(30, seed=2, choices=(-1.0, 0.5, 1.0), spell=3)
    positions = make_positions(bars, weights)
    columns = ["open", "high", "low", "close"]
    shocked = bars.with_columns(
        pl.when(pl.int_range(pl.len()) == bar)
        .then(pl.col(columns) * 1.3)
        .otherwise(pl.col(columns))
    )
    before = run_backtest(bars, positions, fill=fill, **COSTS).equity
    after = run_backtest(shocked, positions, fill=fill, **COSTS).equity
    assert before["held"][: bar + 1].equals(after["held"][: bar + 1])
    assert before[:bar].equals(after[:bar])
    assert not before["equity"].equals(after["equity"])


@pytest.mark.parametrize("fill", FIRST_HELD)
def test_a_decision_does_not_reach_back(fill):
    bars = random_bars(30, seed=4)
    weights = random_weights(30, seed=2, spell=3)
    changed = np.where(np.arange(30) >= 17, 0.25, weights)
    runs = [
        run_backtest(bars, make_positions(bars, w), fill=fill, **COSTS) for w in (weights, changed)
    ]
    first = 17 if fill == "signal_close" else 18
    same = runs[0].equity["target"].to_numpy() == runs[1].equity["target"].to_numpy()
    assert same[:first].all()
    assert not same[first:].all()
    assert runs[0].equity[:first].equals(runs[1].equity[:first])


def test_tables_of_several_strategies():
    bars = random_bars(60)
    parts = [make_positions(bars, random_weights(60, seed=k), f"s{k}") for k in (2, 0, 1)]
    result = run_backtest(bars, pl.concat(parts), **COSTS)
    assert result.findings == ()
    assert result.equity["strategy"].unique(maintain_order=True).to_list() == ["s2", "s0", "s1"]
    assert Equity.validate(result.equity).height == 180
    assert Trades.validate(result.trades).height == result.trades.height > 0
    for part in parts:
        alone = run_backtest(bars, part, **COSTS)
        name = part["strategy"][0]
        assert alone.equity.equals(result.equity.filter(strategy=name))
        assert alone.trades.equals(result.trades.filter(strategy=name))


def test_equity_compounds_the_returns_and_drawdown_starts_at_the_capital():
    bars = random_bars(60)
    equity = run_backtest(
        bars, make_positions(bars, random_weights(60)), initial=500.0, **COSTS
    ).equity
    grown = 500.0 * np.cumprod(1 + equity["ret"].to_numpy())
    np.testing.assert_allclose(equity["equity"], grown, rtol=1e-12)
    peak = np.maximum(np.maximum.accumulate(grown), 500.0)
    np.testing.assert_allclose(equity["drawdown"], grown / peak - 1, atol=1e-12)
    gross, net = equity["ret_gross"].to_numpy(), equity["ret"].to_numpy()
    np.testing.assert_allclose(gross - equity["cost"].to_numpy(), net, atol=1e-15)


def test_left_out_stamps_keep_the_last_weight():
    bars = random_bars(20)
    weights = np.repeat([0.0, 1.0, -0.5], [4, 6, 10])
    full = make_positions(bars, weights)
    changes = full.filter(pl.col("position") != pl.col("position").shift(1, fill_value=0.0))
    assert run_backtest(bars, changes, **COSTS).equity.equals(
        run_backtest(bars, full, **COSTS).equity
    )


def test_row_order_of_positions_does_not_matter():
    bars = random_bars(20)
    full = make_positions(bars, random_weights(20))
    mixed = full.sample(fraction=1.0, shuffle=True, seed=1)
    assert run_backtest(bars, mixed, **COSTS).equity.equals(
        run_backtest(bars, full, **COSTS).equity
    )


def test_a_lost_account_is_a_finding():
    bars = make_bars([10, 10, 10, 30, 30, 30])
    result = run_backtest(bars, make_positions(bars, [-1] * 6, "short"), **COSTS)
    (finding,) = result.findings
    assert finding == (
        "strategy 'short' on 'X' lost its whole account at 2020-01-04 21:00 UTC; "
        "it stops trading with equity 0"
    )
    assert result.equity["equity"].to_list()[3:] == [0.0] * 3
    assert result.equity["drawdown"][-1] == -1.0
    assert result.trades["pnl"].sum() == pytest.approx(-1.0)


def test_one_bar():
    bars = make_bars([10.0])
    equity = run_backtest(bars, make_positions(bars, [1.0]), **COSTS).equity
    assert equity.select("held", "ret", "equity").row(0) == (0.0, 0.0, 1.0)
