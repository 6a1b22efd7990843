"""Large tables stay on disk; float32 is a matter of storage alone."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from kedro.io import Version

from regime_factory.bars import SymbolTable, per_symbol
from regime_factory.bars.symbol_table import SymbolTableBuilder
from regime_factory.datasets import TableDataset

ROWS = pl.DataFrame(
    {"symbol": ["B", "B", "A"], "n": pl.Series([1, 2, 3], dtype=pl.UInt32), "x": [0.1, None, 2]}
)


def on_disk() -> SymbolTable:
    builder = SymbolTableBuilder()
    for _, rows in per_symbol(ROWS):
        builder.append(rows)
    return builder.table()


@pytest.mark.parametrize("rows", [0, 2, 3, None])
def test_the_number_of_rows_decides_what_is_loaded(tmp_path, rows) -> None:
    for number, data in enumerate((ROWS, on_disk())):
        path = str(tmp_path / f"{number}.parquet")
        TableDataset(filepath=path).save(data)
        loaded = TableDataset(filepath=path, in_memory_rows=rows).load()
        assert isinstance(loaded, SymbolTable) == (rows in (0, 2))
        whole = loaded.collect() if isinstance(loaded, SymbolTable) else loaded
        assert whole.equals(ROWS)
        assert pl.read_parquet(path).equals(ROWS), "other tools read it as one table"


def test_a_table_on_disk_becomes_a_version_like_any_other(tmp_path) -> None:
    path = str(tmp_path / "bars.parquet")
    dataset = TableDataset(filepath=path, version=Version(None, "v1"), in_memory_rows=0)
    dataset.save(on_disk())
    loaded = TableDataset(filepath=path, version=Version(None, None), in_memory_rows=0).load()
    assert loaded.symbols == ["B", "A"]
    assert [file.name for file in loaded.files] == ["part-00000.parquet", "part-00001.parquet"]
    again = TableDataset(filepath=str(tmp_path / "again.parquet"), in_memory_rows=0)
    again.save(loaded)
    assert again.load().collect().equals(ROWS)
    assert again.preview(2)["data"] == [["B", 1, 0.1], ["B", 2, None]]


def test_a_disk_without_links_gets_a_copy(tmp_path, monkeypatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    dataset = TableDataset(filepath=str(tmp_path / "bars.parquet"))
    dataset.save(on_disk())
    assert dataset.load().equals(ROWS)


def test_float32_is_stored_and_float64_is_loaded(tmp_path) -> None:
    for number, data in enumerate((ROWS, on_disk())):
        path = tmp_path / f"{number}.parquet"
        dataset = TableDataset(filepath=str(path), dtype="float32")
        dataset.save(data)
        stored = pl.read_parquet(path).schema
        assert stored == {"symbol": pl.String, "n": pl.UInt32, "x": pl.Float32}
        loaded = dataset.load()
        assert loaded.schema == ROWS.schema
        assert loaded["x"].to_list() == [float(np.float32(0.1)), None, 2.0]


def test_a_table_on_disk_as_csv_is_whole(tmp_path) -> None:
    dataset = TableDataset(filepath=str(tmp_path / "a.csv"), file_format="csv")
    dataset.save(on_disk())
    assert dataset.load().rows() == ROWS.rows()


@pytest.mark.parametrize(
    "setting", [{"dtype": "float16"}, {"in_memory_rows": -1}, {"in_memory_rows": "many"}]
)
def test_storage_that_does_not_exist_is_refused(setting) -> None:
    with pytest.raises(ValueError, match=r"is .*; use"):
        TableDataset(filepath="a.parquet", **setting)
