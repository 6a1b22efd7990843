"""Node of `features_v2`."""

import polars as pl

from regime_factory.params import FeaturesParams, MarketParams
from regime_factory.pipelines.market import feature_table


def build_v2(bars: pl.DataFrame, market: MarketParams, features: FeaturesParams) -> pl.DataFrame:
    """Build the extended feature set on every timeframe, one row per base bar."""
    return feature_table("v2", bars, market, features)
