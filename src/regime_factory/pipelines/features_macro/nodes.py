"""Nodes of `features_macro`: which macro value was known when, and the features of them."""

import logging

import polars as pl

from regime_factory.bars import Table
from regime_factory.bars.macro.read import read_macro_files
from regime_factory.features.macro import describe_macro
from regime_factory.features.macro_table import build_macro_features
from regime_factory.params import MacroParams, MarketParams
from regime_factory.pipelines.market import max_staleness

LOG = logging.getLogger(__name__)


def read_series(raw_macro: dict[str, pl.DataFrame], macro: MacroParams) -> pl.DataFrame:
    """List every release of every series: what it is about, when it became known, its value."""
    releases = read_macro_files(raw_macro, macro.sources)
    for (name,), own in releases.group_by("series", maintain_order=True):
        first, last = own["period_end"].min(), own["period_end"].max()
        LOG.info("macro series %s: %d releases, %s to %s", name, own.height, first, last)
    return releases


def build_macro(
    bars: Table, macro_series: pl.DataFrame, market: MarketParams, macro: MacroParams
) -> Table:
    """Join to each base bar the macro features that were known at its close."""
    table = build_macro_features(
        bars,
        macro_series,
        macro.features,
        macro.sources,
        timeframe=market.timeframe,
        session=market.session,
        max_staleness=max_staleness(market),
    )
    _log_columns_without_values(table, describe_series(macro_series, macro))
    return table


def describe_series(macro_series: pl.DataFrame, macro: MacroParams) -> pl.DataFrame:
    """Say what each macro column is, of which series, and which series are missing."""
    return describe_macro(macro.features, macro.sources, macro_series["series"].unique())


def _log_columns_without_values(table: Table, description: pl.DataFrame) -> None:
    """A series that nobody gave is no fault; one whose values reach no bar may be one."""
    for (missing,), rows in description.drop_nulls("missing").group_by("missing"):
        LOG.info("no values of %s: %s will be null", missing, ", ".join(rows["column"]))
    there = description.filter(pl.col("missing").is_null())["column"].to_list()
    filled = table.lazy().select(pl.col(there).count()).collect().row(0, named=True)
    empty = [name for name, count in filled.items() if not count]
    if empty:
        LOG.warning(
            "%s: not one bar has a value, though the series are there; compare the times in "
            "macro_series with those of the bars, and see max_staleness_days and the windows",
            ", ".join(empty),
        )
