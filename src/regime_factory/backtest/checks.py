"""Checks of the tables a backtest is given, with errors that say what to do."""

from datetime import datetime

import numpy as np
import polars as pl

from regime_factory.backtest.accounting import Execution
from regime_factory.bars.prices.opens import require_traded_opens

_POSITION_COLUMNS = ("symbol", "ts", "strategy", "position")


def stamp(ts: datetime) -> str:
    """Write a time stamp for a message.

    Parameters
    ----------
    ts : datetime.datetime
        In UTC.

    Returns
    -------
    str

    Examples
    --------
    >>> stamp(datetime(2021, 3, 14, 2))
    '2021-03-14 02:00 UTC'
    """
    return f"{ts:%Y-%m-%d %H:%M} UTC"


def require_columns(table: pl.DataFrame, columns: tuple[str, ...], what: str) -> None:
    """Stop where a table lacks a column.

    Parameters
    ----------
    table : polars.DataFrame
        Table to check.
    columns : tuple of str
        Names it must have.
    what : str
        What the table is, for the message.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> require_columns(pl.DataFrame({"ts": [1]}), ("ts",), "bars")
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise ValueError(
            f"{what} lack the column {missing[0]!r}; they have {', '.join(table.columns)}"
        )


def check_backtest_bars(bars: pl.DataFrame, execution: Execution) -> str:
    """Check the bars of one symbol and give the symbol.

    Parameters
    ----------
    bars : polars.DataFrame
        Canonical bars of one symbol and one timeframe.
    execution : Execution
        Its fill decides whether opening prices are needed.

    Returns
    -------
    str
        The symbol.

    Raises
    ------
    ValueError
        If the bars hold several symbols or timeframes, are not in time order, have a price that is
        not a positive number, or have opens that are too often the previous close.
    """
    prices = ("open", "close") if execution.fill == "next_open" else ("close",)
    require_columns(bars, ("symbol", "ts", *prices), "bars")
    if bars.is_empty():
        raise ValueError("there are no bars to trade on; check the zone and the symbol filter")
    for column in [name for name in ("symbol", "timeframe") if name in bars.columns]:
        values = bars[column].unique().sort().to_list()
        if len(values) > 1:
            raise ValueError(
                f"bars hold more than one {column} ({', '.join(map(str, values))}); "
                "run one backtest for each"
            )
    symbol = str(bars["symbol"][0])
    _check_order(bars, symbol)
    for column in prices:
        _check_prices(bars, column, symbol)
    if execution.fill == "next_open":
        require_traded_opens(bars, symbol)
    return symbol


def _check_order(bars: pl.DataFrame, symbol: str) -> None:
    if bars["ts"].null_count():
        row = int(bars["ts"].is_null().arg_true()[0])
        raise ValueError(f"bars for {symbol!r} have no stamp in row {row}; drop rows without ts")
    late = np.flatnonzero((bars["ts"].diff().dt.total_microseconds() <= 0).fill_null(False))
    if late.size:
        row = int(late[0])
        raise ValueError(
            f"bars for {symbol!r} go back in time or repeat at {stamp(bars['ts'][row])} "
            f"(row {row}); sort by ts and drop duplicates"
        )


def _check_prices(bars: pl.DataFrame, column: str, symbol: str) -> None:
    values = bars[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
    wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0.0)))
    if wrong.size:
        row = int(wrong[0])
        raise ValueError(
            f"{column} of {symbol!r} is {values[row]} at {stamp(bars['ts'][row])} (row {row}); "
            "prices must be positive numbers: drop the bar or run check_bars first"
        )


def check_positions(
    positions: pl.DataFrame, bars: pl.DataFrame, symbol: str, execution: Execution
) -> None:
    """Check target weights against the bars they are to be traded on.

    Parameters
    ----------
    positions : polars.DataFrame
        ``symbol, ts, strategy, position``.
    bars : polars.DataFrame
        Checked bars of the same symbol.
    symbol : str
        Symbol of the bars.
    execution : Execution
        Gives ``max_leverage``.

    Raises
    ------
    ValueError
        If positions are missing, of another symbol, at unknown stamps, repeated, not numbers or
        above ``max_leverage``.
    """
    require_columns(positions, _POSITION_COLUMNS, "positions")
    if positions.is_empty():
        raise ValueError(
            f"there are no positions for {symbol!r}; give one row per bar and strategy"
        )
    _refuse(
        positions.filter(pl.col("symbol").ne_missing(symbol)),
        f"positions belong to another symbol than the bars ({symbol!r})",
        "filter both to one symbol",
    )
    _refuse(
        positions.join(bars.select("ts"), on="ts", how="anti"),
        f"positions are given at stamps that {symbol!r} has no bar for",
        "decide positions on the stamps of these bars",
    )
    _refuse(
        positions.filter(pl.struct("strategy", "ts").is_duplicated()),
        "positions hold more than one row for a strategy and stamp",
        "keep one",
    )
    _refuse(
        positions.filter(~pl.col("position").cast(pl.Float64).is_finite().fill_null(False)),
        "positions hold weights that are not numbers",
        "use 0 for no position",
    )
    _refuse(
        positions.filter(pl.col("position").abs() > execution.max_leverage * (1.0 + 1e-12)),
        f"positions exceed max_leverage {execution.max_leverage:g}",
        "cap the weights or raise max_leverage",
    )


def _refuse(rows: pl.DataFrame, found: str, advice: str) -> None:
    if rows.is_empty():
        return
    first = rows.row(0, named=True)
    raise ValueError(
        f"{found}: {rows.height} rows, the first {first['position']} for strategy "
        f"{first['strategy']!r} of {first['symbol']!r} at {stamp(first['ts'])}; {advice}"
    )
