"""Where bars come from: how a file is laid out, and the embedded S&P 500 and NASDAQ."""

import importlib.util
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from regime_factory.bars.sessions.clock import ClockTime, ZoneName
from regime_factory.bars.sessions.session import Session
from regime_factory.bars.sessions.timeframes import parse_timeframe
from regime_factory.bars.sources.source_files import SourceFile, SourceFiles

EMBEDDED_SYMBOLS = {"SP500": "sp500", "NASDAQ": "nasdaq"}
_REQUIRED_HELP = {
    "stamp": "say which moment of a bar the file's time stands for: 'open', 'close', or "
    "'session_close' for daily bars that hold a date only",
    "timezone": "say in which zone the file's times are written, e.g. 'UTC' or 'America/New_York'",
    "timeframe": "say how long the file's bars are, e.g. '1H' or '1D'",
}
CanonicalColumn = Literal[
    "symbol", "ts", "open", "high", "low", "close", "volume", "adj_close", "split", "dividend"
]
ADJUSTMENT_COLUMNS = ("adj_close", "split", "dividend")


def _timeframe_name(name: str) -> str:
    parse_timeframe(name)
    return name


def _name_pattern(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    if groups != 1:
        raise ValueError(
            f"{pattern!r} has {groups} groups; put brackets around the symbol, and around nothing "
            "else, e.g. '^([A-Z]+)_'"
        )
    return pattern


TimeframeName = Annotated[str, AfterValidator(_timeframe_name)]
NamePattern = Annotated[str, AfterValidator(_name_pattern)]


class SourceSpec(BaseModel):
    """How to read a file of bars.

    Parameters
    ----------
    columns
        Canonical name to the file's column name, e.g. ``{"ts": "timestamp", "close": "Close"}``.
        A column that is not named is looked for under its canonical name, whatever its case,
        blanks and underscores; ``None`` leaves the file's column out. ``volume`` and the three
        columns about adjustments may be missing: ``adj_close`` (a vendor's adjusted close),
        ``split`` (new shares per old share on the row of the ex-date) and ``dividend`` (cash per
        share, in the unit of the file's prices on that row, on the row of the ex-date).
    stamp
        What the file's time stands for: the bar's ``open``, its ``close``, or ``session_close``
        for daily bars that hold only the session's date and weekly bars that hold only a date
        of their week (Sunday to Saturday). Required.
    timezone
        IANA name of the zone of times without an offset. Required.
    session_close
        Local scheduled close ``HH:MM``; needed for ``session_close`` stamps. With open-stamped
        intraday bars a bar that would run over the close ends at it.
    session_timezone
        Zone of ``session_close``; that of the file's times where it is left out.
    session
        The market's session, in place of ``session_close`` and ``session_timezone``: its calendar
        gives the half days on which bars end early.
    anchor
        Time of day ``HH:MM`` from which the file's bars of minutes and hours are counted, as
        ``scheduled_stamps``; an open-stamped bar at the session's open then ends where the first
        of them does.
    timeframe
        Timeframe of the file's bars, e.g. ``"1H"``. Required.
    symbol
        Symbol of a file without a symbol column, or of several files that follow each other.
    symbol_pattern
        Regular expression that finds the symbol in the name of each file, for files of one symbol
        each without a symbol column; its one group is the symbol.
    symbols
        The symbols to keep, ignoring case and blanks; ``None`` keeps all.
    date_format
        Format of the times in strptime terms, or ``epoch_s``, ``epoch_ms``, ``epoch_us``;
        ``None`` reads ISO 8601.
    sort
        Whether rows that are out of order are sorted (``True``) or an error (``False``).

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

    columns: dict[CanonicalColumn, str | None] = Field(default_factory=dict)
    stamp: Literal["open", "close", "session_close"]
    timezone: ZoneName
    session_close: ClockTime | None = None
    session_timezone: ZoneName | None = None
    session: Session | None = None
    anchor: ClockTime | None = None
    timeframe: TimeframeName
    symbol: str | None = None
    symbol_pattern: NamePattern | None = None
    symbols: list[str] | None = None
    date_format: str | None = None
    sort: bool = False

    @model_validator(mode="before")
    @classmethod
    def _required_settings_are_given(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for name, help_text in _REQUIRED_HELP.items():
                if values.get(name) is None:
                    raise ValueError(f"{name} is not given; {help_text}")
        return values

    @property
    def market_session(self) -> Session | None:
        """The market's session as far as it is known; ``None`` where no close is given."""
        if self.session is not None or self.session_close is None:
            return self.session
        return Session(timezone=self.session_timezone or self.timezone, close=self.session_close)

    @model_validator(mode="after")
    def _one_way_to_the_symbol(self) -> "SourceSpec":
        if self.symbol and self.symbol_pattern:
            raise ValueError(
                "symbol and symbol_pattern are both given; keep symbol for one market, "
                "symbol_pattern for one market in each file"
            )
        return self

    @model_validator(mode="after")
    def _session_close_fits(self) -> "SourceSpec":
        if self.stamp != "session_close":
            return self
        if self.market_session is None:
            raise ValueError(
                "stamp is 'session_close' but session_close is not given; "
                "write the exchange's closing time, e.g. '16:00'"
            )
        count, unit = parse_timeframe(self.timeframe)
        if unit not in {"D", "W"}:
            raise ValueError(
                f"stamp 'session_close' is for daily and weekly bars, not {self.timeframe}; "
                "use 'open' or 'close'"
            )
        if unit == "W" and count > 1:
            raise ValueError(
                f"stamp 'session_close' cannot tell which of {count} weeks a date of "
                f"{self.timeframe} bars belongs to; use 1W bars, or times with stamp "
                "'open' or 'close'"
            )
        return self


def embedded_bars() -> pl.DataFrame:
    """Real daily bars of the S&P 500 and NASDAQ, 1999-2018, which ship inside the arch package.

    Returns
    -------
    pl.DataFrame
        The files' columns as text (``Date`` as month/day/year) plus ``symbol``, ``source_file``
        and ``source_row``, 5,031 rows each.

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
    return embedded_source().read()


def embedded_source() -> SourceFiles:
    """Find the files of the embedded bars, in the order of `EMBEDDED_SYMBOLS`.

    Returns
    -------
    SourceFiles

    Raises
    ------
    ValueError
        Where the arch package is not installed.

    Examples
    --------
    >>> [file.name for file in embedded_source().files]
    ['sp500.csv.gz', 'nasdaq.csv.gz']
    """
    package = importlib.util.find_spec("arch")
    if package is None or package.origin is None:
        raise ValueError("the embedded bars need the arch package; install it: pip install arch")
    data = Path(package.origin).parent / "data"
    return SourceFiles(
        SourceFile(data / folder / f"{folder}.csv.gz", f"{folder}.csv.gz", {"symbol": symbol})
        for symbol, folder in EMBEDDED_SYMBOLS.items()
    )
