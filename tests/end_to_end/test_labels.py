"""The pipeline `labels`: outcomes by the settings, known at their ends, inside their zone."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from kedro.framework.cli.utils import _split_params
from kedro.framework.project import pipelines

from regime_factory.audit import audit_causality, replace_future
from regime_factory.bars import SymbolTable
from regime_factory.bars.symbol_table import SymbolTableBuilder
from regime_factory.labels import LabelCosts, build_labels, label_summary
from regime_factory.params import BacktestParams, LabelsParams, MarketParams
from regime_factory.pipelines.graph import run_graph
from regime_factory.pipelines.labels import nodes
from regime_factory.pipelines.labels.nodes import costs_of, make_labels

HOUR = timedelta(hours=1)
TABLES = ("labels", "labels_selection")


@pytest.fixture(scope="module")
def label(parameters: dict[str, Any], whole: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Run the graph up to the labels in the zones of the whole run."""
    graph = pipelines["__default__"].to_outputs(*TABLES)

    def run_on(bars: pl.DataFrame) -> dict[str, Any]:
        data = {"raw_bars": bars, "zones_before": None, "zones": whole["zones"]}
        return run_graph(graph, data, parameters)

    return run_on


def base_of(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.filter(timeframe="1H")


def ends_of(table: pl.DataFrame) -> list[str]:
    return [name for name in table.columns if name.startswith("t1_")]


def end_of(whole: dict[str, Any], zone: str) -> Any:
    return whole["zones"].filter(zone=zone)["end"].item()


def test_labels_follow_the_settings_of_labels_and_backtest(whole, parameters) -> None:
    settings, backtest = parameters["labels"], parameters["backtest"]
    names = (
        "horizon", "upper", "lower", "atr_window", "thresholds", "threshold_horizon",
        "forward_horizons", "shift_barriers",
    )  # fmt: skip
    expected = build_labels(
        base_of(whole["bars"]),
        **{name: settings[name] for name in names},
        fill=backtest["fill"],
        costs=LabelCosts(fee_bps=backtest["fee_bps"], slippage_bps=backtest["slippage_bps"]),
    )
    assert whole["labels"].equals(expected)
    assert whole["labels"]["symbol"].unique(maintain_order=True).to_list() == ["AAA", "BBB"]


def test_outcomes_stay_in_their_zone(whole) -> None:
    """Those of the selection zone are the labels of the whole table whose outcome lies inside."""
    chosen, table = whole["labels_selection"], whole["labels"]
    first, last = end_of(whole, "selection"), end_of(whole, "evaluation")
    for name in ends_of(table):
        assert table[name].max() <= last, name
        assert chosen[name].max() <= first, name
    both = chosen.join(table, on=["symbol", "ts"], how="left", suffix="_all", maintain_order="left")
    for name in chosen.columns[2:]:
        known = both.filter(pl.col(name).is_not_null())
        assert known[name].equals(known[f"{name}_all"]), name
    horizon = timedelta(hours=25)
    for symbol in ("AAA", "BBB"):
        last_label = chosen.filter(pl.col("symbol") == symbol).drop_nulls("label")["ts"].max()
        assert first - 2 * horizon < last_label <= first - horizon


def test_labels_known_by_a_cut_ignore_what_comes_after(raw, whole, label, time_rules) -> None:
    middle = whole["labels"]["ts"][700]
    cuts = [middle + n * HOUR for n in (0, 1, 2, 7, 24)] + [end_of(whole, "selection") + 30 * HOUR]
    result = audit_causality(label, raw, cuts, rules=time_rules(*TABLES))
    assert not result.leaks, result.leaks[:5]
    assert result.cells > 100_000


def test_no_label_of_the_selection_zone_depends_on_later_bars(raw, whole, label) -> None:
    changed = label(replace_future(raw, end_of(whole, "selection")))
    assert changed["labels_selection"].equals(whole["labels_selection"])
    assert not changed["labels"].equals(whole["labels"])


def test_cells_moved_by_one_bar_are_caught(
    raw, whole, label, time_rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = ["label", "ret_net", "down_2pct", "fwd_ret_6"]

    def moved(bars: pl.DataFrame, **settings: Any) -> pl.DataFrame:
        table = build_labels(bars, **settings)
        return table.with_columns(pl.col(columns).shift(-1))

    monkeypatch.setattr(nodes, "build_labels", moved)
    cuts = [whole["labels"]["ts"][700] + n * HOUR for n in range(12)]
    rules = {"labels": time_rules("labels")["labels"]}
    result = audit_causality(label, raw, cuts, rules=rules, alterations=("replace",))
    assert {leak.column for leak in result.leaks} == set(columns)


def models(parameters: dict[str, Any], **changes: Any) -> tuple[Any, ...]:
    """Settings of market, backtest and labels, some of them changed."""
    market = {**parameters["market"], **changes.pop("market", {})}
    return (
        MarketParams.model_validate(market),
        BacktestParams.model_validate(parameters["backtest"]),
        LabelsParams.model_validate({**parameters["labels"], **changes}),
    )


def test_a_contract_has_costs_in_ticks_where_they_are_set(parameters) -> None:
    contract = {"tick_size": 0.25, "multiplier": 50.0, "roll": "none"}
    with_contract = {"market": {"contracts": {"aaa": contract}}}
    basis_points = LabelCosts(fee_bps=5.0, slippage_bps=2.0)
    settings = models(parameters, **with_contract, slippage_ticks=1.0, commission=2.5)
    assert costs_of("AAA", *settings) == LabelCosts.ticks(1.0, 2.5, 0.25, 50.0)
    assert costs_of("BBB", *settings) == basis_points
    assert costs_of("AAA", *models(parameters, **with_contract)) == basis_points


def test_a_symbol_that_ends_early_counts_as_delisted(
    whole, parameters, caplog: pytest.LogCaptureFixture
) -> None:
    bars = whole["bars"]
    last = base_of(bars)["ts"].max() - timedelta(days=40)
    ended = bars.filter((pl.col("symbol") != "BBB") | (pl.col("ts") <= last))
    with caplog.at_level(logging.INFO):
        table = make_labels(ended, *models(parameters))
    assert "BBB counts as delisted: its bars end 30 days or more" in caplog.text
    tail = table.filter(symbol="BBB").tail(10)
    known = base_of(ended).filter(symbol="BBB")["ts"].max() + timedelta(days=30)
    assert (tail["t1_fwd_ret_24"] == known).all()
    kept = make_labels(ended, *models(parameters, delisted_after_days=None))
    labelled = [one.filter(symbol="BBB")["label"].count() for one in (kept, table)]
    assert labelled[0] == labelled[1] - 23, "the last two bars have no outcome either way"
    assert kept.filter(symbol="AAA").equals(table.filter(symbol="AAA"))
    assert "end" not in kept["barrier"].unique().to_list()


def test_opens_nobody_could_trade_at_are_refused(whole, parameters) -> None:
    opens = pl.col("close").shift(1, fill_value=100.0).over("symbol", "timeframe")
    stale = whole["bars"].with_columns(
        open=opens,
        high=pl.max_horizontal("high", opens),
        low=pl.min_horizontal("low", opens),
    )
    market, backtest, labels = models(parameters)
    with pytest.raises(ValueError, match="100% of the opens of 'AAA' equal the previous close"):
        make_labels(stale, market, backtest.model_copy(update={"fill": "next_open"}), labels)


def test_a_table_on_disk_gives_the_same_labels(whole, parameters) -> None:
    built = SymbolTableBuilder()
    built.append(whole["bars"])
    made = make_labels(built.table(), *models(parameters))
    assert isinstance(made, SymbolTable)
    assert made.collect().equals(whole["labels"])


def test_the_summary_counts_what_the_table_holds(whole, parameters) -> None:
    figures = nodes.summarise_labels(
        whole["labels"], whole["zones"], whole["bars"], *models(parameters)
    )
    expected = label_summary(whole["labels"], whole["zones"], bars=base_of(whole["bars"]))
    for symbol, of_symbol in figures.items():
        settings = of_symbol.pop("settings")
        assert of_symbol == expected[symbol]
        assert settings["horizon"] == parameters["labels"]["horizon"]
        assert settings["cost_bps"] == sum(
            parameters["backtest"][name] for name in ("fee_bps", "slippage_bps")
        )
        assert not settings["shifted"]
        own = whole["labels"].filter(symbol=symbol)
        counts = {str(k): own.filter(label=k).height for k in (-1, 0, 1)}
        assert of_symbol["label"]["counts"] == counts
        assert of_symbol["zones"].keys() == {"selection", "evaluation"}
        rows = sum(zone["label"]["rows"] for zone in of_symbol["zones"].values())
        assert rows == own["label"].count() == of_symbol["label"]["rows"]


def test_the_summary_of_some_rows_counts_their_bars(whole, parameters) -> None:
    """Outcomes are as long as the market's bars say, whichever rows the table has."""
    every_third = whole["labels"].gather_every(3)
    found = nodes.summarise_labels(every_third, whole["zones"], whole["bars"], *models(parameters))
    for symbol, of_symbol in found.items():
        place = {ts: i for i, ts in enumerate(base_of(whole["bars"]).filter(symbol=symbol)["ts"])}
        rows = every_third.filter(symbol=symbol).select("ts", "t1_label").drop_nulls().rows()
        lengths = [place[t1] - place[t0] for t0, t1 in rows]
        assert of_symbol["label"]["mean_bars"] == pytest.approx(sum(lengths) / len(lengths))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"horizon": 0}, "horizon"),
        ({"upper": -1.0}, "upper"),
        ({"thresholds": [0.01, 0.01]}, "labels.thresholds .* names one twice"),
        ({"thresholds": [1.5]}, "thresholds"),
        ({"forward_horizons": [6, 6]}, "labels.forward_horizons .* names one twice"),
        ({"slippage_ticks": 1.0}, "labels.commission is None; give both"),
        ({"delisted_after_days": 0}, "delisted_after_days"),
        ({"fee_bps": 1}, "fee_bps"),
    ],
)
def test_unusable_settings_are_named(parameters, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LabelsParams.model_validate({**parameters["labels"], **change})


def test_lists_may_come_from_the_command_line(parameters) -> None:
    given = {**parameters["labels"], "thresholds": "0.005;0.01", "forward_horizons": "3"}
    settings = LabelsParams.model_validate(given)
    assert (settings.thresholds, settings.forward_horizons) == ([0.005, 0.01], [3])
    assert LabelsParams.model_validate({**given, "thresholds": ""}).thresholds == []


@pytest.mark.parametrize(
    ("typed", "expected"), [("0.02", [0.02]), ("", []), ("0.01;0.02", [0.01, 0.02])]
)
def test_lists_of_one_value_or_none_come_through_the_command_line(
    parameters, typed: str, expected: list[float]
) -> None:
    """Kedro makes a number of one value, and nothing of an empty one."""
    given = _split_params(None, None, f"labels.thresholds={typed}")["labels"]
    settings = LabelsParams.model_validate({**parameters["labels"], **given})
    assert settings.thresholds == expected


def test_a_pause_around_the_end_of_the_selection_zone_is_no_delisting(whole, parameters) -> None:
    """Every symbol has bars in the evaluation zone, so none ended in the one before it."""
    end = whole["zones"].filter(zone="selection")["end"].item()
    stopped = end - timedelta(days=40)
    gone = pl.col("symbol").eq("BBB") & pl.col("ts").is_between(stopped, end, closed="right")
    made = nodes.make_selection_labels(whole["bars_selection"].filter(~gone), *models(parameters))
    own = made.filter(symbol="BBB")
    assert "end" not in own["barrier"]
    assert own["t1_label"].max() <= stopped
