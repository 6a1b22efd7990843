"""Which symbols a source holds, how they are spelt, and which of them are asked for."""

import re
from pathlib import PurePosixPath

import polars as pl

from regime_factory.bars.sources.source_files import FILE_COLUMN
from regime_factory.bars.sources.spec import SourceSpec

_MAX_SHOWN = 8


class SourceSymbols:
    """The symbols of a source, gathered while its rows go by.

    Parameters
    ----------
    spec
        The source's layout; `symbol`, `symbol_pattern` and `symbols` are used.

    Notes
    -----
    Symbols that differ only in case or blanks are one symbol, spelt as in its first row.
    """

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec
        self._known: dict[str, str] = {}
        wanted = pl.DataFrame({"symbol": spec.symbols or []}, schema={"symbol": pl.String})
        self._wanted = wanted.select(symbol_key(pl.col("symbol"))).to_series().to_list()

    def named(self, raw: pl.DataFrame, column: str | None) -> pl.Expr:
        """Say where the symbol of raw rows comes from.

        Parameters
        ----------
        raw
            Rows of the source.
        column
            Their symbol column, or None.

        Returns
        -------
        polars.Expr
            The symbol as text.

        Raises
        ------
        ValueError
            Where there is none, or where the settings name another than the column.
        """
        spec = self._spec
        if column is None and spec.symbol_pattern is not None:
            return _of_file_names(raw, spec.symbol_pattern)
        if column is None and not spec.symbol:
            raise ValueError(
                "the file has no symbol column and no symbol is given; set ingest.symbol to the "
                "name of the market, e.g. symbol: SPY, or name the column in ingest.columns; for "
                "several files of one market each, ingest.symbol_pattern finds it in their names"
            )
        if column is not None and spec.symbol_pattern is not None:
            raise ValueError(
                f"ingest.symbol_pattern is given, but the file's column {column!r} names the "
                "symbols; set one of them to null (ingest.columns: {symbol: null} leaves the "
                "column out)"
            )
        if column is not None and spec.symbol:
            _refuse_other_symbols(raw[column], spec.symbol)
        symbol = pl.lit(spec.symbol) if column is None else pl.col(column)
        return symbol.cast(pl.String).str.strip_chars()

    def grouped(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Keep the rows of the asked-for symbols, one block for each.

        Parameters
        ----------
        rows
            Rows with `symbol`.

        Returns
        -------
        polars.DataFrame
            Symbols in the order of their first rows in the source; rows without one at the end.
        """
        filled = pl.when(pl.col("symbol") != "").then(pl.col("symbol"))
        rows = rows.with_columns(symbol=filled, key=symbol_key(filled))
        first = rows.drop_nulls("key").unique("key", keep="first", maintain_order=True)
        for key, symbol in first.select("key", "symbol").iter_rows():
            self._known.setdefault(key, symbol)
        kept = self._kept()
        if len(kept) < len(self._known):
            rows = rows.filter(pl.col("key").is_in(list(kept)) | pl.col("key").is_null())
        order = {key: rank for rank, key in enumerate(kept)}
        rank = pl.col("key").replace_strict(order, default=len(order), return_dtype=pl.UInt32)
        spelling = pl.col("key").replace_strict(kept, default=None, return_dtype=pl.String)
        return rows.sort(rank, maintain_order=True).with_columns(symbol=spelling).drop("key")

    def _kept(self) -> dict[str, str]:
        """Spelling by key of the symbols that are asked for, as far as they are known."""
        if self._spec.symbols is None:
            return self._known
        return {key: self._known[key] for key in self._known if key in self._wanted}

    def refuse_missing(self) -> None:
        """Refuse a source, all of whose rows went by, that lacks what is asked for.

        Raises
        ------
        ValueError
            Where no row has a symbol, or an asked-for symbol is not there.
        """
        if not self._known:
            raise ValueError(
                "no row has a symbol; check the symbol column, or take it out of the file and name "
                "the market in ingest.symbol"
            )
        if self._spec.symbols is None:
            return
        asked = zip(self._spec.symbols, self._wanted, strict=True)
        unknown = [symbol for symbol, key in asked if key not in self._known]
        if unknown or not self._wanted:
            named, held = ", ".join(unknown) or "(none)", _listed(list(self._known.values()))
            raise ValueError(f"symbol {named} is not in the data; it holds {held}")


def _of_file_names(raw: pl.DataFrame, pattern: str) -> pl.Expr:
    """The symbol that the pattern finds in the name of each row's file."""
    if FILE_COLUMN not in raw.columns:
        raise ValueError(
            "ingest.symbol_pattern finds symbols in the names of files, but these rows were not "
            "read from files; set ingest.symbol"
        )
    files = raw[FILE_COLUMN].unique(maintain_order=True).to_list()
    found = {file: re.search(pattern, PurePosixPath(file).name) for file in files}
    unnamed = [file for file, match in found.items() if match is None or not match[1]]
    if unnamed:
        raise ValueError(
            f"ingest.symbol_pattern {pattern!r} finds no symbol in the name of {_listed(unnamed)}; "
            "change the pattern, or name the files that it fits"
        )
    symbols = {file: match[1] for file, match in found.items() if match}
    return pl.col(FILE_COLUMN).replace_strict(symbols, return_dtype=pl.String)


def _refuse_other_symbols(column: pl.Series, symbol: str) -> None:
    """A symbol given for the file must not rename what its own column names."""
    named = pl.col("named").cast(pl.String).str.strip_chars()
    own = column.alias("named").to_frame().select(named).filter(pl.col("named") != "")
    given = key_of(symbol)
    others = own.filter(symbol_key(pl.col("named")) != given)
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


def symbol_key(symbol: pl.Expr) -> pl.Expr:
    """Give what two spellings of one symbol have in common: case and blanks do not count.

    Parameters
    ----------
    symbol
        Symbols as text.

    Returns
    -------
    polars.Expr
        Text.

    Examples
    --------
    >>> pl.DataFrame({"symbol": ["Es ", "ES"]}).select(symbol_key(pl.col("symbol"))).unique().height
    1
    """
    return symbol.str.replace_all(r"\s", "").str.to_lowercase()


def key_of(symbol: str) -> str:
    """Give the `symbol_key` of one symbol.

    Parameters
    ----------
    symbol
        Its name, however it is spelt.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> key_of("Es ")
    'es'
    """
    return pl.select(symbol_key(pl.lit(symbol))).item()
