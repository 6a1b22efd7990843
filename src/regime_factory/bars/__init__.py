"""Bars: canonical table, sources, quality gate, resampling and zones."""

from regime_factory.bars.resampling import BAR_COLUMNS, resample, resample_many
from regime_factory.bars.session import Session
from regime_factory.bars.timeframes import bars_per_year, parse_timeframe, timeframe_minutes

__all__ = [
    "BAR_COLUMNS",
    "Session",
    "bars_per_year",
    "parse_timeframe",
    "resample",
    "resample_many",
    "timeframe_minutes",
]
