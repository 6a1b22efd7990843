"""Node of `features_v1`."""

from regime_factory.bars import Table
from regime_factory.params import FeaturesParams, MarketParams
from regime_factory.pipelines.market import feature_table


def build_v1(bars: Table, market: MarketParams, features: FeaturesParams) -> Table:
    """Build the minimal feature set on every timeframe, one row per base bar."""
    return feature_table("v1", bars, market, features)
