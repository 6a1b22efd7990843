"""Nodes of `hmm_selection` that draw: one figure per symbol."""

from typing import Any

import polars as pl

from regime_factory.bars import Table, per_symbol
from regime_factory.params import MarketParams
from regime_factory.pipelines.market import base_bars
from regime_factory.regimes.tables import without_missing_states


def draw_regimes(regimes: pl.DataFrame, bars: Table, market: MarketParams) -> dict[str, Any]:
    """Regimes over price."""
    from regime_factory.report.plots import plot_regimes_over_price

    return {
        symbol: plot_regimes_over_price(closes(bars, market, symbol, rows), rows)
        for symbol, rows in symbol_regimes(regimes)
    }


def draw_transmat(documents: dict[str, Any]) -> dict[str, Any]:
    """Transition matrix of the latest refit."""
    from regime_factory.report.plots import plot_transition_matrix

    return {
        symbol: plot_transition_matrix(document["transmat"], document["state_names"])
        for symbol, document in documents.items()
    }


def draw_probabilities(regimes: pl.DataFrame, documents: dict[str, Any]) -> dict[str, Any]:
    """Filtered probabilities over time."""
    from regime_factory.report.plots import plot_filtered_probabilities

    return {
        symbol: plot_filtered_probabilities(rows, documents[symbol]["state_names"])
        for symbol, rows in symbol_regimes(regimes)
    }


def draw_returns(regimes: pl.DataFrame, bars: Table, market: MarketParams) -> dict[str, Any]:
    """Distribution of the returns inside each regime."""
    from regime_factory.report.plots import plot_return_distribution

    return {
        symbol: plot_return_distribution(closes(bars, market, symbol, rows), rows)
        for symbol, rows in symbol_regimes(regimes)
    }


def draw_dwell(regimes: pl.DataFrame) -> dict[str, Any]:
    """How long the spells of each regime lasted."""
    from regime_factory.report.plots import plot_dwell_times

    return {symbol: plot_dwell_times(rows) for symbol, rows in symbol_regimes(regimes)}


def draw_bic(selection: pl.DataFrame, profile: pl.DataFrame) -> dict[str, Any]:
    """BIC over the grid."""
    from regime_factory.report.plots import plot_bic

    return {
        symbol: plot_bic(rows, profile.filter(pl.col("symbol") == symbol))
        for symbol, rows in per_symbol(selection)
    }


def symbol_regimes(regimes: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Give each symbol's regimes with the states of its own model."""
    return [(symbol, without_missing_states(rows)) for symbol, rows in per_symbol(regimes)]


def closes(bars: Table, market: MarketParams, symbol: str, regimes: pl.DataFrame) -> pl.DataFrame:
    """Give the base bars of a symbol from its first regime on."""
    return base_bars(bars, market, symbol).filter(pl.col("ts") >= regimes["ts"].min())
