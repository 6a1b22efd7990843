"""Artifacts by kind: tables, JSON documents, HTML pages, figures and fitted objects."""

import base64
import json
import shutil
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
import polars as pl
from kedro.io import DatasetError, Version
from kedro.io.core import VersionNotFoundError
from kedro_datasets._typing import ImagePreview, JSONPreview, TablePreview

from regime_factory.bars import SymbolTable, Table
from regime_factory.datasets.atomic import AtomicDataset, remove_abandoned, sync, unfinished

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PREVIEW_ROWS = 40


class TableDataset(AtomicDataset[Table]):
    """A Polars frame as Parquet, or as CSV where ``file_format: csv`` is set.

    Parameters
    ----------
    filepath
        Path of the artifact: a file, or a folder of Parquet files for a table that was made one
        symbol at a time.
    file_format
        ``parquet`` or ``csv``.
    dtype
        ``float32`` stores numbers with a fraction in 32 bits; they are loaded as Float64 again.
    in_memory_rows
        A table of symbols with more rows is loaded as a `SymbolTable`, which stays on disk; None
        loads every table whole.
    """

    def __init__(
        self,
        *,
        filepath: str,
        file_format: str = "parquet",
        dtype: str = "float64",
        in_memory_rows: int | None = None,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if file_format not in ("parquet", "csv"):
            raise ValueError(f"file_format is {file_format!r}; use parquet or csv")
        if dtype not in ("float64", "float32"):
            raise ValueError(f"dtype is {dtype!r}; use float64 or float32")
        if in_memory_rows is not None and not (
            isinstance(in_memory_rows, int) and in_memory_rows >= 0
        ):
            raise ValueError(f"in_memory_rows is {in_memory_rows!r}; use 0 or more, or null")
        self.file_format = file_format
        self.dtype = dtype
        self.in_memory_rows = in_memory_rows
        super().__init__(filepath=filepath, version=version, metadata=metadata)

    def write(self, data: Table, path: Path) -> None:
        """Write the table in the declared format."""
        if self.file_format == "csv":
            whole = data.collect() if isinstance(data, SymbolTable) else data
            whole.write_csv(path)
        elif isinstance(data, SymbolTable):
            path.mkdir()
            for number, file in enumerate(data.files):
                self._take_over(file, path / f"part-{number:05}.parquet")
        else:
            data.with_columns(self._stored()).write_parquet(path, statistics=True)

    def _take_over(self, file: Path, place: Path) -> None:
        """Store a Parquet file that exists already, without a copy of its bytes if possible."""
        if self.dtype == "float32":
            pl.scan_parquet(file).with_columns(self._stored()).sink_parquet(place)
            return
        try:
            place.hardlink_to(file)
        except OSError:  # another disk, or one without links
            shutil.copyfile(file, place)

    def _stored(self) -> pl.Expr:
        return pl.selectors.float().cast(pl.Float32 if self.dtype == "float32" else pl.Float64)

    def read(self, path: Path) -> Table:
        """Read the table back; where it is large, only say where it is."""
        if self.file_format == "csv":
            return pl.read_csv(path, try_parse_dates=True)
        table = SymbolTable(sorted(path.glob("*.parquet")) if path.is_dir() else [path])
        if "symbol" not in table.columns:
            return table.lazy().collect()
        if self.in_memory_rows is not None and table.height > self.in_memory_rows:
            return table
        return table.collect()

    def preview(self, nrows: int = PREVIEW_ROWS) -> TablePreview:
        """Give the first rows to Kedro-Viz."""
        head = self.load().lazy().head(nrows).collect()
        rows = [[_plain(cell) for cell in row] for row in head.rows()]
        return TablePreview(
            {"index": list(range(len(rows))), "columns": head.columns, "data": rows}
        )


class JSONDataset(AtomicDataset[Any]):
    """A JSON document in the order it was made; NaN and infinity are refused."""

    def write(self, data: Any, path: Path) -> None:
        """Write the document."""
        path.write_text(json.dumps(data, indent=1, allow_nan=False), "utf-8")

    def read(self, path: Path) -> Any:
        """Read the document back."""
        return json.loads(path.read_text("utf-8"))

    def preview(self) -> JSONPreview:
        """Give the document to Kedro-Viz."""
        return JSONPreview(json.dumps(self.load()))


class PreviousJSON(JSONDataset):
    """What an earlier run stored at a place, or None where there was none; only read."""

    def resolve_load_version(self) -> str | None:
        """Name the latest version, or None where there is none yet."""
        try:
            return super().resolve_load_version()
        except VersionNotFoundError:
            return None

    def _load(self) -> Any:
        return super()._load() if self.resolve_load_version() else None

    def _save(self, data: Any) -> None:  # noqa: ARG002 - the signature is Kedro's
        raise DatasetError("what an earlier run stored is only read")

    def _exists(self) -> bool:
        return True


class HTMLDataset(AtomicDataset[str]):
    """A self-contained HTML page, with a copy at ``latest`` that people can bookmark."""

    def __init__(
        self,
        *,
        filepath: str,
        latest: str | None = None,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.latest = latest
        super().__init__(filepath=filepath, version=version, metadata=metadata)

    def write(self, data: str, path: Path) -> None:
        """Write the page."""
        path.write_text(data, "utf-8")

    def publish(self, data: str) -> None:
        """Renew the copy that people open."""
        if self.latest:
            copy = Path(self.latest)
            remove_abandoned(copy.parent)
            aside = unfinished(copy)
            aside.write_text(data, "utf-8")
            sync(aside)
            aside.replace(copy)

    def read(self, path: Path) -> str:
        """Read the page back."""
        return path.read_text("utf-8")


class FigureDataset(AtomicDataset["dict[str, Figure] | bytes"]):
    """Matplotlib figures by symbol, one above the other in one PNG; loading gives its bytes."""

    def write(self, data: "dict[str, Figure] | bytes", path: Path) -> None:
        """Draw the figures into a PNG whose bytes depend on the figures alone."""
        from PIL import Image

        if isinstance(data, bytes):
            path.write_bytes(data)
            return
        images = [Image.open(BytesIO(_png(figure, title))) for title, figure in data.items()]
        width = max(image.width for image in images)
        sheet = Image.new("RGB", (width, sum(image.height for image in images)), "white")
        top = 0
        for image in images:
            sheet.paste(image.convert("RGB"), (0, top))
            top += image.height
        sheet.save(path, format="PNG", optimize=True)

    def read(self, path: Path) -> bytes:
        """Read the PNG's bytes."""
        return path.read_bytes()

    def preview(self) -> ImagePreview:
        """Give the picture to Kedro-Viz."""
        return ImagePreview(base64.b64encode(self.read(Path(self._get_load_path()))).decode())


class StateDataset(AtomicDataset[dict[str, Any]]):
    """Fitted objects by key, stored as JSON plus npz: loading them runs no foreign code.

    Parameters
    ----------
    filepath
        Folder of the artifact.
    object_type
        Dotted path of the class whose ``to_state()`` and ``from_state(state)`` are used.
    """

    def __init__(
        self,
        *,
        filepath: str,
        object_type: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.object_type = object_type
        super().__init__(filepath=filepath, version=version, metadata=metadata)

    def write(self, data: dict[str, Any], path: Path) -> None:
        """Write every object's state: structure to ``state.json``, arrays to ``arrays.npz``."""
        path.mkdir()
        arrays: dict[str, np.ndarray] = {}
        document = {key: _take_arrays(item.to_state(), arrays) for key, item in data.items()}
        text = json.dumps(document, indent=1, allow_nan=False)
        (path / "state.json").write_text(text, "utf-8")
        np.savez(path / "arrays.npz", **arrays)  # pyrefly: ignore[bad-argument-type]

    def read(self, path: Path) -> dict[str, Any]:
        """Rebuild the objects."""
        module, _, name = self.object_type.rpartition(".")
        object_class = getattr(import_module(module), name)
        try:
            document = json.loads((path / "state.json").read_text("utf-8"))
            with np.load(path / "arrays.npz", allow_pickle=False) as arrays:
                states = {key: _put_arrays(state, arrays) for key, state in document.items()}
        except (ValueError, LookupError, AttributeError, EOFError, BadZipFile) as error:
            raise ValueError(
                f"state.json or arrays.npz in {path} is damaged: {error}; take another version, or "
                "make it again"
            ) from error
        return {key: object_class.from_state(state) for key, state in states.items()}

    def preview(self) -> JSONPreview:
        """Give the structure, without the arrays, to Kedro-Viz."""
        return JSONPreview((Path(self._get_load_path()) / "state.json").read_text("utf-8"))


def _png(figure: "Figure", title: str) -> bytes:
    """Draw one figure under the name of its symbol."""
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return buffer.getvalue()


def _plain(cell: Any) -> Any:
    if isinstance(cell, float):
        return float(f"{cell:.6g}")
    return cell if cell is None or isinstance(cell, int | str | bool) else str(cell)


def _take_arrays(state: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Replace each array in ``state`` by a reference and collect it in ``arrays``."""
    if isinstance(state, np.ndarray):
        reference = f"a{len(arrays)}"
        arrays[reference] = state
        return {"__array__": reference}
    if isinstance(state, dict):
        return {key: _take_arrays(value, arrays) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return [_take_arrays(value, arrays) for value in state]
    return state


def _put_arrays(state: Any, arrays: Any) -> Any:
    """Undo ``_take_arrays``."""
    if isinstance(state, dict):
        if "__array__" in state:
            return arrays[state["__array__"]]
        return {key: _put_arrays(value, arrays) for key, value in state.items()}
    if isinstance(state, list):
        return [_put_arrays(value, arrays) for value in state]
    return state
