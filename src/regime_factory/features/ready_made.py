"""Features that were made elsewhere, joined to the bars from the moment they were known."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Annotated, Literal

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from regime_factory.bars import Session, SourceFiles, SourceSpec, Table, table_builder
from regime_factory.bars.sessions.clock import ZoneName
from regime_factory.bars.sessions.timeframes import parse_timeframe
from regime_factory.bars.sources.source_files import BATCH_ROWS, FILE_COLUMN, ROW_COLUMN
from regime_factory.bars.sources.source_symbols import symbol_key
from regime_factory.bars.sources.spec import TimeframeName
from regime_factory.bars.sources.stamps import close_stamps
from regime_factory.bars.symbol_table import SymbolTable, SymbolTableBuilder

_EMPTY_TEXT = ("", "nan", "na", "n/a", "null", "none", "-", "inf", "-inf", "infinity", "-infinity")
_MAX_SHOWN = 8


def _named_once(columns: list[str]) -> list[str]:
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise ValueError(f"columns names {', '.join(repeated)} more than once; name each once")
    return columns


class FeatureFile(BaseModel):
    """How a file of features is laid out.

    Parameters
    ----------
    time
        Column of the times.
    stamp
        What a time stands for: the moment from which its row is known (``available``), the
        ``close`` or the ``open`` of its bar, or ``session_close`` for rows that hold a date only:
        the session's, or with `timeframe` ``1W`` one of its week.
    timezone
        IANA name of the zone of times without an offset.
    date_format
        Format of the times in strptime terms, or ``epoch_s``, ``epoch_ms``, ``epoch_us``; ``None``
        reads ISO 8601.
    timeframe
        Length of the bars that the rows are about, for `stamp` ``open`` and ``session_close``;
        ``None`` takes the base timeframe of the market, days for dates on a base of minutes or
        hours.
    symbol_column
        Column of the symbols; ``None`` where the file has none.
    symbol
        Symbol of a file without a symbol column; ``None`` there means that its values hold for
        every symbol.
    columns
        Columns to take, each once; ``None`` takes all others.
    max_staleness_days
        A value that is older than this, in days, is no longer carried forward.

    Examples
    --------
    >>> FeatureFile(time="date", stamp="session_close", timezone="America/New_York").columns
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    time: str = "ts"
    stamp: Literal["available", "close", "open", "session_close"] = "available"
    timezone: ZoneName = "UTC"
    date_format: str | None = None
    timeframe: TimeframeName | None = None
    symbol_column: str | None = None
    symbol: str | None = None
    columns: Annotated[list[str], AfterValidator(_named_once)] | None = None
    max_staleness_days: Annotated[float, Field(gt=0)] = 7.0


@dataclass(frozen=True)
class FeatureRows:
    """Rows of a file of features.

    Parameters
    ----------
    table
        `symbol` (null where a row holds for every symbol), `ts` (UTC, from when it is known), then
        Float64 columns that are finite or null.
    not_finite
        By column: how many cells were NaN or infinite, and became null.
    """

    table: Table
    not_finite: dict[str, int]


def read_features(
    raw: pl.DataFrame | SourceFiles,
    layout: FeatureFile,
    timeframe: str,
    session: Session | None = None,
    *,
    anchor: str | None = None,
    batch_rows: int = BATCH_ROWS,
) -> FeatureRows:
    """Read the rows of a file of features.

    Parameters
    ----------
    raw
        The file's rows as `read_source` gives them, or the files where they are large.
    layout
        How it is laid out.
    timeframe
        Base timeframe of the market.
    session
        The market's session; its close is the time of `stamp` ``session_close``.
    anchor
        Time of day ``HH:MM`` from which bars are counted, as in ``scheduled_stamps``.
    batch_rows
        Rows of large files that are read at a time.

    Returns
    -------
    FeatureRows

    Raises
    ------
    ValueError
        Where a column is missing or holds no numbers, a time or a number cannot be read, or the
        market has a session and every row would be known at midnight.

    Examples
    --------
    >>> raw = pl.DataFrame({"ts": ["2024-01-02T15:00Z"], "signal": ["0.5"], "other": ["inf"]})
    >>> rows = read_features(raw, FeatureFile(symbol="ES"), "1H")
    >>> rows.table.drop("ts").rows(), rows.not_finite
    ([('ES', 0.5, None)], {'other': 1})
    """
    on_disk = isinstance(raw, SourceFiles)
    spec = SourceSpec(
        stamp="close" if layout.stamp == "available" else layout.stamp,
        timezone=layout.timezone,
        date_format=layout.date_format,
        timeframe=layout.timeframe or _row_timeframe(layout.stamp, timeframe),
        session=session,
        session_close=session.close if session else None,
        anchor=anchor,
    )
    builder = SymbolTableBuilder() if on_disk else table_builder(raw)
    not_finite: dict[str, int] = {}
    midnights: list[set[str]] = []
    for number, part in enumerate(raw.batches(batch_rows) if on_disk else [raw]):
        rows = _keyed(part, layout, spec, first=number == 0)
        if session is not None and rows.height:
            midnights.append(_midnight_in(rows["ts"], part.schema[layout.time], layout, session))
        columns = _feature_columns(part, layout)
        values = part.select(_number(name, part) for name in columns)
        for name in columns:
            lost = int((~values[name].is_finite()).sum()) + _lost_text(part, name)
            not_finite[name] = not_finite.get(name, 0) + lost
        finite = values.with_columns(pl.when(pl.all().is_finite()).then(pl.all()).name.keep())
        builder.append(rows.hstack(finite).sort("symbol", maintain_order=True))
    if layout.stamp in {"available", "close"}:
        _refuse_midnights(midnights)
    return FeatureRows(builder.table(), {name: n for name, n in not_finite.items() if n})


def join_features(stamps: pl.DataFrame, known: Table, max_staleness: timedelta) -> pl.DataFrame:
    """Join to each row of one symbol the latest values that were known by then.

    Parameters
    ----------
    stamps
        `symbol, ts` of the base bars of one symbol, in time order.
    known
        Table of `read_features`.
    max_staleness
        A value that is older than this is not used.

    Returns
    -------
    polars.DataFrame
        One row per stamp: `symbol`, `ts`, and the columns of `known`.

    Raises
    ------
    ValueError
        Where `known` has no row for the symbol, or two rows of one time.
    """
    symbol = stamps["symbol"][0]
    rows = _rows_of(symbol, known).drop("symbol").sort("ts")
    repeated = rows.filter(pl.col("ts").is_duplicated())
    if repeated.height:
        raise ValueError(
            f"the feature file has {repeated.height} rows of {symbol!r} that share a time with "
            f"another, the first at {repeated['ts'][0]:%Y-%m-%d %H:%M} UTC; keep one row per "
            "symbol and time (features.file.symbol_column names the column of the symbols)"
        )
    return stamps.join_asof(rows, on="ts", strategy="backward", tolerance=max_staleness)


def _rows_of(symbol: str, known: Table) -> pl.DataFrame:
    """Rows of a symbol, however it is spelt, or those that hold for every symbol."""
    if isinstance(known, SymbolTable):
        names = known.symbols
    else:
        names = known["symbol"].unique(maintain_order=True).to_list()
    if names == [None]:
        same: list[str | None] = [None]
    else:
        keys = pl.DataFrame({"symbol": [symbol, *names]}).select(symbol_key(pl.col("symbol")))
        wanted, *found = keys.to_series().to_list()
        same = [name for name, key in zip(names, found, strict=True) if key == wanted]
    if not same:
        held = ", ".join(str(name) for name in names[:_MAX_SHOWN])
        raise ValueError(
            f"the feature file has no row of {symbol!r}; it holds {held}; correct its symbols, or "
            "leave the symbol out with ingest.symbols"
        )
    if isinstance(known, SymbolTable):
        return pl.concat(known.rows(name) for name in same)
    return known.filter(pl.col("symbol").is_in(same, nulls_equal=True))


def _row_timeframe(stamp: str, base: str) -> str:
    """Length of the rows' bars where it is not given; dates are those of days, or of weeks."""
    return "1D" if stamp == "session_close" and parse_timeframe(base).unit != "W" else base


def _keyed(
    raw: pl.DataFrame, layout: FeatureFile, spec: SourceSpec, *, first: bool
) -> pl.DataFrame:
    """Columns `symbol` and `ts`."""
    missing = [
        name
        for name in (layout.time, layout.symbol_column, *(layout.columns or []))
        if name is not None and name not in raw.columns
    ]
    if missing:
        raise ValueError(
            f"the feature file has no column {', '.join(missing)}; it has "
            f"{', '.join(raw.columns)}; set features.file.time, symbol_column and columns"
        )
    ts, fault = close_stamps(raw[layout.time], spec, refuse_dates=first)
    if fault.count():
        row = fault.is_not_null().arg_true()[0]
        raise ValueError(
            f"the feature file has {fault.count()} times that cannot be used; {_place(raw, row)}: "
            f"{fault[row]}; set features.file.timezone and date_format, or correct the rows"
        )
    given = pl.lit(layout.symbol) if layout.symbol_column is None else pl.col(layout.symbol_column)
    symbol = raw.with_columns(given.cast(pl.String).str.strip_chars().alias("symbol"))["symbol"]
    if layout.symbol_column is not None and symbol.null_count():
        row = symbol.is_null().arg_true()[0]
        raise ValueError(
            f"the feature file has {symbol.null_count()} rows without a symbol, the first in "
            f"{_place(raw, row)}; fill column {layout.symbol_column!r}, or remove them"
        )
    return pl.DataFrame({"symbol": symbol, "ts": ts})


def _midnight_in(
    ts: pl.Series, dtype: pl.DataType, layout: FeatureFile, session: Session
) -> set[str]:
    """Zones in which every time is midnight, but not where that is the session's close."""
    zones = {"UTC", layout.timezone, session.timezone}
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        zones.add(dtype.time_zone)
    if session.close == "00:00":
        zones.remove(session.timezone)
    return {zone for zone in zones if (ts.dt.convert_time_zone(zone).dt.time() == time.min).all()}


def _refuse_midnights(midnights: list[set[str]]) -> None:
    """Dates written as midnight would be known before the session of their day."""
    if midnights and (zones := set.intersection(*midnights)):
        zone = min(zones)
        raise ValueError(
            f"every time of the feature file is midnight in {zone}, as dates without a time of day "
            "are written, so each row would be known before the session of its day; set in "
            f"features.file stamp: session_close and timezone: {zone}, or write the time of "
            "release into the file"
        )


def _feature_columns(raw: pl.DataFrame, layout: FeatureFile) -> list[str]:
    taken = {layout.time, layout.symbol_column, FILE_COLUMN, ROW_COLUMN}
    columns = layout.columns or [name for name in raw.columns if name not in taken]
    if not columns:
        raise ValueError(f"the feature file has no column beside {', '.join(raw.columns)}")
    wrong = [name for name in columns if not _may_hold_numbers(raw.schema[name])]
    if wrong:
        shown = ", ".join(f"{name} ({raw.schema[name]})" for name in wrong[:_MAX_SHOWN])
        raise ValueError(
            f"the feature file has columns that hold no numbers: {shown}; list the columns to "
            "take in features.file.columns"
        )
    return columns


def _may_hold_numbers(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype in {pl.String, pl.Null}


def _number(name: str, raw: pl.DataFrame) -> pl.Expr:
    """The column as Float64; text that is no number is an error."""
    if raw.schema[name] != pl.String:
        return pl.col(name).cast(pl.Float64)
    text = pl.col(name).str.strip_chars()
    filled = pl.when(~text.str.to_lowercase().is_in(_EMPTY_TEXT)).then(text)
    number = filled.cast(pl.Float64, strict=False)
    unread = raw.select(fault=filled.is_not_null() & number.is_null()).to_series()
    if unread.any():
        row = unread.arg_true()[0]
        raise ValueError(
            f"column {name} of the feature file is not a number in {_place(raw, row)}: "
            f"{raw[name][row]!r}; correct it, or list the columns to take in features.file.columns"
        )
    return number.alias(name)


def _lost_text(raw: pl.DataFrame, name: str) -> int:
    """Cells of text that say NaN or infinite."""
    if raw.schema[name] != pl.String:
        return 0
    text = raw[name].str.strip_chars().str.to_lowercase()
    return int(text.str.contains(r"^(nan|[+-]?inf(inity)?)$").sum())


def _place(raw: pl.DataFrame, row: int) -> str:
    if FILE_COLUMN not in raw.columns:
        return f"row {row + 1}"
    return f"row {raw[ROW_COLUMN][row]} of {raw[FILE_COLUMN][row]}"
