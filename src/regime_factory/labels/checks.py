"""Checks of the bars and settings that labels are made of, with errors that say what to do."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.bars import per_symbol
from regime_factory.bars.prices.opens import require_traded_opens
from regime_factory.bars.tables import require_table
from regime_factory.labels.columns import is_number
from regime_factory.labels.delisting import Delisted, known_delistings, require_text_symbols
from regime_factory.labels.fills import FillTiming

_PRICES = ("open", "high", "low", "close")
_MOST_BARS = 1_000_000_000
_NEEDED = ("symbol", "ts", *_PRICES)


@dataclass(frozen=True)
class SymbolPrices:
    """Checked bars of one symbol.

    Parameters
    ----------
    symbol : str
        Whose bars.
    bars : polars.DataFrame
        All their columns.
    opens, highs, lows, closes : numpy.ndarray, shape (n_bars,)
        Positive finite prices.
    entries : numpy.ndarray, shape (n_bars,)
        The opens or the closes: the series that trades are entered at.
    is_delisted : bool, default=False
        Whether the last bar is an outcome.
    delisting_known : datetime, optional
        Moment from which that was known; with the last bar where left out.
    """

    symbol: str
    bars: pl.DataFrame
    opens: NDArray[np.float64]
    highs: NDArray[np.float64]
    lows: NDArray[np.float64]
    closes: NDArray[np.float64]
    entries: NDArray[np.float64]
    is_delisted: bool = False
    delisting_known: datetime | None = None

    def stamps_at(self, places: NDArray[np.integer]) -> pl.Series:
        """Closing stamps of bars, by their number."""
        return self.bars["ts"].gather(pl.Series(places))


def checked_symbols(
    bars: pl.DataFrame, timing: FillTiming, delisted: Delisted = None
) -> Iterator[SymbolPrices]:
    """Check bars and give each symbol's prices.

    Parameters
    ----------
    bars : polars.DataFrame
        Canonical bars of one timeframe, one or several symbols.
    timing : FillTiming
        Whether trades are entered at opens.
    delisted : collection of str or mapping of str to bool or datetime, optional
        Symbols whose last bar is an outcome.

    Yields
    ------
    SymbolPrices
        In the order in which the symbols first appear.

    Raises
    ------
    TypeError
        If `bars` is not a Polars table, or `delisted` says something else.
    ValueError
        If a column is missing or of the wrong type, there are no bars or several timeframes, a
        symbol's stamps do not increase, a price is not a positive number or lies outside its bar's
        range, trades are entered at opens that repeat the previous close, or `delisted` names a
        symbol that the bars lack.
    """
    _check_table(bars)
    bars = _with_exact_prices(bars)
    gone = known_delistings(delisted, bars["symbol"].unique().cast(pl.String).to_list())
    one = _is_constant(bars["symbol"])
    for symbol, own in [(bars["symbol"][0], bars)] if one else per_symbol(bars):
        _check_order(own, symbol)
        _check_prices(own, symbol)
        if timing.entry_price == "open":
            require_traded_opens(own, symbol)
        opens, highs, lows, closes = (
            np.ascontiguousarray(own[name].cast(pl.Float64).to_numpy()) for name in _PRICES
        )
        entries = opens if timing.entry_price == "open" else closes
        yield SymbolPrices(
            symbol, own, opens, highs, lows, closes, entries, symbol in gone, gone.get(symbol)
        )


def _check_table(bars: pl.DataFrame) -> None:
    require_table(bars, "bars")
    missing = [name for name in _NEEDED if name not in bars.columns]
    if missing:
        raise ValueError(
            f"bars lack the columns {', '.join(missing)}; they have {', '.join(bars.columns)}: "
            "make canonical bars with standardise"
        )
    if bars.is_empty():
        raise ValueError("there are no bars to label; check the zone and the symbol filter")
    if bars.schema["ts"] != pl.Datetime("us", "UTC"):
        raise ValueError(
            f"bars have ts of type {bars.schema['ts']}; expected Datetime in microseconds, UTC: "
            "read them with the ingest pipeline or cast ts"
        )
    for name in _PRICES:
        dtype = bars.schema[name]
        if not (dtype.is_float() or dtype.is_integer()):
            raise ValueError(
                f"{name} of the bars is {dtype}; expected floats or whole numbers: cast it to "
                "Float64"
            )
    if bars["symbol"].null_count():
        raise ValueError("bars hold rows without a symbol; fill it in or drop them")
    require_text_symbols(bars.schema["symbol"])
    if "timeframe" in bars.columns and not _is_constant(bars["timeframe"]):
        names = ", ".join(map(str, bars["timeframe"].unique().sort().to_list()))
        raise ValueError(f"bars hold more than one timeframe ({names}); label one at a time")


def _with_exact_prices(bars: pl.DataFrame) -> pl.DataFrame:
    """Bars whose Float32 prices are the decimal numbers that these stand for."""
    short = [name for name in _PRICES if bars.schema[name] == pl.Float32]
    return bars.with_columns(pl.col(short).cast(pl.String).cast(pl.Float64)) if short else bars


def _is_constant(names: pl.Series) -> bool:
    return names.eq_missing(names[0]).all()


def _check_order(bars: pl.DataFrame, symbol: str) -> None:
    ts = bars["ts"]
    if ts.null_count():
        row = ts.is_null().arg_true()[0]
        raise ValueError(f"bars for {symbol!r} have no stamp in row {row}; drop rows without ts")
    late = ts.diff().dt.total_microseconds() <= 0
    if late.any():
        row = late.arg_true()[0]
        raise ValueError(
            f"bars for {symbol!r} go back in time or repeat at {ts[row]:%Y-%m-%d %H:%M} UTC (row "
            f"{row} of the symbol); sort by ts and drop duplicates"
        )


def _check_prices(bars: pl.DataFrame, symbol: str) -> None:
    low, high = pl.col("low"), pl.col("high")
    good = pl.all_horizontal(
        low > 0, high.is_finite(), *(pl.col(name).is_between(low, high) for name in _PRICES)
    )
    wrong = bars.select(wrong=~good.fill_null(value=False))["wrong"]
    if not wrong.any():
        return
    row = wrong.arg_true()[0]
    prices = ", ".join(f"{name} {bars[name][row]}" for name in _PRICES)
    raise ValueError(
        f"{symbol!r} has {prices} at {bars['ts'][row]:%Y-%m-%d %H:%M} UTC (row {row} of the "
        "symbol); prices must be positive numbers with open and close between low and high: drop "
        "the bar or run check_bars first"
    )


def require_count(name: str, value: object) -> None:
    """Refuse anything but a whole number of bars from 1.

    Parameters
    ----------
    name : str
        Of the setting, for the message.
    value : object
        What the caller gave.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is no such number, or above a billion.

    Examples
    --------
    >>> require_count("horizon", 0)
    Traceback (most recent call last):
    ...
    ValueError: horizon is 0; give a whole number of bars, at least 1
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_number(value) and not isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}; give a whole number of bars, at least 1")
    if not whole or value < 1:
        raise ValueError(f"{name} is {value!r}; give a whole number of bars, at least 1")
    if value > _MOST_BARS:
        raise ValueError(f"{name} is {value!r}; give {_MOST_BARS} bars at most")


def require_list(name: str, values: object) -> list[Any]:
    """Make a list of what should be several numbers; text and single numbers are refused.

    Parameters
    ----------
    name : str
        Of the setting, for the message.
    values : object
        What the caller gave.

    Returns
    -------
    list

    Raises
    ------
    TypeError
        If it is no collection of numbers.

    Examples
    --------
    >>> require_list("horizons", 24)
    Traceback (most recent call last):
    ...
    TypeError: horizons is 24; give a list of numbers
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"{name} is {values!r}; give a list of numbers")
    return list(values)


def require_multiple(name: str, value: float) -> None:
    """Refuse a barrier distance that is not above 0.

    Parameters
    ----------
    name : str
        Of the setting, for the message.
    value : float
        Multiple of the ATR; `math.inf` stands for no barrier.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is zero, negative or NaN.

    Examples
    --------
    >>> require_multiple("upper", math.inf)
    >>> require_multiple("upper", -1.0)
    Traceback (most recent call last):
    ...
    ValueError: upper is -1.0; give a positive multiple of the ATR, or math.inf for no barrier
    """
    advice = "give a positive multiple of the ATR, or math.inf for no barrier"
    if not is_number(value):
        raise TypeError(f"{name} is {value!r}; {advice}")
    if math.isnan(value) or value <= 0.0:
        raise ValueError(f"{name} is {value!r}; {advice}")
