"""Features: Polars expressions written once, on several timeframes, one row per base bar."""

from regime_factory.features import extended, minimal
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
    "extended",
    "feature_columns",
    "minimal",
    "warmup_bars",
]
