"""Bars: canonical table, sources, quality gate, resampling and zones."""

from regime_factory.bars.fingerprint import Fingerprint, fingerprint
from regime_factory.bars.macro.files import embedded_macro
from regime_factory.bars.macro.known import as_of, known_values
from regime_factory.bars.macro.read import read_macro, read_macro_files
from regime_factory.bars.macro.spec import MacroSeries
from regime_factory.bars.prices.adjustments import adjust_bars, adjustment_factors, events_between
from regime_factory.bars.prices.contracts import Contract, check_roll
from regime_factory.bars.prices.price_convention import PriceConvention
from regime_factory.bars.quality.findings_symbols import combine_reports
from regime_factory.bars.quality.gate import CheckedBars, check_bars
from regime_factory.bars.quality.limits import GateLimits, QualityError, enforce_quality
from regime_factory.bars.sessions.calendars import covered_days
from regime_factory.bars.sessions.resampling import BAR_COLUMNS, resample, resample_many
from regime_factory.bars.sessions.schedule import scheduled_stamps
from regime_factory.bars.sessions.session import Session
from regime_factory.bars.sessions.timeframes import (
    bars_per_session,
    bars_per_year,
    parse_timeframe,
    timeframe_minutes,
)
from regime_factory.bars.sources.source_files import SourceFiles
from regime_factory.bars.sources.source_paths import find_source, read_source
from regime_factory.bars.sources.spec import (
    EMBEDDED_SYMBOLS,
    SourceSpec,
    embedded_bars,
    embedded_source,
)
from regime_factory.bars.sources.standard import standardise, standardise_files
from regime_factory.bars.symbol_table import SymbolTable
from regime_factory.bars.symbols import (
    Table,
    bar_returns,
    errors_of,
    map_symbols,
    per_symbol,
    stack_symbols,
    table_builder,
    unique_stamps,
)
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
    "Contract",
    "Fingerprint",
    "GateLimits",
    "MacroSeries",
    "PriceConvention",
    "QualityError",
    "Session",
    "SourceFiles",
    "SourceSpec",
    "SymbolTable",
    "Table",
    "adjust_bars",
    "adjustment_factors",
    "as_of",
    "bar_returns",
    "bars_per_session",
    "bars_per_year",
    "check_bars",
    "check_roll",
    "check_symbol_zones",
    "combine_reports",
    "covered_days",
    "embedded_bars",
    "embedded_macro",
    "embedded_source",
    "enforce_quality",
    "errors_of",
    "events_between",
    "find_source",
    "fingerprint",
    "known_values",
    "map_symbols",
    "parse_timeframe",
    "per_symbol",
    "read_macro",
    "read_macro_files",
    "read_source",
    "resample",
    "resample_many",
    "resolve_zones",
    "rows_before_holdout",
    "scheduled_stamps",
    "settle_zones",
    "split_zones",
    "stack_symbols",
    "standardise",
    "standardise_files",
    "table_builder",
    "timeframe_minutes",
    "unique_stamps",
]
