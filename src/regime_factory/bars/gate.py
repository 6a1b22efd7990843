"""The quality gate: what is wrong with bars, which rows are kept, which go to the quarantine."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from regime_factory.bars.findings import Finding, finding, json_time, row_finding
from regime_factory.bars.resampling import BAR_COLUMNS
from regime_factory.bars.row_rules import NO_SYMBOL, ROW_RULES, first_of_time, reasons
from regime_factory.bars.session import Session
from regime_factory.bars.standard import NUMBER_COLUMNS, PRICE_COLUMNS
from regime_factory.bars.timeframes import parse_timeframe
