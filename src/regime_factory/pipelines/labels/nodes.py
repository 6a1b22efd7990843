"""Nodes of `labels`: outcomes of a decision at each close, and what there is to learn from them."""

import logging
from datetime import timedelta
from typing import Any

import polars as pl

from regime_factory.bars import Table, map_symbols
from regime_factory.labels import LabelCosts, build_labels, delisted_symbols, label_summary
from regime_factory.params import BacktestParams, LabelsParams, MarketParams
from regime_factory.pipelines.market import base_bars

LOG = logging.getLogger(__name__)


def make_labels(
    bars: Table, market: MarketParams, backtest: BacktestParams, labels: LabelsParams
) -> Table:
    """Judge a decision at each base bar's close by barriers, thresholds and forward returns."""
    delisted = delisted_in(bars, labels)

    def of_symbol(rows: pl.DataFrame) -> pl.DataFrame:
        own = base_bars(rows, market)
        return build_labels(
            own,
            horizon=labels.horizon,
            upper=labels.upper,
            lower=labels.lower,
            atr_window=labels.atr_window,
            thresholds=labels.thresholds,
            threshold_horizon=labels.threshold_horizon,
            forward_horizons=labels.forward_horizons,
            fill=backtest.fill,
            costs=costs_of(own["symbol"][0], market, backtest, labels),
            shift_barriers=labels.shift_barriers,
            delisted=delisted,
        )

    return map_symbols(bars, of_symbol)


def summarise_labels(labels: Table, zones: pl.DataFrame) -> dict[str, Any]:
    """Count classes, barriers and positive outcomes, and how far outcomes overlap."""
    return label_summary(labels, zones)


def delisted_in(bars: Table, labels: LabelsParams) -> frozenset[str]:
    """Find the symbols whose bars end long before those of the others."""
    if labels.delisted_after_days is None:
        return frozenset()
    found = delisted_symbols(bars, timedelta(days=labels.delisted_after_days))
    for symbol in sorted(found):
        LOG.info(
            "%s counts as delisted: its bars end more than %g days before the last ones, and its "
            "last bar decides the labels that are still open",
            symbol,
            labels.delisted_after_days,
        )
    return found


def costs_of(
    symbol: str, market: MarketParams, backtest: BacktestParams, labels: LabelsParams
) -> LabelCosts:
    """Give the costs of one side: in ticks where the symbol has a contract, else basis points."""
    contract = market.contract(symbol)
    if contract is None or labels.slippage_ticks is None or labels.commission is None:
        return LabelCosts(fee_bps=backtest.fee_bps, slippage_bps=backtest.slippage_bps)
    return LabelCosts.ticks(
        labels.slippage_ticks, labels.commission, contract.tick_size, contract.multiplier
    )
