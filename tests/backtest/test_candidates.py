"""All strategies and baselines of one symbol are the single rules with the shared settings."""

import polars as pl

from regime_factory.backtest import baseline_positions, regime_positions, volatility_quantile
from regime_factory.backtest.candidates import Sizing, all_baseline_positions, strategy_positions

from .market import make_regimes, make_stats, random_bars

SIZING = Sizing(target_volatility=0.2, no_trade_band=0.05, max_leverage=1.5, ewma_decay=0.9)


def test_strategies():
    regimes, stats = make_regimes(40), make_stats([[0.1, -0.1, 0.0]] * 2, [[0.01, 0.02, 0.03]] * 2)
    rules = ["long_flat", "volatility_target"]
    found = strategy_positions(regimes, stats, rules, SIZING, regime_periods_per_year=52)
    target = regime_positions(
        regimes,
        stats,
        "volatility_target",
        target_volatility=0.2,
        periods_per_year=52,
        max_leverage=1.5,
        no_trade_band=0.05,
    )
    assert found.equals(pl.concat([regime_positions(regimes, stats, "long_flat"), target]))


def test_baselines():
    bars = random_bars(120)
    found = all_baseline_positions(bars, bars[:60], SIZING, periods_per_year=252)
    threshold = volatility_quantile(bars[:60], 0.8, decay=0.9)
    rules = ["buy_and_hold", "volatility_threshold", "ewma_target"]
    assert found["strategy"].unique(maintain_order=True).to_list() == rules
    quiet = baseline_positions(bars, "volatility_threshold", threshold=threshold, decay=0.9)
    assert found.filter(strategy="volatility_threshold").equals(quiet)
    assert found.filter(strategy="ewma_target")["position"].max() <= 1.5
