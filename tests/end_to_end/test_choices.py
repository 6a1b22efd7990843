"""Whole runs with models by slot of the day, and with one model for all symbols."""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
import pytest
from kedro.framework.project import pipelines
from kedro.io.core import is_parameter

from regime_factory.audit import TimeRule, audit_causality, replace_future
from regime_factory.datasets import RunContext
from regime_factory.pipelines.graph import run_graph
from regime_factory.pipelines.hmm_selection.nodes import describe_models, measure_models
from regime_factory.regimes.hmm.by_slot import SlotHMM
from regime_factory.regimes.observations import feature_columns, observed_columns
from regime_factory.regimes.schema import Observations, Regimes, Selection
from regime_factory.regimes.walk.live import regime_lookback

KINDS = {
    "slots": {"standardise_by": "hour"},
    "pooled": {"pooled": True},
    "both": {"standardise_by": "slot", "pooled": True, "emissions": ["student_t"]},
}
RULES = {name: TimeRule("ts") for name in ("hmm.observations", "regimes")}


@pytest.fixture(scope="module", params=KINDS)
def settings(request: pytest.FixtureRequest, parameters: dict[str, Any]) -> dict[str, Any]:
    return {**parameters, "hmm": {**parameters["hmm"], **KINDS[request.param]}}


@pytest.fixture(scope="module")
def run_with(settings: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    graph = pipelines["__default__"].to_outputs("regimes", "hmm.selection_refits")

    def run_on(bars: pl.DataFrame, **fixed: Any) -> dict[str, Any]:
        return run_graph(graph, {"raw_bars": bars, "zones_before": None, **fixed}, settings)

    return run_on


@pytest.fixture(scope="module")
def made(run_with: Callable[..., dict[str, Any]], raw: pl.DataFrame) -> dict[str, Any]:
    return run_with(raw)


def test_tables_are_valid_and_name_what_was_chosen(made, settings) -> None:
    Observations.validate(made["hmm.observations"])
    Selection.validate(made["hmm.selection"])
    Regimes.validate(made["regimes"])
    hmm = settings["hmm"]
    for symbol, config in made["hmm.config"].items():
        assert config["standardise_by"] == hmm["standardise_by"]
        assert config["pooled"] == hmm["pooled"]
        assert config["feature_names"] == feature_columns(made["hmm.observations"])
        assert "slot" not in config["feature_names"]
        model = made["hmm.model"][symbol]
        assert isinstance(model, SlotHMM) == (hmm["standardise_by"] != "none")
        assert ("slots" in made["hmm.scaler"][symbol]) == isinstance(model, SlotHMM)
        assert config["warmup_bars"] > config["filter_memory"]
    tables = [rows.drop("symbol") for _, rows in made["hmm.selection"].group_by("symbol")]
    assert tables[0].equals(tables[1]) == hmm["pooled"]


@pytest.mark.slow
def test_every_node_of_the_default_job_runs_and_its_outputs_are_valid(
    raw, settings, catalog_config
) -> None:
    draws = {"n_draws": 50, "n_shifts": 20}
    changed = {**settings, "backtest": {**settings["backtest"], **draws}}
    given = {"raw_bars": raw, "zones_before": None, "run_context": RunContext(env="test").load()}
    whole = run_graph(pipelines["__default__"], given, changed)
    for name in whole:
        if not is_parameter(name) and "validator" in catalog_config[name]:
            module, _, cls = catalog_config[name]["validator"]["class"].rpartition(".")
            getattr(import_module(module), cls).validate(whole[name])


def test_figures_and_descriptions_are_made_of_the_observed_columns(made, settings) -> None:
    documents, table = describe_models(made["hmm.refits"], made["hmm.observations"])
    names = feature_columns(made["hmm.observations"])
    assert all(document["feature_names"] == names for document in documents.values())
    heavy = settings["hmm"]["emissions"] == ["student_t"]
    assert all((document["dofs"] is not None) == heavy for document in documents.values())
    assert ("dofs" in table["quantity"].to_list()) == heavy
    metrics = measure_models(
        made["hmm.model"], made["hmm.refits"], made["hmm.observations"],
        *(made[f"params:{name}"] for name in ("market", "hmm")),
    )  # fmt: skip
    for symbol, figures in metrics.items():
        own = made["hmm.refits"][symbol]
        listed = [row["refit_id"] for row in figures["ambiguous_refits"]]
        assert listed == [refit.refit_id for refit in own if refit.ambiguous]
        assert figures["n_ambiguous_refits"] == len(listed)
        assert np.isfinite(figures["loglik_evaluation_walk_forward"])


def test_no_later_bar_reaches_a_regime(made, run_with, raw) -> None:
    first = datetime.fromisoformat(made["hmm.refits"]["AAA"][1].first_ts)
    result = audit_causality(
        lambda bars: run_with(bars, zones=made["zones"]), raw, [first], rules=RULES
    )
    assert result.clean, result.leaks[:5]


def test_what_is_chosen_ignores_everything_after_the_selection_zone(made, run_with, raw) -> None:
    end = made["zones"].filter(zone="selection")["end"].item()
    changed = run_with(replace_future(raw, end), zones=made["zones"])
    assert changed["hmm.selection"].equals(made["hmm.selection"])
    assert changed["hmm.config"] == made["hmm.config"]
    for symbol, model in made["hmm.model"].items():
        np.testing.assert_array_equal(changed["hmm.model"][symbol].means_, model.means_)
        for a, b in zip(
            made["hmm.selection_refits"][symbol],
            changed["hmm.selection_refits"][symbol],
            strict=True,
        ):
            np.testing.assert_array_equal(a.model.means_, b.model.means_)


def test_symbols_of_a_pool_move_each_other_and_others_do_not(made, run_with, raw, settings) -> None:
    """All bars of BBB replaced: the regimes of AAA change in a pool, and only there."""
    other = replace_future(raw.filter(symbol="BBB"), raw["ts"][50])
    changed = run_with(
        pl.concat([raw.filter(symbol="AAA"), other]).sort("symbol", "ts"), zones=made["zones"]
    )
    same = changed["regimes"].filter(symbol="AAA").equals(made["regimes"].filter(symbol="AAA"))
    assert same == (not settings["hmm"]["pooled"])


@pytest.mark.parametrize("source", ["bars", "features"])
def test_saved_refits_give_the_rows_of_the_batch(made, raw, settings, source: str) -> None:
    end = made["zones"].filter(zone="evaluation")["end"].item()
    tail = raw.filter(pl.col("ts") <= end).group_by("symbol", maintain_order=True).tail(700)
    rows = made["hmm.observations"].group_by("symbol", maintain_order=True).tail(150)
    given = {
        "new_bars": tail if source == "bars" else rows.drop("slot", strict=False),
        **{name: made[name] for name in ("hmm.config", "hmm.refits", "adjustments_seen")},
    }
    changed = {**settings, "apply": {**settings["apply"], "source": source, "uncertified": "drop"}}
    applied = run_graph(pipelines["apply_hmm"], given, changed)["applied_regimes"]
    both = applied.join(made["regimes"], on=["symbol", "ts"], suffix="_batch")
    assert both.height == applied.height > 100
    for name in ("p_state_0", "p_state_1"):
        np.testing.assert_allclose(both[name], both[f"{name}_batch"], rtol=0, atol=1e-9)
    assert both["regime"].to_list() == both["regime_batch"].to_list()


def test_the_lookback_of_the_library_gives_them_too(made, settings) -> None:
    bars = made["bars"].filter(timeframe="1H")
    tail = bars.group_by("symbol", maintain_order=True).tail(700)
    live = regime_lookback(
        tail,
        made["hmm.refits"],
        timeframe="4H",
        columns=feature_columns(made["hmm.observations"]),
        standardise_by=settings["hmm"]["standardise_by"],
    )
    both = live.join(made["regimes"], on=["symbol", "ts"], suffix="_batch")
    assert both.height == 2
    np.testing.assert_allclose(both["p_state_0"], both["p_state_0_batch"], rtol=0, atol=1e-9)


def test_settings_that_no_longer_fit_the_models_are_refused(made, raw, settings) -> None:
    given = {
        "new_bars": raw.tail(500),
        **{name: made[name] for name in ("hmm.config", "hmm.refits", "adjustments_seen")},
    }
    fitted = settings["hmm"]["standardise_by"]
    other = "hour" if fitted == "none" else "none"
    changed = {**settings, "hmm": {**settings["hmm"], "standardise_by": other}}
    with pytest.raises(ValueError, match=f"fitted with hmm.standardise_by {fitted}"):
        run_graph(pipelines["apply_hmm"], given, changed)


def test_every_row_has_its_slot(made, settings) -> None:
    observations = made["hmm.observations"]
    by = settings["hmm"]["standardise_by"]
    assert ("slot" in observations.columns) == (by != "none")
    if by == "none":
        return
    assert observed_columns(observations)[0] == "slot"
    hour = (observations["ts"].dt.hour() - 1) % 24
    expected = hour if by == "hour" else hour // 4
    assert (observations["slot"] == expected).all()
