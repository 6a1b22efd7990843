"""Nodes of `backtest`: choose a strategy, take positions, keep accounts, judge."""

import logging
from dataclasses import asdict
from typing import Any

import polars as pl

from regime_factory.backtest import (
    Execution,
    choose_strategy,
    performance,
    random_timing,
    run_backtest,
)
from regime_factory.backtest.candidates import (
    Sizing,
    all_baseline_positions,
    strategy_positions,
)
from regime_factory.bars import Table, per_symbol
from regime_factory.evaluation import returns_table, trial_table
from regime_factory.params import BacktestParams, HmmParams, IngestParams, MarketParams
from regime_factory.pipelines.backtest.trials import shared_parameters, strategy_trials
from regime_factory.pipelines.market import base_bars, periods_per_year, price_convention
from regime_factory.pipelines.trials import data_fingerprint
from regime_factory.regimes import Refits
from regime_factory.regimes.tables import without_missing_states

LOG = logging.getLogger(__name__)


def choose(
    regimes: pl.DataFrame,
    refits: dict[str, Refits],
    bars: Table,
    market: MarketParams,
    hmm: HmmParams,
    backtest: BacktestParams,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Try every state mapping in the selection zone; mark the best, or the one that is set.

    The trials come first, their returns before their lines: no choice is stored whose trials are
    not logged.
    """
    execution = execution_of(market, backtest)
    tables, trials = [], []
    for symbol, rows in per_symbol(regimes):
        own = base_bars(bars, market, symbol).filter(pl.col("ts") >= rows["ts"][0])
        positions = positions_of(rows, refits[symbol], market, hmm, backtest)
        equity = run_backtest(own, positions, **asdict(execution)).equity
        tried = choose_strategy(
            equity,
            periods_per_year=execution.periods_per_year,
            candidates=[backtest.strategy] if backtest.strategy else backtest.rules,
            risk_free=backtest.cash_rate,
        )
        tables.append(tried)
        shared = shared_parameters(refits[symbol], hmm, backtest)
        trials += strategy_trials(tried, equity, shared, data_fingerprint(bars, market, symbol))
    returns = returns_table(trials)
    return returns, returns, trial_table(trials), pl.concat(tables)


def take_positions(
    regimes: pl.DataFrame,
    refits: dict[str, Refits],
    bars: Table,
    bars_selection: Table,
    market: MarketParams,
    hmm: HmmParams,
    backtest: BacktestParams,
) -> pl.DataFrame:
    """Decide target weights of every strategy and baseline in the evaluation zone."""
    tables = []
    for symbol, rows in per_symbol(regimes):
        baselines = all_baseline_positions(
            base_bars(bars, market, symbol),
            base_bars(bars_selection, market, symbol),
            sizing_of(backtest),
            periods_per_year=periods_per_year(market),
        )
        tables.append(positions_of(rows, refits[symbol], market, hmm, backtest))
        tables.append(baselines.filter(pl.col("ts") >= rows["ts"][0]))
    return pl.concat(tables)


def keep_accounts(
    bars: Table, positions: pl.DataFrame, market: MarketParams, backtest: BacktestParams
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Trade the positions at the settings' fills and costs."""
    execution = execution_of(market, backtest)
    results = []
    for symbol, rows in per_symbol(positions):
        own = base_bars(bars, market, symbol).filter(pl.col("ts") >= rows["ts"].min())
        results.append(run_backtest(own, rows, **asdict(execution)))
        for finding in results[-1].findings:
            LOG.warning(finding)
    return pl.concat(r.equity for r in results), pl.concat(r.trades for r in results)


def judge(
    equity: pl.DataFrame,
    bars: Table,
    regimes: pl.DataFrame,
    selection: pl.DataFrame,
    adjustments: pl.DataFrame,
    market: MarketParams,
    ingest: IngestParams,
    backtest: BacktestParams,
) -> tuple[dict[str, Any], pl.DataFrame]:
    """Figures of every strategy with intervals, and the band of random timing."""
    execution = execution_of(market, backtest)
    metrics, bands = {}, []
    for symbol, rows in per_symbol(equity):
        own = base_bars(bars, market, symbol)
        tried = selection.filter((pl.col("symbol") == symbol) & pl.col("selected")).row(
            0, named=True
        )
        timing = random_timing(
            own, rows, tried["strategy"], execution, n_shifts=backtest.n_shifts, seed=backtest.seed
        )
        bands.append(timing.band)
        metrics[symbol] = performance(
            rows,
            own,
            chosen=tried["strategy"],
            execution=execution,
            regimes=regimes.filter(pl.col("symbol") == symbol),
            n_trials=tried["n_trials"],
            trial_sharpe_variance=tried["trial_sharpe_variance"],
            timing=timing,
            n_draws=backtest.n_draws,
            n_shifts=backtest.n_shifts,
            seed=backtest.seed,
            prices=price_convention(symbol, rows["ts"], adjustments, market, ingest),
        )
    return metrics, pl.concat(bands)


def execution_of(market: MarketParams, backtest: BacktestParams) -> Execution:
    """Give costs and fills as the backtest room wants them."""
    return Execution(
        periods_per_year(market),
        fee_bps=backtest.fee_bps,
        slippage_bps=backtest.slippage_bps,
        fill=backtest.fill,
        cash_rate=backtest.cash_rate,
        max_leverage=backtest.max_leverage,
    )


def sizing_of(backtest: BacktestParams) -> Sizing:
    """Give the sizes of positions as the backtest room wants them."""
    return Sizing(
        target_volatility=backtest.target_volatility,
        no_trade_band=backtest.no_trade_band,
        max_leverage=backtest.max_leverage,
        ewma_decay=backtest.ewma_decay,
        volatility_quantile=backtest.volatility_quantile,
    )


def positions_of(
    regimes: pl.DataFrame,
    refits: Refits,
    market: MarketParams,
    hmm: HmmParams,
    backtest: BacktestParams,
) -> pl.DataFrame:
    """Decide the weights of every state mapping for one symbol."""
    return strategy_positions(
        without_missing_states(regimes),
        refits.state_stats,
        backtest.rules,
        sizing_of(backtest),
        regime_periods_per_year=periods_per_year(market, hmm.regime_timeframe),
    )
