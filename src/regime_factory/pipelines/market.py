"""What nodes of several pipelines derive from the market's settings."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from regime_factory.bars import bars_per_year, timeframe_minutes
from regime_factory.features import build_features
from regime_factory.params import FeaturesParams, MarketParams


def base_bars(bars: pl.DataFrame, market: MarketParams) -> pl.DataFrame:
    """Keep the bars of the base timeframe."""
    return bars.filter(pl.col("timeframe") == market.timeframe)


def periods_per_year(market: MarketParams, timeframe: str | None = None) -> float:
    """Give the bars a year by which figures of a timeframe are annualised."""
    own = timeframe in (None, market.timeframe)
    return bars_per_year(
        timeframe or market.timeframe,
        market.session,
        market.periods_per_year if own else None,
    )


def max_staleness(market: MarketParams) -> timedelta:
    """Give how long a coarser bar is carried forward beyond its own length."""
    return timedelta(days=market.max_staleness_days)


def oldest(market: MarketParams, timeframe: str) -> timedelta:
    """Give the age at which a bar of a timeframe is too old to be carried forward."""
    return max_staleness(market) + timedelta(minutes=timeframe_minutes(timeframe))


def feature_table(
    feature_set: str, bars: pl.DataFrame, market: MarketParams, features: FeaturesParams
) -> pl.DataFrame:
    """Build a feature set from the base bars on every timeframe of the market."""
    return build_features(
        base_bars(bars, market),
        feature_set=feature_set,
        timeframes=market.timeframes,
        session=market.session,
        max_staleness=max_staleness(market),
        parkinson_window=features.parkinson_window,
    )


def feature_columns(
    columns: Sequence[str], bars: pl.DataFrame, market: MarketParams
) -> pl.DataFrame:
    """Build listed columns, windows and timeframes as their names say."""
    return build_features(
        base_bars(bars, market),
        columns=columns,
        session=market.session,
        max_staleness=max_staleness(market),
    )
