"""Sources read and never write; a missing source says how to name one."""

from pathlib import Path

import pytest
from kedro.io import DatasetError

from regime_factory.datasets import BarsSource, RunContext, SimulatedBars
from regime_factory.datasets.sources import LIBRARIES

SETTINGS = {"n_bars": 50, "seed": 3}


def test_the_embedded_bars_come_with_the_installation() -> None:
    raw = BarsSource(source="embedded").load()
    assert raw["symbol"].unique(maintain_order=True).to_list() == ["SP500", "NASDAQ"]


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "bars.csv"
    file.write_text("Date,Close\n2024-01-02,abc\n")
    assert BarsSource(source=str(file)).load().rows() == [("2024-01-02", "abc")]


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
