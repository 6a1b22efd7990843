"""Every node of the default job, in memory: each output passes its catalog validator."""

from importlib import import_module
from typing import Any

import polars as pl
import pytest
from kedro.framework.project import pipelines
from kedro.io.core import is_parameter

from regime_factory.datasets import RunContext
from regime_factory.pipelines.graph import run_graph
from regime_factory.regimes.choice.identification import identification


@pytest.fixture(scope="module")
def made(parameters: dict[str, Any], raw: pl.DataFrame) -> dict[str, Any]:
    settings = {
        **parameters,
        "backtest": {**parameters["backtest"], "n_draws": 50, "n_shifts": 20},
    }
    data = {
        "raw_bars": raw,
        "zones_before": None,
        "run_context": RunContext(env="test").load(),
    }
    return run_graph(pipelines["__default__"], data, settings)


def test_every_output_is_valid(made: dict[str, Any], catalog_config: dict[str, Any]) -> None:
    outputs = [name for name in made if not is_parameter(name)]
    assert len(outputs) > 40
    for name in outputs:
        if "validator" in catalog_config[name]:
            module, _, cls = catalog_config[name]["validator"]["class"].rpartition(".")
            getattr(import_module(module), cls).validate(made[name])


def test_time_columns_are_as_the_catalog_declares(
    made: dict[str, Any], catalog_config: dict[str, Any]
) -> None:
    for name, data in made.items():
        if is_parameter(name) or not isinstance(data, pl.DataFrame):
            continue
        time = catalog_config[name]["metadata"]["time"]
        if time != "none":
            assert {time["column"], *time.get("before", [])} <= set(data.columns), name


def test_the_report_shows_both_symbols_and_the_chosen_strategies(made: dict[str, Any]) -> None:
    payload, page = made["report_payload"], made["report"]
    assert [item["symbol"] for item in payload["symbols"]] == ["AAA", "BBB"]
    assert payload["meta"]["data"] == made["quality_report"]["fingerprint"]
    for symbol, figures in made["backtest.metrics"].items():
        tried = made["strategy_selection"].filter(pl.col("symbol") == symbol)
        chosen = tried.filter("selected")["strategy"].item()
        assert figures["chosen"] == chosen
        assert figures["strategies"][chosen]["label"] in page
    assert len(page) < 6_000_000


def test_the_report_says_what_the_choice_says_of_its_number_of_states(made: dict[str, Any]) -> None:
    """One sentence, from the figures of the selection table, unchanged from choice to page."""
    for page in made["report_payload"]["symbols"]:
        symbol = page["symbol"]
        own = pl.concat(
            [made[f"hmm.{name}"].filter(symbol=symbol) for name in ("selection", "profile")]
        )
        known = identification(own.to_dicts())
        config = made["hmm.config"][symbol]
        assert config["identified"] == known == page["choice"]["identified"]
        assert known["sentence"] in made["report"]
        assert config["why"] in made["report"]
        ambiguous = [refit.first_ts for refit in made["hmm.refits"][symbol] if refit.ambiguous]
        listed = page["honesty"]["ambiguous_refits"]
        assert [row["first_ts"] for row in listed] == ambiguous
        assert f"{len(ambiguous)} of {len(made['hmm.refits'][symbol])}" in made["report"]


def test_positions_and_accounts_cover_the_evaluation_zone_alone(made: dict[str, Any]) -> None:
    zone = made["zones"].filter(pl.col("zone") == "evaluation")
    for name in ("regimes", "backtest.positions", "backtest.equity"):
        stamps = made[name]["ts"]
        assert stamps.min() >= zone["start"].item(), name
        assert stamps.max() <= zone["end"].item(), name


def test_pictures_are_drawn_for_each_symbol(made: dict[str, Any]) -> None:
    for name in ("regimes", "transmat", "probabilities", "returns", "dwell", "bic"):
        assert set(made[f"hmm.plot_{name}"]) == {"AAA", "BBB"}


@pytest.mark.parametrize("feature_set", ["v1", "columns"])
def test_later_stages_do_not_care_which_features_are_chosen(
    parameters: dict[str, Any], raw: pl.DataFrame, feature_set: str
) -> None:
    columns = ["close_logret_current_4H", "close_parkinson_30_4H"]
    features = {
        **parameters["features"],
        "feature_set": feature_set,
        "columns": columns if feature_set == "columns" else None,
    }
    observed = "feature_set" if feature_set == "columns" else parameters["hmm"]["observations"]
    settings = {
        **parameters,
        "features": features,
        "hmm": {**parameters["hmm"], "observations": observed},
    }
    graph = pipelines["__default__"].to_outputs("regimes")
    made = run_graph(graph, {"raw_bars": raw, "zones_before": None}, settings)
    if feature_set == "columns":
        assert made["features"].columns == ["symbol", "ts", *columns]
        assert made["hmm.config"]["AAA"]["feature_names"] == columns
    assert made["regimes"].height > 1000
