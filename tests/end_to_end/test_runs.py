"""Whole runs: repeatable, complete, quiet, and safe to kill."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DatasetError

from regime_factory.lineage import stale_inputs
from regime_factory.regimes import GaussianHMM

PROJECT = Path(__file__).resolve().parents[2]


def same(a: Any, b: Any) -> bool:
    """Whether two datasets are identical, arrays bit for bit."""
    if isinstance(a, pl.DataFrame):
        return a.equals(b)
    if hasattr(a, "to_state"):
        return same(a.to_state(), b.to_state())
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a.tobytes() == b.tobytes() if hasattr(a, "tobytes") else a == b


def test_two_runs_in_memory_are_identical(run, raw, whole) -> None:
    again = run(raw)
    for name, data in whole.items():
        assert same(data, again[name]), name


def test_the_regimes_find_the_simulated_truth(whole) -> None:
    """Well separated states: the confirmed regime orders the volatility of the bars it names."""
    bars = whole["bars"].filter(timeframe="1H")
    returns = bars.with_columns(ret=pl.col("close").pct_change().over("symbol"))
    named = whole["regimes"].join(returns, on=["symbol", "ts"])
    spread = named.group_by("symbol", "confirmed_state").agg(pl.col("ret").std())
    for symbol in ("AAA", "BBB"):
        own = spread.filter(symbol=symbol).sort("confirmed_state")["ret"].to_list()
        assert own[1] > 1.3 * own[0]


def kedro_run(data: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--env", "prod", *arguments],
        cwd=PROJECT,
        env={**os.environ, "REGIME_FACTORY_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def tables_of(data: Path) -> dict[str, pl.DataFrame]:
    """Latest version of every Parquet table below a data root."""
    found = {}
    for folder in sorted(data.glob("*/*.parquet")):
        latest = max(item for item in folder.iterdir() if not item.name.startswith("."))
        found[folder.name] = pl.read_parquet(latest / folder.name)
    return found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data root of one whole run on the embedded bars."""
    root = tmp_path_factory.mktemp("prod")
    done = kedro_run(root)
    assert done.returncode == 0, done.stderr[-3000:]
    (root / "run.log").write_text(done.stderr)
    return root


@pytest.mark.slow
def test_a_run_writes_every_artifact_and_no_warning(data: Path, catalog_config) -> None:
    by_name_only = ("appl", "new_", "macro_regimes.")
    for name, entry in catalog_config.items():
        if "filepath" in entry and not name.startswith(by_name_only):
            place = data / entry["filepath"].removeprefix("data/test/")
            found = [place] if entry["metadata"].get("append_only") else place.glob("*/*")
            assert any(item.name == place.name and item.exists() for item in found), name
    events = [json.loads(line) for line in (data / "run.log").read_text().splitlines()]
    assert {event["level"] for event in events} == {"INFO"}
    assert (data / "report.html").stat().st_size < 6_000_000
    assert not list(data.rglob("*/.2*")), "nothing half-written is left"


@pytest.mark.slow
def test_accounts_of_other_regimes_than_are_loaded_are_seen(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The `honesty` pipeline alone, after `hmm_selection` made regimes once more."""

    def stale() -> dict[str, dict[str, list[str]]]:
        with KedroSession.create(PROJECT, env="prod") as session:
            return stale_inputs(pipelines["honesty"], session.load_context().catalog)

    bootstrap_project(PROJECT)
    monkeypatch.setenv("REGIME_FACTORY_DATA", str(data))
    place = data / "04_regimes/regimes.parquet"
    file = next(place.glob("*/*"))
    again = place / "2999-01-01T00.00.00.000Z" / file.name
    again.parent.mkdir()
    try:
        again.write_bytes(file.read_bytes())
        assert stale() == {}
        pl.read_parquet(file).reverse().write_parquet(again)
        found = stale()
    finally:
        shutil.rmtree(again.parent)
    assert found["backtest"]["backtest.equity"] == ["regimes"]
    assert set(found) == {"backtest", "hmm_selection"}
    assert "hmm.refits" not in found["hmm_selection"]


@pytest.mark.slow
def test_a_killed_run_leaves_the_last_good_version_and_the_next_run_is_identical(
    data: Path,
) -> None:
    before = tables_of(data)
    process = subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", "--env", "prod"],
        cwd=PROJECT,
        env={**os.environ, "REGIME_FACTORY_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    features = data / "03_feature/features.parquet"
    deadline = time.monotonic() + 120
    while len(list(features.glob("[!.]*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert tables_of(data).keys() == before.keys()
    for name, table in tables_of(data).items():
        assert table.equals(before[name]), name
    assert kedro_run(data).returncode == 0
    for name, table in tables_of(data).items():
        assert table.equals(before[name]), name


@pytest.mark.slow
def test_apply_hmm_scores_new_bars_with_the_saved_model(data: Path, tmp_path: Path) -> None:
    from regime_factory.bars import embedded_bars

    recent = embedded_bars().group_by("symbol", maintain_order=True).tail(400)
    file = tmp_path / "recent.csv"
    recent.write_csv(file)
    done = kedro_run(data, "--pipelines", "apply_hmm", "--params", f"apply_path={file}")
    assert done.returncode == 0, done.stderr[-2000:]
    applied = tables_of(data)["applied_regimes.parquet"]
    assert applied.group_by("symbol").len()["len"].to_list() == [399, 399]
    state = max((data / "04_regimes/model").glob("*/model"))
    assert {item.name for item in state.iterdir()} == {"state.json", "arrays.npz"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "arguments", "expected"),
    [
        (1, [], "without history"),
        (400, ["ingest.symbols=null", "ingest.symbol=OTHER"], "OTHER"),
        (0, [], "--params apply_path=FILE"),
    ],
)
def test_apply_hmm_says_what_is_missing(
    kedro, data, tmp_path, *, rows: int, arguments: list[str], expected: str
) -> None:
    from regime_factory.bars import embedded_bars

    given = list(arguments)
    if rows:
        own = embedded_bars().filter(symbol="SP500").tail(rows)
        file = tmp_path / "some.csv"
        (own.drop("symbol") if arguments else own).write_csv(file)
        given.append(f"apply_path={file}")
    options = ["--params", ",".join(given)] if given else []
    done = kedro("run", "--env", "prod", "--pipelines", "apply_hmm", *options, data=data)
    assert done.returncode != 0
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_is_loaded_without_running_code(tmp_path: Path) -> None:
    """The stored model is JSON and arrays; a pickle in its place is refused."""
    import numpy as np

    from regime_factory.datasets import StateDataset

    model = GaussianHMM(2, "diag", n_init=1).fit(np.random.default_rng(0).normal(size=(200, 2)))
    dataset = StateDataset(
        filepath=str(tmp_path / "model"), object_type="regime_factory.regimes.GaussianHMM"
    )
    dataset.save({"A": model})
    assert same(dataset.load()["A"], model)
    pickled = {f"a{n}": np.array([{"x": 1}], dtype=object) for n in range(20)}
    np.savez(tmp_path / "model" / "arrays.npz", **pickled)
    with pytest.raises(DatasetError, match="allow_pickle"):
        dataset.load()
