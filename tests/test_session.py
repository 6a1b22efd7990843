"""Runs inside this process: hooks check, record and log."""

import json
import logging
from pathlib import Path

import click
import polars as pl
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    bootstrap_project(PROJECT)
    monkeypatch.setenv("REGIME_FACTORY_DATA", str(tmp_path))
    return tmp_path


def run(*names: str, **params: object) -> None:
    try:
        with KedroSession.create(PROJECT, env="prod", runtime_params=params) as session:
            session.run(pipeline_names=list(names))
    finally:
        pipelines.set_requested(None)  # other tests of this process ask for the whole job


def test_a_run_is_recorded_with_its_inputs_and_times(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "regime_factory")
    run("ingest")
    record = json.loads(next(data.glob("08_reporting/provenance.json/*/*")).read_text())
    assert record["parameters"]["market"]["timeframe"] == "1D"
    assert "raw_bars" in record["inputs"]
    assert [item["node"] for item in record["nodes"]] == [
        "read_bars", "check_bars", "settle_zones", "report_quality", "seal_holdout",
    ]  # fmt: skip


def test_missing_inputs_and_wrong_settings_stop_before_any_work(data: Path) -> None:
    with pytest.raises(click.ClickException, match="kedro run --pipelines ingest"):
        run("features_v1")
    with pytest.raises(click.ClickException, match="did you mean 'sticky'"):
        run("ingest", hmm={"stiky": 1})
    assert not list(data.iterdir())


def test_faults_of_the_data_become_one_message(data: Path, tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match=r"no\.csv") as caught:
        run("ingest", bars_path=str(tmp_path / "no.csv"))
    assert "Failed while" not in str(caught.value)


def test_bars_worse_than_allowed_stop_the_run_but_keep_the_findings(
    data: Path, tmp_path: Path
) -> None:
    from regime_factory.bars import embedded_bars

    rows = embedded_bars().filter(symbol="SP500").with_row_index()
    broken = pl.when(pl.col("index").is_between(100, 159)).then(pl.lit("0")).otherwise("High")
    rows = rows.with_columns(High=broken).drop("index")
    file = tmp_path / "bad.csv"
    rows.write_csv(file)
    with pytest.raises(click.ClickException, match=r"60 of 5031 rows are in quarantine"):
        run("ingest", bars_path=str(file))
    assert list(data.glob("02_intermediate/bars_quarantine.parquet/*/*"))
    assert not list(data.glob("02_intermediate/zones.parquet/*/*"))


def test_a_refused_file_does_not_touch_what_later_stages_read(data: Path, tmp_path: Path) -> None:
    from regime_factory.bars import embedded_bars

    run("ingest")
    before = set(data.glob("02_intermediate/*/*"))
    file = tmp_path / "short.csv"
    embedded_bars().filter(symbol="SP500").head(300).write_csv(file)
    with pytest.raises(click.ClickException, match="too few bars for the zones"):
        run("ingest", bars_path=str(file))
    new = {item.parent.name for item in set(data.glob("02_intermediate/*/*")) - before}
    assert new == {
        "bars_read.parquet", "bars_checked.parquet", "bars_quarantine.parquet",
        "quality_findings.json", "adjustments.parquet",
    }  # fmt: skip


def test_inputs_of_different_runs_are_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    run("ingest")
    run("ingest")
    run("features_v1")
    assert "different runs" not in capsys.readouterr().err
    shutil.rmtree(max((data / "02_intermediate/zones.parquet").iterdir()))
    run("ingest", "features_v1", "features_v2", "features_macro")
    shutil.rmtree(max((data / "02_intermediate/zones.parquet").iterdir()))
    run("feature_set")
    assert "inputs made by ingest come from different runs" in capsys.readouterr().err


def test_inputs_made_from_something_older_are_named(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*names: str, **params: object) -> list[str]:
        capsys.readouterr()
        run(*names, **params)
        return [line for line in capsys.readouterr().err.splitlines() if "older than" in line]

    features = ("features_v1", "features_v2", "features_macro")
    assert said("ingest", *features, ingest={"symbols": ["SP500"]}) == []
    assert said("ingest", ingest={"symbols": ["SP500"]}) == []
    assert said("feature_set") == [], "the bars were made again, but are the same"
    assert said("ingest") == []
    assert said("features_v1") == []
    found = said("feature_set")
    assert len(found) == 2
    assert "made by features_macro" in found[0]
    assert "(features_v2 is of another bars)" in found[1]
    assert "run 'kedro run --pipelines features_v2' again" in found[1]
