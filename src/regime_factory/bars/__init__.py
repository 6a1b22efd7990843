"""Bars: canonical table, sources, quality gate, resampling and zones."""

from regime_factory.bars.files import read_source
from regime_factory.bars.fingerprint import fingerprint
from regime_factory.bars.gate import CheckedBars, check_bars
from regime_factory.bars.limits import QualityError, enforce_quality
from regime_factory.bars.resampling import BAR_COLUMNS, resample, resample_many
from regime_factory.bars.session import Session
from regime_factory.bars.sources import EMBEDDED_SYMBOLS, SourceSpec, embedded_bars, embedded_files
from regime_factory.bars.standard import standardise
from regime_factory.bars.symbols import bar_returns, errors_of, per_symbol, stack_symbols
from regime_factory.bars.timeframes import bars_per_year, parse_timeframe, timeframe_minutes
from regime_factory.bars.zone_basis import settle_zones
from regime_factory.bars.zones import (
    ZONE_NAMES,
    check_symbol_zones,
    resolve_zones,
    rows_before_holdout,
    split_zones,
)

__all__ = [
    "BAR_COLUMNS",
    "EMBEDDED_SYMBOLS",
    "ZONE_NAMES",
    "CheckedBars",
    "QualityError",
    "Session",
    "SourceSpec",
    "bar_returns",
    "bars_per_year",
    "check_bars",
    "check_symbol_zones",
    "embedded_bars",
    "embedded_files",
    "enforce_quality",
    "errors_of",
    "fingerprint",
    "parse_timeframe",
    "per_symbol",
    "read_source",
    "resample",
    "resample_many",
    "resolve_zones",
    "rows_before_holdout",
    "settle_zones",
    "split_zones",
    "stack_symbols",
    "standardise",
    "timeframe_minutes",
]
