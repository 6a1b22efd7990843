"""Nodes of `labels`: outcomes of a decision at each close, and what there is to learn from them."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from regime_factory.bars import Table, map_symbols, per_symbol
from regime_factory.labels import LabelCosts, build_labels, delisted_symbols, label_summary
from regime_factory.params import BacktestParams, LabelsParams, MarketParams
from regime_factory.pipelines.market import base_bars

LOG = logging.getLogger(__name__)


def make_labels(
    bars: Table, market: MarketParams, backtest: BacktestParams, labels: LabelsParams
) -> Table:
    """Judge a decision at each base bar's close by barriers, thresholds and forward returns."""
    return judge_decisions(bars, delisted_in(bars, labels), market, backtest, labels)


def make_selection_labels(
    bars: Table, market: MarketParams, backtest: BacktestParams, labels: LabelsParams
) -> Table:
    """Judge the decisions of the selection zone, where every symbol goes on after its end."""
    return judge_decisions(bars, {}, market, backtest, labels)


def judge_decisions(
    bars: Table,
    delisted: Mapping[str, datetime],
    market: MarketParams,
    backtest: BacktestParams,
    labels: LabelsParams,
) -> Table:
    """Build the labels symbol by symbol, at the fills and costs of the backtest."""

    def of_symbol(rows: pl.DataFrame) -> pl.DataFrame:
        own = base_bars(rows, market)
        symbol = own["symbol"][0]
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
            costs=costs_of(symbol, market, backtest, labels),
            shift_barriers=labels.shift_barriers,
            delisted={symbol: delisted[symbol]} if symbol in delisted else None,
        )

    return map_symbols(bars, of_symbol)


def summarise_labels(
    table: Table,
    zones: pl.DataFrame,
    bars: Table,
    market: MarketParams,
    backtest: BacktestParams,
    labels: LabelsParams,
) -> dict[str, Any]:
    """Count classes, barriers and positive outcomes, and how far outcomes overlap."""
    figures: dict[str, Any] = {}
    for symbol, rows in per_symbol(table):
        own = base_bars(bars, market, symbol)
        (found,) = label_summary(rows, zones, bars=own.select("symbol", "ts")).values()
        costs = costs_of(symbol, market, backtest, labels)
        figures[symbol] = found | {"settings": settings_of(costs, backtest, labels)}
    return figures


def settings_of(
    costs: LabelCosts, backtest: BacktestParams, labels: LabelsParams
) -> dict[str, Any]:
    """Give what the labels of one symbol were made with, for whoever reads their figures."""
    in_ticks = costs.price_per_side > 0
    return {
        **labels.model_dump(include={"horizon", "upper", "lower", "atr_window"}),
        "threshold_horizon": labels.threshold_horizon,
        "fill": backtest.fill,
        "cost_bps": None if in_ticks else backtest.fee_bps + backtest.slippage_bps,
        "slippage_ticks": labels.slippage_ticks if in_ticks else None,
        "commission": labels.commission if in_ticks else None,
        "shifted": in_ticks if labels.shift_barriers is None else labels.shift_barriers,
    }


def delisted_in(bars: Table, labels: LabelsParams) -> dict[str, datetime]:
    """Find the symbols whose bars end long before those of the others, and since when one knew."""
    if labels.delisted_after_days is None:
        return {}
    found = delisted_symbols(bars, timedelta(days=labels.delisted_after_days))
    for symbol, moment in found.items():
        LOG.info(
            "%s counts as delisted: its bars end %g days or more before the last ones. Its last "
            "bar decides the labels that are still open, known from %s UTC on",
            symbol,
            labels.delisted_after_days,
            f"{moment:%Y-%m-%d %H:%M}",
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
