"""Where bars come from: how a file is laid out, and the embedded S&P 500 and NASDAQ."""

import importlib.util
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from regime_factory.bars.files import read_source
from regime_factory.bars.session import ClockTime, ZoneName
from regime_factory.bars.timeframes import parse_timeframe

EMBEDDED_SYMBOLS = {"SP500": "sp500", "NASDAQ": "nasdaq"}
_REQUIRED_HELP = {
    "stamp": "say which moment of a bar the file's time stands for: 'open', 'close', or "
    "'session_close' for daily bars that hold a date only",
    "timezone": "say in which zone the file's times are written, e.g. 'UTC' or 'America/New_York'",
    "timeframe": "say how long the file's bars are, e.g. '1H' or '1D'",
}
CanonicalColumn = Literal["symbol", "ts", "open", "high", "low", "close", "volume"]


def _timeframe_name(name: str) -> str:
    parse_timeframe(name)
    return name


TimeframeName = Annotated[str, AfterValidator(_timeframe_name)]


class SourceSpec(BaseModel):
    """How to read a file of bars.

    Parameters
    ----------
    columns
        Canonical name to the file's column name, e.g. ``{"ts": "timestamp", "close": "Close"}``.
        A column that is not named is looked for under its canonical name, whatever its case.
    stamp
        What the file's time stands for: the bar's ``open``, its ``close``, or ``session_close``
        for daily and weekly bars that hold only the session's date. Required.
    timezone
        IANA name of the zone of times without an offset. Required.
    session_close
        Local scheduled close ``HH:MM``; needed for ``session_close`` stamps. With open-stamped
        intraday bars a bar that would run over the close ends at it.
    session_timezone
        Zone of ``session_close``; that of the file's times where it is left out.
    timeframe
        Timeframe of the file's bars, e.g. ``"1H"``. Required.
    symbol
        Symbol of a file without a symbol column.
    symbols
        The symbols to keep, ignoring case and blanks; ``None`` keeps all.
    date_format
        Format of the times in strptime terms, or ``epoch_s``, ``epoch_ms``, ``epoch_us``;
        ``None`` reads ISO 8601.
    sort
        Whether rows that are out of order are sorted (``True``) or an error (``False``).
    dtype
        ``float32`` rounds prices and volumes to what a 32-bit number holds; columns stay 64-bit.

    Examples
    --------
    >>> SourceSpec(timeframe="1H", stamp="open", timezone="UTC", symbol="BTC").sort
    False
    >>> SourceSpec(timeframe="1H", timezone="UTC")
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for SourceSpec
      Value error, stamp is not given; say which moment of a bar the file's time stands for: ...
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[CanonicalColumn, str] = Field(default_factory=dict)
    stamp: Literal["open", "close", "session_close"]
    timezone: ZoneName
    session_close: ClockTime | None = None
    session_timezone: ZoneName | None = None
    timeframe: TimeframeName
    symbol: str | None = None
    symbols: list[str] | None = None
    date_format: str | None = None
    sort: bool = False
    dtype: Literal["float64", "float32"] = "float64"

    @model_validator(mode="before")
    @classmethod
    def _required_settings_are_given(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for name, help_text in _REQUIRED_HELP.items():
                if values.get(name) is None:
                    raise ValueError(f"{name} is not given; {help_text}")
        return values

    @model_validator(mode="after")
    def _session_close_fits(self) -> "SourceSpec":
        if self.stamp != "session_close":
            return self
        if self.session_close is None:
            raise ValueError(
                "stamp is 'session_close' but session_close is not given; "
                "write the exchange's closing time, e.g. '16:00'"
            )
        if parse_timeframe(self.timeframe).unit not in {"D", "W"}:
            raise ValueError(
                f"stamp 'session_close' is for daily and weekly bars, not {self.timeframe}; "
                "use 'open' or 'close'"
            )
        return self


def embedded_bars() -> pl.DataFrame:
    """Real daily bars of the S&P 500 and NASDAQ, 1999-2018, which ship inside the arch package.

    Returns
    -------
    pl.DataFrame
        The files' columns as text (``Date`` as month/day/year) plus ``symbol``, 5,031 rows each.

    Raises
    ------
    ValueError
        Where the arch package or its files are not installed.

    Notes
    -----
    The files are read from the package's folder without importing it, which would take seconds.

    Examples
    --------
    >>> embedded_bars()["symbol"].value_counts(sort=True).sort("symbol").rows()
    [('NASDAQ', 5031), ('SP500', 5031)]
    """
    return pl.concat(
        read_source(path).with_columns(symbol=pl.lit(symbol))
        for symbol, path in zip(EMBEDDED_SYMBOLS, embedded_files(), strict=True)
    )


def embedded_files() -> list[Path]:
    """Files of the embedded bars, in the order of `EMBEDDED_SYMBOLS`.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    ValueError
        Where the arch package is not installed.

    Examples
    --------
    >>> [path.name for path in embedded_files()]
    ['sp500.csv.gz', 'nasdaq.csv.gz']
    """
    package = importlib.util.find_spec("arch")
    if package is None or package.origin is None:
        raise ValueError("the embedded bars need the arch package; install it: pip install arch")
    data = Path(package.origin).parent / "data"
    return [data / folder / f"{folder}.csv.gz" for folder in EMBEDDED_SYMBOLS.values()]
