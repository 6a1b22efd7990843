"""run_backtest: from target weights to equity and trades of one symbol."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.backtest.accounting import AccountPaths, Execution, Fill, simulate_accounts
from regime_factory.backtest.checks import check_backtest_bars, check_positions, stamp
from regime_factory.backtest.trades import trade_table


@dataclass(frozen=True)
class BacktestResult:
    """Equity and trades of every strategy, and what a reader must know about them.

    Parameters
    ----------
    equity : polars.DataFrame
        One row per strategy and bar: ``symbol, ts, strategy, held, target, ret, ret_gross,
        turnover, cost, equity, drawdown``.
    trades : polars.DataFrame
        One row per round trip: ``symbol, strategy, entry_ts, exit_ts, side, weight, entry_price,
        exit_price, cost, pnl, n_bars``.
    findings : tuple of str
        Sentences, such as an account that lost everything; empty when all is well.
    """

    equity: pl.DataFrame
    trades: pl.DataFrame
    findings: tuple[str, ...]


def run_backtest(
    bars: pl.DataFrame,
    positions: pl.DataFrame,
    *,
    periods_per_year: float,
    fee_bps: float = 0.0,
    slippage_bps: float = 0.0,
    fill: Fill = "next_close",
    cash_rate: float = 0.0,
    initial: float = 1.0,
    max_leverage: float = 1.0,
) -> BacktestResult:
    """Trade the target weights of one or many strategies on the bars of one symbol.

    Parameters
    ----------
    bars : polars.DataFrame
        Canonical bars of one symbol and one timeframe, in time order.
    positions : polars.DataFrame
        ``symbol, ts, strategy, position``: the weight wanted, decided at the close ``ts``. Before
        its first row a strategy is flat; where a stamp is left out the last weight stands.
    periods_per_year : float
        Bars in a year.
    fee_bps, slippage_bps : float, default=0.0
        Cost per side, in basis points of the value traded.
    fill : {"next_close", "next_open", "signal_close"}, default="next_close"
        Where a decision is filled. ``next_close``: decided at the close of bar t, filled at the
        close of t+1, held from there on, so it earns the bar t+2 first.
    cash_rate : float, default=0.0
        Annual interest on cash.
    initial : float, default=1.0
        Starting capital of each strategy.
    max_leverage : float, default=1.0
        Largest absolute weight allowed.

    Returns
    -------
    BacktestResult

    Raises
    ------
    ValueError
        If bars or positions cannot be traded; the message names the first row.

    Notes
    -----
    ``held`` is the weight held over the bar ending at ``ts`` and never depends on that bar;
    ``target`` is the weight that the fill of this bar moves to. A trade happens only where the
    target changes. ``ret_gross - cost = ret`` holds at every bar; accounting as in
    :func:`simulate_accounts`.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> days = pl.datetime_range(datetime(2024, 1, 1), datetime(2024, 1, 4), "1d", eager=True)
    >>> ts = days.dt.replace_time_zone("UTC")
    >>> bars = pl.DataFrame({"symbol": "X", "ts": ts, "close": [100.0, 100.0, 110.0, 110.0]})
    >>> positions = pl.DataFrame({"symbol": "X", "ts": ts, "strategy": "long", "position": 1.0})
    >>> result = run_backtest(bars, positions, periods_per_year=365)
    >>> result.equity["held"].to_list(), result.equity["ret"].round(6).to_list()
    ([0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.1, 0.0])
    """
    execution = Execution(
        periods_per_year, fee_bps, slippage_bps, fill, cash_rate, initial, max_leverage
    )
    symbol = check_backtest_bars(bars, execution)
    check_positions(positions, bars, symbol, execution)
    strategies = positions["strategy"].unique(maintain_order=True).to_list()
    fills = fill_targets(positions, bars["ts"], strategies, execution.fill_lag)
    close = bars["close"].cast(pl.Float64).to_numpy()
    opens = bars["open"].cast(pl.Float64).to_numpy() if fill == "next_open" else None
    paths = simulate_accounts(close, fills, execution, opens=opens)
    fill_price = close if opens is None else opens
    trades = [
        trade_table(
            paths,
            number,
            ts=bars["ts"],
            close=close,
            fill_price=fill_price,
            fills=fills,
            initial=initial,
        ).select(pl.lit(symbol).alias("symbol"), pl.lit(name).alias("strategy"), pl.all())
        for number, name in enumerate(strategies)
    ]
    return BacktestResult(
        _equity_table(paths, fills, strategies, bars["ts"], symbol).with_columns(
            drawdown=_drawdowns(paths, initial)
        ),
        pl.concat(trades),
        _findings(bars["ts"], symbol, strategies, paths),
    )


def fill_targets(
    positions: pl.DataFrame, ts: pl.Series, strategies: list[str], lag: int
) -> NDArray[np.float64]:
    """Weight that the fill of each bar moves to.

    Parameters
    ----------
    positions : polars.DataFrame
        Checked positions.
    ts : polars.Series
        Stamps of the bars, in time order.
    strategies : list of str
        Order of the rows.
    lag : int
        Bars between decision and fill.

    Returns
    -------
    numpy.ndarray, shape (n_strategies, n_bars)
        0 before the first decision; the last decision where none is given.

    Examples
    --------
    >>> frame = pl.DataFrame({"ts": [1, 3], "strategy": "a", "position": [1.0, -1.0]})
    >>> fill_targets(frame, pl.Series("ts", [1, 2, 3, 4]), ["a"], lag=1)
    array([[ 0.,  1.,  1., -1.]])
    """
    placed = positions.join(
        pl.DataFrame({"ts": ts}).with_row_index("bar"), on="ts", how="inner"
    ).join(
        pl.DataFrame({"strategy": strategies}).with_row_index("account"), on="strategy", how="inner"
    )
    wanted = np.zeros((len(strategies), ts.len()))
    given = np.zeros(wanted.shape, dtype=np.int64)
    account, bar = placed["account"].to_numpy(), placed["bar"].to_numpy()
    wanted[account, bar] = placed["position"].cast(pl.Float64).to_numpy()
    given[account, bar] = bar
    last = np.maximum.accumulate(given, axis=1)
    fills = np.zeros_like(wanted)
    fills[:, lag:] = np.take_along_axis(wanted, last, axis=1)[:, : ts.len() - lag]
    return fills


def _equity_table(
    paths: AccountPaths,
    fills: NDArray[np.float64],
    strategies: list[str],
    ts: pl.Series,
    symbol: str,
) -> pl.DataFrame:
    names = pl.Series(strategies, dtype=pl.String)
    rows = np.repeat(np.arange(len(strategies)), ts.len())
    return pl.DataFrame(
        {
            "symbol": pl.repeat(symbol, rows.size, eager=True),
            "ts": pl.concat([ts] * len(strategies)),
            "strategy": names.gather(rows),
            "held": paths.held.ravel(),
            "target": fills.ravel(),
            "ret": paths.ret.ravel(),
            "ret_gross": (paths.ret + paths.cost).ravel(),
            "turnover": paths.turnover.ravel(),
            "cost": paths.cost.ravel(),
            "equity": paths.equity.ravel(),
        }
    )


def _drawdowns(paths: AccountPaths, initial: float) -> pl.Series:
    peak = np.maximum(np.maximum.accumulate(paths.equity, axis=1), initial)
    return pl.Series((paths.equity / peak - 1.0).ravel())


def _findings(
    ts: pl.Series, symbol: str, strategies: list[str], paths: AccountPaths
) -> tuple[str, ...]:
    found = []
    for name, equity in zip(strategies, paths.equity, strict=True):
        gone = np.flatnonzero(equity <= 0.0)
        if gone.size:
            found.append(
                f"strategy {name!r} on {symbol!r} lost its whole account at "
                f"{stamp(ts[int(gone[0])])}; it stops trading with equity 0"
            )
    return tuple(found)
