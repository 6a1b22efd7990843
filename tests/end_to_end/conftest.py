"""A small simulated market and the whole graph in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io.core import is_parameter

from regime_factory.audit import TimeRule
from regime_factory.pipelines.graph import run_graph
from regime_factory.simulate import simulate_market

PROJECT = Path(__file__).resolve().parents[2]
TABLES = (
    "features_v1", "features_v2", "features_macro", "features", "hmm.observations", "regimes",
    "regime_features", "regime_features_selection", "hmm.refit_characteristics",
    "honesty.forecasts", "labels", "model_input",
)  # fmt: skip
ACCOUNTS = ("backtest.positions", "backtest.equity")
SMALL = {
    "market": {"timeframes": ["1H", "4H", "1D"]},
    "zones": {"min_bars": 50},
    "hmm": {
        "regime_timeframe": "4H",
        "n_states_max": 2,
        "n_states_profile_max": 2,
        "covariance_types": ["diag"],
        "n_init": 2,
        "n_iter": 60,
        "refit_every": 60,
        "n_fresh": 1,
    },
}


@pytest.fixture(scope="session")
def catalog_config() -> dict[str, Any]:
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env="test") as session:
        return session.load_context().config_loader["catalog"]


@pytest.fixture(scope="session")
def time_rules(catalog_config: dict[str, Any]) -> Callable[..., dict[str, TimeRule]]:
    """When the cells of some tables are known, as the catalog declares it."""
    return lambda *names: {
        name: TimeRule.declared(catalog_config[name]["metadata"]["time"]) for name in names
    }


@pytest.fixture(scope="session")
def parameters() -> dict[str, Any]:
    """Parameters of the test environment, made small."""
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env="test") as session:
        loaded = session.load_context().config_loader["parameters"]
    return {name: {**block, **SMALL.get(name, {})} for name, block in loaded.items()}


@pytest.fixture(scope="session")
def raw() -> pl.DataFrame:
    market = simulate_market(
        2400, symbols=("AAA", "BBB"), n_states=2, timeframe="1H", stay=0.98, gaps=0.01, seed=3
    )
    return market.bars.drop("timeframe", "n_base")


@pytest.fixture(scope="session")
def run(
    parameters: dict[str, Any], catalog_config: dict[str, Any]
) -> Callable[..., dict[str, Any]]:
    """Run the graph up to the accounts; keyword `fixed` holds datasets as they are given."""
    job = pipelines["__default__"]
    chosen = [
        name
        for name in sorted(job.all_outputs())
        if catalog_config[name]["metadata"].get("zone") == "selection"
    ]
    graph = job.to_outputs(*TABLES, *ACCOUNTS, *chosen, "bars_holdout")

    def run_on(bars: pl.DataFrame, **fixed: Any) -> dict[str, Any]:
        return run_graph(graph, {"raw_bars": bars, "zones_before": None, **fixed}, parameters)

    return run_on


@pytest.fixture(scope="session")
def whole(run: Callable[..., dict[str, Any]], raw: pl.DataFrame) -> dict[str, Any]:
    """One run on all bars."""
    made = run(raw)
    return {name: value for name, value in made.items() if not is_parameter(name)}
