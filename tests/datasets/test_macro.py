"""The dataset of macro files: which files it reads, in which order of precedence, and errors."""

import hashlib

import polars as pl
import pytest
from kedro.io import DatasetError

from regime_factory.bars.macro.files import embedded_macro_file
from regime_factory.datasets import MacroFiles


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "vix.csv"
    path.write_text("date,close\n2020-01-02,12.47\n")
    return path


def test_each_named_file_is_read_and_absent_ones_are_left_out(file):
    raw = MacroFiles(files={"vix": str(file), "spread": "embedded", "treasury": None}).load()
    assert set(raw) == {"vix", "spread"}
    assert raw["vix"].rows() == [("2020-01-02", "12.47")]
    assert raw["spread"].columns == ["date", "AAA", "BAA"]


def test_the_command_line_goes_before_the_settings(file):
    files = {"vix": "embedded", "spread": "embedded"}
    dataset = MacroFiles(files=files, given={"vix": str(file), "spread": None})
    assert dataset.source == {"vix": str(file), "spread": None}
    assert set(dataset.load()) == {"vix"}
    assert files == {"vix": "embedded", "spread": "embedded"}


def test_no_file_at_all_gives_no_table():
    assert MacroFiles(files=None).load() == {}


def test_hashes_are_of_the_bytes(file):
    dataset = MacroFiles(files={"vix": str(file), "spread": "embedded", "treasury": None})
    own = embedded_macro_file("spread")
    assert dataset.sha256() == {
        "vix": hashlib.sha256(file.read_bytes()).hexdigest(),
        "spread": hashlib.sha256(own.read_bytes()).hexdigest(),
    }


@pytest.mark.parametrize(
    ("path", "message"),
    [("nowhere.csv", "macro_files.treasury: .*nowhere.csv"), ("embedded", "only under vix, spr")],
)
def test_a_file_that_cannot_be_read_is_named(path, message):
    with pytest.raises(DatasetError, match=message):
        MacroFiles(files={"treasury": path}).load()


def test_one_path_for_all_files_is_refused():
    with pytest.raises(DatasetError, match=r"name the file that it is, for instance --params mac"):
        MacroFiles(files={}, given="VIX.csv")


def test_raw_series_are_never_written():
    dataset = MacroFiles(files={})
    assert dataset.exists()
    assert dataset._describe() == {"files": {}}
    with pytest.raises(DatasetError, match="only read"):
        dataset.save(pl.DataFrame())
