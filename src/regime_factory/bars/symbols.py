"""One symbol is the unit of work: walk through a long table symbol by symbol."""

from collections.abc import Iterator

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
