"""Nodes of `apply_hmm`: saved refits on new bars or features, without refitting."""

import logging
from datetime import timedelta
from typing import Any

import polars as pl

from regime_factory.bars import GateLimits, SourceFiles, adjust_bars, per_symbol
from regime_factory.features.macro import is_macro
from regime_factory.params import (
    ApplyParams,
    FeaturesParams,
    HmmParams,
    IngestParams,
    MarketParams,
)
from regime_factory.pipelines.ingest.nodes import check_read_bars, read_bars, stop_on_findings
from regime_factory.pipelines.market import (
    bar_hours,
    in_memory,
    max_staleness,
    periods_per_year,
)
from regime_factory.regimes import Refits
from regime_factory.regimes.walk.live import observe_lookback, score_lookback
from regime_factory.regimes.walk.price_levels import refuse_price_levels
from regime_factory.regimes.walk.ready import ready_observations
from regime_factory.regimes.walk.refits import stale_refits

LOG = logging.getLogger(__name__)
YEAR = timedelta(days=365.25)


def observe_new_bars(
    raw: pl.DataFrame | SourceFiles,
    config: dict[str, dict[str, Any]],
    market: MarketParams,
    ingest: IngestParams,
    quality: GateLimits,
    features: FeaturesParams,
    hmm: HmmParams,
    apply: ApplyParams,
    adjustments: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bring new bars or features to what the models observe, and list the moments to answer for."""
    timeframe, columns = _observed(config, market, hmm)
    if apply.source == "features":
        observations = _ready_made(raw, timeframe, columns, market, features, hmm)
        return observations, observations.select("symbol", "ts")
    _refuse_macro(columns)
    kept, rejected, factors, findings = check_read_bars(
        read_bars(raw, market, ingest), market, ingest, quality
    )
    _warn_of_rejected(in_memory(rejected), in_memory(kept))
    stop_on_findings(findings, ingest, quality)
    seen, moments = [], []
    for _, rows in per_symbol(kept):
        seen.append(
            observe_lookback(
                adjust_bars(rows, factors),
                timeframe=timeframe,
                columns=columns,
                session=market.session,
                anchor=market.anchor,
                standardise_by=hmm.standardise_by,
                max_staleness=max_staleness(market),
            )
        )
        moments.append(rows.select("symbol", "ts"))
    stamps = pl.concat(moments)
    steps = pl.concat([adjustments, factors]).filter(
        pl.col("symbol").is_in(stamps["symbol"].unique().to_list())
    )
    refuse_price_levels(columns, steps, base=market.timeframe, session=market.session)
    return pl.concat(seen).drop("ret"), stamps


def score_new_bars(
    observations: pl.DataFrame,
    moments: pl.DataFrame,
    refits: dict[str, Refits],
    market: MarketParams,
    hmm: HmmParams,
    apply: ApplyParams,
) -> pl.DataFrame:
    """Filter the new observations with the refit in force, and say what the rows are worth."""
    reign = YEAR * (hmm.refit_every / periods_per_year(market, hmm.regime_timeframe))
    for problem in stale_refits(refits, moments, reign).values():
        if apply.stale_model == "refuse":
            raise ValueError(problem)
        LOG.warning(problem)
    regimes = score_lookback(
        observations,
        moments,
        refits,
        timeframe=hmm.regime_timeframe,
        last=apply.last,
        max_staleness=max_staleness(market),
        label_threshold=hmm.label_threshold,
        tol=apply.tolerance,
        uncertified=apply.uncertified,
    )
    for symbol, rows in per_symbol(regimes):
        LOG.info(
            "%s: %d of %d rows certified to %g; the newest, %s, is %s",
            symbol,
            rows["certified"].sum(),
            rows.height,
            apply.tolerance,
            f"{rows['ts'][-1]:%Y-%m-%d %H:%M} UTC",
            rows["regime"][-1],
        )
    return regimes


def _refuse_macro(columns: list[str]) -> None:
    macro = [name for name in columns if is_macro(name)]
    if macro:
        raise ValueError(
            f"the model observes {', '.join(macro)}, which bars alone do not give; write a table "
            "of all observed columns (features_macro has these) and set apply.source: features"
        )


def _warn_of_rejected(rejected: pl.DataFrame, kept: pl.DataFrame) -> None:
    """Say which new bars count for nothing, above all where a newest one is among them."""
    for symbol, rows in per_symbol(rejected):
        last = rows.row(-1, named=True)
        newest = kept.filter(pl.col("symbol") == symbol)["ts"].max()
        later = last["ts"] is not None and newest is not None and last["ts"] > newest
        LOG.warning(
            "%s: %d new bars are left out; the last is row %d, %s UTC: %s%s",
            symbol,
            rows.height,
            last["row"],
            last["ts"],
            last["reason"],
            "; it is newer than every answer below" if later else "",
        )


def _observed(
    config: dict[str, dict[str, Any]], market: MarketParams, hmm: HmmParams
) -> tuple[str, list[str]]:
    """Timeframe and columns that the saved models observe."""
    fitted = next(iter(config.values()))
    if fitted["hours"] != bar_hours(market):
        raise ValueError(
            f"the model was fitted with {_shown(fitted['hours'])}, the settings are now "
            f"{_shown(bar_hours(market))}: its bars are others; set market.session and "
            "market.anchor back, or run hmm_selection again"
        )
    if hmm.regime_timeframe != fitted["timeframe"]:
        raise ValueError(
            f"the model observes {fitted['timeframe']} bars, hmm.regime_timeframe is "
            f"{hmm.regime_timeframe}: its transition matrix holds for {fitted['timeframe']} steps "
            "only; set hmm.regime_timeframe back, or run hmm_selection again"
        )
    slots = fitted.get("standardise_by", "none")
    if hmm.standardise_by != slots:
        raise ValueError(
            f"the model was fitted with hmm.standardise_by {slots}, the settings now say "
            f"{hmm.standardise_by}; set it back, or run hmm_selection again"
        )
    return fitted["timeframe"], fitted["feature_names"]


def _shown(hours: dict[str, Any]) -> str:
    return ", ".join(f"market.{name} {value}" for name, value in hours.items())


def _ready_made(
    raw: pl.DataFrame | SourceFiles,
    timeframe: str,
    columns: list[str],
    market: MarketParams,
    features: FeaturesParams,
    hmm: HmmParams,
) -> pl.DataFrame:
    """Observations out of a file of features, laid out as `features.file` says."""
    table = raw.read() if isinstance(raw, SourceFiles) else raw
    observations = ready_observations(
        table,
        timeframe=timeframe,
        columns=columns,
        layout=features.file,
        session=market.session,
        anchor=market.anchor,
        standardise_by=hmm.standardise_by,
    )
    if observations.height < table.height:
        LOG.warning(
            "%d of %d rows of features lack a value of %s and are left out; the model takes their "
            "neighbours for neighbours",
            table.height - observations.height,
            table.height,
            ", ".join(columns),
        )
    return observations
