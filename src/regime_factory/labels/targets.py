"""The targets of one symbol, and how they become rows of a table."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.labels.checks import SymbolPrices
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


def outcome_bars(prices: SymbolPrices, horizon: int, timing: FillTiming) -> int:
    """Bars after a decision that must be there for it to have a label.

    Parameters
    ----------
    prices : SymbolPrices
        Of the symbol; if it was delisted, the first outcome bar is enough.
    horizon : int
        Bars that can decide the outcome.
    timing : FillTiming
        When the trade is entered.

    Returns
    -------
    int
    """
    return timing.outcome_lag + (1 if prices.is_delisted else horizon) - 1


def outcome_stamps(
    prices: SymbolPrices, ends: NDArray[np.integer], first: int, horizon: int, timing: FillTiming
) -> pl.Series:
    """Moments at which the outcomes of neighbouring rows were known.

    Parameters
    ----------
    prices : SymbolPrices
        Of the symbol.
    ends : numpy.ndarray of int, shape (n_rows,)
        Number of the bar that decided each row.
    first : int
        Number of the first row's bar.
    horizon : int
        Bars that can decide the outcome.
    timing : FillTiming
        When the trade is entered.

    Returns
    -------
    polars.Series of Datetime, shape (n_rows,)
        Closing stamps of the deciding bars; of rows whose horizon reaches beyond the bars no
        earlier than the delisting was known, since they exist because of it alone.
    """
    stamps = prices.stamps_at(ends)
    if prices.delisting_known is None:
        return stamps
    whole = max(prices.bars.height - (timing.outcome_lag + int(horizon) - 1) - first, 0)
    late = stamps.slice(whole).clip(lower_bound=prices.delisting_known)
    return pl.concat([stamps.head(whole), late])


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
