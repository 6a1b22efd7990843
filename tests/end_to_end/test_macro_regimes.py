"""Macro regimes through the nodes: causal in bars and in releases, and leaks that are caught."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io.core import is_parameter

from regime_factory.audit import TimeRule, audit_causality, replace_future
from regime_factory.datasets import MacroFiles, StateDataset
from regime_factory.params import MacroRegimesParams
from regime_factory.pipelines import features_macro, macro_regimes
from regime_factory.pipelines.graph import run_graph
from regime_factory.pipelines.macro_regimes import nodes
from regime_factory.regimes import GaussianHMM, MacroRegimeDetector, Refits, fit_refits
from regime_factory.simulate import simulate_market

PROJECT = Path(__file__).resolve().parents[2]
TABLES = ("features_macro", "macro_regimes.observations", "macro_regimes.regimes")
RULES = {name: TimeRule("ts") for name in TABLES}
SMALL = {
    "vix_window": 20, "vol_window": 5, "momentum_window": 10, "trend_window": 20,
    "slope_window": 5, "spread_window": 12,
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(parameters: dict[str, Any]) -> dict[str, Any]:
    """Daily bars, short windows, few refits."""
    macro = parameters["macro"]
    return {
        **parameters,
        "market": {**parameters["market"], "timeframe": "1D", "timeframes": ["1D"]},
        "hmm": {**parameters["hmm"], "regime_timeframe": "1D"},
        "zones": {"selection_end": 0.5, "evaluation_end": 0.9, "min_bars": 5},
        "macro": {**macro, "features": {**macro["features"], **SMALL}},
        "macro_regimes": {**parameters["macro_regimes"], "refit_every": 60, "shrinkage": 20.0},
    }


@pytest.fixture(scope="module")
def daily() -> pl.DataFrame:
    market = simulate_market(
        700, symbols=("AAA", "BBB"), n_states=2, timeframe="1D", stay=0.98, gaps=0.01, seed=3
    )
    return market.bars.drop("timeframe", "n_base")


@pytest.fixture(scope="module")
def files(daily: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """VIX and yields for every weekday, a spread for every month, with a gap in the yields."""
    first, last = daily["ts"].min().date(), daily["ts"].max().date()
    days = pl.date_range(first, last, "1d", eager=True)
    days = days.filter(days.dt.weekday() <= 5)
    months = pl.date_range(first.replace(year=first.year - 2, day=1), last, "1mo", eager=True)
    rng = np.random.default_rng(5)
    stress = 10 * (np.sin(np.arange(len(days)) / 40) > 0.3)
    DGS10 = [
        None if 300 < i < 330 else 4.0 + x for i, x in enumerate(rng.normal(0, 0.1, len(days)))
    ]
    level = 2.0 + rng.normal(0, 0.05, len(months)).cumsum()
    return {
        "vix": pl.DataFrame({"date": days, "VIX": 15 + stress + rng.normal(0, 1, len(days))}),
        "treasury": pl.DataFrame(
            {"date": days, "DGS2": 2 + rng.normal(0, 0.1, len(days)), "DGS10": DGS10}
        ),
        "spread": pl.DataFrame({"date": months, "BAA": 4.0 + level, "AAA": 4.0}),
    }


@pytest.fixture(scope="module")
def run(files, settings) -> Callable[..., dict[str, Any]]:
    """From raw bars to regimes; `fixed` holds datasets as they are given."""

    def run_on(
        raw_bars: pl.DataFrame, macro: dict[str, Any] = files, **fixed: Any
    ) -> dict[str, Any]:
        # Made anew, so that it takes the nodes as they are now.
        graph = pipelines["ingest"] + features_macro.create_pipeline()
        graph = graph + macro_regimes.create_pipeline()
        return run_graph(graph, {"raw_bars": raw_bars, "raw_macro": macro, **fixed}, settings)

    return run_on


@pytest.fixture(scope="module")
def whole(run, daily) -> dict[str, Any]:
    made = run(daily)
    return {name: value for name, value in made.items() if not is_parameter(name)}


@pytest.fixture(scope="module")
def cuts(whole) -> list[datetime]:
    """Around refits, and next to changes of the label."""
    refits = [datetime.fromisoformat(r.first_ts) for r in whole["macro_regimes.refits"]["AAA"]]
    own = whole["macro_regimes.regimes"].filter(symbol="BBB")
    changes = own.filter(pl.col("state") != pl.col("state").shift(1))["ts"].to_list()
    return [refits[1], refits[2] + timedelta(days=1), changes[1], changes[2] + timedelta(days=1)]


@pytest.fixture(scope="module")
def run_releases(run, whole, daily) -> Callable[..., Callable[..., dict[str, Any]]]:
    """Give a run of releases in the form of bars: the value is their price, `ts` when known."""

    def with_join(join: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[..., dict[str, Any]]:
        def run_on(releases: pl.DataFrame) -> dict[str, Any]:
            known = releases.select(
                "series", "period_end", pl.col("ts").alias("available_at"), value="close"
            )
            return run(daily, macro_series=join(known), zones=whole["zones"], bars=whole["bars"])

        return run_on

    return with_join


@pytest.fixture(scope="module")
def releases(whole) -> pl.DataFrame:
    prices = {name: pl.col("value") for name in ("open", "high", "low", "close")}
    table = whole["macro_series"].rename({"available_at": "ts"})
    return table.with_columns(**prices).drop("value").sort("ts")


def test_by_name_it_begins_with_the_raw_files_and_without_a_name_it_is_left_out() -> None:
    bootstrap_project(PROJECT)
    graph = pipelines["macro_regimes"]
    inputs = {name for name in graph.inputs() if not is_parameter(name)}
    assert inputs == {"raw_bars", "raw_macro", "zones_before"}
    default = pipelines["__default__"].all_outputs()
    assert not {name for name in default if name.startswith("macro_regimes.")}


def test_the_table_is_like_that_of_the_regimes(whole) -> None:
    table = whole["macro_regimes.regimes"]
    assert table.columns == [
        "symbol", "ts", "state", "regime", "p_state_0", "p_state_1", "p_state_2",
        "confirmed_state", "confirmed_regime", "zone", "refit_id",
    ]  # fmt: skip
    names = {0: "RISK_ON", 1: "NEUTRAL", 2: "RISK_OFF"}
    for state, name in (("state", "regime"), ("confirmed_state", "confirmed_regime")):
        assert (table[state].replace_strict(names) == table[name]).all()
    assert set(table["regime"]) == set(names.values())
    zone = whole["zones"].filter(zone="evaluation").row(0, named=True)
    inside = whole["bars"].filter(pl.col("ts").is_between(zone["start"], zone["end"]))
    assert table.height >= inside.height - 2
    assert table["zone"].unique().to_list() == ["evaluation"]


def test_every_output_is_valid(whole, catalog_config) -> None:
    outputs = [name for name in whole if name.startswith("macro_regimes.")]
    assert len(outputs) == 9
    for name in outputs:
        module, _, cls = catalog_config[name]["validator"]["class"].rpartition(".")
        getattr(import_module(module), cls).validate(whole[name])


def test_documents_say_what_was_done(whole) -> None:
    diagnostics = whole["macro_regimes.diagnostics"]["AAA"]
    importance = whole["macro_regimes.importance"]["AAA"]
    assert sum(importance.values()) == pytest.approx(1)
    assert list(importance) == diagnostics["feature_names"]
    assert len(importance) == 9
    assert diagnostics["n_refits"] == len(whole["macro_regimes.refits"]["AAA"])
    assert 0 < diagnostics["same_name_worst"] <= diagnostics["same_name_mean"] <= 1
    assert diagnostics["switches_per_year"] > 0
    told = whole["macro_regimes.characteristics"]["AAA"]
    vix = [entry["means"]["macro_vix_level"] for entry in told["features"].values()]
    assert vix[2] > vix[0]
    assert [entry["regime"] for entry in told["returns"]] == list(told["features"])


def test_days_without_yields_are_scored_all_the_same(whole) -> None:
    table = whole["macro_regimes.observations"].filter(symbol="AAA")
    empty = table.filter(pl.col("macro_slope_2y10y").is_null())
    assert empty.height > 10
    model = whole["macro_regimes.model"]["AAA"]
    assert "macro_slope_2y10y" in model.columns_
    assert model.n_training_samples_ < model.n_rows_


def test_a_series_that_nobody_names_is_left_out(run, daily, files) -> None:
    made = run(daily, {name: table for name, table in files.items() if name != "treasury"})
    model = made["macro_regimes.model"]["AAA"]
    assert len(model.columns_) == 7
    assert set(model.dropped_) == {"macro_slope_2y10y", "macro_slope_change_5"}
    assert made["macro_regimes.regimes"].height > 200


def test_too_few_columns_stop_the_run_with_the_symbol_named(run, daily, settings) -> None:
    market = {**settings["macro_regimes"], "min_columns": 4}
    graph = features_macro.create_pipeline() + macro_regimes.create_pipeline()
    with pytest.raises(ValueError, match=r"AAA: 3 columns can be used, at least 4 are needed"):
        run_graph(
            pipelines["ingest"] + graph,
            {"raw_bars": daily, "raw_macro": {}},
            {**settings, "macro_regimes": market},
        )


def test_later_bars_change_nothing_before(run, daily, whole, cuts) -> None:
    result = audit_causality(
        lambda bars: run(bars, zones=whole["zones"]), daily, cuts[:3], rules=RULES
    )
    assert result.clean, result.leaks[:5]


def test_later_releases_change_nothing_before(run_releases, releases, cuts) -> None:
    run_on = run_releases(lambda known: known)
    result = audit_causality(run_on, releases, cuts, rules=RULES)
    assert result.clean, result.leaks[:5]


def test_what_the_selection_zone_settles_ignores_later_bars(run, daily, whole) -> None:
    end = whole["zones"].filter(zone="selection")["end"].item()
    changed = run(replace_future(daily, end), zones=whole["zones"])
    name = "macro_regimes.observations_selection"
    assert changed[name].equals(whole[name])
    for symbol, model in whole["macro_regimes.model"].items():
        assert changed["macro_regimes.model"][symbol].model_version() == model.model_version()
    assert not changed["macro_regimes.regimes"].equals(whole["macro_regimes.regimes"])


def test_the_holdout_reaches_no_table(run, daily, whole) -> None:
    end = whole["zones"].filter(zone="evaluation")["end"].item()
    changed = run(replace_future(daily, end), zones=whole["zones"])
    for name in TABLES:
        assert changed[name].equals(whole[name]), name


def test_a_join_by_reference_date_is_caught(run_releases, releases, cuts) -> None:
    """Values are taken from the day that they are about, before they were published."""

    def hasty(known: pl.DataFrame) -> pl.DataFrame:
        midnight = pl.col("period_end").cast(pl.Datetime("us", "UTC"))
        return known.with_columns(available_at=midnight).sort("series", "available_at")

    result = audit_causality(run_releases(hasty), releases, cuts[:1], rules=RULES)
    assert {leak.table for leak in result.leaks} == set(TABLES)


def test_refits_on_all_rows_are_caught(
    run, daily, whole, cuts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_all_rows(X: pl.DataFrame, ts: Any, *, model: MacroRegimeDetector, **rest: Any) -> Refits:
        refits = fit_refits(X, ts, model=model, **rest)
        for refit in refits:
            refit.model.fit(X, start=model)  # type: ignore[arg-type]
        return refits

    monkeypatch.setattr(nodes, "fit_refits", on_all_rows)
    run_on = lambda bars: run(bars, zones=whole["zones"])  # noqa: E731
    result = audit_causality(run_on, daily, cuts[:1], rules=RULES, alterations=("replace",))
    assert {leak.table for leak in result.leaks} == {"macro_regimes.regimes"}


def test_smoothed_probabilities_are_caught(
    run, daily, whole, cuts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def backwards(self: MacroRegimeDetector, X: Any, *_: Any) -> np.ndarray:
        p = causal(self, X)
        return 0.5 * (p + np.vstack([p[1:], p[-1:]]))

    causal = MacroRegimeDetector.filter
    monkeypatch.setattr(MacroRegimeDetector, "filter", backwards)
    run_on = lambda bars: run(bars, zones=whole["zones"])  # noqa: E731
    result = audit_causality(run_on, daily, cuts[:1], rules=RULES, alterations=("replace",))
    assert {leak.table for leak in result.leaks} == {"macro_regimes.regimes"}


def test_a_detector_that_saw_later_rows_is_caught(
    daily, whole, files, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "trim_to_selection", lambda observations, zones: observations)
    end = whole["zones"].filter(zone="selection")["end"].item()
    versions = []
    for bars in (daily, replace_future(daily, end)):
        # Up to the model only: refits refuse a model of rows that they would score.
        graph = pipelines["ingest"] + features_macro.create_pipeline()
        graph = graph + macro_regimes.create_pipeline().to_outputs("macro_regimes.model")
        data = {"raw_bars": bars, "raw_macro": files, "zones": whole["zones"]}
        made = run_graph(graph, data, settings)
        versions.append(made["macro_regimes.model"]["AAA"].model_version())
    assert versions[0] != versions[1]


def test_names_that_say_little_are_warned_of(
    whole, settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rows = whole["macro_regimes.observations_selection"].filter(symbol="AAA")
    params = MacroRegimesParams.model_validate(settings["macro_regimes"])
    caplog.set_level(logging.WARNING)
    nodes.fit_detectors(rows, params)
    assert not caplog.records
    monkeypatch.setattr(nodes, "NARROW", 9.0)
    monkeypatch.setattr(nodes, "SCARCE", 1.0)
    nodes.fit_detectors(rows, params)
    scarce, narrow = (record.getMessage() for record in caplog.records)
    assert "of the training rows are RISK_ON or NEUTRAL or RISK_OFF" in scarce
    assert "standard deviations of risk only" in narrow


def test_a_column_that_follows_from_others_is_left_out_with_a_warning(
    whole, settings, caplog: pytest.LogCaptureFixture
) -> None:
    rows = whole["macro_regimes.observations_selection"].filter(symbol="AAA")
    doubled = rows.with_columns(macro_spread_level=100 * pl.col("macro_vix_level"))
    caplog.set_level(logging.WARNING)
    params = MacroRegimesParams.model_validate(settings["macro_regimes"])
    detector = nodes.fit_detectors(doubled, params)["AAA"]
    assert detector.diagnostics()["collinear"] == {"macro_spread_level": ["macro_vix_level"]}
    said = [record.getMessage() for record in caplog.records]
    assert (
        "AAA: macro_spread_level is not used: it follows from macro_vix_level (collinear)" in said
    )


def test_refits_of_another_detector_are_refused() -> None:
    X = np.random.default_rng(0).normal(size=(200, 1))
    refits = fit_refits(X, starts_at=150, refit_every=50, model=GaussianHMM(2, n_init=1), n_fresh=0)
    with pytest.raises(TypeError, match="of a GaussianHMM, not of a macro detector"):
        nodes.latest_detector(refits)


def test_models_come_back_from_the_disk_as_they_were(whole, tmp_path: Path) -> None:
    kinds = {"model": "MacroRegimeDetector", "refits": "Refits"}
    rows = whole["macro_regimes.observations"].filter(symbol="AAA")
    rows = rows.filter(pl.Series(whole["macro_regimes.model"]["AAA"].observes(rows)))
    for name, kind in kinds.items():
        dataset = StateDataset(
            filepath=str(tmp_path / name), object_type=f"regime_factory.regimes.{kind}"
        )
        dataset.save(whole[f"macro_regimes.{name}"])
        pair = dataset.load()["AAA"], whole[f"macro_regimes.{name}"]["AAA"]
        again, before = (item[-1].model if name == "refits" else item for item in pair)
        assert (again.filter(rows) == before.filter(rows)).all()


@pytest.mark.slow
def test_one_command_runs_from_the_embedded_files(tmp_path: Path) -> None:
    arguments = ["--env", "prod", "--pipelines", "macro_regimes"]
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run", *arguments, "--params", "ingest.symbols=SP500"],
        cwd=PROJECT,
        env={**os.environ, "REGIME_FACTORY_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    file = next(tmp_path.glob("04_regimes/macro/diagnostics.json/*/diagnostics.json"))
    told = json.loads(file.read_text())["SP500"]
    assert told["feature_names"][0] == "macro_realised_vol_20"
    assert told["dropped"]["macro_vix_level"].startswith("no value in")
    assert next(tmp_path.glob("08_reporting/plots/macro_regimes.png/*/macro_regimes.png"))


@pytest.mark.slow
def test_real_files_give_all_nine_columns(shared_data: Path) -> None:
    from regime_factory.bars import read_source

    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env="macro") as session:
        loader = session.load_context().config_loader
        settings, files = loader["parameters"], loader["globals"]["macro_files"]
    settings["ingest"] |= {"columns": {"ts": "date"}, "date_format": None}
    settings["macro"]["sources"]["vix"] |= {"values": {"vix": "close"}}
    macro = MacroFiles(
        files={
            **files,
            "vix": str(shared_data / "macro/VIX_1d_1990_2022.parquet"),
            "treasury": str(shared_data / "macro/DGS2_DGS10_1d_1980_2022.parquet"),
        }
    )
    raw = read_source(shared_data / "equity/SPY_1d_1998_2021.parquet")
    data = {"raw_bars": raw, "raw_macro": macro.load()}
    made = run_graph(pipelines["macro_regimes"], data, settings)
    model = made["macro_regimes.model"]["SPY"]
    assert (len(model.columns_), model.dropped_) == (9, {})
    regimes = made["macro_regimes.regimes"].with_columns(day=pl.col("ts").dt.date())
    autumn = regimes.filter(pl.col("day").is_between(datetime(2008, 10, 1), datetime(2009, 3, 1)))
    calm = regimes.filter(pl.col("day").dt.year() == 2013)
    assert (autumn["regime"] == "RISK_OFF").all()
    assert not (calm["regime"] == "RISK_OFF").any()
