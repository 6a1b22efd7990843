"""Raw rows of any layout to canonical bars, with every unreadable cell remembered for the gate."""

import polars as pl

from regime_factory.bars.sources.source_files import (
    BATCH_ROWS,
    FILE_COLUMN,
    ROW_COLUMN,
    SourceFiles,
)
from regime_factory.bars.sources.source_symbols import SourceSymbols
from regime_factory.bars.sources.spec import ADJUSTMENT_COLUMNS, SourceSpec
from regime_factory.bars.sources.stamps import close_stamps, refuse_midnight_closes
from regime_factory.bars.symbol_table import SymbolTable, SymbolTableBuilder
from regime_factory.bars.tables import require_table

PRICE_COLUMNS = ("open", "high", "low", "close")
OPTIONAL_COLUMNS = ("volume", *ADJUSTMENT_COLUMNS)
NUMBER_COLUMNS = (*PRICE_COLUMNS, *OPTIONAL_COLUMNS)
_EMPTY_TEXT = ("", "nan", "na", "n/a", "null", "none", "-")
_RATIO = r"^([\d.]+)\s*[:/]\s*([\d.]+)$"
_SHOWN_CHARACTERS = 30


def standardise(raw: pl.DataFrame, spec: SourceSpec) -> pl.DataFrame:
    """Turn raw rows into canonical bars of the base timeframe.

    Parameters
    ----------
    raw
        Rows as `read_source` gives them.
    spec
        The file's layout.

    Returns
    -------
    pl.DataFrame
        Canonical bars in file order per symbol, symbols in order of their first row, plus
        ``adj_close``, ``split`` and ``dividend`` (f64, null where the file has none), ``file``
        (str, its name, null for rows that are not from files), ``row`` (u32, 1-based data row of
        the file) and ``fault`` (str, null where every cell could be read). A time or price that
        cannot be read is null and named in ``fault``; `check_bars` moves the row to the quarantine.
        A volume that cannot be read is NaN, and its row stays.

    Raises
    ------
    TypeError
        Where ``raw`` is not a Polars table.
    ValueError
        Where a column is missing, the table is empty, no symbol is given or another than in the
        symbol column, an asked-for symbol is not there, dates without a time are used as close
        stamps, or a split or dividend cannot be read.

    Notes
    -----
    Every value depends on its own row only. Symbols that differ only in case or blanks are one
    symbol, spelt as in its first row.

    Examples
    --------
    >>> raw = pl.DataFrame({"time": ["2021-03-12", "2021-03-15"], "Open": ["1", "2"],
    ...     "High": ["1.5", "2.5"], "Low": ["1", "x"], "Close": ["1", "2"]})
    >>> spec = SourceSpec(columns={"ts": "time"}, stamp="session_close", session_close="16:00",
    ...     timezone="America/New_York", timeframe="1D", symbol="SPY")
    >>> standardise(raw, spec).select("row", pl.col("ts").dt.hour(), "low", "fault").rows()
    [(1, 21, 1.0, None), (2, 20, None, "low is not a number: 'x'")]
    """
    require_table(raw, "raw bars")
    if raw.is_empty():
        raise ValueError("the table of raw bars is empty; expected at least one row")
    symbols = SourceSymbols(spec)
    rows = _canonical_rows(raw, spec, symbols, first=True)
    symbols.refuse_missing()
    return rows


def standardise_files(
    source: SourceFiles, spec: SourceSpec, batch_rows: int = BATCH_ROWS
) -> SymbolTable:
    """Turn the raw rows of a source into canonical bars without reading all of them at once.

    Parameters
    ----------
    source
        The files.
    spec
        Their layout.
    batch_rows
        Rows that are read at a time.

    Returns
    -------
    SymbolTable
        The rows of `standardise`.

    Raises
    ------
    ValueError
        As `standardise` and `SourceFiles.batches`.
    """
    symbols, table = SourceSymbols(spec), SymbolTableBuilder()
    for number, raw in enumerate(source.batches(batch_rows)):
        table.append(_canonical_rows(raw, spec, symbols, first=number == 0))
    symbols.refuse_missing()
    return table.table()


def _canonical_rows(
    raw: pl.DataFrame, spec: SourceSpec, symbols: SourceSymbols, *, first: bool
) -> pl.DataFrame:
    """Canonical bars of some rows of a source; `first` for those that it begins with."""
    named = symbols.grouped(_canonical_columns(raw, spec, symbols))
    _refuse_unread_events(named)
    ts, fault = close_stamps(named["ts"], spec, refuse_dates=first)
    if first:
        refuse_midnight_closes(ts, spec)
    faults = [
        pl.lit(fault),
        *(_number_fault(n, named.schema[n]) for n in (*PRICE_COLUMNS, "adj_close")),
    ]
    joined = pl.concat_str(faults, separator="; ", ignore_nulls=True)
    return named.select(
        "symbol",
        pl.lit(spec.timeframe).alias("timeframe"),
        ts.alias("ts"),
        *(_number(name, named.schema[name]) for name in PRICE_COLUMNS),
        _volume(named.schema["volume"]),
        pl.lit(1, dtype=pl.UInt32).alias("n_base"),
        *(_number(name, named.schema[name]) for name in ADJUSTMENT_COLUMNS),
        "file",
        "row",
        pl.when(joined != "").then(joined).alias("fault"),
    )


def _canonical_columns(raw: pl.DataFrame, spec: SourceSpec, symbols: SourceSymbols) -> pl.DataFrame:
    """The file's columns under their canonical names, plus ``file`` and ``row``."""
    found = {name: _find_column(name, raw.columns, spec) for name in ("symbol", "ts")}
    found |= {name: _find_column(name, raw.columns, spec) for name in NUMBER_COLUMNS}
    missing = [name for name in ("ts", *PRICE_COLUMNS) if found[name] is None]
    if missing:
        raise ValueError(
            f"no column for {', '.join(missing)}; the file has {', '.join(raw.columns)}; "
            "name the file's column in columns, e.g. columns: {ts: Date}"
        )
    counted = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32)
    return raw.select(
        symbols.named(raw, found["symbol"]).alias("symbol"),
        *(pl.col(str(found[name])).alias(name) for name in ("ts", *PRICE_COLUMNS)),
        *(_optional(found[name], pl.Float64).alias(name) for name in OPTIONAL_COLUMNS),
        _optional(FILE_COLUMN if FILE_COLUMN in raw.columns else None, pl.String).alias("file"),
        (pl.col(ROW_COLUMN) if ROW_COLUMN in raw.columns else counted).alias("row"),
    )


def _optional(column: str | None, dtype: type[pl.DataType]) -> pl.Expr:
    return pl.lit(None, dtype=dtype) if column is None else pl.col(column)


def _find_column(name: str, columns: list[str], spec: SourceSpec) -> str | None:
    if name in spec.columns:
        wanted = spec.columns[name]
        if wanted is None or wanted in columns:
            return wanted
        raise ValueError(
            f"column {wanted!r}, named for {name}, is not in the file; it has "
            f"{', '.join(columns)}; correct ingest.columns, or the file if this is no table of bars"
        )
    alike = [column for column in columns if _plain_name(column) == _plain_name(name)]
    if len(alike) > 1:
        raise ValueError(f"columns {', '.join(alike)} may each be {name}; name one in columns")
    return alike[0] if alike else None


def _plain_name(column: str) -> str:
    return column.replace(" ", "").replace("_", "").lower()


def _number(name: str, dtype: pl.DataType) -> pl.Expr:
    """The column as float; null where the text is no number."""
    if not (dtype.is_numeric() or dtype in {pl.String, pl.Null}):
        raise ValueError(f"column for {name} holds {dtype}, expected numbers; check columns")
    value = pl.col(name)
    if dtype == pl.String:
        text = pl.when(~_is_blank(name)).then(value.str.strip_chars())
        value = _ratio(text) if name == "split" else text
    return value.cast(pl.Float64, strict=False).alias(name)


def _volume(dtype: pl.DataType) -> pl.Expr:
    """The volume as float; NaN where the text is no number, so that it can be counted."""
    volume = _number("volume", dtype)
    if dtype != pl.String:
        return volume
    unread = ~_is_blank("volume") & volume.is_null()
    return pl.when(unread).then(float("nan")).otherwise(volume).alias("volume")


def _ratio(text: pl.Expr) -> pl.Expr:
    """Numbers as they are, and 3:2 or 3/2 as new shares over old ones."""
    new, old = (text.str.extract(_RATIO, group).cast(pl.Float64, strict=False) for group in (1, 2))
    return pl.coalesce(text.cast(pl.Float64, strict=False), new / old)


def _refuse_unread_events(named: pl.DataFrame) -> None:
    """A split or dividend that cannot be read would leave a return that never was."""
    for name in ("split", "dividend"):
        if named.schema[name] != pl.String:
            continue
        unread = named.filter(
            ~_is_blank(name) & _number(name, named.schema[name]).is_null()
        ).select("row", "file", name)
        if unread.height:
            row, file, text = unread.row(0)
            where = f"row {row}" + (f" of {file}" if file else "")
            raise ValueError(
                f"{name} is {text[:_SHOWN_CHARACTERS]!r} in {where}; expected new shares per old "
                "share (2, 2:1 or 2/1) in split and cash per share in dividend; correct the cell, "
                f"or leave the column out with ingest.columns: {{{name}: null}}"
            )


def _number_fault(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype != pl.String:
        return pl.lit(None, dtype=pl.String)
    text = pl.col(name).str.strip_chars()
    unread = text.is_not_null() & ~_is_blank(name) & text.cast(pl.Float64, strict=False).is_null()
    shown = text.str.slice(0, _SHOWN_CHARACTERS)
    return pl.when(unread).then(pl.format(f"{name} is not a number: '{{}}'", shown))


def _is_blank(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().str.to_lowercase().is_in(_EMPTY_TEXT)
