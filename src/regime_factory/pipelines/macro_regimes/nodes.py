"""Nodes of `macro_regimes`: observe, fit, refit, filter, and describe what came out."""

import logging
from typing import Any

import polars as pl

from regime_factory.bars import Table, bar_returns, errors_of, per_symbol
from regime_factory.params import MacroRegimesParams, MarketParams
from regime_factory.pipelines.market import base_bars, in_memory, oldest, periods_per_year
from regime_factory.pipelines.progress import progress_bar
from regime_factory.regimes import (
    MacroRegimeDetector,
    Refits,
    fit_refits,
    honesty_figures,
    state_characteristics,
)
from regime_factory.regimes.macro.observations import observe_macro, observed_rows
from regime_factory.regimes.macro.stability import name_stability
from regime_factory.regimes.observations import observed_columns
from regime_factory.regimes.tables import regime_table

LOG = logging.getLogger(__name__)
NARROW = 0.1  # a step of the score of risk, in standard deviations, that tells little
SCARCE = 0.02  # share of the training rows below which a regime is next to empty


def make_observations(
    features_macro: Table, bars: Table, macro_regimes: MacroRegimesParams
) -> pl.DataFrame:
    """Take one row per bar of the observed timeframe, as known at its close."""
    closes = in_memory(bars, columns=["symbol", "timeframe", "ts", "close"])
    return observe_macro(in_memory(features_macro), closes, macro_regimes.timeframe)


def trim_to_selection(observations: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of the selection zone."""
    end = zones.filter(pl.col("zone") == "selection")["end"].item()
    return observations.filter(pl.col("ts") <= end)


def fit_detectors(
    observations: pl.DataFrame, macro_regimes: MacroRegimesParams
) -> dict[str, MacroRegimeDetector]:
    """Fit one detector per symbol inside the selection zone; this settles the columns it uses."""
    detectors = {}
    for symbol, rows in per_symbol(observations):
        with errors_of(symbol):
            detectors[symbol] = detector_of(macro_regimes).fit(rows)
        _log_fit(symbol, detectors[symbol])
    return detectors


def detector_of(macro_regimes: MacroRegimesParams) -> MacroRegimeDetector:
    """Give an unfitted detector with the settings."""
    return MacroRegimeDetector(
        macro_regimes.n_states,
        macro_regimes.covariance_type,
        emission=macro_regimes.emission,
        n_iter=macro_regimes.n_iter,
        tol=macro_regimes.tol,
        sticky=macro_regimes.sticky,
        shrinkage=macro_regimes.shrinkage,
        min_share=macro_regimes.min_share,
        min_columns=macro_regimes.min_columns,
    )


def _log_fit(symbol: str, detector: MacroRegimeDetector) -> None:
    figures = detector.diagnostics()
    LOG.info(
        "%s: %d states on %d columns, %d complete rows of %d",
        symbol,
        detector.n_components,
        len(detector.columns_),
        detector.n_training_samples_,
        detector.n_rows_,
    )
    for column, reason in detector.dropped_.items():
        level = logging.WARNING if column in detector.collinear_ else logging.INFO
        LOG.log(level, "%s: %s is not used: %s", symbol, column, reason)
    scarce = [
        n
        for n, share in zip(detector.state_names, figures["shares"], strict=True)
        if share < SCARCE
    ]
    if scarce:
        LOG.warning(
            "%s: fewer than %.0f %% of the training rows are %s; consider "
            "macro_regimes.n_states=2, or less macro_regimes.shrinkage",
            symbol,
            100 * SCARCE,
            " or ".join(scarce),
        )
    if figures["risk_gap"] < NARROW:
        LOG.warning(
            "%s: two regimes differ by %.2f standard deviations of risk only, so their names say "
            "little; see macro_regimes.diagnostics, and consider macro_regimes.n_states=2",
            symbol,
            figures["risk_gap"],
        )


def fit_evaluation_refits(
    observations: pl.DataFrame,
    zones: pl.DataFrame,
    detectors: dict[str, MacroRegimeDetector],
    macro_regimes: MacroRegimesParams,
) -> dict[str, Refits]:
    """Refit along the evaluation zone, each time on earlier rows only."""
    start = zones.filter(pl.col("zone") == "evaluation")["start"].item()
    refits = {}
    for symbol, rows in per_symbol(observed_rows(observations, detectors)):
        with errors_of(symbol):
            refits[symbol] = fit_refits(
                rows.select(observed_columns(rows)),
                rows["ts"],
                starts_at=int((rows["ts"] < start).sum()),
                refit_every=macro_regimes.refit_every,
                model=detectors[symbol],
                returns=rows["ret"].to_numpy(),
                progress=progress_bar(f"{symbol}: refits"),
            )
    return refits


def filter_evaluation_regimes(
    refits: dict[str, Refits],
    observations: pl.DataFrame,
    detectors: dict[str, MacroRegimeDetector],
    bars: Table,
    market: MarketParams,
    macro_regimes: MacroRegimesParams,
) -> pl.DataFrame:
    """Filtered regimes of the evaluation zone, carried to its base bars."""
    return regime_table(
        refits,
        observed_rows(observations, detectors),
        base_bars(bars, market).select("symbol", "ts"),
        zone="evaluation",
        label_threshold=macro_regimes.label_threshold,
        oldest=oldest(market, macro_regimes.timeframe),
    )


def describe_detectors(
    refits: dict[str, Refits],
    detectors: dict[str, MacroRegimeDetector],
    observations: pl.DataFrame,
    regimes: pl.DataFrame,
    market: MarketParams,
    macro_regimes: MacroRegimesParams,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Describe the latest refit of each symbol: diagnostics, and importance of the features."""
    bars_a_year = periods_per_year(market, macro_regimes.timeframe)
    documents, importance = {}, {}
    for symbol, rows in per_symbol(observed_rows(observations, detectors)):
        own, latest = refits[symbol], latest_detector(refits[symbol])
        X = rows.select(observed_columns(rows))
        scored = regimes.filter(pl.col("symbol") == symbol).join(rows, on="ts", how="semi")
        documents[symbol] = {
            **latest.diagnostics(),
            "trained_from": rows["ts"][0].isoformat(),
            "trained_to": rows["ts"][own[-1].trained_on - 1].isoformat(),
            **name_stability(own, X),
            **honesty_figures(own, X, scored, bars_a_year),
        }
        importance[symbol] = latest.feature_importance()
    return documents, importance


def latest_detector(refits: Refits) -> MacroRegimeDetector:
    """Give the detector of the last refit."""
    model = refits[-1].model
    if not isinstance(model, MacroRegimeDetector):
        raise TypeError(f"the refits are of a {type(model).__name__}, not of a macro detector")
    return model


def characterise(
    refits: dict[str, Refits],
    regimes: pl.DataFrame,
    bars: Table,
    market: MarketParams,
    macro_regimes: MacroRegimesParams,
) -> dict[str, dict[str, Any]]:
    """Say what each regime looks like, by feature, and what bars did in it afterwards."""
    bars_a_year = periods_per_year(market)
    documents = {}
    for symbol, rows in per_symbol(regimes):
        latest = latest_detector(refits[symbol])
        documents[symbol] = {
            "features": latest.state_characteristics(),
            "returns": state_characteristics(
                rows,
                bar_returns(base_bars(bars, market, symbol)),
                bars_a_year,
                names=latest.state_names,
                transmat=latest.transition_matrix(),
                bars_per_step=bars_a_year / periods_per_year(market, macro_regimes.timeframe),
            ),
        }
    return documents


def draw_regimes(regimes: pl.DataFrame, bars: Table, market: MarketParams) -> dict[str, Any]:
    """Macro regimes over price."""
    from regime_factory.report.plots import plot_regimes_over_price

    return {
        symbol: plot_regimes_over_price(base_bars(bars, market, symbol), rows)
        for symbol, rows in per_symbol(regimes)
    }
