"""The targets of one symbol, and how they become rows of a table."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from regime_factory.labels.checks import SymbolPrices
from regime_factory.labels.delisting import Delisted, is_delisted
from regime_factory.labels.fills import FillTiming

LOG = logging.getLogger(__name__)


class SymbolTargets(NamedTuple):
    """Target columns of neighbouring bars of a symbol.

    Parameters
    ----------
    first : int
        Number of the bar that the first row belongs to.
    columns : polars.DataFrame
        Targets and their ends, one row per bar.
    needed : int
        Bars that a symbol must have for one row.
    """

    first: int
    columns: pl.DataFrame
    needed: int


def outcome_bars(prices: SymbolPrices, horizon: int, timing: FillTiming, delisted: Delisted) -> int:
    """Bars after a decision that must be there for it to have a label.

    Parameters
    ----------
    prices : SymbolPrices
        Of the symbol.
    horizon : int
        Bars that can decide the outcome.
    timing : FillTiming
        When the trade is entered.
    delisted : collection of str, mapping of str to bool, or None
        Symbols for which the first outcome bar is enough.

    Returns
    -------
    int
    """
    return timing.outcome_lag + (1 if is_delisted(delisted, prices.symbol) else horizon) - 1


def target_rows(prices: SymbolPrices, parts: Sequence[SymbolTargets]) -> pl.DataFrame:
    """Set targets of a symbol side by side, with the bars they belong to.

    Parameters
    ----------
    prices : SymbolPrices
        The symbol's bars.
    parts : sequence of SymbolTargets
        At least one.

    Returns
    -------
    polars.DataFrame
        ``symbol, ts`` and the columns of all parts; a row for each bar with at least one target,
        null where it lacks the others. A warning is logged where there is none.
    """
    filled = [part for part in parts if part.columns.height]
    first = min((part.first for part in filled), default=0)
    stop = max((part.first + part.columns.height for part in filled), default=0)
    keys = prices.bars.slice(first, stop - first).select(pl.col("symbol").cast(pl.String), "ts")
    if keys.is_empty():
        LOG.warning(
            "%r has %d bars and gets no labels: one label takes %d bars; bring more bars or lower "
            "the horizon and the ATR window",
            prices.symbol,
            prices.bars.height,
            min(part.needed for part in parts),
        )
    if len(parts) == 1:
        return keys.hstack(parts[0].columns)
    for part in parts:
        keys = keys.hstack(_padded(part, first, stop))
    return keys.filter(pl.any_horizontal(pl.exclude("symbol", "ts").is_not_null()))


def _padded(part: SymbolTargets, first: int, stop: int) -> pl.DataFrame:
    columns = part.columns
    if columns.is_empty():
        return columns.clear(stop - first)
    before, after = part.first - first, stop - part.first - columns.height
    return pl.concat([columns.clear(before), columns, columns.clear(after)])
