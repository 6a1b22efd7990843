"""Symbols whose last bar is an outcome, because nothing was traded after it."""

from collections.abc import Collection, Mapping
from datetime import timedelta

import polars as pl

from regime_factory.bars import Table

Delisted = Collection[str] | Mapping[str, bool] | None
"""Symbols that were delisted, or a mapping that says so of each."""


def delisted_symbols(bars: Table, after: timedelta) -> frozenset[str]:
    """Find the symbols whose bars end long before the last bar of all.

    Parameters
    ----------
    bars : polars.DataFrame or SymbolTable
        Bars of a panel, with `symbol` and `ts`.
    after : datetime.timedelta
        A symbol counts as delisted where its last bar lies more than this before the last of all.

    Returns
    -------
    frozenset of str
        A symbol alone is never among them: nothing tells its end from the end of the data.

    Raises
    ------
    ValueError
        If `after` is negative.

    Examples
    --------
    >>> from datetime import datetime
    >>> bars = pl.DataFrame({"symbol": ["A", "B"],
    ...                      "ts": [datetime(2020, 1, 1), datetime(2021, 1, 1)]})
    >>> delisted_symbols(bars, timedelta(days=30))
    frozenset({'A'})
    """
    if after < timedelta(0):
        raise ValueError(f"after is {after}; give a positive length of time, e.g. 30 days")
    last = bars.lazy().group_by("symbol").agg(pl.col("ts").max()).collect()
    gone = last.filter(pl.col("ts") < pl.col("ts").max() - after)
    return frozenset(gone["symbol"].to_list())


def is_delisted(delisted: Delisted, symbol: str) -> bool:
    """Whether the last bar of a symbol is an outcome.

    Parameters
    ----------
    delisted : collection of str, mapping of str to bool, or None
        What the caller said; symbols that are not in it were not delisted.
    symbol : str
        Which one.

    Returns
    -------
    bool

    Raises
    ------
    TypeError
        If a plain string is given.

    Examples
    --------
    >>> is_delisted({"A"}, "A"), is_delisted({"A": False}, "A"), is_delisted(None, "A")
    (True, False, False)
    """
    if isinstance(delisted, str | bool):
        raise TypeError(f"delisted is {delisted!r}; give a set of symbols, e.g. {{'X'}}")
    if isinstance(delisted, Mapping):
        return bool(delisted.get(symbol, False))
    return delisted is not None and symbol in delisted
