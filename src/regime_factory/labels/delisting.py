"""Symbols whose last bar is an outcome, because nothing was traded after it."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from regime_factory.bars import SymbolTable, Table
from regime_factory.bars.tables import require_table
from regime_factory.features.nearest import nearest

Delisted = Collection[str] | Mapping[str, bool | datetime] | None
"""Symbols that were delisted, or a mapping that says of each whether, or since when it was known.

With the names alone, or True, a delisting counts as known with the symbol's last bar, which in
truth nobody knew then; `delisted_symbols` says from which moment on it was known.
"""


def delisted_symbols(bars: Table, after: timedelta) -> dict[str, datetime]:
    """Find the symbols whose bars end long before the last bar of all, and when that was known.

    Parameters
    ----------
    bars : polars.DataFrame or SymbolTable
        Bars of a panel, with `symbol` and `ts` (UTC).
    after : datetime.timedelta
        A symbol counts as delisted where its last bar lies this long or longer before the last of
        all.

    Returns
    -------
    dict of str to datetime
        By symbol the moment from which the delisting was known: its last bar plus `after`. A symbol
        alone is never among them: nothing tells its end from the end of the data.

    Raises
    ------
    TypeError
        If the bars are no table, or `after` is no timedelta.
    ValueError
        If `after` is negative, or the symbols or stamps are of the wrong type.

    Examples
    --------
    >>> bars = pl.DataFrame({"symbol": ["A", "B"], "ts": [datetime(2020, 1, 1, tzinfo=UTC),
    ...                                                   datetime(2021, 1, 1, tzinfo=UTC)]})
    >>> print(delisted_symbols(bars, timedelta(days=30))["A"])
    2020-01-31 00:00:00+00:00
    """
    if not isinstance(bars, SymbolTable):
        require_table(bars, "bars")
    if not isinstance(after, timedelta):
        raise TypeError(f"after is {after!r}; give a length of time, e.g. timedelta(days=30)")
    if after < timedelta(0):
        raise ValueError(f"after is {after}; give a positive length of time, e.g. 30 days")
    schema = bars.lazy().collect_schema()
    for name in ("symbol", "ts"):
        if name not in schema:
            raise ValueError(f"bars lack the column {name!r}; they have {', '.join(schema)}")
    require_text_symbols(schema["symbol"])
    if not isinstance(schema["ts"], pl.Datetime) or schema["ts"].time_zone is None:
        raise ValueError(f"bars have ts of type {schema['ts']}; expected Datetime in UTC")
    stamps = pl.col("ts").dt.convert_time_zone("UTC").max()
    last = bars.lazy().group_by(pl.col("symbol").cast(pl.String)).agg(stamps).collect()
    end = pl.col("ts").max()
    gone = last.filter(pl.col("ts") <= end - after, pl.col("ts") < end).sort("symbol")
    return {symbol: stamp.replace(tzinfo=UTC) + after for symbol, stamp in gone.iter_rows()}


def require_text_symbols(dtype: pl.DataType) -> None:
    """Refuse symbols that are no text, which no name that a caller gives would match.

    Parameters
    ----------
    dtype : polars.DataType
        Of the column `symbol`.

    Raises
    ------
    ValueError
        If it is neither String nor Categorical nor Enum.

    Examples
    --------
    >>> require_text_symbols(pl.Int64())
    Traceback (most recent call last):
    ...
    ValueError: symbol of the bars is Int64; expected text: cast it to String
    """
    if dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise ValueError(f"symbol of the bars is {dtype}; expected text: cast it to String")


def known_delistings(delisted: Delisted, symbols: Collection[str]) -> dict[str, datetime | None]:
    """Read what the caller says of delistings.

    Parameters
    ----------
    delisted : collection of str, mapping of str to bool or datetime, or None
        What the caller said; symbols that are not in it were not delisted.
    symbols : collection of str
        Symbols of the bars.

    Returns
    -------
    dict of str to datetime or None
        The delisted symbols, each with the moment from which that was known (UTC); None where it
        counts as known with the last bar.

    Raises
    ------
    TypeError
        If it is of another type, a text, or says of a symbol anything but True, False or a moment.
    ValueError
        If a symbol has no bars, or a moment has no time zone.

    Examples
    --------
    >>> known_delistings({"A": True, "B": False}, ["A", "B", "C"])
    {'A': None}
    """
    if delisted is None:
        return {}
    if isinstance(delisted, str | bytes) or not isinstance(delisted, Collection):
        raise TypeError(
            f"delisted is {delisted!r}; give a set of symbols, e.g. {{'X'}}, or what "
            "delisted_symbols returns"
        )
    for symbol in delisted:
        if not isinstance(symbol, str):
            raise TypeError(f"delisted names {symbol!r}; give symbols as text")
        if symbol not in symbols:
            near = nearest(symbol, symbols)
            raise ValueError(f"delisted names {symbol!r}, which the bars lack{near}")
    said = delisted if isinstance(delisted, Mapping) else dict.fromkeys(delisted, True)
    moments = {symbol: _moment(symbol, value) for symbol, value in said.items()}
    return {symbol: moment for symbol, moment in moments.items() if said[symbol]}


def _moment(symbol: str, value: object) -> datetime | None:
    """The moment from which a delisting was known, in UTC; None where it is not said."""
    if isinstance(value, bool | np.bool_):
        return None
    if not isinstance(value, datetime):
        raise TypeError(
            f"delisted says {value!r} of {symbol!r}; give True, False or the moment from which the "
            "delisting was known"
        )
    if value.tzinfo is None:
        raise ValueError(
            f"delisted says {value} of {symbol!r}, without a time zone; give the moment in UTC"
        )
    return value.astimezone(UTC)
