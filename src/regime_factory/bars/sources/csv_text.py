"""What is wrong with the text of a CSV, with the line at fault."""

import csv
import io
import mmap
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

_PARQUET_MAGIC = b"PAR1"
_UTF8_MARK = b"\xef\xbb\xbf"
_SHOWN_CHARACTERS = 60
Content = bytes | mmap.mmap
"""The bytes of a file, in memory or mapped into it."""


def checked_separator(path: Path, content: Content) -> str:
    r"""Find the mark between the values of a CSV, and refuse what is no CSV at all.

    Parameters
    ----------
    path
        The file, for messages.
    content
        Its bytes.

    Returns
    -------
    str
        The one of comma, semicolon, tab and bar (|) that the header uses most.

    Raises
    ------
    ValueError
        Where the bytes are no UTF-8 text with line ends, or two columns have the same name.

    Examples
    --------
    >>> checked_separator(Path("bars.csv"), b"time;close\n1;2,5\n")
    ';'
    """
    fault = _encoding_fault(content)
    if fault:
        raise ValueError(f"file {path} cannot be read as CSV: {fault}")
    header = _header(content)
    separator = max((",", ";", "\t", "|"), key=lambda mark: header.count(mark.encode()))
    _refuse_repeated_names(path, header, separator)
    return separator


@contextmanager
def explained_errors(path: Path, content: Callable[[], bytes], separator: str) -> Generator[None]:
    r"""Name the line that makes Polars refuse a CSV.

    Parameters
    ----------
    path
        The file, for messages.
    content
        Gives its bytes.
    separator
        As `checked_separator` finds it.

    Raises
    ------
    ValueError
        Instead of any error of Polars that comes up inside.

    Examples
    --------
    >>> content = b"time,close\n1,2\n1,2,3\n"
    >>> with explained_errors(Path("bars.csv"), lambda: content, ","):
    ...     pl.read_csv(content)
    Traceback (most recent call last):
    ...
    ValueError: file bars.csv cannot be read as CSV: line 3 has 3 values, the header (line 1) ...
    """
    try:
        yield
    except pl.exceptions.NoDataError:
        raise ValueError(f"file {path} holds no data") from None
    except pl.exceptions.PolarsError as error:
        text = content()
        fault = _utf8_fault(text) or _layout_fault(text, separator) or first_line(error)
        raise ValueError(f"file {path} cannot be read as CSV: {fault}") from error


def _encoding_fault(content: Content) -> str | None:
    """What makes the bytes no CSV that could be read at all, cheap enough for every file."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "it is UTF-16 text; save the file as UTF-8"
    if content[:4] == _PARQUET_MAGIC:
        return "it is a Parquet file; name it .parquet"
    if (place := content.find(b"\0")) >= 0:
        where = f"in line {_line_at(content[:place], place)}"
        return f"it holds NUL bytes ({where}), so it is not text; export it as UTF-8 CSV again"
    if content.find(b"\r") >= 0 > content.find(b"\n"):
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


def _refuse_repeated_names(path: Path, header: bytes, separator: str) -> None:
    """Two columns of one name would leave it open which of them is read."""
    text = header.removeprefix(_UTF8_MARK).decode("utf-8", "replace")
    names = next(csv.reader([text.strip("\r")], delimiter=separator), [])
    for name, count in Counter(name.strip() for name in names).items():
        if name and count > 1:
            places = [str(i) for i, other in enumerate(names, 1) if other.strip() == name]
            raise ValueError(
                f"file {path} has {count} columns named {name!r} (columns {' and '.join(places)} "
                "of the header, line 1); rename or remove all but one"
            )


def _header(content: Content) -> bytes:
    end = content.find(b"\n")
    return content[:end] if end >= 0 else content[:]


def first_line(error: Exception) -> str:
    r"""Give the first line of an error's text.

    Parameters
    ----------
    error
        Any error.

    Returns
    -------
    str
        Its first line, or the name of its type where it has no text.

    Examples
    --------
    >>> first_line(ValueError("short\nlong"))
    'short'
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
