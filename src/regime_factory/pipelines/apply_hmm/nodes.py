"""Nodes of `apply_hmm`: a saved model on new bars, without refitting."""

from typing import Any

import polars as pl

from regime_factory.bars import enforce_quality, resample_many
from regime_factory.params import HmmParams, IngestParams, MarketParams
from regime_factory.pipelines.ingest.nodes import check_read_bars, read_bars
from regime_factory.pipelines.market import feature_columns
from regime_factory.regimes import GaussianHMM
from regime_factory.regimes.observations import observe
from regime_factory.regimes.tables import apply_models


def observe_new_bars(
    raw: pl.DataFrame,
    config: dict[str, dict[str, Any]],
    market: MarketParams,
    ingest: IngestParams,
    hmm: HmmParams,
) -> pl.DataFrame:
    """Bring new bars through gate and resampling to the columns that the models observe."""
    checked, _, findings = check_read_bars(read_bars(raw, market, ingest), market, ingest)
    enforce_quality(findings, max_quarantined=ingest.max_quarantined, stop_on=ingest.stop_on)
    fitted = next(iter(config.values()))
    timeframe, columns = fitted["timeframe"], fitted["feature_names"]
    if hmm.regime_timeframe != timeframe:
        raise ValueError(
            f"the model observes {timeframe} bars, hmm.regime_timeframe is "
            f"{hmm.regime_timeframe}: its transition matrix holds for {timeframe} steps only; set "
            "hmm.regime_timeframe back, or run hmm_selection again"
        )
    bars = resample_many(checked, market.timeframes, session=market.session)
    features = feature_columns(columns, bars, market)
    return observe(features, bars, timeframe=timeframe, columns=columns)


def score_new_bars(
    observations: pl.DataFrame,
    models: dict[str, GaussianHMM],
    config: dict[str, dict[str, Any]],
) -> pl.DataFrame:
    """Filter the new observations with the saved model of their symbol."""
    names = {symbol: chosen["state_names"] for symbol, chosen in config.items()}
    return apply_models(models, names, observations)
