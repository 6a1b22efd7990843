"""Nodes of `reporting`: gather every number, then lay out the page."""

from typing import Any

import polars as pl

from regime_factory.bars import GateLimits, Table
from regime_factory.params import (
    PARAMETERS,
    BacktestParams,
    FeaturesParams,
    HmmParams,
    HonestyParams,
    IngestParams,
    LabelsParams,
    MacroParams,
    MarketParams,
    ModelInputParams,
    ReportParams,
    ZonesParams,
)
from regime_factory.pipelines.market import base_bars
from regime_factory.report import Payload, build_payload, render_report

HONESTY = (
    "revision_rate", "refit_agreement_mean", "refit_agreement_worst", "switches_per_year",
    "n_refits", "ambiguous_refits",
)  # fmt: skip
CHOICE = ("why", "met", "identified")


def gather_payload(
    context: dict[str, Any],
    quality: dict[str, Any],
    zones: pl.DataFrame,
    bars: Table,
    regimes: pl.DataFrame,
    hmm_selection: pl.DataFrame,
    hmm_profile: pl.DataFrame,
    hmm_config: dict[str, Any],
    hmm_metrics: dict[str, Any],
    hmm_diagnostics: dict[str, Any],
    characteristics: dict[str, Any],
    strategy_selection: pl.DataFrame,
    equity: pl.DataFrame,
    bands: pl.DataFrame,
    metrics: dict[str, Any],
    card: dict[str, Any],
    targets: dict[str, Any],
    market: MarketParams,
    ingest: IngestParams,
    limits: GateLimits,
    zones_params: ZonesParams,
    features: FeaturesParams,
    macro: MacroParams,
    hmm: HmmParams,
    backtest: BacktestParams,
    honesty: HonestyParams,
    labels: LabelsParams,
    model_input: ModelInputParams,
    report: ReportParams,
) -> dict[str, Any]:
    """Put the artifacts of the run together into the numbers of the report."""
    blocks = (
        market, ingest, limits, zones_params, features, macro, hmm, backtest, honesty, labels,
        model_input, report,
    )  # fmt: skip
    meta = describe_run(context, quality, market, hmm, backtest)
    names = {model: name for name, model in PARAMETERS.items()}
    meta["parameters"] = {names[type(block)]: block.model_dump() for block in blocks}
    payload = build_payload(
        meta=meta,
        zones=zones,
        quality=quality,
        performance=metrics,
        regimes=regimes,
        bars=base_bars(bars, market),
        equity=equity,
        bands=bands,
        diagnostics=hmm_diagnostics,
        selection=hmm_selection,
        profile=hmm_profile,
        strategy_selection=strategy_selection,
        characteristics=characteristics,
        honesty={symbol: {key: m[key] for key in HONESTY} for symbol, m in hmm_metrics.items()},
        choices={symbol: {key: c[key] for key in CHOICE} for symbol, c in hmm_config.items()},
        cards=card,
        targets=targets,
        last_bars=report.last_bars,
        max_points=report.max_points,
    )
    return dict(payload)


def describe_run(
    context: dict[str, Any],
    quality: dict[str, Any],
    market: MarketParams,
    hmm: HmmParams,
    backtest: BacktestParams,
) -> dict[str, Any]:
    """Say where the run comes from and under which conventions it stands."""
    return {
        "run_at": context["run_time"],
        "code": context["git_revision"] or "unknown",
        "changed": bool(context["git_dirty"]),
        "data": quality["fingerprint"],
        "version": context["package_version"],
        "timeframe": market.timeframe,
        "regime_timeframe": hmm.regime_timeframe,
        "label_threshold": hmm.label_threshold,
        "refit_every": hmm.refit_every,
        "observations": hmm.observations
        if isinstance(hmm.observations, list)
        else [hmm.observations],
        "contracts": {
            symbol: {**contract.model_dump(), "roll": contract.roll_text}
            for symbol in quality["symbols"]
            if (contract := market.contract(symbol))
        },
        "costs": {
            "fee_bps": backtest.fee_bps,
            "slippage_bps": backtest.slippage_bps,
            "fill": backtest.fill,
            "cash_rate": backtest.cash_rate,
        },
    }


def lay_out(payload: Payload) -> str:
    """Render the page from the numbers alone."""
    return render_report(payload)
