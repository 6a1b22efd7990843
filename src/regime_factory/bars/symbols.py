"""One symbol is the unit of work: walk through a long table symbol by symbol."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import polars as pl

from regime_factory.bars.symbol_table import SymbolTable, SymbolTableBuilder

Table = pl.DataFrame | SymbolTable
"""Any long table with a column `symbol`, in memory or on disk."""


def per_symbol(table: Table) -> Iterator[tuple[str, pl.DataFrame]]:
    """Give each symbol's rows, in the order in which the symbols first appear.

    Parameters
    ----------
    table
        Any table with a column `symbol`. Of a table on disk one symbol at a time is read.

    Yields
    ------
    tuple of str and polars.DataFrame
        The symbol (None for rows that have none) and its rows, columns unchanged.

    Examples
    --------
    >>> table = pl.DataFrame({"symbol": ["B", "A", "B"], "x": [1, 2, 3]})
    >>> [(symbol, rows["x"].to_list()) for symbol, rows in per_symbol(table)]
    [('B', [1, 3]), ('A', [2])]
    """
    if isinstance(table, SymbolTable):
        for symbol in table.symbols:
            yield symbol, table.rows(symbol)  # pyrefly: ignore[invalid-yield]
        return
    symbols = table["symbol"].unique(maintain_order=True)
    runs = table["symbol"].rle().struct.unnest()
    if runs.height > len(symbols):
        for symbol in symbols:
            yield symbol, table.filter(pl.col("symbol").eq_missing(pl.lit(symbol, pl.String)))
        return
    first = 0
    for length, symbol in runs.iter_rows():
        yield symbol, table.slice(first, length)
        first += length


def map_symbols(table: Table, work: Callable[[pl.DataFrame], pl.DataFrame]) -> Table:
    """Do a piece of work for each symbol by itself and stack what it makes.

    Parameters
    ----------
    table
        Any table with a column `symbol`.
    work
        Makes rows of a symbol out of its rows.

    Returns
    -------
    polars.DataFrame or SymbolTable
        In memory or on disk, as `table` is.

    Examples
    --------
    >>> table = pl.DataFrame({"symbol": ["B", "A", "B"], "x": [1, 2, 3]})
    >>> map_symbols(table, lambda rows: rows.tail(1)).rows()
    [('B', 3), ('A', 2)]
    """
    made = table_builder(table)
    for _, rows in per_symbol(table):
        made.append(work(rows))
    return made.table()


def unique_stamps(table: Table) -> pl.Series:
    """Give the stamps of all symbols, each once.

    Parameters
    ----------
    table
        Any table with columns `symbol` and `ts`.

    Returns
    -------
    polars.Series
        In increasing order.

    Examples
    --------
    >>> unique_stamps(pl.DataFrame({"symbol": ["B", "A"], "ts": [2, 2]})).to_list()
    [2]
    """
    return table.lazy().select(pl.col("ts").unique().sort()).collect()["ts"]


class FrameBuilder:
    """Build a table in memory piece by piece, as `SymbolTableBuilder` does on disk."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []

    def append(self, rows: pl.DataFrame) -> None:
        """Add further rows."""
        self._parts.append(rows)

    def table(self) -> pl.DataFrame:
        """Give the table of all that was added."""
        return pl.concat(self._parts)


def table_builder(like: Table) -> FrameBuilder | SymbolTableBuilder:
    """Give a builder for a table that lies where another table does.

    Parameters
    ----------
    like
        A table in memory or on disk.

    Returns
    -------
    FrameBuilder or SymbolTableBuilder

    Examples
    --------
    >>> built = table_builder(pl.DataFrame({"symbol": ["A"]}))
    >>> built.append(pl.DataFrame({"symbol": ["A", "A"]}))
    >>> built.table().height
    2
    """
    return SymbolTableBuilder() if isinstance(like, SymbolTable) else FrameBuilder()


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
