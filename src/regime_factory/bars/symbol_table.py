"""A long table that stays on disk and gives the rows of one symbol at a time."""

import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import polars as pl

ROW_GROUP_ROWS = 100_000


class SymbolTable:
    """A long table of many symbols in Parquet files, of which a symbol at a time is in memory.

    Parameters
    ----------
    files
        Parquet files with equal columns, `symbol` among them. A file may hold any number of
        symbols, and a symbol may go on in a later file.
    folder
        Temporary folder of the files, removed when the table is no longer in use.

    Notes
    -----
    Columns stored as Float32 are given as Float64, the type that everything is computed in.

    Examples
    --------
    >>> table = SymbolTableBuilder()
    >>> table.append(pl.DataFrame({"symbol": ["B", "B"], "x": [1.0, 2.0]}))
    >>> table.append(pl.DataFrame({"symbol": ["A"], "x": [3.0]}))
    >>> on_disk = table.table()
    >>> on_disk.symbols, on_disk.height, on_disk.columns
    (['B', 'A'], 3, ['symbol', 'x'])
    >>> on_disk.rows("B")["x"].to_list()
    [1.0, 2.0]
    """

    def __init__(
        self,
        files: Sequence[Path],
        folder: "tempfile.TemporaryDirectory[str] | None" = None,
    ) -> None:
        self.files = tuple(files)
        self._folder = folder

    @cached_property
    def schema(self) -> pl.Schema:
        """Columns and types, as the rows are given."""
        return _wide(pl.scan_parquet(self.files[0])).collect_schema()

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return self.schema.names()

    @cached_property
    def height(self) -> int:
        """Number of rows of all symbols."""
        return self.lazy().select(pl.len()).collect().item()

    @property
    def symbols(self) -> list[str | None]:
        """Symbols in the order of their first rows; rows without a symbol come last."""
        return sorted(self._places, key=lambda symbol: symbol is None)

    @cached_property
    def _places(self) -> dict[str | None, list[tuple[Path, bool]]]:
        """By symbol: the files that hold it, and whether they hold it alone."""
        places: dict[str | None, list[tuple[Path, bool]]] = {}
        for file in self.files:
            held = pl.scan_parquet(file).select(pl.col("symbol").unique(maintain_order=True))
            symbols = held.collect()["symbol"].to_list()
            for symbol in symbols:
                places.setdefault(symbol, []).append((file, len(symbols) == 1))
        return places

    def rows(self, symbol: str | None) -> pl.DataFrame:
        """Read the rows of one symbol.

        Parameters
        ----------
        symbol
            One of `symbols`.

        Returns
        -------
        polars.DataFrame
            In the order in which they were stored.
        """
        return self._scan(symbol).collect()

    def lazy(self) -> pl.LazyFrame:
        """Give a query over all rows, for what needs few columns or rows of every symbol.

        Returns
        -------
        polars.LazyFrame
            Rows in the order of the files.
        """
        return _wide(pl.scan_parquet(list(self.files)))

    def collect(
        self, where: pl.Expr | None = None, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Read rows of all symbols into memory, one block per symbol.

        Parameters
        ----------
        where
            Condition on the rows to read; None reads all.
        columns
            Columns to read; None reads all.

        Returns
        -------
        polars.DataFrame
            Symbols in the order of `symbols`.
        """
        scans = [self._scan(symbol) for symbol in self.symbols] or [self.lazy()]
        kept = scans if where is None else [scan.filter(where) for scan in scans]
        return pl.concat(scan.select(columns or pl.all()).collect() for scan in kept)

    def _scan(self, symbol: str | None) -> pl.LazyFrame:
        own = pl.col("symbol").eq_missing(pl.lit(symbol, dtype=pl.String))
        scans = [
            pl.scan_parquet(file) if alone else pl.scan_parquet(file).filter(own)
            for file, alone in self._places[symbol]
        ]
        return _wide(pl.concat(scans))


class SymbolTableBuilder:
    """Write a table piece by piece into a temporary folder.

    Notes
    -----
    The folder is made where Python makes temporary files: the environment variable `TMPDIR` names
    another place, for a disk with more room.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="regime_factory_")
        self._files: list[Path] = []
        self._empty: pl.DataFrame | None = None

    def append(self, rows: pl.DataFrame) -> None:
        """Store further rows.

        Parameters
        ----------
        rows
            Rows of one symbol or of several, each symbol in one block.

        Raises
        ------
        ValueError
            Where columns or types differ from those of the rows before.
        OSError
            Where the rows cannot be written.
        """
        if self._empty is None:
            self._empty = rows.clear()
        if rows.schema != self._empty.schema:
            raise ValueError(
                f"rows of one table have different columns: {_shown(rows.schema)} after "
                f"{_shown(self._empty.schema)}"
            )
        if not rows.is_empty():
            self._write(rows)

    def table(self) -> SymbolTable:
        """Give the table of all that was appended.

        Returns
        -------
        SymbolTable

        Raises
        ------
        ValueError
            Where nothing was appended.
        """
        if self._empty is None:
            raise ValueError("a table needs the rows of at least one symbol, found none")
        if not self._files:
            self._write(self._empty)
        return SymbolTable(self._files, self._folder)

    def _write(self, rows: pl.DataFrame) -> None:
        file = Path(self._folder.name) / f"part-{len(self._files):05}.parquet"
        try:
            rows.write_parquet(file, statistics=True, row_group_size=ROW_GROUP_ROWS)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise OSError(
                f"a table that is kept on disk cannot be written to {file.parent}: {error}; the "
                "environment variable TMPDIR names another folder for it"
            ) from error
        self._files.append(file)


def _wide(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.with_columns(pl.col(pl.Float32).cast(pl.Float64))


def _shown(schema: pl.Schema) -> str:
    return ", ".join(f"{name} {dtype}" for name, dtype in schema.items())
