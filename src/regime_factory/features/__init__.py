"""Features: Polars expressions written once, on several timeframes, one row per base bar."""

# Importing the families fills the registry, in the order of the columns.
# ruff: isort: off
from regime_factory.features import (
    minimal,
    momentum,
    oscillators,
    bands,
    volatility,
    volume,
    clock,
    across,
)

# ruff: isort: on
from regime_factory.features.build import build_features
from regime_factory.features.description import describe_features
from regime_factory.features.lookback import lookback, warmup_bars
from regime_factory.features.macro import describe_macro, macro_columns
from regime_factory.features.macro_settings import MacroFeatures
from regime_factory.features.macro_table import build_macro_features, macro_warmup_bars
from regime_factory.features.registry import ACROSS, FEATURES, AcrossFeature, Feature
from regime_factory.features.resolve import FEATURE_SETS, feature_columns
from regime_factory.features.windows import FeatureWindows

__all__ = [
    "ACROSS",
    "FEATURES",
    "FEATURE_SETS",
    "AcrossFeature",
    "Feature",
    "FeatureWindows",
    "MacroFeatures",
    "across",
    "bands",
    "build_features",
    "build_macro_features",
    "clock",
    "describe_features",
    "describe_macro",
    "feature_columns",
    "lookback",
    "macro_columns",
    "macro_warmup_bars",
    "minimal",
    "momentum",
    "oscillators",
    "volatility",
    "volume",
    "warmup_bars",
]
