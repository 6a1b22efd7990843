"""Round trips of one account, read off its share count."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.backtest.accounting import AccountPaths

Floats = NDArray[np.float64]


def trade_table(
    paths: AccountPaths,
    account: int,
    *,
    ts: pl.Series,
    close: Floats,
    fill_price: Floats,
    fills: Floats,
    initial: float,
) -> pl.DataFrame:
    """List the round trips of one account.

    Parameters
    ----------
    paths : AccountPaths
        Simulated accounts.
    account : int
        Row of ``paths``.
    ts : polars.Series
        Stamps of the bars.
    close, fill_price : numpy.ndarray, shape (n_bars,)
        Closing prices and the prices fills happen at.
    fills : numpy.ndarray, shape (n_accounts, n_bars)
        Target weights that were traded.
    initial : float
        Starting capital.

    Returns
    -------
    polars.DataFrame
        ``entry_ts, exit_ts, side, weight, entry_price, exit_price, cost, pnl, n_bars``. A trade
        lasts while the account stays on one side; adding to it or reducing it does not end it.
        ``weight`` is the target at entry, ``cost`` and ``pnl`` (net) are in units of capital,
        ``n_bars`` counts from entry to exit or to the last bar. Exit columns are null while the
        trade is open.

    Notes
    -----
    The cost of a bar that flips the side is split by the shares closed and opened. Interest on
    cash belongs to no trade.

    Examples
    --------
    >>> from regime_factory.backtest.accounting import Execution, simulate_accounts
    >>> close, fills = np.array([100.0, 110.0, 121.0]), np.array([[1.0, 1.0, 0.0]])
    >>> paths = simulate_accounts(close, fills, Execution(periods_per_year=252))
    >>> table = trade_table(paths, 0, ts=pl.Series([1, 2, 3]), close=close, fill_price=close,
    ...                     fills=fills, initial=1.0)
    >>> table.select("entry_ts", "exit_ts", pl.col("pnl").round(6), "n_bars").row(0)
    (1, 3, 0.21, 2)
    """
    shares = paths.shares[account]
    side = np.sign(shares).astype(np.int8)
    before = np.concatenate((np.zeros(1, np.int8), side[:-1]))
    starts = np.flatnonzero((side != before) & (side != 0))
    stops = np.flatnonzero((side != before) & (before != 0))
    n_open = starts.size - stops.size
    old, new, cost_old, cost_new = _split_bars(close, fill_price, paths, account, initial)
    first_after = np.concatenate((stops, np.full(n_open, close.size)))
    last = np.minimum(first_after, close.size - 1)
    cost = _sums(cost_old, starts + 1, last + 1) + _sums(cost_new, starts, first_after)
    profit = _sums(old, starts + 1, last + 1) + _sums(new, starts, first_after)
    exit_rows = pl.Series([*stops.tolist(), *[None] * n_open], dtype=pl.Int64)
    return pl.DataFrame(
        {
            "entry_ts": ts.gather(starts),
            "exit_ts": ts.gather(exit_rows),
            "side": side[starts],
            "weight": fills[account][starts],
            "entry_price": fill_price[starts],
            "exit_price": pl.Series(fill_price).gather(exit_rows),
            "cost": cost,
            "pnl": profit - cost,
            "n_bars": (last - starts).astype(np.int64),
        }
    )


def _split_bars(
    close: Floats, fill_price: Floats, paths: AccountPaths, account: int, initial: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Profit and cost of each bar, of the shares held into it and of the shares held out of it."""
    shares, equity = paths.shares[account], paths.equity[account]
    before = np.concatenate(([0.0], shares[:-1]))
    equity_before = np.concatenate(([initial], equity[:-1]))
    old = before * (fill_price - np.concatenate((close[:1], close[:-1])))
    old = np.where(equity > 0.0, old, -equity_before * (before != 0.0))
    paid = paths.cost[account] * equity_before
    traded = np.abs(shares) + np.abs(before)
    share = np.divide(np.abs(shares), traded, out=np.zeros_like(paid), where=traded > 0.0)
    share = np.where(np.sign(shares) == np.sign(before), 1.0, share)
    return old, shares * (close - fill_price), paid * (1.0 - share), paid * share


def _sums(values: Floats, first: NDArray[np.int64], stop: NDArray[np.int64]) -> Floats:
    """Sum of ``values[first:stop]`` for each pair."""
    total = np.concatenate(([0.0], np.cumsum(values)))
    return total[stop] - total[np.minimum(first, stop)]
