"""The pipeline `model_input`: features, regimes and targets of one moment, and what is left out."""

import logging
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from regime_factory.audit import audit_causality
from regime_factory.bars import SymbolTable, embedded_bars, read_source
from regime_factory.bars.symbol_table import SymbolTableBuilder
from regime_factory.models import samples
from regime_factory.models.schema import ModelInput
from regime_factory.params import ModelInputParams
from regime_factory.pipelines.graph import run_graph
from regime_factory.pipelines.model_input.nodes import make_model_input, make_selection

PROJECT = Path(__file__).resolve().parents[2]
HOUR = timedelta(hours=1)
TABLES = ("labels", "model_input")
ALL = {"columns": None, "regime_features": True, "targets": None}


def settings(**changes: Any) -> ModelInputParams:
    return ModelInputParams.model_validate({**ALL, **changes})


@pytest.fixture(scope="module")
def build(whole: dict[str, Any]) -> Callable[..., tuple[Any, Any, dict[str, Any]]]:
    """Make both tables and the summary of the whole run; keywords change inputs and settings."""

    def make(replaced: dict[str, Any] | None = None, **changes: Any) -> tuple[Any, Any, Any]:
        made = {**whole, **(replaced or {})}
        given = settings(**changes)
        of_zone = [f"{name}_selection" for name in ("features", "regime_features", "labels")]
        selection = make_selection(*(made[name] for name in of_zone), given)
        names = ("features", "regime_features_selection", "regime_features", "labels")
        table, summary = make_model_input(
            *(made[name] for name in names), selection, made["zones"], given
        )
        return selection, table, summary

    return make


def features_of(whole: dict[str, Any]) -> list[str]:
    return whole["model_input.summary"]["columns"]["features"]


def test_a_row_is_there_exactly_where_nothing_is_missing(whole) -> None:
    """Looked up row by row in the four tables that it is made of."""
    regimes = pl.concat([whole["regime_features_selection"], whole["regime_features"]])
    keys = ["symbol", "ts"]
    names = regimes.columns[2:-2]
    tables = [
        {row[:2]: row[2:] for row in table.iter_rows()}
        for table in (
            whole["features"].select(*keys, *features_of(whole)),
            regimes.select(*keys, *names),
            whole["labels"],
        )
    ]
    features, regime, targets = tables
    complete = [
        key
        for key, values in features.items()
        if None not in values and key in regime and None not in regime[key] and key in targets
    ]
    made = whole["model_input"]
    assert made.select(keys).rows() == complete
    columns = [*features_of(whole), *names]
    expected = [features[key] + regime[key] for key in complete]
    assert made.select(columns).rows() == expected
    kept = [c for c in whole["labels"].columns[2:] if c != "barrier"]
    assert made.select(kept).equals(
        made.select(keys)
        .join(whole["labels"], on=keys, how="left", maintain_order="left")
        .select(kept)
    )
    assert made.columns == [*keys, "zone", *columns, *made.select(kept).columns]


def test_zones_are_those_of_the_stamps(whole) -> None:
    ends = dict(whole["zones"].select("zone", "end").iter_rows())
    made = whole["model_input"]
    early = made["ts"] <= ends["selection"]
    assert made.filter(early)["zone"].unique().to_list() == ["selection"]
    assert made.filter(~early)["zone"].unique().to_list() == ["evaluation"]
    assert made["ts"].max() <= ends["evaluation"]


def test_the_table_of_the_selection_is_that_part_of_the_whole(whole) -> None:
    """Without the targets whose outcome lies beyond the end of the zone."""
    chosen, made = whole["model_input_selection"], whole["model_input"]
    assert chosen.columns == made.columns
    both = chosen.join(made, on=["symbol", "ts"], how="left", suffix="_all", maintain_order="left")
    assert not chosen.is_empty()
    for name in chosen.columns[2:]:
        known = both.filter(pl.col(name).is_not_null())
        assert known[name].equals(known[f"{name}_all"]), name
    lost = made.filter(zone="selection").height - chosen.height
    assert lost == 2 * 2, "the last two bars of a zone have no outcome in it"


def test_the_summary_counts_rows_and_reasons(whole, build) -> None:
    _, table, summary = build()
    assert summary == whole["model_input.summary"]
    for symbol, found in summary["symbols"].items():
        own = whole["features"].filter(symbol=symbol)
        assert sum(zone["rows"] for zone in found["zones"].values()) == own.height
        for name, zone in found["zones"].items():
            stamps = table.filter(symbol=symbol, zone=name)["ts"]
            assert zone["kept"] == len(stamps)
            assert zone["first"] == stamps[0].isoformat()
            assert zone["rows"] == zone["kept"] + sum(zone[why] for why in samples.MISSING)
        whole_rows = own.drop_nulls(summary["columns"]["features"]).height
        missing = sum(zone["missing_feature"] for zone in found["zones"].values())
        assert missing == own.height - whole_rows
    targets = summary["columns"]["targets"]
    assert targets["label"] == "t1_label"
    assert targets.keys() == {
        name.removeprefix("t1_") for name in table.columns if name.startswith("t1_")
    }


def test_cells_known_by_a_cut_ignore_what_comes_after(raw, parameters, whole, time_rules) -> None:
    """Features at their close, targets at their end; the models are fitted anew for each cut."""
    graph = pipelines["__default__"].to_outputs(*TABLES)
    ts = whole["model_input"].filter(zone="evaluation")["ts"]
    cuts = [ts[len(ts) // 4], ts[len(ts) // 4 + 1]]

    def run(bars: pl.DataFrame) -> dict[str, Any]:
        data = {"raw_bars": bars, "zones_before": None, "zones": whole["zones"]}
        return run_graph(graph, data, parameters)

    result = audit_causality(run, raw, cuts, rules=time_rules(*TABLES))
    assert not result.leaks, result.leaks[:5]
    assert result.cells > 100_000


@pytest.fixture
def leaks_of(raw, parameters, whole, time_rules) -> Callable[[], set[str]]:
    """Columns that leak; regimes are held fixed, bars, features and labels are made anew."""
    fixed = ("zones", "regime_features", "regime_features_selection")
    data = {"zones_before": None, **{name: whole[name] for name in fixed}}
    graph = pipelines["__default__"].to_outputs("model_input")
    ts = whole["model_input"]["ts"]

    def audit() -> set[str]:
        result = audit_causality(
            lambda bars: run_graph(graph, {**data, "raw_bars": bars}, parameters),
            raw,
            [ts[len(ts) // 2] + n * HOUR for n in range(4)],
            rules=time_rules("model_input"),
            alterations=("replace",),
        )
        return {leak.column for leak in result.leaks}

    return audit


@pytest.mark.parametrize("kind", ["features", "targets"])
def test_rows_joined_one_bar_late_are_caught(
    whole, leaks_of, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def late(table: Any, symbol: str) -> pl.DataFrame:
        rows = table.filter(pl.col("symbol") == symbol)
        return rows.with_columns(pl.exclude("symbol", "ts", "^t1_.*$").shift(-1))

    def early(features: pl.DataFrame, *others: Any) -> Any:
        moved = features.with_columns(pl.exclude("symbol", "ts").shift(-1))
        return samples.assemble(moved, *others)

    nodes = import_module("regime_factory.pipelines.model_input.nodes")
    if kind == "features":
        monkeypatch.setattr(nodes, "assemble", early)
    else:
        monkeypatch.setattr(samples, "rows_of", late)
    found = leaks_of()
    targets = set(whole["model_input.summary"]["columns"]["targets"]) | {"ret_net"}
    assert found
    assert found <= targets if kind == "targets" else not found & targets


def test_tables_on_disk_give_the_same_rows(whole, build) -> None:
    names = ("features", "features_selection", "labels", "labels_selection")
    on_disk = {}
    for name in names:
        built = SymbolTableBuilder()
        built.append(whole[name])
        on_disk[name] = built.table()
    selection, table, summary = build(on_disk)
    assert isinstance(table, SymbolTable)
    assert table.collect().equals(whole["model_input"])
    assert selection.collect().equals(whole["model_input_selection"])
    assert summary == whole["model_input.summary"]


def test_columns_targets_and_regimes_can_be_chosen(whole, build) -> None:
    columns = ["close_logret_current_1H", "close_rsi_14_4H"]
    selection, table, summary = build(
        columns=columns, regime_features=False, targets=["fwd_ret_6", "up_1pct"]
    )
    targets = ["fwd_ret_6", "t1_fwd_ret_6", "up_1pct", "t1_up_1pct"]
    assert table.columns == selection.columns == ["symbol", "ts", "zone", *columns, *targets]
    assert table.height > whole["model_input"].height
    assert summary["columns"]["regime_features"] == []
    assert not table.select(pl.all_horizontal(pl.col(targets).is_null()).any()).item()
    assert sum(f["zones"]["selection"]["missing_regime"] for f in summary["symbols"].values()) == 0


def with_nulls(table: pl.DataFrame, name: str, where: pl.Expr) -> pl.DataFrame:
    return table.with_columns(pl.when(where).then(None).otherwise(pl.col(name)).alias(name))


def test_a_column_without_values_is_left_out_and_named(
    whole, build, caplog: pytest.LogCaptureFixture
) -> None:
    """Decided in the selection zone, so that the columns do not depend on later rows."""
    name, bbb = features_of(whole)[3], pl.col("symbol") == "BBB"
    empty = with_nulls(whole["features_selection"], name, bbb)
    with caplog.at_level(logging.INFO):
        selection, table, summary = build({"features_selection": empty})
    assert f"as BBB has no value of them in the selection zone: {name}\n" in caplog.text
    assert name not in table.columns
    assert name not in selection.columns
    usual = whole["model_input.summary"]["columns"]["left_out"]
    assert set(summary["columns"]["left_out"]) == {name, *usual}
    assert table.height >= whole["model_input"].height
    caplog.clear()
    later = with_nulls(whole["features"], name, bbb & (pl.col("ts") > empty["ts"].max()))
    _, table, summary = build({"features": later})
    assert summary["symbols"]["BBB"]["zones"]["evaluation"]["kept"] == 0
    assert next(iter(summary["symbols"]["BBB"]["nulls"])) == name


def test_a_selection_zone_without_any_value_is_an_error(whole, build) -> None:
    empty = whole["features_selection"].with_columns(pl.exclude("symbol", "ts") * None)
    with pytest.raises(ValueError, match="no column of the feature set has a value in the sel"):
        build({"features_selection": empty})


def test_a_symbol_without_a_row_is_warned_about(
    whole, build, caplog: pytest.LogCaptureFixture
) -> None:
    name, bbb = features_of(whole)[3], pl.col("symbol") == "BBB"
    replaced = {
        table: with_nulls(whole[table], name, bbb) for table in ("features", "features_selection")
    }
    _, table, _ = build(replaced, columns=features_of(whole))
    assert table["symbol"].unique().to_list() == ["AAA"]
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "BBB: 0 of" in warning.getMessage()


def test_states_that_a_symbol_does_not_have_are_improbable(whole, build) -> None:
    """Models of two symbols may differ in their states; a null would cost every row of one."""
    replaced = {}
    for name in ("regime_features", "regime_features_selection"):
        third = pl.when(symbol="AAA").then(0.25)
        replaced[name] = whole[name].with_columns(p_state_2=third, p_next_state_2=third)
    _, table, _ = build(replaced)
    assert table.height == whole["model_input"].height
    shares = table.group_by("symbol").agg(pl.col("p_state_2", "p_next_state_2").unique().first())
    assert dict(shares.select("symbol", "p_state_2").iter_rows()) == {"AAA": 0.25, "BBB": 0.0}
    np.testing.assert_array_equal(shares["p_state_2"], shares["p_next_state_2"])


def renamed(whole: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {name: whole[name].rename({old: new}) for name in ("features", "features_selection")}


@pytest.mark.parametrize("name", ["p_state_0", "label", "t1_up_1pct", "zone", "ret_net"])
def test_two_columns_of_one_name_are_refused(whole, build, name: str) -> None:
    with pytest.raises(ValueError, match=f"the column '{name}' is among the "):
        build(renamed(whole, features_of(whole)[0], name))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": ["close_rsi_14_5H"]}, "is no column of the feature set; did you mean 'close"),
        ({"targets": ["up_1pc"]}, "'up_1pc' is no target of labels; did you mean 'up_1pct'"),
        ({"targets": ["barrier"]}, "'barrier' is no target of labels"),
    ],
)
def test_unknown_names_are_refused(build, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(**changes)


def test_no_row_left_is_an_error_that_says_why(whole, build) -> None:
    name = features_of(whole)[5]
    always = pl.lit(True)
    replaced = {
        table: with_nulls(whole[table], name, always)
        for table in ("features", "features_selection")
    }
    with pytest.raises(
        ValueError, match=rf"no row is left of .* lack a feature \(most often {name}"
    ):
        build(replaced, columns=features_of(whole))
    none = {table: whole[table].clear() for table in ("labels", "labels_selection")}
    with pytest.raises(ValueError, match=r"0 a regime, [1-9][0-9,]* a target; name columns"):
        build(none, columns=["close_logret_current_1H"], regime_features=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": []}, "columns"),
        ({"targets": ["label", "label"]}, "model_input.targets names label twice"),
        ({"columns": "a;b;a"}, "model_input.columns names a twice"),
        ({"regimes": True}, "regimes"),
    ],
)
def test_unusable_settings_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings(**change)
    assert settings(targets="label;up_1pct").targets == ["label", "up_1pct"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "file"),
    [
        ("equities", "equity/SPY_1h_1998_2021.parquet"),
        ("crypto", "crypto/BTCUSDT_1h_2018_2022_no_volume.parquet"),
        ("base", None),
    ],
)
def test_real_markets_give_rows_in_both_zones(
    env: str, file: str | None, shared_data: Path
) -> None:
    """Hourly bars with sessions, bars without volume, and the embedded daily bars."""
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env=env) as session:
        parameters = session.load_context().config_loader["parameters"]
    quick = {"n_init": 2, "n_fresh": 0, "n_states_max": 2, "n_states_profile_max": 2}
    parameters["hmm"] |= quick | {"refit_every": 250}
    raw = read_source(shared_data / file) if file else embedded_bars()
    graph = pipelines["__default__"].to_outputs(
        "model_input", "model_input.summary", "labels.summary"
    )
    made = run_graph(graph, {"raw_bars": raw, "zones_before": None}, parameters)
    ModelInput.validate(made["model_input"])
    for symbol, found in made["model_input.summary"]["symbols"].items():
        assert found["zones"]["selection"]["kept"] > 500
        assert found["zones"]["evaluation"]["missing_feature"] < 100
        balance = made["labels.summary"][symbol]["label"]
        assert 0.3 < balance["shares"]["1"] < 0.7
        assert 0.05 < balance["average_uniqueness"] < 0.3
    empty = made["model_input.summary"]["columns"]["left_out"]
    assert bool(empty) == (env == "crypto")
    assert all("volume" in name or "vwap" in name for name in empty)
