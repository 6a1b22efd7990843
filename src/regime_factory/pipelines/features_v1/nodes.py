"""Node of `features_v1`."""

import polars as pl

from regime_factory.params import FeaturesParams, MarketParams
from regime_factory.pipelines.market import feature_table


def build_v1(bars: pl.DataFrame, market: MarketParams, features: FeaturesParams) -> pl.DataFrame:
    """Build the minimal feature set on every timeframe, one row per base bar."""
    return feature_table("v1", bars, market, features)
