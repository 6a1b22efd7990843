"""One symbol is the unit of work: walk through a long table symbol by symbol."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import polars as pl


def per_symbol(table: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Give each symbol's rows, in the order in which the symbols first appear.

    Parameters
    ----------
    table
        Any table with a column `symbol`.

    Yields
    ------
    tuple of str and polars.DataFrame
        The symbol and its rows, columns unchanged.

    Examples
    --------
    >>> table = pl.DataFrame({"symbol": ["B", "A", "B"], "x": [1, 2, 3]})
    >>> [(symbol, rows["x"].to_list()) for symbol, rows in per_symbol(table)]
    [('B', [1, 3]), ('A', [2])]
    """
    for symbol in table["symbol"].unique(maintain_order=True):
        yield symbol, table.filter(pl.col("symbol") == symbol)


def stack_symbols(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Stack tables of single symbols under each other, the symbol in front.

    Parameters
    ----------
    tables
        Tables with equal columns, by symbol.

    Returns
    -------
    polars.DataFrame
        `symbol` and the tables' columns.

    Examples
    --------
    >>> stack_symbols({"A": pl.DataFrame({"x": [1]}), "B": pl.DataFrame({"x": [2]})}).rows()
    [('A', 1), ('B', 2)]
    """
    return pl.concat(
        table.select(pl.lit(symbol).alias("symbol"), pl.all()) for symbol, table in tables.items()
    )


def bar_returns(bars: pl.DataFrame) -> pl.DataFrame:
    """Give the simple return of each bar of one symbol and timeframe.

    Parameters
    ----------
    bars
        Canonical bars in time order.

    Returns
    -------
    polars.DataFrame
        `ts, ret`; the first return is null.

    Examples
    --------
    >>> bar_returns(pl.DataFrame({"ts": [1, 2], "close": [100.0, 101.0]}))["ret"].round(9).to_list()
    [None, 0.01]
    """
    return bars.select("ts", ret=pl.col("close") / pl.col("close").shift(1) - 1)


@contextmanager
def errors_of(symbol: str) -> Iterator[None]:
    """Name the symbol in the message of a ValueError that its work raises.

    Parameters
    ----------
    symbol
        Whose work it is.

    Raises
    ------
    ValueError
        With the symbol in front of the message.

    Examples
    --------
    >>> with errors_of("ES"):
    ...     raise ValueError("12 rows are too few")
    Traceback (most recent call last):
    ...
    ValueError: ES: 12 rows are too few
    """
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{symbol}: {error}") from error
