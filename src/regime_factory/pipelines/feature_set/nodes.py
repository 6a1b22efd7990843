"""Nodes of `feature_set`: one place decides which features later stages see."""

import polars as pl

from regime_factory.features import describe_features
from regime_factory.params import FeaturesParams, MarketParams
from regime_factory.pipelines.market import feature_columns


def choose_feature_set(
    features_v1: pl.DataFrame,
    features_v2: pl.DataFrame,
    bars: pl.DataFrame,
    market: MarketParams,
    features: FeaturesParams,
) -> pl.DataFrame:
    """Give the table of the feature set, or build the listed columns."""
    if features.feature_set == "columns":
        return feature_columns(features.columns or [], bars, market)
    return {"v1": features_v1, "v2": features_v2}[features.feature_set]


def trim_to_selection(features: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of the selection zone."""
    end = zones.filter(pl.col("zone") == "selection")["end"].item()
    return features.filter(pl.col("ts") <= end)


def describe(market: MarketParams, features: FeaturesParams) -> pl.DataFrame:
    """List formula, window, unit and warm-up of every feature, or of the listed columns."""
    return describe_features(
        feature_set="v2",
        timeframes=market.timeframes,
        columns=features.columns,
        parkinson_window=features.parkinson_window,
    )
