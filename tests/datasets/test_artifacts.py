"""What is stored comes back equal, and Kedro-Viz gets previews of the classes it knows."""

import base64
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from kedro.io import DatasetError, Version
from kedro_datasets._typing import ImagePreview, JSONPreview, TablePreview

from regime_factory.datasets import FigureDataset, JSONDataset, StateDataset, TableDataset


@dataclass
class Fit:
    """A fitted object as the rooms make them."""

    mean: np.ndarray
    steps: list[dict[str, Any]]

    def to_state(self) -> dict[str, Any]:
        return {"mean": self.mean, "steps": self.steps}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Fit":
        return cls(**state)


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_tables_come_back_equal(tmp_path: Path, file_format: str) -> None:
    table = pl.DataFrame({"symbol": ["A", "B"], "x": [0.1, None], "n": [1, 2]})
    dataset = TableDataset(
        filepath=str(tmp_path / "t"), file_format=file_format, version=Version(None, None)
    )
    dataset.save(table)
    assert dataset.load().equals(table)
    preview = dataset.preview(nrows=1)
    assert preview == {"index": [0], "columns": ["symbol", "x", "n"], "data": [["A", 0.1, 1]]}


def test_unknown_table_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="use parquet or csv"):
        TableDataset(filepath=str(tmp_path / "t"), file_format="feather")


def test_fitted_objects_come_back_bit_for_bit(tmp_path: Path) -> None:
    fit = Fit(np.array([0.1, np.pi]), [{"name": "a", "matrix": np.eye(2)}, {"name": "b"}])
    dataset = StateDataset(
        filepath=str(tmp_path / "model"),
        object_type=f"{__name__}.Fit",
        version=Version(None, None),
    )
    dataset.save({"SP500": fit})
    loaded = dataset.load()["SP500"]
    assert loaded.mean.tobytes() == fit.mean.tobytes()
    assert np.array_equal(loaded.steps[0]["matrix"], np.eye(2))
    assert "SP500" in dataset.preview()


def test_a_damaged_model_gives_a_clear_error(tmp_path: Path) -> None:
    dataset = StateDataset(filepath=str(tmp_path / "model"), object_type=f"{__name__}.Fit")
    dataset.save({"A": Fit(np.zeros(2), [])})
    (tmp_path / "model" / "state.json").write_text('{"A": ')
    with pytest.raises(DatasetError, match="model"):
        dataset.load()


def test_figures_are_png_and_repeatable(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot().plot([1, 2])
    stored = []
    for name in ("a.png", "b.png"):
        dataset = FigureDataset(filepath=str(tmp_path / name))
        dataset.save({"A": figure, "B": figure})
        stored.append(dataset.load())
    assert stored[0].startswith(b"\x89PNG")
    assert stored[0] == stored[1]
    assert base64.b64decode(dataset.preview()) == stored[1]


@pytest.mark.parametrize(
    ("dataset", "kind"),
    [
        (TableDataset, TablePreview),
        (JSONDataset, JSONPreview),
        (FigureDataset, ImagePreview),
        (StateDataset, JSONPreview),
    ],
)
def test_previews_are_annotated_with_the_real_classes(dataset: Any, kind: Any) -> None:
    assert inspect.signature(dataset.preview).return_annotation is kind
