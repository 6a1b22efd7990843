"""Node of `features_v2`."""

from regime_factory.bars import Table
from regime_factory.params import FeaturesParams, MarketParams
from regime_factory.pipelines.market import feature_table


def build_v2(bars: Table, market: MarketParams, features: FeaturesParams) -> Table:
    """Build the extended feature set on every timeframe, one row per base bar."""
    return feature_table("v2", bars, market, features)
