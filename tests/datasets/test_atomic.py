"""A version is there whole or not at all, however the save ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from kedro.io import DatasetError, Version
from kedro.io.core import VersionNotFoundError

from regime_factory.datasets import HTMLDataset, JSONDataset, TableDataset
from regime_factory.datasets.atomic import remove_abandoned

KILLED_SAVE = """
import os, signal, sys
from pathlib import Path
from kedro.io import Version
from regime_factory.datasets import JSONDataset

class Killed(JSONDataset):
    def write(self, data, path):
        path.write_text('{"half": ')
        os.kill(os.getpid(), signal.SIGKILL)

Killed(filepath=sys.argv[1], version=Version(None, "2030-01-02T00.00.00.000Z")).save({"x": 2})
"""


def versioned(tmp_path: Path, save: str | None = None) -> JSONDataset:
    return JSONDataset(filepath=str(tmp_path / "a.json"), version=Version(None, save))


def test_killed_save_leaves_the_last_good_version(tmp_path: Path) -> None:
    versioned(tmp_path, "2030-01-01T00.00.00.000Z").save({"x": 1})
    done = subprocess.run(
        [sys.executable, "-c", KILLED_SAVE, str(tmp_path / "a.json")], check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert len(list((tmp_path / "a.json").glob(".*"))) == 1
    assert versioned(tmp_path).load() == {"x": 1}
    versioned(tmp_path, "2030-01-03T00.00.00.000Z").save({"x": 3})
    assert versioned(tmp_path).load() == {"x": 3}
    assert not list((tmp_path / "a.json").glob(".*"))


def test_failed_save_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        versioned(tmp_path).save({"x": float("nan")})
    assert not list((tmp_path / "a.json").iterdir())
    with pytest.raises(VersionNotFoundError):
        versioned(tmp_path).resolve_load_version()


def test_an_existing_version_is_not_overwritten(tmp_path: Path) -> None:
    versioned(tmp_path, "v1").save({"x": 1})
    with pytest.raises(DatasetError, match="must not exist"):
        versioned(tmp_path, "v1").save({"x": 2})
    assert versioned(tmp_path).load() == {"x": 1}


def test_saves_of_running_processes_are_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / f".v1.{os.getpid()}.unfinished"
    mine.mkdir()
    remove_abandoned(tmp_path)
    assert mine.exists()


def test_without_versions_a_file_is_replaced(tmp_path: Path) -> None:
    dataset = TableDataset(filepath=str(tmp_path / "t.parquet"))
    for value in (1, 2):
        dataset.save(pl.DataFrame({"x": [value]}))
    assert dataset.load()["x"].to_list() == [2]
    assert [item.name for item in tmp_path.iterdir()] == ["t.parquet"]


def test_the_latest_page_is_kept_beside_the_versions(tmp_path: Path) -> None:
    latest = tmp_path / "report.html"
    for number in (1, 2):
        HTMLDataset(
            filepath=str(tmp_path / "r" / "report.html"),
            latest=str(latest),
            version=Version(None, f"v{number}"),
        ).save(f"<html>{number}</html>")
    assert latest.read_text() == "<html>2</html>"


def test_hidden_files_of_a_user_are_left_alone(tmp_path: Path) -> None:
    notes, backup = tmp_path / ".notes.20230101", tmp_path / ".backup.99999999"
    notes.write_text("precious")
    backup.mkdir()
    remove_abandoned(tmp_path)
    assert notes.exists()
    assert backup.exists()
