"""Which files a path names: one file, those of a folder, or those that a pattern matches."""

import glob
import os
import re
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from regime_factory.bars.sources.files import file_kind, read_file
from regime_factory.bars.sources.source_files import SourceFile, SourceFiles

_SUFFIXES = (".csv", ".csv.gz", ".parquet")
_SHOWN_NAMES = 5


def find_source(path: str | Path) -> SourceFiles:
    r"""Find the files of a source.

    Parameters
    ----------
    path
        A file (``.csv``, ``.csv.gz`` or ``.parquet``), a folder, or a pattern with ``*``, ``?``,
        ``[...]`` or ``**``. A folder gives all such files below it, except in hidden folders and
        those whose name starts with ``_``; other files in it are left alone.

    Returns
    -------
    SourceFiles
        In the order of their names, numbers in a name by value: `part-2` before `part-10`.

    Raises
    ------
    ValueError
        Where there is no such file, folder or match, or where the files are of different kinds.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> for symbol in ("ES", "NQ"):
    ...     file = Path(folder.name, f"symbol={symbol}", "bars.csv")
    ...     file.parent.mkdir()
    ...     _ = file.write_text("time,close\n2021-01-04,100.5\n")
    >>> source = find_source(folder.name)
    >>> [file.name for file in source.files]
    ['symbol=ES/bars.csv', 'symbol=NQ/bars.csv']
    >>> source.read().select("symbol", "close", "source_row").rows()
    [('ES', '100.5', 1), ('NQ', '100.5', 1)]
    """
    paths = sorted(_matches(Path(path)), key=_by_number)
    kinds = {file_kind(file): file for file in reversed(paths)}
    if len(kinds) > 1:
        found = " and ".join(f"{file} ({kind})" for kind, file in sorted(kinds.items()))
        raise ValueError(
            f"{path} has files of different kinds: {found}; name one kind with a pattern, e.g. "
            f"{Path(path) if Path(path).is_dir() else Path(path).parent}/*.parquet"
        )
    root = Path(os.path.commonpath([file.parent for file in paths]))
    return SourceFiles(SourceFile(file, str(file.relative_to(root)), _keys(file)) for file in paths)


def read_source(path: str | Path) -> pl.DataFrame:
    r"""Read raw rows of one file or of several.

    Parameters
    ----------
    path
        As for `find_source`.

    Returns
    -------
    pl.DataFrame
        The columns of the file, text where it is a CSV. The rows of a folder or a pattern also
        have `source_file`, `source_row` and the keys of the folders, as in `SourceFiles`.

    Raises
    ------
    ValueError
        As `find_source` and `SourceFiles.read`.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "bars.csv"
    >>> _ = file.write_text("close\n100.5\n")
    >>> read_source(file).columns, read_source(folder.name).columns
    (['close'], ['close', 'source_file', 'source_row'])
    """
    if Path(path).is_file():
        return read_file(path)
    return find_source(path).read()


def _matches(path: Path) -> list[Path]:
    """Files of the path, of which at least one can hold rows."""
    if path.is_dir():
        found = _below(path)
        if not found:
            raise ValueError(
                f"folder {path} holds no .csv, .csv.gz or .parquet file; it has {_named(path)}"
            )
        return found
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    matched = [Path(match) for match in glob.glob(str(path), recursive=True)]  # noqa: PTH207
    found = {file for match in matched for file in ([match] if match.is_file() else _below(match))}
    if not found:
        more = f"; it matches {len(matched)} folders without such files" if matched else ""
        raise ValueError(
            f"no file matches {path}{more}; check the pattern and the folder (relative paths start "
            f"at {Path.cwd()})"
        )
    return list(found)


def _below(folder: Path) -> list[Path]:
    """Files of rows below a folder; what tools keep for themselves is left out."""
    return [
        file
        for file in folder.rglob("*")
        if file.name.lower().endswith(_SUFFIXES)
        and file.is_file()
        and not any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)
    ]


def _named(folder: Path) -> str:
    names = sorted(item.name for item in folder.iterdir())
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more or "nothing"


def _by_number(path: Path) -> list[tuple[str, int]]:
    """Sort key: the path in runs of other characters, each with the number after it."""
    parts = re.findall(r"(\D*)(\d*)", str(path))
    return [(text, int(number or -1)) for text, number in parts]


def _keys(path: Path) -> dict[str, str]:
    pairs = [part.partition("=") for part in path.parts[:-1] if "=" in part]
    return {key: unquote(value) for key, _, value in pairs}
