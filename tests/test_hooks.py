"""Settings and inputs are checked before any work; provenance is kept after it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from regime_factory.hooks import configure_logging, timing_lines
from regime_factory.run_checks import parameter_problems

PROJECT = Path(__file__).resolve().parents[1]


def process(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kedro", *arguments],
        cwd=PROJECT,
        env={**os.environ, "REGIME_FACTORY_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def parameters() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for file in (PROJECT / "conf/base").glob("parameters*.yml"):
        merged |= yaml.safe_load(file.read_text().replace("${globals:seed}", "1"))
    return merged


def test_the_default_settings_have_no_problem(parameters) -> None:
    assert parameter_problems(parameters) == []


@pytest.mark.parametrize(
    ("block", "change", "expected"),
    [
        ("hmm", {"n_stats": 3}, "hmm.n_stats: unknown setting; did you mean 'n_states'?"),
        ("hmm", {"sticky": -1}, "hmm.sticky: Input should be greater than or equal to 0"),
        ("hmm", {"n_states_min": 5}, "n_states_min 5 is above hmm.n_states_max 3"),
        ("ingest", {"stamp": "middle"}, "ingest.stamp: Input should be 'open', 'close'"),
        ("market", {"timeframe": "1H"}, "lacks market.timeframe '1H'"),
        ("features", {"feature_set": "columns"}, "features.columns lists the columns"),
        (
            "features",
            {"feature_set": "columns", "columns": ["macro_vix_percentile_25"]},
            "no macro column; did you mean 'macro_vix_percentile_252'?",
        ),
        ("macro", {"features": {"vix": "vx"}}, "names the series 'vx', which no file in macro.sou"),
        ("macro", {"features": {"vix_widow": 9}}, "unknown setting; did you mean 'vix_window'?"),
    ],
)
def test_problems_name_the_setting(parameters, block: str, change: dict, expected: str) -> None:
    problems = parameter_problems({**parameters, block: {**parameters[block], **change}})
    assert len(problems) == 1
    assert expected in problems[0]


def test_a_misspelt_key_inside_a_named_block_is_named(parameters) -> None:
    macro = parameters["macro"]
    sources = {**macro["sources"], "vix": {**macro["sources"]["vix"], "lags": 1}}
    problems = parameter_problems({**parameters, "macro": {**macro, "sources": sources}})
    assert problems == ["  macro.sources.vix.lags: unknown setting; did you mean 'lag'?"]


def test_symbols_may_be_one_scalar_on_the_command_line(kedro, tmp_path: Path) -> None:
    arguments = ["--pipelines", "ingest", "--params", "ingest.symbols=nasdaq"]
    done = kedro("run", "--env", "prod", *arguments, data=tmp_path)
    assert done.returncode == 0, done.stderr
    report = next(tmp_path.glob("02_intermediate/quality_report.json/*/*")).read_text()
    assert list(json.loads(report)["symbols"]) == ["NASDAQ"]
    unknown = ["--pipelines", "ingest", "--params", "ingest.symbols=NASDAQ;DAX"]
    done = kedro("run", "--env", "prod", *unknown, data=tmp_path)
    assert done.returncode != 0
    assert "DAX" in done.stderr
    assert "SP500" in done.stderr


def test_unknown_and_missing_blocks_are_named(parameters) -> None:
    changed = {name: block for name, block in parameters.items() if name != "hmm"}
    problems = parameter_problems({**changed, "backtests": {}})
    assert any("backtests: unknown setting; did you mean 'backtest'?" in p for p in problems)
    assert any("hmm: missing" in p for p in problems)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("hmm.n_stats=3", "hmm.n_stats: unknown setting; did you mean 'n_states'?"),
        ("bars_paht=x.csv", "bars_paht: unknown setting"),
        ("backtest.fee_bps=lots", "backtest.fee_bps: Input should be a valid number"),
    ],
)
def test_a_misspelt_parameter_stops_the_run_before_any_work(
    kedro, tmp_path: Path, given: str, expected: str
) -> None:
    done = kedro("run", "--env", "prod", "--pipelines", "ingest", "--params", given, data=tmp_path)
    assert done.returncode != 0
    assert expected in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not any(tmp_path.iterdir())


def test_a_pipeline_alone_says_what_to_run_first(kedro, tmp_path: Path) -> None:
    done = kedro("run", "--env", "prod", "--pipelines", "backtest", data=tmp_path)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "regimes: run 'kedro run --pipelines hmm_selection' first" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("pipeline", ["hmm_selection", "backtest"])
def test_a_damaged_ledger_stops_the_run_before_any_work(
    kedro, tmp_path: Path, pipeline: str
) -> None:
    ledger = tmp_path / "trials/trials.jsonl"
    ledger.parent.mkdir()
    ledger.write_text('{"metric": 1}\n')
    done = kedro("run", "--env", "prod", "--pipelines", pipeline, data=tmp_path)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert text.count("line 1 of") == 1
    assert "restore the file from a backup" in " ".join(text.split())
    assert "Traceback" not in text
    assert ledger.read_text() == '{"metric": 1}\n'


@pytest.mark.parametrize(
    ("path", "expected"),
    [("nowhere.csv", "nowhere.csv"), ("", "--params bars_path=FILE")],
)
def test_a_missing_file_is_named(kedro, tmp_path: Path, path: str, expected: str) -> None:
    arguments = ["--params", f"bars_path={path}"] if path else []
    done = kedro("run", "--env", "crypto", "--pipelines", "ingest", *arguments, data=tmp_path)
    assert done.returncode != 0
    assert expected in done.stdout + done.stderr


def test_provenance_is_written_beside_the_artifacts(tmp_path: Path) -> None:
    done = process("run", "--env", "prod", "--pipelines", "ingest", data=tmp_path)
    assert done.returncode == 0, done.stderr
    record = json.loads(next(tmp_path.glob("08_reporting/provenance.json/*/*.json")).read_text())
    assert record["env"] == "prod"
    assert len(record["fingerprint_before_holdout"]) == 64
    assert record["fingerprint_before_holdout"] != record["fingerprint_of_all_bars"]
    assert record["sources"]["raw_bars"]["source"] == "embedded"
    assert len(record["sources"]["raw_bars"]["sha256"]) == 64
    assert record["libraries"]["polars"]
    assert record["parameters"]["hmm"]["refit_every"] == 63
    assert {item["node"] for item in record["nodes"]} == {
        "read_bars", "check_bars", "settle_zones", "report_quality", "seal_holdout",
    }  # fmt: skip
    assert {"bars", "zones", "bars_holdout"} <= set(record["outputs"])
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert any("all 5 nodes" in event["message"] for event in events), "prod logs are JSON"


def test_timing_table_is_sorted_and_summed() -> None:
    nodes = [{"node": "a", "seconds": 1.0}, {"node": "b", "seconds": 2.5}]
    assert timing_lines(nodes) == ["    2.50 s  b", "    1.00 s  a", "    3.50 s  all 2 nodes"]


def test_no_log_file_changes_nothing(tmp_path: Path) -> None:
    configure_logging(tmp_path / "none.yml")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--params", "hmm.n_innit=3"], "hmm.n_innit: unknown setting; did you mean 'n_init'?"),
        (["--params", "bar_path=x.csv"], "bar_path: unknown setting; did you mean 'bars_path'?"),
        (["--params", "ingest.stamp=null"], "say which moment of its bar a time stamp"),
        (["--params", "ingest.timezone=null"], "say in which zone stamps without a zone are"),
        (["--params", "ingest.timezone=Mars"], "time zone 'Mars' is unknown"),
        (["--params", "hmm.regime_timeframe=3H"], "'3H' is not among market.timeframes"),
        (["--params", "zones.selection_end=2020-13-45"], "zones.selection_end"),
        (["--pipelines", "ingst"], "There are the pipelines apply_hmm, backtest"),
    ],
)
def test_the_whole_job_is_checked_before_any_work(
    kedro, tmp_path: Path, arguments: list[str], expected: str
) -> None:
    done = kedro("run", "--env", "prod", *arguments, data=tmp_path)
    assert done.returncode != 0
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not any(tmp_path.iterdir())


def test_an_unknown_environment_is_named(kedro, tmp_path: Path) -> None:
    done = kedro("run", "--env", "prd", data=tmp_path)
    assert "no environment 'prd'; there are base, crypto" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("block", "change", "expected"),
    [
        ("market", {"timeframes": ["1D", "1D"]}, "names one twice"),
        ("market", {"timeframes": ["1D", "4H"]}, "shorter than the bars of the file"),
        ("market", {"periods_per_year": float("inf")}, "finite number"),
        ("zones", {"selection_end": 0.9, "evaluation_end": 0.5}, "is not before"),
        ("zones", {"min_bars": 5}, "zones.min_bars: 5 is below 20: strategies cannot be compared"),
        ("backtest", {"strategy": "long_flat", "rules": ["volatility_target"]}, "not among"),
        ("hmm", {"seed": -1}, "hmm.seed"),
        ("ingest", {"columns": {"clsoe": "x"}}, "ingest.columns.clsoe"),
    ],
)
def test_settings_that_do_not_fit_are_named(parameters, block, change, expected) -> None:
    problems = parameter_problems({**parameters, block: {**parameters[block], **change}})
    assert len(problems) >= 1
    assert expected in problems[0]
