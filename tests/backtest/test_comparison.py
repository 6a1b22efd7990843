"""A strategy beside others: the figures of `performance`, arch's p-value, labels priced by hand."""

import json

import numpy as np
import polars as pl
import pytest

from regime_factory.backtest import Execution, performance, run_backtest
from regime_factory.backtest.comparison import best_of_all, label_churn, strategy_differences
from regime_factory.backtest.regime_rules import regime_positions
from regime_factory.evaluation import superior_ability

from .market import make_positions, make_regimes, make_stats, random_bars, random_weights

BARS = random_bars(400, seed=5)
SETTINGS = {"fee_bps": 5, "slippage_bps": 2, "periods_per_year": 252}
EXECUTION = Execution(**SETTINGS)
EQUITY = run_backtest(
    BARS,
    pl.concat(
        [
            make_positions(BARS, random_weights(400, seed=1), "long_flat"),
            make_positions(BARS, np.ones(400), "buy_and_hold"),
            make_positions(BARS, np.full(400, 0.5), "ewma_target"),
        ]
    ),
    **SETTINGS,
).equity
OTHERS = ("buy_and_hold", "ewma_target")


def test_differences_are_those_of_performance():
    found = strategy_differences(EQUITY, "long_flat", OTHERS, EXECUTION, n_draws=100, seed=3)
    whole = performance(
        EQUITY, BARS, chosen="long_flat", execution=EXECUTION, n_draws=100, n_shifts=5, seed=3,
        bps=(0,),
    )["strategies"]  # fmt: skip
    for row in (found, *found["others"]):
        for key in ("sharpe", "cagr", "max_drawdown", "exposure", "turnover_per_year"):
            assert row[key] == whole[row["name"]][key]
    against = found["others"][0]
    assert against["sharpe_difference"] == whole["long_flat"]["sharpe_difference"]
    assert [against["lower"], against["upper"]] == whole["long_flat"]["sharpe_difference_interval"]
    json.dumps(found, allow_nan=False)


def test_a_strategy_does_not_differ_from_itself():
    found = strategy_differences(EQUITY, "long_flat", ("long_flat",), EXECUTION, n_draws=50)
    row = found["others"][0]
    assert row["sharpe_difference"] == 0.0
    assert row["distinguishable"] is False


def test_returns_that_never_vary_have_no_difference():
    flat = run_backtest(BARS, make_positions(BARS, np.zeros(400), "flat"), **SETTINGS).equity
    equity = pl.concat([EQUITY, flat])
    row = strategy_differences(equity, "flat", ("buy_and_hold",), EXECUTION, n_draws=50)["others"][
        0
    ]
    assert (row["sharpe_difference"], row["lower"], row["distinguishable"]) == (None, None, None)


def test_best_of_all_names_what_it_compared():
    found = best_of_all(EQUITY, "buy_and_hold", n_draws=100, seed=2)
    columns = [EQUITY.filter(strategy=name)["ret"].to_numpy() for name in found["compared"]]
    own = EQUITY.filter(strategy="buy_and_hold")["ret"].to_numpy()
    direct = superior_ability(np.column_stack(columns), own, n_draws=100, seed=2)
    assert found["compared"] == ["long_flat", "ewma_target"]
    assert found["p_value"] == direct.p_value
    assert found["best"] == found["compared"][direct.best]
    json.dumps(found, allow_nan=False)


def test_missing_strategies_are_named():
    with pytest.raises(ValueError, match="no equity for strategy 'other'"):
        strategy_differences(EQUITY, "long_flat", ("other",), EXECUTION)
    with pytest.raises(ValueError, match="'buy_and_hold' alone"):
        best_of_all(EQUITY.filter(strategy="buy_and_hold"), "buy_and_hold")


@pytest.fixture
def flickering():
    """Labels that flicker every bar where the confirmed ones hold for five."""
    regimes = make_regimes(400, n_states=2, seed=4)
    noise = np.random.default_rng(4).integers(0, 2, 400).astype(np.int16)
    return regimes.with_columns(state=pl.Series(noise)), make_stats(
        [[0.001, -0.001]] * 2, [[0.01, 0.02]] * 2
    )


def test_churn_equals_trading_each_label(flickering):
    regimes, stats = flickering
    found = label_churn(regimes, BARS, stats, "long_flat", EXECUTION)
    for kind, column in (("raw", "state"), ("confirmed", "confirmed_state")):
        labels = regimes[column].to_numpy()
        weights = np.where(labels == 0, 1.0, 0.0)
        equity = run_backtest(BARS, make_positions(BARS, weights), **SETTINGS).equity
        figures = found[kind]
        assert figures["cost_per_year"] == pytest.approx(equity["cost"].mean() * 252)
        assert figures["turnover_per_year"] == pytest.approx(equity["turnover"].mean() * 252)
        switches = int((labels[1:] != labels[:-1]).sum())
        assert figures["switches_per_year"] == pytest.approx(switches / 400 * 252)
    assert found["raw"]["cost_per_year"] > 2 * found["confirmed"]["cost_per_year"]


@pytest.mark.parametrize(
    ("chosen", "traded"),
    [("probability_weighted", "long_flat"), ("long_flat_short", "long_flat_short")],
)
def test_a_rule_without_labels_is_replaced(flickering, chosen, traded):
    regimes, stats = flickering
    found = label_churn(regimes, BARS, stats, chosen, EXECUTION)
    assert found["rule"] == traded
    positions = regime_positions(regimes, stats, traded)
    equity = run_backtest(BARS, positions, **SETTINGS).equity
    assert found["confirmed"]["cost_per_year"] == pytest.approx(equity["cost"].mean() * 252)


def test_without_costs_nothing_is_paid(flickering):
    regimes, stats = flickering
    found = label_churn(regimes, BARS, stats, "long_flat", Execution(252))
    assert found["raw"]["cost_per_year"] == found["confirmed"]["cost_per_year"] == 0.0
    assert found["raw"]["turnover_per_year"] > found["confirmed"]["turnover_per_year"]
