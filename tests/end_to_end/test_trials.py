"""Every cell of the grid and every strategy that was tried is logged, once, with what it earned."""

import json
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.project import pipelines
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner

from regime_factory.bars import fingerprint
from regime_factory.evaluation import sharpe_ratio
from regime_factory.evaluation.trial_record import records_of
from regime_factory.evaluation.trial_schema import TrialReturns, Trials
from regime_factory.params import PARAMETERS
from regime_factory.pipelines.graph import run_graph

LOGGED = ("hmm.trials", "backtest.trials", "trials", "backtest.trial_returns", "trial_returns")


def test_every_cell_of_the_grid_is_a_trial(whole: dict[str, Any], parameters) -> None:
    trials = Trials.validate(whole["hmm.trials"])
    cells = whole["hmm.selection"]
    assert trials.height == cells.height > 0
    for record, cell in zip(records_of(trials), cells.iter_rows(named=True), strict=True):
        assert (record["symbol"], record["metric_name"]) == (cell["symbol"], "bic")
        assert record["metric"] == cell["bic"]
        for name in ("n_states", "covariance_type", "emission"):
            assert record["parameters"][name] == cell[name]
        assert record["parameters"]["columns"] == whole["hmm.config"]["AAA"]["feature_names"]
        for name in ("n_init", "standardise_by", "pooled", "sticky", "shrinkage", "seed"):
            assert record["parameters"][name] == parameters["hmm"][name]
        assert record["returns"] is None


def test_every_strategy_is_a_trial_with_its_net_returns(whole: dict[str, Any], parameters) -> None:
    trials, returns = whole["backtest.trials"], TrialReturns.validate(whole["trial_returns"])
    tried = whole["strategy_selection"]
    assert trials["metric"].to_list() == tried["sharpe"].to_list()
    assert set(trials["trial_id"]) == set(returns["trial_id"])
    assert set(zip(tried["symbol"], tried["strategy"], strict=True)) == {
        (record["symbol"], record["parameters"]["strategy"]) for record in records_of(trials)
    }
    for trial_id, sharpe in trials.select("trial_id", "metric").iter_rows():
        own = returns.filter(trial_id=trial_id)
        assert sharpe_ratio(own["ret"].to_numpy(), 365 * 24) == pytest.approx(sharpe, rel=1e-12)
    end = whole["zones"].filter(zone="selection")["end"].item()
    assert returns["ts"].max() <= end
    costs = {name: parameters["backtest"][name] for name in ("fee_bps", "slippage_bps", "fill")}
    labels = {name: parameters["hmm"][name] for name in ("refit_every", "label_threshold")}
    for record in records_of(trials):
        assert record["parameters"].items() >= (costs | labels).items()


def test_trials_name_the_bars_that_the_choice_read(whole: dict[str, Any]) -> None:
    for record in records_of(whole["trials"]):
        own = whole["bars_selection"].filter(symbol=record["symbol"], timeframe="1H")
        assert record["data"] == fingerprint(own)
        assert record["zone"] == "selection"
    assert whole["trials"].height == whole["hmm.trials"].height + whole["backtest.trials"].height


@pytest.mark.parametrize("criterion", ["heldout", "icl", "stable"])
def test_the_metric_is_what_cells_are_compared_by(
    whole: dict[str, Any], parameters, criterion: str
) -> None:
    settings = {**parameters, "hmm": {**parameters["hmm"], "criterion": criterion, "n_init": 1}}
    graph = pipelines["hmm_selection"].to_outputs("hmm.trials")
    data = {name: whole[name] for name in ("features_selection", "bars_selection")}
    made = run_graph(graph, data, settings)
    column = {"heldout": "loglik_validation", "icl": "icl", "stable": "bic"}[criterion]
    assert made["hmm.trials"]["metric"].to_list() == made["hmm.selection"][column].to_list()
    assert set(made["hmm.trials"]["metric_name"]) == {column}


def test_one_model_for_all_symbols_is_a_trial_of_each_on_the_bars_of_all(
    whole: dict[str, Any], parameters
) -> None:
    settings = {**parameters, "hmm": {**parameters["hmm"], "pooled": True, "n_init": 1}}
    graph = pipelines["hmm_selection"].to_outputs("hmm.trials")
    data = {name: whole[name] for name in ("features_selection", "bars_selection")}
    trials = run_graph(graph, data, settings)["hmm.trials"]
    every = fingerprint(whole["bars_selection"].filter(timeframe="1H"))
    assert trials.select("symbol", "data").rows() == [("AAA", every), ("BBB", every)]


def run_logged(
    root: Path, data: dict[str, Any], parameters: dict[str, Any], config: dict[str, Any]
) -> list[dict[str, Any]]:
    """Run the choosing stages with the ledger below a folder; give its lines."""
    entries = {
        name: {**config[name], "filepath": str(root / "trials/trials.jsonl")} for name in LOGGED
    }
    catalog = DataCatalog.from_config(entries)
    for name, table in data.items():
        catalog[name] = table
    for name, block in parameters.items():
        catalog[f"params:{name}"] = PARAMETERS[name].model_validate(block)
    graph = (pipelines["hmm_selection"] + pipelines["backtest"]).to_outputs("trials")
    SequentialRunner().run(graph, catalog)
    return [json.loads(line) for line in (root / "trials/trials.jsonl").open()]


def test_a_run_is_counted_once_and_changed_settings_again(
    tmp_path: Path, whole: dict[str, Any], parameters, catalog_config
) -> None:
    data = {name: whole[name] for name in ("features_selection", "bars_selection")}
    quick = {**parameters, "hmm": {**parameters["hmm"], "n_init": 1}}
    first = run_logged(tmp_path, data, quick, catalog_config)
    assert run_logged(tmp_path, data, quick, catalog_config) == first
    dearer = {**quick, "backtest": {**quick["backtest"], "fee_bps": 7.0}}
    second = run_logged(tmp_path, data, dearer, catalog_config)
    assert second[: len(first)] == first
    added = second[len(first) :]
    assert {line["source"] for line in added} == {"backtest"}, "the cells are the same ones"
    assert len(added) == sum(line["source"] == "backtest" for line in first)
    wider = {**quick, "hmm": {**quick["hmm"], "n_states_max": 3, "n_states_profile_max": 3}}
    third = run_logged(tmp_path, data, wider, catalog_config)[len(second) :]
    cells = [line for line in third if line["source"] == "hmm_selection"]
    assert {line["parameters"]["n_states"] for line in cells} == {3}


def test_runs_in_memory_write_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any], parameters
) -> None:
    monkeypatch.chdir(tmp_path)
    data = {name: whole[name] for name in ("features_selection", "bars_selection")}
    quick = {**parameters, "hmm": {**parameters["hmm"], "n_init": 1}}
    run_graph(
        (pipelines["hmm_selection"] + pipelines["backtest"]).to_outputs("trials"), data, quick
    )
    assert list(tmp_path.iterdir()) == []
