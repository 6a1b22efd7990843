"""Strategies from regimes, baselines, share accounting with costs, and what it all amounts to."""

from regime_factory.backtest.accounting import (
    FILLS,
    AccountPaths,
    Execution,
    Fill,
    simulate_accounts,
)
from regime_factory.backtest.baselines import (
    BaselineRule,
    baseline_positions,
    ewma_volatility,
    volatility_quantile,
)
from regime_factory.backtest.breakdown import (
    calendar_returns,
    regime_breakdown,
    worst_drawdowns,
)
from regime_factory.backtest.costs import DEFAULT_BPS, cost_curve
from regime_factory.backtest.engine import BacktestResult, run_backtest
from regime_factory.backtest.performance import BASELINES, LABELS, performance
from regime_factory.backtest.regime_rules import (
    RegimeRule,
    predicted_volatility,
    regime_positions,
    state_weights,
)
from regime_factory.backtest.selection import choose_strategy
from regime_factory.backtest.timing import RandomTiming, random_timing

__all__ = [
    "BASELINES",
    "DEFAULT_BPS",
    "FILLS",
    "LABELS",
    "AccountPaths",
    "BacktestResult",
    "BaselineRule",
    "Execution",
    "Fill",
    "RandomTiming",
    "RegimeRule",
    "baseline_positions",
    "calendar_returns",
    "choose_strategy",
    "cost_curve",
    "ewma_volatility",
    "performance",
    "predicted_volatility",
    "random_timing",
    "regime_breakdown",
    "regime_positions",
    "run_backtest",
    "simulate_accounts",
    "state_weights",
    "volatility_quantile",
    "worst_drawdowns",
]
