"""Raw rows of any layout to canonical bars, with every unreadable cell remembered for the gate."""

import polars as pl

from regime_factory.bars.sources import SourceSpec
from regime_factory.bars.stamps import close_stamps
from regime_factory.bars.tables import require_table

PRICE_COLUMNS = ("open", "high", "low", "close")
NUMBER_COLUMNS = (*PRICE_COLUMNS, "volume")
_EMPTY_TEXT = ("", "nan", "na", "n/a", "null", "none", "-")
_MAX_SHOWN = 8
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
        Canonical bars in file order per symbol, symbols in order of their first row, plus ``row``
        (u32, 1-based data row of the file) and ``fault`` (str, null where every cell could be
        read). A cell that cannot be read is null and named in ``fault``; `check_bars` moves the
        row to the quarantine.

    Raises
    ------
    TypeError
        Where ``raw`` is not a Polars table.
    ValueError
        Where a column is missing, the table is empty, no symbol is given or another than in the
        symbol column, an asked-for symbol is not there, or dates without a time are used as close
        stamps.

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
    named = _select_symbols(_canonical_columns(raw, spec), spec)
    ts, fault = close_stamps(named["ts"], spec)
    faults = [pl.lit(fault), *(_number_fault(name, named.schema[name]) for name in NUMBER_COLUMNS)]
    joined = pl.concat_str(faults, separator="; ", ignore_nulls=True)
    return named.select(
        "symbol",
        pl.lit(spec.timeframe).alias("timeframe"),
        ts.alias("ts"),
        *(_number(name, named.schema[name], spec.dtype) for name in NUMBER_COLUMNS),
        pl.lit(1, dtype=pl.UInt32).alias("n_base"),
        "row",
        pl.when(joined != "").then(joined).alias("fault"),
    )


def _canonical_columns(raw: pl.DataFrame, spec: SourceSpec) -> pl.DataFrame:
    """The file's columns under their canonical names, plus ``row``."""
    found = {name: _find_column(name, raw.columns, spec) for name in ("symbol", "ts")}
    found |= {name: _find_column(name, raw.columns, spec) for name in NUMBER_COLUMNS}
    missing = [name for name in ("ts", *PRICE_COLUMNS) if found[name] is None]
    if missing:
        raise ValueError(
            f"no column for {', '.join(missing)}; the file has {', '.join(raw.columns)}; "
            "name the file's column in columns, e.g. columns: {ts: Date}"
        )
    if found["symbol"] is None and not spec.symbol:
        raise ValueError(
            "the file has no symbol column and no symbol is given; set ingest.symbol to the name "
            "of the market, e.g. symbol: SPY, or name the column in ingest.columns"
        )
    if found["symbol"] is not None and spec.symbol:
        _refuse_other_symbols(raw[found["symbol"]], spec.symbol)
    symbol = pl.lit(spec.symbol) if found["symbol"] is None else pl.col(found["symbol"])
    volume = pl.lit(None, dtype=pl.Float64) if found["volume"] is None else pl.col(found["volume"])
    return raw.select(
        symbol.cast(pl.String).str.strip_chars().alias("symbol"),
        *(pl.col(str(found[name])).alias(name) for name in ("ts", *PRICE_COLUMNS)),
        volume.alias("volume"),
    ).with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("row"))


def _refuse_other_symbols(column: pl.Series, symbol: str) -> None:
    """A symbol given for the file must not rename what its own column names."""
    named = pl.col("named").cast(pl.String).str.strip_chars()
    own = column.alias("named").to_frame().select(named).filter(pl.col("named") != "")
    given = pl.select(_symbol_key(pl.lit(symbol))).item()
    others = own.filter(_symbol_key(pl.col("named")) != given)
    if others.height:
        held = own["named"].unique(maintain_order=True).to_list()
        raise ValueError(
            f"symbol is {symbol!r}, but the file's column {column.name!r} names {_listed(held)}; "
            "to keep some of those list them in ingest.symbols, and set ingest.symbol to null: it "
            "names a file that has no symbol column"
        )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MAX_SHOWN} more" if len(names) > _MAX_SHOWN else ""
    return ", ".join(names[:_MAX_SHOWN]) + more


def _find_column(name: str, columns: list[str], spec: SourceSpec) -> str | None:
    if name in spec.columns:
        wanted = spec.columns[name]
        if wanted in columns:
            return wanted
        raise ValueError(
            f"column {wanted!r}, named for {name}, is not in the file; it has {', '.join(columns)}"
        )
    alike = [column for column in columns if column.strip().lower() == name]
    if len(alike) > 1:
        raise ValueError(f"columns {', '.join(alike)} may each be {name}; name one in columns")
    return alike[0] if alike else None


def _select_symbols(named: pl.DataFrame, spec: SourceSpec) -> pl.DataFrame:
    """Rows of the asked-for symbols, grouped by symbol; rows without a symbol stay, at the end."""
    filled = pl.when(pl.col("symbol") != "").then(pl.col("symbol"))
    named = named.with_columns(symbol=filled, key=_symbol_key(filled))
    first = named.filter(pl.col("key").is_not_null()).unique(
        "key", keep="first", maintain_order=True
    )
    known = {row["key"]: row["symbol"] for row in first.iter_rows(named=True)}
    if not known:
        raise ValueError(
            "no row has a symbol; check the symbol column, or take it out of the file and name "
            "the market in ingest.symbol"
        )
    if spec.symbols is not None:
        wanted = pl.Series(spec.symbols, dtype=pl.String)
        keys = wanted.to_frame("symbol").select(_symbol_key(pl.col("symbol"))).to_series().to_list()
        unknown = [name for name, key in zip(spec.symbols, keys, strict=True) if key not in known]
        if unknown or not keys:
            asked, held = ", ".join(unknown) or "(none)", _listed(list(known.values()))
            raise ValueError(f"symbol {asked} is not in the data; it holds {held}")
        known = {key: known[key] for key in known if key in set(keys)}
        named = named.filter(pl.col("key").is_in(list(known)) | pl.col("key").is_null())
    order = {key: rank for rank, key in enumerate(known)}
    rank = pl.col("key").replace_strict(order, default=len(order), return_dtype=pl.UInt32)
    spelling = pl.col("key").replace_strict(known, default=None, return_dtype=pl.String)
    return named.sort(rank, maintain_order=True).with_columns(symbol=spelling).drop("key")


def _symbol_key(symbol: pl.Expr) -> pl.Expr:
    return symbol.str.replace_all(r"\s", "").str.to_lowercase()


def _number(name: str, dtype: pl.DataType, precision: str) -> pl.Expr:
    """The column as float; null where the text is no number."""
    if not (dtype.is_numeric() or dtype in {pl.String, pl.Null}):
        raise ValueError(f"column for {name} holds {dtype}, expected numbers; check columns")
    value = pl.col(name)
    if dtype == pl.String:
        value = pl.when(~_is_blank(name)).then(value.str.strip_chars())
    value = value.cast(pl.Float64, strict=False)
    return (value.cast(pl.Float32).cast(pl.Float64) if precision == "float32" else value).alias(
        name
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
