"""Sources read and never write; a missing source says how to name one."""

import hashlib
from pathlib import Path

import polars as pl
import pytest
from kedro.io import DatasetError

from regime_factory.bars import SourceFiles, embedded_source
from regime_factory.datasets import BarsSource, RunContext, SimulatedBars
from regime_factory.datasets.sources import LIBRARIES

SETTINGS = {"n_bars": 50, "seed": 3}


def test_the_embedded_bars_come_with_the_installation() -> None:
    raw = BarsSource(source="embedded").load()
    assert raw["symbol"].unique(maintain_order=True).to_list() == ["SP500", "NASDAQ"]


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "bars.csv"
    file.write_text("Date,Close\n2024-01-02,abc\n")
    made = BarsSource(source=str(file)).load()
    assert made.drop("source_file", "source_row").rows() == [("2024-01-02", "abc")]


def test_without_a_file_the_setting_is_named() -> None:
    source = BarsSource(source=None, setting="apply_path")
    assert source.exists()
    with pytest.raises(DatasetError, match="--params apply_path=FILE"):
        source.load()


@pytest.mark.parametrize(
    "dataset", [BarsSource(source="x.csv"), SimulatedBars(settings=SETTINGS), RunContext(env="t")]
)
def test_sources_are_never_written(dataset) -> None:
    assert dataset.exists()
    assert str(dataset)
    with pytest.raises(DatasetError):
        dataset.save("anything")


def test_simulated_bars_are_the_same_on_every_load() -> None:
    first, again = (SimulatedBars(settings=SETTINGS).load() for _ in range(2))
    assert first.equals(again)
    assert first.columns == ["symbol", "ts", "open", "high", "low", "close", "volume"]


def test_the_run_context_names_code_and_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    context = RunContext(env="test").load()
    assert context["env"] == "test"
    assert set(context["libraries"]) == set(LIBRARIES)
    assert context["libraries"]["numpy"]
    monkeypatch.setenv("PATH", "")
    assert RunContext(env="test").load()["git_revision"] is None


def test_a_large_source_is_found_but_not_read(tmp_path: Path) -> None:
    for symbol in ("ES", "NQ"):
        (tmp_path / f"{symbol}.csv").write_text("Date,Close\n2024-01-02,1\n2024-01-03,2\n")
    for rows, kind in ((5, SourceFiles), (6, pl.DataFrame), (None, pl.DataFrame)):
        loaded = BarsSource(source=str(tmp_path / "*.csv"), in_memory_rows=rows).load()
        assert isinstance(loaded, kind), rows


def test_a_source_that_may_be_missing_loads_as_nothing() -> None:
    source = BarsSource(source=None, setting="features_path", optional=True)
    assert source.load() is None
    assert source.sha256() is None


def test_the_hash_of_a_source_is_that_of_its_files(tmp_path: Path) -> None:
    file = tmp_path / "bars.csv"
    file.write_text("Date,Close\n")
    assert BarsSource(source=str(file)).sha256() == hashlib.sha256(b"Date,Close\n").hexdigest()
    assert BarsSource(source="embedded").sha256() == embedded_source().sha256()
