"""Reading one file of raw rows, CSV or Parquet, and saying what is wrong with a broken one."""

import gzip
import io
import mmap
import shutil
import tempfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from regime_factory.bars.sources.csv_text import checked_separator, explained_errors, first_line

_GZIP_MAGIC = b"\x1f\x8b"
_BLOCK = 1 << 24
Readable = io.BufferedReader | gzip.GzipFile


def read_file(path: str | Path) -> pl.DataFrame:
    r"""Read a file of raw rows.

    Parameters
    ----------
    path
        ``.csv``, ``.csv.gz`` or ``.parquet`` file. A CSV is UTF-8, compressed or not whatever its
        name; its separator is the one of comma, semicolon, tab and bar (``|``) that its header uses
        most.

    Returns
    -------
    pl.DataFrame
        The file's columns; every column of a CSV is text.

    Raises
    ------
    ValueError
        Where the file is missing, empty, of an unknown kind or unreadable, with the line at
        fault, or where two columns of a CSV have the same name.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "bars.csv"
    >>> _ = file.write_text("time,close\n2021-01-04,100.5\n")
    >>> read_file(file).rows()
    [('2021-01-04', '100.5')]
    """
    path = Path(path)
    if file_kind(path) == "Parquet":
        with _named_errors(path):
            raw = pl.read_parquet(path)
    else:
        with _unpacked(path) as file:
            content = file.read()
        separator = checked_separator(path, content)
        with explained_errors(path, lambda: content, separator):
            raw = pl.read_csv(content, infer_schema=False, separator=separator)
    if raw.is_empty():
        raise ValueError(f"file {path} has a header but no rows")
    return raw


def file_batches(path: str | Path, rows: int) -> Iterator[pl.DataFrame]:
    r"""Read a file of raw rows piece by piece, for files larger than the memory.

    Parameters
    ----------
    path
        As for `read_file`.
    rows
        Rows of a piece; the last one has fewer.

    Yields
    ------
    pl.DataFrame
        Rows in the order of the file, with the columns of `read_file`.

    Raises
    ------
    ValueError
        As `read_file`.

    Examples
    --------
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "bars.csv"
    >>> _ = file.write_text("close\n1\n2\n3\n")
    >>> [piece["close"].to_list() for piece in file_batches(file, 2)]
    [['1', '2'], ['3']]
    """
    path, found = Path(path), 0
    pieces = _parquet_batches if file_kind(path) == "Parquet" else _csv_batches
    for piece in pieces(path, rows):
        found += piece.height
        yield piece
    if not found:
        raise ValueError(f"file {path} has a header but no rows")


def count_rows(path: Path) -> int:
    r"""Count the rows of a file without keeping them.

    Parameters
    ----------
    path
        As for `read_file`.

    Returns
    -------
    int
        Rows of a Parquet file; line ends of a CSV, which are its rows give or take blank lines.

    Raises
    ------
    ValueError
        Where the file is missing, empty, of an unknown kind or damaged.

    Examples
    --------
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "bars.csv"
    >>> _ = file.write_text("close\n1\n2\n")
    >>> count_rows(file)
    3
    """
    if file_kind(path) == "Parquet":
        with _named_errors(path):
            return pl.scan_parquet(path).select(pl.len()).collect().item()
    with _unpacked(path) as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b""))


def file_kind(path: Path) -> str | None:
    """Tell the kind of a file by its name and refuse one that cannot hold rows.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        `CSV` or `Parquet`.

    Raises
    ------
    ValueError
        Where the file is missing, empty or of another kind.

    Examples
    --------
    >>> file_kind(Path("nowhere.csv"))
    Traceback (most recent call last):
    ...
    ValueError: file nowhere.csv does not exist; check the path of the raw bars
    """
    if not path.is_file():
        raise ValueError(f"file {path} does not exist; check the path of the raw bars")
    if path.stat().st_size == 0:
        raise ValueError(f"file {path} is empty; it should hold a header and rows of bars")
    name = path.name.lower()
    if name.endswith(".parquet"):
        return "Parquet"
    if name.endswith((".csv", ".csv.gz")):
        return "CSV"
    raise ValueError(f"file {path} is of an unknown kind; expected .csv, .csv.gz or .parquet")


def _parquet_batches(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    with _named_errors(path):
        yield from pl.scan_parquet(path).collect_batches(chunk_size=rows, lazy=True)


def _csv_batches(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """Pieces of a CSV, of which no more than that is in memory; a packed one is unpacked aside."""
    with _plain_copy(path) as plain:
        with (
            plain.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            separator = checked_separator(path, content)
        with explained_errors(path, plain.read_bytes, separator):
            scan = pl.scan_csv(plain, infer_schema=False, separator=separator)
            yield from scan.collect_batches(chunk_size=rows, lazy=True)


@contextmanager
def _plain_copy(path: Path) -> Generator[Path]:
    """The file itself, or where it is packed an unpacked copy that is removed afterwards."""
    with _unpacked(path) as unpacked:
        if not isinstance(unpacked, gzip.GzipFile):
            yield path
            return
        with tempfile.NamedTemporaryFile(prefix="regime_factory_", suffix=".csv") as copy:
            shutil.copyfileobj(unpacked, copy, _BLOCK)
            copy.flush()
            if not copy.tell():
                raise ValueError(f"file {path} holds no data")
            yield Path(copy.name)


@contextmanager
def _unpacked(path: Path) -> Generator[Readable]:
    """The file open for reading, unpacked where its bytes are gzip."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP_MAGIC
    if not packed and path.name.lower().endswith(".gz"):
        raise ValueError(
            f"file {path} cannot be read as CSV: it is named .gz but is not compressed; "
            "name it .csv"
        )
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"file {path} cannot be read as CSV: the gzip data are broken or cut short "
            f"({first_line(error)}); copy the file again"
        ) from error


@contextmanager
def _named_errors(path: Path) -> Generator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ValueError(
            f"file {path} cannot be read as Parquet: {first_line(error)}; it is damaged or cut "
            "short: copy it again, or name it after what it holds"
        ) from error
