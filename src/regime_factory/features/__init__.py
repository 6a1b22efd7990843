"""Features: Polars expressions written once, on several timeframes, one row per base bar."""

# Importing the four families fills the registry, in the order of the columns.
from regime_factory.features import minimal, momentum, volatility, volume
from regime_factory.features.build import build_features
from regime_factory.features.columns import (
    FEATURE_SETS,
    describe_features,
    feature_columns,
    warmup_bars,
)
from regime_factory.features.registry import FEATURES, Feature
from regime_factory.features.windows import FeatureWindows

__all__ = [
    "FEATURES",
    "FEATURE_SETS",
    "Feature",
    "FeatureWindows",
    "build_features",
    "describe_features",
    "feature_columns",
    "minimal",
    "momentum",
    "volatility",
    "volume",
    "warmup_bars",
]
