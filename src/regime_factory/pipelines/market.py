"""What nodes of several pipelines derive from the market's settings."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from regime_factory.bars import (
    PriceConvention,
    SymbolTable,
    Table,
    bars_per_year,
    events_between,
    map_symbols,
    timeframe_minutes,
)
from regime_factory.features import build_features
from regime_factory.features.macro import is_macro
from regime_factory.features.nearest import nearest
from regime_factory.params import FeaturesParams, IngestParams, MarketParams


def in_memory(
    table: Table, where: pl.Expr | None = None, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Read what is needed of a table that may lie on disk."""
    if isinstance(table, SymbolTable):
        return table.collect(where, columns)
    kept = table if where is None else table.filter(where)
    return kept if columns is None else kept.select(columns)


def base_bars(bars: Table, market: MarketParams, symbol: str | None = None) -> pl.DataFrame:
    """Read the bars of the base timeframe, of one symbol or of all."""
    own = bars if symbol is None else symbol_rows(bars, symbol)
    return in_memory(own, pl.col("timeframe") == market.timeframe)


def periods_per_year(market: MarketParams, timeframe: str | None = None) -> float:
    """Give the bars a year by which figures of a timeframe are annualised."""
    own = timeframe in (None, market.timeframe)
    return bars_per_year(
        timeframe or market.timeframe,
        market.session,
        market.periods_per_year if own else None,
        anchor=market.anchor,
    )


def bar_hours(market: MarketParams) -> dict[str, Any]:
    """Give the settings that decide where coarser bars begin and end."""
    return market.model_dump(mode="json", include={"session", "anchor"})


def max_staleness(market: MarketParams) -> timedelta:
    """Give how long a coarser bar is carried forward beyond its own length."""
    return timedelta(days=market.max_staleness_days)


def oldest(market: MarketParams, timeframe: str) -> timedelta:
    """Give the age at which a bar of a timeframe is too old to be carried forward."""
    return max_staleness(market) + timedelta(minutes=timeframe_minutes(timeframe))


def feature_table(
    feature_set: str, bars: Table, market: MarketParams, features: FeaturesParams
) -> Table:
    """Build a feature set from the base bars of each symbol on every timeframe of the market."""
    return map_symbols(
        bars,
        lambda rows: build_features(
            base_bars(rows, market),
            feature_set=feature_set,
            timeframes=market.timeframes,
            session=market.session,
            anchor=market.anchor,
            max_staleness=max_staleness(market),
            **features.window_lengths,
        ),
    )


def listed_columns(
    bars: Table, features_macro: Table, market: MarketParams, features: FeaturesParams
) -> Table:
    """Build listed columns of each symbol; those of macro series are taken from their table."""
    columns = features.columns or []
    macro = [name for name in columns if is_macro(name)]
    own = [name for name in columns if not is_macro(name)]
    unknown = [name for name in macro if name not in features_macro.columns]
    if unknown:
        known = [name for name in features_macro.columns if is_macro(name)]
        raise ValueError(f"unknown macro column '{unknown[0]}'{nearest(unknown[0], known)}")

    def of_symbol(rows: pl.DataFrame) -> pl.DataFrame:
        base = base_bars(rows, market)
        built = in_memory(feature_columns(own, base, market, features)) if own else base
        known = symbol_rows(features_macro, base["symbol"][0]).select("ts", *macro)
        table = built.join(known, on="ts", how="left", maintain_order="left")
        return table.select("symbol", "ts", *columns)

    return map_symbols(bars, of_symbol) if macro else feature_columns(own, bars, market, features)


def symbol_rows(table: Table, symbol: str) -> pl.DataFrame:
    """Read the rows of one symbol."""
    if isinstance(table, SymbolTable):
        return table.rows(symbol)
    return table.filter(pl.col("symbol") == symbol)


def feature_columns(
    columns: Sequence[str], bars: Table, market: MarketParams, features: FeaturesParams
) -> Table:
    """Build listed columns of each symbol; windows that a name does not say are the settings'."""
    return map_symbols(
        bars,
        lambda rows: build_features(
            base_bars(rows, market),
            columns=columns,
            session=market.session,
            anchor=market.anchor,
            max_staleness=max_staleness(market),
            **features.window_lengths,
        ),
    )


def price_convention(
    symbol: str,
    ts: pl.Series,
    adjustments: pl.DataFrame,
    market: MarketParams,
    ingest: IngestParams,
) -> PriceConvention:
    """Say what the prices of one symbol are over a span of bars."""
    contract = market.contract(symbol)
    own = adjustments.filter(pl.col("symbol") == symbol)
    splits, payments = events_between(own, ts.min(), ts.max())  # pyrefly: ignore[bad-argument-type]
    return PriceConvention(
        prices=ingest.prices,
        dividends=ingest.dividends,
        splits=splits,
        payments=payments,
        roll=contract.roll if contract else None,
        roll_rule=contract.roll_rule if contract else "",
    )
