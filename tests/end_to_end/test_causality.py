"""Bars after a cut are replaced or removed: no cell known before the cut may move."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from kedro.framework.project import pipelines

from regime_factory.audit import TimeRule, audit_causality, replace_future
from regime_factory.pipelines.graph import run_graph
from regime_factory.regimes import Refits, filter_refits
from regime_factory.regimes import tables as regime_tables

HOUR = timedelta(hours=1)


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
    if hasattr(a, "tobytes"):
        return a.tobytes() == b.tobytes()
    return a == b


AUDITED = (
    "features_v1", "features_v2", "features_macro", "features", "hmm.observations", "regimes",
    "regime_features", "hmm.refit_characteristics", "honesty.forecasts", "backtest.positions",
    "backtest.equity", "labels", "model_input",
)  # fmt: skip


def refit_stamps(whole: dict[str, Any]) -> list[datetime]:
    """First scored stamps of the refits of one symbol."""
    return [datetime.fromisoformat(refit.first_ts) for refit in whole["hmm.refits"]["AAA"]]


@pytest.fixture(scope="module")
def fixed_zones(run: Callable[..., dict[str, Any]], whole: dict[str, Any]) -> Callable[..., Any]:
    return lambda bars: run(bars, zones=whole["zones"])


def test_cuts_across_bar_phases(raw, whole, fixed_zones, time_rules) -> None:
    middle = refit_stamps(whole)[1] + 6 * HOUR
    cuts = [middle + n * HOUR for n in (0, 1, 3)]
    result = audit_causality(fixed_zones, raw, cuts, rules=time_rules(*AUDITED))
    assert not result.leaks, result.leaks[:5]
    assert result.clean


def test_coarse_bars_are_made_of_their_own_base_bars(raw, whole, fixed_zones) -> None:
    """Removal is not asked: a coarse bar waits for a base bar at or after its label."""
    cuts = [refit_stamps(whole)[1] + n * HOUR for n in (0, 3)]
    result = audit_causality(
        fixed_zones, raw, cuts, rules={"bars": TimeRule()}, alterations=("replace",)
    )
    assert result.clean, result.leaks[:5]


@pytest.mark.slow
def test_cuts_around_every_refit(raw, whole, fixed_zones, time_rules) -> None:
    cuts = [stamp + n * HOUR for stamp in refit_stamps(whole)[1:] for n in (-1, 0, 1)]
    result = audit_causality(fixed_zones, raw, cuts, rules=time_rules(*AUDITED))
    assert not result.leaks, result.leaks[:5]
    assert result.cuts >= 9


@pytest.mark.slow
def test_cuts_next_to_changes_of_the_label(raw, whole, fixed_zones, time_rules) -> None:
    own = whole["regimes"].filter(pl.col("symbol") == "BBB")
    changes = own.filter(pl.col("state") != pl.col("state").shift(1))["ts"]
    cuts = [stamp + n * HOUR for stamp in changes[1:40:8] for n in (0, 1)]
    result = audit_causality(fixed_zones, raw, cuts, rules=time_rules(*AUDITED))
    assert not result.leaks, result.leaks[:5]


def declared_for_selection(catalog_config: dict[str, Any], *jobs: str) -> set[str]:
    """What these pipelines make and the catalog declares `zone: selection`."""
    made = {name for job in jobs for name in pipelines[job].all_outputs()}
    return {n for n in made if catalog_config[n]["metadata"].get("zone") == "selection"}


def test_what_is_chosen_ignores_everything_after_the_selection_zone(
    raw, run, whole, catalog_config
) -> None:
    """Artifacts of `zone: selection` are equal when all later bars are different ones."""
    end = whole["zones"].filter(pl.col("zone") == "selection")["end"].item()
    changed = run(replace_future(raw, end), zones=whole["zones"])
    declared = declared_for_selection(catalog_config, "__default__")
    assert {"bars_selection", "labels_selection", "strategy_selection", "trials"} <= declared
    assert not declared - whole.keys(), "the run of these tests leaves them out"
    for name in sorted(declared):
        assert same(whole[name], changed[name]), name
    assert not same(whole["bars"], changed["bars"])


def test_every_selection_artifact_is_compared_by_some_test(catalog_config) -> None:
    """Those of pipelines that run by name only have a test of their own."""
    declared = {
        name
        for name, entry in catalog_config.items()
        if entry["metadata"].get("zone") == "selection"
    }
    elsewhere = declared_for_selection(catalog_config, "macro_regimes") - declared_for_selection(
        catalog_config, "__default__"
    )
    text = Path(__file__).with_name("test_macro_regimes.py").read_text("utf-8")
    assert elsewhere == {name for name in elsewhere if name in text}
    assert declared == declared_for_selection(catalog_config, "__default__") | elsewhere


def test_the_holdout_does_not_reach_any_table(raw, run, whole) -> None:
    end = whole["zones"].filter(pl.col("zone") == "evaluation")["end"].item()
    changed = run(replace_future(raw, end), zones=whole["zones"])
    for name in AUDITED:
        assert whole[name].equals(changed[name]), name
    assert not whole["bars_holdout"].equals(changed["bars_holdout"])
    assert whole["bars"]["ts"].max() <= end


def test_a_smoothed_label_is_caught(
    raw, whole, fixed_zones, time_rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 11 broken on purpose: labels that look ahead turn the audit red."""

    def smoothed(refits: Refits, X: Any, ts: Any, label_threshold: float) -> pl.DataFrame:
        table = filter_refits(refits, X, ts, label_threshold)
        p = refits[-1].model.smooth(X)[refits[0].first_row :]
        return table.with_columns(pl.Series("p_state_0", p[:, 0]), pl.Series("p_state_1", p[:, 1]))

    monkeypatch.setattr(regime_tables, "filter_refits", smoothed)
    rules = time_rules("regimes")
    cut = refit_stamps(whole)[2] + 5 * HOUR
    result = audit_causality(fixed_zones, raw, [cut], rules=rules, alterations=("replace",))
    assert {leak.table for leak in result.leaks} == {"regimes"}


def test_the_holdout_does_not_reach_the_report(raw, parameters, whole) -> None:
    """Also rows that the gate rejects: nothing the page shows may depend on holdout bars."""
    settings = {
        **parameters,
        "ingest": {**parameters["ingest"], "max_quarantined": 1.0},
        "backtest": {**parameters["backtest"], "n_draws": 20, "n_shifts": 10},
    }
    context = {
        "env": "test", "run_time": "2026-01-01T00:00:00", "git_revision": "0" * 40,
        "git_dirty": False, "package_version": "0", "libraries": {},
    }  # fmt: skip
    end = whole["zones"].filter(pl.col("zone") == "evaluation")["end"].item()
    later = pl.col("ts") > end
    broken = replace_future(raw, end).with_columns(
        high=pl.when(later & (pl.int_range(pl.len()) % 5 == 0)).then(-1.0).otherwise("high")
    )
    graph = pipelines["__default__"].to_outputs("report_payload", "bars_quarantine")
    data = {"zones_before": None, "run_context": context, "zones": whole["zones"]}
    made = [run_graph(graph, {**data, "raw_bars": bars}, settings) for bars in (raw, broken)]
    assert made[1]["bars_quarantine"].height > 20
    assert made[0]["report_payload"] == made[1]["report_payload"]


def test_bars_that_arrive_later_do_not_move_the_zones(raw, run, whole) -> None:
    last = raw["ts"].unique().sort()[1800]
    first = run(raw.filter(pl.col("ts") <= last))
    grown = run(raw, zones_before=first["zones_basis"])
    fresh = run(raw)
    seen = pl.col("zone") != "holdout"
    assert grown["zones"].filter(seen).equals(first["zones"].filter(seen))
    assert not fresh["zones"].filter(seen).equals(first["zones"].filter(seen))
    for name in AUDITED:
        assert grown[name].equals(first[name]), name
    other = run(raw, zones_before={**first["zones_basis"], "settings": {}})
    assert other["zones"].equals(fresh["zones"])
