"""What nodes that log trials have in common."""

import polars as pl

from regime_factory.bars import Table, fingerprint
from regime_factory.evaluation.trial_record import TRIAL_TABLE
from regime_factory.params import MarketParams
from regime_factory.pipelines.market import base_bars


def data_fingerprint(bars: Table, market: MarketParams, symbol: str | None = None) -> str:
    """Hash the base bars that a choice reads, of one symbol or of all."""
    return fingerprint(base_bars(bars, market, symbol))


def collect_trials(models: pl.DataFrame, strategies: pl.DataFrame) -> pl.DataFrame:
    """Put the trials of all stages into one table."""
    tables = [table.select(list(TRIAL_TABLE)) for table in (models, strategies)]
    return pl.concat(tables).unique("trial_id", maintain_order=True)
