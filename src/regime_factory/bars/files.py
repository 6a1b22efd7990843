"""Reading a file of raw bars, CSV or Parquet, and saying what is wrong with one that cannot be."""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
_UTF8_MARK = b"\xef\xbb\xbf"
_SHOWN_CHARACTERS = 60


def read_source(path: str | Path) -> pl.DataFrame:
    r"""Read a file of raw bars.

    Parameters
    ----------
    path
        ``.csv``, ``.csv.gz`` or ``.parquet`` file. A CSV is UTF-8, compressed or not whatever its
        name; its separator is the one of comma, semicolon and tab that its header uses most.

    Returns
    -------
    pl.DataFrame
        The file's columns; every column of a CSV is text.

    Raises
    ------
    ValueError
        Where the file is missing, a folder, empty, of an unknown kind or unreadable, with the line
        at fault, or where two columns of a CSV have the same name.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "bars.csv"
    >>> _ = file.write_text("time,close\n2021-01-04,100.5\n")
    >>> read_source(file).rows()
    [('2021-01-04', '100.5')]
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(
            f"{path} is a folder; several files in one source come later: give one file"
        )
    if not path.is_file():
        raise ValueError(f"file {path} does not exist; check the path of the raw bars")
    if path.stat().st_size == 0:
        raise ValueError(f"file {path} is empty; it should hold a header and rows of bars")
    name = path.name.lower()
    if name.endswith(".parquet"):
        with _named_errors(path, "Parquet"):
            raw = pl.read_parquet(path)
    elif name.endswith((".csv", ".csv.gz")):
        raw = _read_csv(path)
    else:
        raise ValueError(f"file {path} is of an unknown kind; expected .csv, .csv.gz or .parquet")
    if raw.is_empty():
        raise ValueError(f"file {path} has a header but no rows")
    return raw


def _read_csv(path: Path) -> pl.DataFrame:
    content = _plain_bytes(path)
    fault = _encoding_fault(content)
    if fault:
        raise ValueError(f"file {path} cannot be read as CSV: {fault}")
    separator = _separator(content)
    _refuse_repeated_names(path, content, separator)
    try:
        return pl.read_csv(content, infer_schema=False, separator=separator)
    except pl.exceptions.NoDataError:
        raise ValueError(f"file {path} holds no data") from None
    except pl.exceptions.PolarsError as error:
        fault = _utf8_fault(content) or _layout_fault(content, separator) or _first_line(error)
        raise ValueError(f"file {path} cannot be read as CSV: {fault}") from error


def _plain_bytes(path: Path) -> bytes:
    """The file's bytes, unpacked where they are gzip."""
    content = path.read_bytes()
    if content.startswith(_GZIP_MAGIC):
        try:
            return gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(
                f"file {path} cannot be read as CSV: the gzip data are broken or cut short "
                f"({_first_line(error)}); copy the file again"
            ) from error
    if path.name.lower().endswith(".gz"):
        raise ValueError(
            f"file {path} cannot be read as CSV: it is named .gz but is not compressed; "
            "name it .csv"
        )
    return content


def _encoding_fault(content: bytes) -> str | None:
    """What makes the bytes no CSV that could be read at all, cheap enough for every file."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it is UTF-16 text; save the file as UTF-8"
    if content.startswith(_PARQUET_MAGIC):
        return "it is a Parquet file; name it .parquet"
    if (place := content.find(b"\0")) >= 0:
        where = f"in line {_line_at(content, place)}"
        return f"it holds NUL bytes ({where}), so it is not text; export it as UTF-8 CSV again"
    if b"\r" in content and b"\n" not in content:
        return (
            "its lines end in a bare carriage return; save it with line feeds (LF) or CRLF as "
            "line ends"
        )
    return None


def _utf8_fault(content: bytes) -> str | None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"line {_line_at(content, error.start)} holds the byte 0x{content[error.start]:02x}"
        return f"{found}, which is not UTF-8; save the file as UTF-8"
    return None


def _line_at(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1


def _layout_fault(content: bytes, separator: str) -> str | None:
    """The first line that has more values than the header or an open quotation mark."""
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=separator)
    header = next(reader, [])
    line = reader.line_num + 1
    try:
        for values in reader:
            if reader.line_num > line:
                return _open_quote(line)
            if len(values) > len(header):
                return _too_many_values(line, len(values), separator.join(header), len(header))
            line = reader.line_num + 1
    except csv.Error:  # a value that runs on to the end of the file
        return _open_quote(line)
    return None


def _open_quote(line: int) -> str:
    return f"line {line} opens a quotation mark that it does not close; remove the mark"


def _too_many_values(line: int, found: int, header: str, named: int) -> str:
    return (
        f"line {line} has {found} values, the header (line 1) names {named}: "
        f"{header[:_SHOWN_CHARACTERS]}; correct the line, or remove text above the header"
    )


def _refuse_repeated_names(path: Path, content: bytes, separator: str) -> None:
    """Two columns of one name would leave it open which of them is read."""
    header = content.partition(b"\n")[0].removeprefix(_UTF8_MARK).decode("utf-8", "replace")
    names = next(csv.reader([header.strip("\r")], delimiter=separator), [])
    for name, count in Counter(name.strip() for name in names).items():
        if name and count > 1:
            places = [str(i) for i, other in enumerate(names, 1) if other.strip() == name]
            raise ValueError(
                f"file {path} has {count} columns named {name!r} (columns {' and '.join(places)} "
                "of the header, line 1); rename or remove all but one"
            )


def _separator(content: bytes) -> str:
    header = content.partition(b"\n")[0]
    return max((",", ";", "\t"), key=lambda mark: header.count(mark.encode()))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


@contextmanager
def _named_errors(path: Path, kind: str) -> Generator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ValueError(f"file {path} cannot be read as {kind}: {_first_line(error)}") from error
