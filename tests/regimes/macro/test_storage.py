"""Saved detectors: the same answers in a fresh process, and damage that is noticed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import MacroRegimeDetector
from regime_factory.regimes.detector import restore_detector
from regime_factory.regimes.hmm.interchange import checksum

from .worlds import COLUMNS, holed, macro_world


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return holed(macro_world()[0], "macro_vix_level", [850])


@pytest.fixture(scope="module", params=["gaussian", "student_t"])
def fitted(table, request) -> MacroRegimeDetector:
    rows = table.with_columns(macro_slope_2y10y=pl.lit(None))
    weights = {"macro_trend_200": -2.0}
    return MacroRegimeDetector(emission=request.param, weights=weights).fit(rows)


def test_a_fresh_process_predicts_identically(table, fitted, tmp_path: Path) -> None:
    folder = fitted.save(tmp_path / "detector")
    assert sorted(item.name for item in folder.iterdir()) == ["arrays.npz", "state.json"]
    table.write_parquet(tmp_path / "rows.parquet")
    code = (
        "import sys, numpy as np, polars as pl\n"
        "from regime_factory.regimes import MacroRegimeDetector\n"
        f"detector = MacroRegimeDetector.load({str(folder)!r})\n"
        f"p = detector.filter(pl.read_parquet({str(tmp_path / 'rows.parquet')!r}))\n"
        f"np.save({str(tmp_path / 'p.npy')!r}, p)\n"
        "print(detector.model_version())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert (np.load(tmp_path / "p.npy") == fitted.filter(table)).all()
    assert done.stdout.strip() == fitted.model_version()


def test_everything_comes_back(table, fitted, tmp_path: Path) -> None:
    again = MacroRegimeDetector.load(fitted.save(tmp_path / "new" / "detector"))
    assert again.get_params() == fitted.get_params()
    assert again.diagnostics() == fitted.diagnostics()
    assert again.predict_with_metadata(table) == fitted.predict_with_metadata(table)
    assert isinstance(restore_detector(fitted.to_state()), MacroRegimeDetector)


def test_a_folder_is_replaced_as_a_whole(table, fitted, tmp_path: Path) -> None:
    other = MacroRegimeDetector().fit(table[:700])
    other.save(tmp_path / "detector")
    fitted.save(tmp_path / "detector")
    assert [item.name for item in tmp_path.iterdir()] == ["detector"]
    loaded = MacroRegimeDetector.load(tmp_path / "detector")
    assert loaded.model_version() == fitted.model_version()


def test_damage_is_noticed(fitted, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"holds no state\.json"):
        MacroRegimeDetector.load(tmp_path / "nothing")
    folder = fitted.save(tmp_path / "detector")
    document = (folder / "state.json").read_text("utf-8")
    (folder / "state.json").write_text(document[: len(document) // 2], "utf-8")
    with pytest.raises(ValueError, match=r"the state in .* is damaged"):
        MacroRegimeDetector.load(folder)
    newer = json.loads(document) | {"format_version": 99}
    (folder / "state.json").write_text(json.dumps(newer), "utf-8")
    with pytest.raises(ValueError, match="update regime_factory"):
        MacroRegimeDetector.load(folder)
    (folder / "state.json").write_text(document, "utf-8")
    (folder / "arrays.npz").write_bytes(b"not a zip file")
    with pytest.raises(ValueError, match="is damaged"):
        MacroRegimeDetector.load(folder)


@pytest.mark.parametrize("name", ["scale_", "risk_scores_"])
def test_arrays_of_another_fit_are_refused(fitted, name) -> None:
    state = fitted.to_state()
    state["arrays"][name] = state["arrays"][name] * 2
    with pytest.raises(ValueError, match=r"MacroRegimeDetector is damaged: .* checksum differs"):
        MacroRegimeDetector.from_state(state)


@pytest.mark.parametrize(
    ("part", "change"),
    [("settings", {"sticky": 0.25}), ("values", {"n_rows_": 7}), ("values", {"dropped_": {}})],
)
def test_settings_and_values_of_another_fit_are_refused(fitted, part, change) -> None:
    state = fitted.to_state()
    with pytest.raises(ValueError, match="checksum differs"):
        MacroRegimeDetector.from_state({**state, part: {**state[part], **change}})


def test_a_detector_of_the_first_format_is_read(table, fitted) -> None:
    state = fitted.to_state()
    del state["values"]["collinear_"]
    older = {**state, "format_version": 1, "checksum": checksum(state["arrays"])}
    again = MacroRegimeDetector.from_state(older)
    assert again.collinear_ == {}
    assert (again.filter(table) == fitted.filter(table)).all()


@pytest.mark.parametrize("key", ["settings", "hmm", "arrays", "values", "checksum"])
def test_a_state_with_a_part_missing_is_refused(fitted, key) -> None:
    state = fitted.to_state()
    del state[key]
    with pytest.raises(ValueError, match="is damaged"):
        MacroRegimeDetector.from_state(state)


def test_columns_that_do_not_fit_the_arrays_are_refused(fitted) -> None:
    state = fitted.to_state()
    state["values"]["columns_"] = COLUMNS[:3]
    with pytest.raises(ValueError, match=r"has shape .*, expected"):
        MacroRegimeDetector.from_state(state)
    with pytest.raises(ValueError, match="not a saved MacroRegimeDetector"):
        MacroRegimeDetector.from_state({"format_version": 1, "kind": "GaussianHMM"})


def test_a_save_never_removes_what_it_did_not_write(
    fitted: MacroRegimeDetector, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match=r"holds thesis.txt; .* nothing was saved"):
        fitted.save(tmp_path)
    with pytest.raises(ValueError, match="is a file"):
        fitted.save(tmp_path / "thesis.txt")
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.txt"]
