"""Nodes of `feature_set`: one place decides which features later stages see."""

import polars as pl

from regime_factory.features import describe_features, select_columns
from regime_factory.params import FeaturesParams, MarketParams


def choose_feature_set(
    features_v1: pl.DataFrame, features_v2: pl.DataFrame, features: FeaturesParams
) -> pl.DataFrame:
    """Give the table of the feature set, or of the listed columns."""
    if features.feature_set == "v1":
        return features_v1
    if features.feature_set == "v2":
        return features_v2
    return select_columns(features_v2, features.columns or [])


def trim_to_selection(features: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of the selection zone."""
    end = zones.filter(pl.col("zone") == "selection")["end"].item()
    return features.filter(pl.col("ts") <= end)


def describe(market: MarketParams, features: FeaturesParams) -> pl.DataFrame:
    """List formula, window, unit and warm-up of every feature."""
    return describe_features(
        feature_set="v2",
        timeframes=market.timeframes,
        base=market.timeframe,
        parkinson_window=features.parkinson_window,
    )
