"""A source of raw rows: files that together are one long table."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from regime_factory.bars.sources.files import count_rows, file_batches, read_file

FILE_COLUMN = "source_file"
ROW_COLUMN = "source_row"
BATCH_ROWS = 500_000
_SHOWN_FAULTS = 5
_BLOCK = 1 << 20


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    Parameters
    ----------
    path
        Where it is.
    name
        Its path from the folder that all files of the source share, for messages.
    keys
        What the names of its folders say of all its rows: `symbol=ES` gives `{"symbol": "ES"}`.
    """

    path: Path
    name: str
    keys: dict[str, str] = field(default_factory=dict)


class SourceFiles:
    """Files that together are one long table of raw rows, in the order of their names.

    Parameters
    ----------
    files
        The files, in order, all of one kind.

    Notes
    -----
    Beside the columns of the files the rows have `source_file` (its name), `source_row` (their
    place in it, from 1) and one column for each key of the folders.
    """

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self.files = tuple(files)

    def count_rows(self) -> int:
        """Count the rows of all files, blank lines of a CSV included."""
        return sum(count_rows(file.path) for file in self.files)

    def read(self) -> pl.DataFrame:
        """Read all rows into memory.

        Returns
        -------
        polars.DataFrame

        Raises
        ------
        ValueError
            Where a file cannot be read, or its columns are not those of the first file.
        """
        return _stacked(_placed(read_file(file.path), file, 0) for file in self.files)

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[pl.DataFrame]:
        """Read the rows in pieces, for sources larger than the memory.

        Parameters
        ----------
        rows
            Rows of a piece, roughly: small files are put together, large ones are cut.

        Yields
        ------
        polars.DataFrame
            The rows of `read`, in the same order.

        Raises
        ------
        ValueError
            As `read`.
        """
        waiting: list[pl.DataFrame] = []
        first: pl.DataFrame | None = None
        for piece in self._pieces(rows):
            first = piece.head(1) if first is None else first
            waiting.append(_alike(piece, first))
            if sum(part.height for part in waiting) >= rows:
                yield _stacked(waiting)
                waiting = []
        if waiting:
            yield _stacked(waiting)

    def _pieces(self, rows: int) -> Iterator[pl.DataFrame]:
        for file in self.files:
            before = 0
            for piece in file_batches(file.path, rows):
                yield _placed(piece, file, before)
                before += piece.height

    def sha256(self) -> str:
        """Hash what the files hold.

        Returns
        -------
        str
            SHA-256 in hexadecimal: of the bytes of a single file, else of the names and hashes of
            all files in their order.
        """
        hashes = [_sha256(file.path) for file in self.files]
        if len(hashes) == 1:
            return hashes[0]
        lines = [f"{sha}  {file.name}\n" for sha, file in zip(hashes, self.files, strict=True)]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def _placed(rows: pl.DataFrame, file: SourceFile, before: int) -> pl.DataFrame:
    """Rows with their file, their place in it, and what its folders say of them."""
    for key, value in file.keys.items():
        others = pl.col(key).cast(pl.String).ne_missing(value)
        if key in rows.columns and rows.select(others.any()).item():
            other = rows.filter(others)[key][0]
            raise ValueError(
                f"file {file.path} lies in a folder {key}={value}, but its column {key} holds "
                f"{other!r}; move the file, or take the column out"
            )
    place = pl.int_range(before + 1, before + pl.len() + 1, dtype=pl.UInt32)
    return rows.with_columns(
        *(pl.lit(value).alias(key) for key, value in file.keys.items()),
        pl.lit(file.name).alias(FILE_COLUMN),
        place.alias(ROW_COLUMN),
    )


def _stacked(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Rows of several files under each other; numbers of different width become the wider."""
    first, *others = parts
    return pl.concat([first, *(_alike(part, first) for part in others)], how="vertical_relaxed")


def _alike(part: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """The columns in the order of the first part, or an error that names both files."""
    if part.schema == first.schema:
        return part
    lacking = [name for name in first.columns if name not in part.columns]
    added = [name for name in part.columns if name not in first.columns]
    other = [
        f"{name} is {part.schema[name]}, not {first.schema[name]}"
        for name in first.columns
        if name in part.columns and not _stackable(part.schema[name], first.schema[name])
    ]
    faults = [
        *(f"column {name} is missing" for name in lacking),
        *(f"column {name} is added" for name in added),
        *other,
    ]
    if faults:
        raise ValueError(
            f"the files of one source have different columns: in {part[FILE_COLUMN][0]}, other "
            f"than in {first[FILE_COLUMN][0]}, {'; '.join(faults[:_SHOWN_FAULTS])}; make the files "
            "alike, or name those that belong together with a pattern"
        )
    return part.select(first.columns)


def _stackable(one: pl.DataType, other: pl.DataType) -> bool:
    times = isinstance(one, pl.Datetime) and isinstance(other, pl.Datetime)
    if times:
        return one.time_zone == other.time_zone
    return one == other or (one.is_numeric() and other.is_numeric()) or pl.Null in {one, other}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
