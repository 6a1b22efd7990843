"""Every environment runs from file to accounts on the market it is made for."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from regime_factory.bars import read_source
from regime_factory.pipelines.graph import run_graph

PROJECT = Path(__file__).resolve().parents[2]
QUICK = {"n_init": 2, "n_fresh": 0, "n_states_max": 2, "n_states_profile_max": 2}


def run_env(env: str, raw: pl.DataFrame) -> dict[str, Any]:
    """Run an environment's graph up to the judged strategies, with few starts and draws."""
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env=env) as session:
        parameters = session.load_context().config_loader["parameters"]
    parameters["hmm"] |= QUICK
    parameters["backtest"] |= {"n_draws": 50, "n_shifts": 20}
    graph = pipelines["__default__"].to_outputs("backtest.metrics", "hmm.characteristics")
    return run_graph(graph, {"raw_bars": raw, "zones_before": None}, parameters)


@pytest.mark.slow
def test_crypto_never_closes_and_has_no_volume(shared_data: Path) -> None:
    made = run_env(
        "crypto",
        read_source(shared_data / "crypto/BTCUSDT_1h_2018_2022_no_volume.parquet"),
    )
    bars, regimes = made["bars"], made["regimes"]
    assert bars["timeframe"].unique(maintain_order=True).to_list() == ["1H", "4H", "12H", "1D"]
    assert bars["volume"].null_count() == bars.height
    daily = bars.filter(timeframe="1D")
    assert (daily["ts"].dt.hour() == 0).all()
    hourly = bars.filter(timeframe="1H")
    zone = made["zones"].filter(zone="evaluation")
    inside = hourly.filter(pl.col("ts").is_between(zone["start"].item(), zone["end"].item()))
    assert regimes.height >= inside.height - 24
    year = {
        item["name"]: item["value"] for item in made["backtest.metrics"]["BTCUSDT"]["conventions"]
    }
    assert any("8760" in str(value) for value in year.values()), year


@pytest.mark.slow
def test_equities_follow_their_sessions(shared_data: Path) -> None:
    made = run_env("equities", read_source(shared_data / "equity/SPY_1h_1998_2021.parquet"))
    daily = made["bars"].filter(timeframe="1D")
    local = daily["ts"].dt.convert_time_zone("America/New_York")
    assert set(local.dt.hour()) == {13, 16}, "half days end at 13:00"
    changes = made["regimes"].with_columns(
        changed=pl.col("p_state_0") != pl.col("p_state_0").shift(1)
    )
    hour = changes.filter("changed")["ts"].dt.convert_time_zone("America/New_York").dt.hour()
    assert hour.is_in([13, 16]).mean() > 0.97, "daily regimes change at the close of a session"
    own = pl.read_parquet(shared_data / "equity/SPY_1d_1998_2021.parquet")
    joined = daily.with_columns(day=local.dt.date()).join(
        own.with_columns(day=pl.col("date").dt.date()), on="day", suffix="_daily"
    )
    assert joined.height > 4000
    other = joined.filter((pl.col("close") - pl.col("close_daily")).abs() > 1e-9)
    assert other.height <= 23, "half days on which the file goes on after the close"
    assert set(other["ts"].dt.convert_time_zone("America/New_York").dt.hour()) == {13}


@pytest.mark.slow
def test_one_daily_file_needs_settings_only(shared_data: Path) -> None:
    raw = read_source(shared_data / "futures/ES_1d_2010_2020.parquet")
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env="base") as session:
        parameters = session.load_context().config_loader["parameters"]
    parameters["ingest"] |= {"columns": {"ts": "date"}, "date_format": None}
    parameters["zones"] |= {"selection_end": 0.5, "evaluation_end": 0.9}
    parameters["hmm"] |= QUICK
    graph = pipelines["__default__"].to_outputs("regimes", "bars_holdout")
    made = run_graph(graph, {"raw_bars": raw, "zones_before": None}, parameters)
    assert made["regimes"]["symbol"].unique().to_list() == ["ES"]
    assert made["bars_holdout"].height > 200
