"""Positions of every strategy and baseline of one symbol, from one set of settings."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from regime_factory.backtest.baselines import baseline_positions, volatility_quantile
from regime_factory.backtest.performance import BASELINES
from regime_factory.backtest.regime_rules import RegimeRule, regime_positions


@dataclass(frozen=True)
class Sizing:
    """How large positions may be, and when they change.

    Parameters
    ----------
    target_volatility
        Annual volatility that the volatility targets aim at, as a fraction.
    no_trade_band
        A target weight moves only when it would change by more than this.
    max_leverage
        Largest absolute weight.
    ewma_decay
        Decay of the EWMA variance of the baselines.
    volatility_quantile
        The threshold baseline is flat above this quantile of selection-zone volatility.
    """

    target_volatility: float = 0.1
    no_trade_band: float = 0.1
    max_leverage: float = 1.0
    ewma_decay: float = 0.94
    volatility_quantile: float = 0.8


def strategy_positions(
    regimes: pl.DataFrame,
    state_stats: pl.DataFrame,
    rules: Sequence[RegimeRule],
    sizing: Sizing,
    *,
    regime_periods_per_year: float,
) -> pl.DataFrame:
    """Decide the weights of several regime rules.

    Parameters
    ----------
    regimes
        Regimes of one symbol.
    state_stats
        `refit_id, state, mean, vol`, per bar of the regime timeframe.
    rules
        Rules of `regime_positions`.
    sizing
        Settings of the volatility target.
    regime_periods_per_year
        Bars of the regime timeframe a year.

    Returns
    -------
    polars.DataFrame
        `symbol, ts, strategy, position`, one block per rule.
    """
    return pl.concat(
        regime_positions(
            regimes,
            state_stats,
            rule,
            target_volatility=sizing.target_volatility,
            periods_per_year=regime_periods_per_year,
            max_leverage=sizing.max_leverage,
            no_trade_band=sizing.no_trade_band,
        )
        for rule in rules
    )


def all_baseline_positions(
    bars: pl.DataFrame, selection_bars: pl.DataFrame, sizing: Sizing, *, periods_per_year: float
) -> pl.DataFrame:
    """Decide the weights of buy and hold, the volatility threshold and the EWMA target.

    Parameters
    ----------
    bars
        Base bars of one symbol, with the history before the span of interest.
    selection_bars
        Its base bars of the selection zone, which set the threshold.
    sizing
        Decay, quantile, target and band.
    periods_per_year
        Base bars a year.

    Returns
    -------
    polars.DataFrame
        `symbol, ts, strategy, position`, one block per baseline.
    """
    threshold = volatility_quantile(
        selection_bars, sizing.volatility_quantile, decay=sizing.ewma_decay
    )
    return pl.concat(
        baseline_positions(
            bars,
            rule,
            threshold=threshold,
            target_volatility=sizing.target_volatility,
            periods_per_year=periods_per_year,
            decay=sizing.ewma_decay,
            max_leverage=sizing.max_leverage,
            no_trade_band=sizing.no_trade_band,
        )
        for rule in BASELINES
    )
