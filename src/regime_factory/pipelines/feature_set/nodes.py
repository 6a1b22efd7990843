"""Nodes of `feature_set`: one place decides which features later stages see."""

import logging
from datetime import timedelta

import polars as pl

from regime_factory.bars import SourceFiles, Table, map_symbols
from regime_factory.features import describe_features
from regime_factory.features.macro import is_macro
from regime_factory.features.ready_made import join_features, read_features
from regime_factory.params import FeaturesParams, MarketParams
from regime_factory.pipelines.market import base_bars, listed_columns

LOG = logging.getLogger(__name__)


def choose_feature_set(
    features_v1: Table,
    features_v2: Table,
    features_macro: Table,
    raw_features: pl.DataFrame | SourceFiles | None,
    bars: Table,
    market: MarketParams,
    features: FeaturesParams,
) -> Table:
    """Give the table of the feature set, or build the listed columns, or join the ready-made."""
    if features.feature_set == "columns":
        return listed_columns(bars, features_macro, market, features)
    if features.feature_set == "file":
        return ready_made(raw_features, bars, market, features)
    return {"v1": features_v1, "v2": features_v2}[features.feature_set]


def ready_made(
    raw_features: pl.DataFrame | SourceFiles | None,
    bars: Table,
    market: MarketParams,
    features: FeaturesParams,
) -> Table:
    """Join the features of a file to the base bars, each from the moment it was known."""
    if raw_features is None:
        raise ValueError(
            "features.feature_set is 'file', but no file of features was named; give one with "
            "--params features_path=FILE"
        )
    known = read_features(
        raw_features, features.file, market.timeframe, market.session, anchor=market.anchor
    )
    for name, count in known.not_finite.items():
        LOG.warning("%s of the feature file: %d cells are NaN or infinite, now null", name, count)
    staleness = timedelta(days=features.file.max_staleness_days)
    return map_symbols(
        bars,
        lambda rows: join_features(
            base_bars(rows, market).select("symbol", "ts"), known.table, staleness
        ),
    )


def trim_to_selection(features: Table, zones: pl.DataFrame) -> Table:
    """Keep the rows of the selection zone."""
    end = zones.filter(pl.col("zone") == "selection")["end"].item()
    return map_symbols(features, lambda rows: rows.filter(pl.col("ts") <= end))


def describe(market: MarketParams, features: FeaturesParams) -> pl.DataFrame:
    """List formula, window, unit, source and the bars each feature or listed column needs.

    Columns of macro series are described in `macro_description`.
    """
    listed = [name for name in features.columns or [] if not is_macro(name)]
    return describe_features(
        feature_set="v2",
        timeframes=market.timeframes,
        columns=listed or None,
        base=market.timeframe,
        session=market.session,
        **features.window_lengths,
    )
