"""Nodes of `apply_hmm`: a saved model on new bars, without refitting."""

from typing import Any

import polars as pl

from regime_factory.bars import resample_many
from regime_factory.features import build_features
from regime_factory.params import HmmParams, IngestParams, MarketParams
from regime_factory.pipelines.ingest.nodes import check_raw_bars
from regime_factory.pipelines.market import base_bars, session_of
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
    checked, _, _ = check_raw_bars(raw, market, ingest)
    session = session_of(market)
    columns = next(iter(config.values()))["feature_names"]
    bars = resample_many(checked, market.timeframes, session=session)
    features = build_features(base_bars(bars, market), columns=columns, session=session)
    return observe(features, bars, timeframe=hmm.regime_timeframe, columns=columns)


def score_new_bars(observations: pl.DataFrame, models: dict[str, GaussianHMM]) -> pl.DataFrame:
    """Filter the new observations with the saved model of their symbol."""
    return apply_models(models, observations)
