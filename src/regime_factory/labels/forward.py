"""Forward returns: what a long round trip of each horizon earns after costs."""

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl

from regime_factory.labels.checks import (
    SymbolPrices,
    checked_symbols,
    require_count,
    require_list,
)
from regime_factory.labels.costs import Costs, costs_of
from regime_factory.labels.delisting import Delisted
from regime_factory.labels.fills import Fill, FillTiming, fill_timing
from regime_factory.labels.targets import (
    SymbolTargets,
    outcome_bars,
    outcome_stamps,
    target_rows,
)


def forward_returns(
    bars: pl.DataFrame,
    *,
    horizons: Sequence[int] = (1, 6, 24),
    fill: Fill = "next_close",
    costs: Costs = None,
    delisted: Delisted = None,
) -> pl.DataFrame:
    """Give the net return of a long trade over each horizon, for each bar.

    Parameters
    ----------
    bars : polars.DataFrame
        Canonical bars of one timeframe, one or several symbols.
    horizons : sequence of int, default=(1, 6, 24)
        Bars held, each once.
    fill : {"next_close", "next_open", "signal_close"}, default="next_close"
        Where the trade is entered, as for `triple_barrier`.
    costs : LabelCosts or mapping of str to LabelCosts, optional
        Costs per side, for all symbols or by symbol; none where left out.
    delisted : collection of str or mapping of str to bool or datetime, optional
        Symbols whose last bar ends the trades that are open then; with a moment, that from which it
        was known, as `delisted_symbols` gives it.

    Returns
    -------
    polars.DataFrame
        ``symbol``, ``ts``, then for each horizon h ``fwd_ret_<h>`` and ``t1_fwd_ret_<h>``, the
        closing stamp of the bar it ends in. One row for each bar that has the shortest horizon;
        longer ones are null, value and end, where the data do not reach.

    Raises
    ------
    TypeError
        If ``bars`` is not a Polars table, or a setting is of the wrong type.
    ValueError
        If a setting is out of range or the bars cannot be used; see `triple_barrier`.

    Notes
    -----
    A decision at the close of bar i earns, with ``next_close``, from close[i+1] to close[i+1+h];
    with ``next_open`` from open[i+1] to close[i+h]; with ``signal_close`` from close[i] to
    close[i+h]. Costs as in `LabelCosts`.

    Examples
    --------
    >>> from datetime import datetime
    >>> bars = pl.DataFrame({"symbol": "X",
    ...     "ts": pl.datetime_range(datetime(2021, 1, 1), datetime(2021, 1, 5), "1d",
    ...                             time_unit="us", time_zone="UTC", eager=True),
    ...     **{name: [100.0, 100.0, 110.0, 121.0, 121.0]
    ...        for name in ("open", "high", "low", "close")}})
    >>> returns = forward_returns(bars, horizons=[1, 2])
    >>> returns.select(pl.col("^fwd.*$").round(6)).rows()
    [(0.1, 0.21), (0.1, 0.1), (0.0, None)]
    """
    lengths = checked_lengths(horizons)
    timing = fill_timing(fill)
    return pl.concat(
        target_rows(prices, [forward_columns(prices, lengths, timing, costs)])
        for prices in checked_symbols(bars, timing, delisted)
    )


def checked_lengths(horizons: Iterable[int]) -> list[int]:
    """Check the horizons of forward returns.

    Parameters
    ----------
    horizons : iterable of int
        In bars.

    Returns
    -------
    list of int

    Raises
    ------
    TypeError
        If they are no list of whole numbers.
    ValueError
        If there is none, one is given twice, or one is not a whole number from 1.

    Examples
    --------
    >>> checked_lengths([1, 1])
    Traceback (most recent call last):
    ...
    ValueError: horizons hold a number twice: [1, 1]; give each once
    """
    lengths = require_list("horizons", horizons)
    if not lengths:
        raise ValueError("horizons are empty; give at least one number of bars, e.g. 24")
    for length in lengths:
        require_count("a horizon", length)
    if len(set(lengths)) < len(lengths):
        raise ValueError(f"horizons hold a number twice: {lengths}; give each once")
    return lengths


def forward_columns(
    prices: SymbolPrices,
    lengths: list[int],
    timing: FillTiming,
    costs: Costs,
) -> SymbolTargets:
    """Forward returns of one symbol.

    Parameters
    ----------
    prices : SymbolPrices
        The symbol's bars.
    lengths : list of int
        Horizons, in bars.
    timing : FillTiming
        When trades are entered.
    costs : LabelCosts, mapping of str to LabelCosts, or None
        Costs per side.

    Returns
    -------
    SymbolTargets
        From the first bar on.
    """
    after = outcome_bars(prices, min(lengths), timing)
    terms = costs_of(costs, prices.symbol).terms
    rows = np.arange(max(prices.bars.height - after, 0))
    entry = prices.entries[rows + timing.entry_lag]
    last = len(prices.closes) - 1
    columns = {}
    for length in lengths:
        due = rows + timing.outcome_lag + length - 1
        ends = np.minimum(due, last)
        known = (due <= last) | prices.is_delisted
        net = (prices.closes[ends] * terms.long_exit - entry - terms.price) / entry
        columns[f"fwd_ret_{length}"] = pl.Series(net).set(pl.Series(~known), None)
        stamps = outcome_stamps(prices, ends, 0, length, timing)
        columns[f"t1_fwd_ret_{length}"] = stamps.set(pl.Series(~known), None)
    return SymbolTargets(0, pl.DataFrame(columns), after + 1)
