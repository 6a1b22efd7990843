"""The ledger in the catalog: saving adds what is new, loading gives all of a source."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from kedro.io import DataCatalog, DatasetError
from kedro.io.core import parse_dataset_definition

from regime_factory.datasets import TrialReturnsDataset, TrialsDataset
from regime_factory.evaluation import Trial, returns_table, trial_table
from regime_factory.evaluation.ledger import LEDGER_TABLE

PROJECT = Path(__file__).resolve().parents[2]
STAMPS = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(3)]


def trial(number: int, source: str) -> Trial:
    returns = (STAMPS, [0.0, 0.1, -0.2]) if source == "backtest" else None
    return Trial(source, "A", "selection", {"n": number}, "figure", number / 3, "5f", returns)


CELLS = [trial(n, "hmm_selection") for n in range(3)]
STRATEGIES = [trial(n, "backtest") for n in range(2)]


@pytest.fixture
def catalog(tmp_path: Path) -> DataCatalog:
    """The entries of conf/base, below another root."""
    import yaml

    text = (PROJECT / "conf/base/catalog_trials.yml").read_text("utf-8")
    return DataCatalog.from_config(
        yaml.safe_load(text.replace("${globals:data}", (tmp_path / "data").as_posix()))
    )


@pytest.fixture
def filled(catalog: DataCatalog) -> DataCatalog:
    catalog["hmm.trials"].save(trial_table(CELLS))
    catalog["backtest.trial_returns"].save(returns_table(STRATEGIES))
    catalog["backtest.trials"].save(trial_table(STRATEGIES))
    return catalog


def test_before_the_first_run_there_is_nothing(catalog: DataCatalog) -> None:
    for name in ("hmm.trials", "backtest.trials", "trials", "trial_returns"):
        assert not catalog.exists(name), name
        assert catalog[name].load().is_empty(), name


def test_each_entry_gives_the_trials_of_its_source(filled: DataCatalog) -> None:
    assert filled["trials"].load().schema == pl.Schema(LEDGER_TABLE)
    counts = {n: filled[n].load().height for n in ("hmm.trials", "backtest.trials", "trials")}
    assert counts == {"hmm.trials": 3, "backtest.trials": 2, "trials": 5}
    for name in ("backtest.trial_returns", "trial_returns"):
        assert filled[name].load().equals(returns_table(STRATEGIES))
    assert filled.exists("hmm.trials")


def test_what_was_loaded_can_be_saved_again_and_changes_nothing(filled: DataCatalog) -> None:
    file = filled["trials"].ledger().path
    before = file.read_bytes()
    filled["trials"].save(filled["trials"].load())
    filled["trial_returns"].save(filled["trial_returns"].load())
    filled["hmm.trials"].save(trial_table(CELLS[::-1]))
    assert file.read_bytes() == before
    filled["hmm.trials"].save(trial_table([*CELLS, trial(9, "hmm_selection")]))
    assert file.read_bytes().startswith(before)
    assert filled["hmm.trials"].load().height == 4


def test_lines_name_the_code_that_ran(filled: DataCatalog) -> None:
    row = filled["trials"].load().row(0, named=True)
    assert row["package_version"]
    assert row["time"] <= datetime.now(UTC)


def test_trials_of_another_source_are_refused(filled: DataCatalog) -> None:
    with pytest.raises(DatasetError, match=r"keeps trials of 'hmm_selection'.*backtest"):
        filled["hmm.trials"].save(trial_table(STRATEGIES))


def test_lines_do_not_go_before_their_returns(
    catalog: DataCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regime_factory.evaluation.ledger.RETURNS_WAIT", 0.0)
    with pytest.raises(DatasetError, match="store them before its line"):
        catalog["backtest.trials"].save(trial_table(STRATEGIES))
    assert not catalog.exists("backtest.trials")


def test_the_validators_hold_on_every_save(catalog: DataCatalog) -> None:
    infinite = trial_table(CELLS).with_columns(metric=pl.lit(float("inf")))
    with pytest.raises(DatasetError, match="metrics are finite"):
        catalog.save("trials", infinite)
    twice = pl.concat([returns_table(STRATEGIES)] * 2)
    with pytest.raises(DatasetError, match="unique"):
        catalog.save("trial_returns", twice)


@pytest.mark.parametrize(
    ("name", "rows"), [("trials", 5), ("hmm.trials", 3), ("trial_returns", 3), ("none", 0)]
)
def test_kedro_viz_previews_the_latest(filled: DataCatalog, name: str, rows: int) -> None:
    dataset = (
        TrialReturnsDataset(filepath="nowhere/trials.jsonl") if name == "none" else filled[name]
    )
    preview = dataset.preview()
    assert len(preview["data"]) == rows
    assert preview["columns"][0] == "trial_id"
    assert all(
        isinstance(cell, str | int | float | None) for row in preview["data"] for cell in row
    )


def test_kedro_sees_no_versions(catalog: DataCatalog) -> None:
    kind, settings = parse_dataset_definition(
        {"type": "regime_factory.datasets.TrialsDataset", "filepath": "x/trials.jsonl"}
    )
    assert kind is TrialsDataset
    assert "version" not in settings
    assert not hasattr(catalog["trials"], "resolve_load_version")


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_clean_leaves_the_ledgers(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "Makefile", tmp_path)
    for folder in ("src", "tests", "benchmarks", "data/base/trials/returns", "data/base/04_regimes",
                   "data/prod/.hidden", "site"):  # fmt: skip
        (tmp_path / folder).mkdir(parents=True)
    for file in ("data/base/report.html", "data/base/trials/trials.jsonl", "data/.gitkeep"):
        (tmp_path / file).write_text("x")
    done = subprocess.run(
        ["make", "clean"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    left = {str(item.relative_to(tmp_path)) for item in tmp_path.rglob("*")}
    assert left == {
        "Makefile", "src", "tests", "benchmarks", "data", "data/.gitkeep", "data/base", "data/prod",
        "data/base/trials", "data/base/trials/returns", "data/base/trials/trials.jsonl",
    }  # fmt: skip
