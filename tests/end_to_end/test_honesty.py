"""The honesty card of whole runs: complete, tied to its sources, and sound for odd markets."""

import json
from typing import Any

import polars as pl
import pytest
from kedro.framework.project import pipelines

from regime_factory.datasets import RunContext
from regime_factory.pipelines.graph import run_graph

GROUPS = {
    "volatility", "drawdowns", "returns", "reaction", "stability", "trading", "churn", "tried",
    "truth", "detectors",
}  # fmt: skip


def run_to(
    outputs: tuple[str, ...], raw: pl.DataFrame, parameters: dict[str, Any], **changes: Any
) -> dict[str, Any]:
    """Run the graph to some artifacts, with few draws and some settings changed."""
    few = {
        "backtest": {"n_draws": 30, "n_shifts": 10},
        "honesty": {"n_draws": 60, "n_shifts": 20, "simulated_bars": 600},
    }
    settings = {
        name: {**block, **few.get(name, {}), **changes.get(name, {})}
        for name, block in parameters.items()
    }
    data = {
        "raw_bars": raw,
        "zones_before": None,
        "run_context": RunContext(env="test").load(),
    }
    return run_graph(pipelines["__default__"].to_outputs(*outputs), data, settings)


@pytest.fixture(scope="module")
def made(parameters: dict[str, Any], raw: pl.DataFrame) -> dict[str, Any]:
    return run_to(("honesty.card", "honesty.plot", "report"), raw, parameters)


def test_every_group_of_every_symbol_is_there(made: dict[str, Any]) -> None:
    assert made["honesty.card"].keys() == {"AAA", "BBB"}
    for card in made["honesty.card"].values():
        assert card.keys() >= GROUPS
        json.dumps(card, allow_nan=False)
    assert made["honesty.plot"].keys() == {"AAA", "BBB"}


def test_figures_are_those_of_their_sources(made: dict[str, Any]) -> None:
    for symbol, card in made["honesty.card"].items():
        metrics, figures = made["hmm.metrics"][symbol], made["backtest.metrics"][symbol]
        assert card["stability"]["revision_rate"] == metrics["revision_rate"]
        assert card["stability"]["switches_confirmed"] == metrics["switches_per_year"]
        chosen = figures["strategies"][figures["chosen"]]
        assert card["trading"]["name"] == figures["chosen"]
        assert card["trading"]["sharpe"] == chosen["sharpe"]
        assert card["trading"]["others"][0]["sharpe_difference"] == chosen["sharpe_difference"]
        own = pl.col("symbol") == symbol
        assert card["tried"]["models"] == made["hmm.selection"].filter(own).height
        assert card["tried"]["strategies"] == made["strategy_selection"].filter(own).height
        named = made["hmm.regimes_by_name"].filter(own)
        top = (named["confirmed_regime"] == card["reaction"]["regime"]).mean()
        assert card["reaction"]["top_share"] == pytest.approx(top, abs=0.02)
        assert card["detectors"][0]["detector"] == "hmm"


def test_labels_prices_and_outcomes_are_of_the_same_bar(made: dict[str, Any]) -> None:
    """The return after a label begins at the close at which the label is known."""
    hmm, honesty = (made[f"params:{name}"] for name in ("hmm", "honesty"))
    for symbol, card in made["honesty.card"].items():
        closes = made["bars"].filter(symbol=symbol, timeframe=hmm.regime_timeframe)
        stamps = made["honesty.forecasts"].filter(symbol=symbol).select("symbol", "ts")
        rows = stamps.join(made["hmm.regimes_by_name"], on=["symbol", "ts"], how="left").sort("ts")
        rows = rows.join_asof(closes.select("ts", "close").sort("ts"), on="ts")
        later = pl.col("close").shift(-honesty.horizon) / pl.col("close") - 1
        known = rows.select("confirmed_regime", later=later)
        means = dict(known.group_by("confirmed_regime").agg(pl.col("later").mean()).iter_rows())
        for row in card["returns"]["states"]:
            assert row["mean"] == pytest.approx(means.get(row["regime"]), rel=1e-9)
        raw = stamps.join(made["regimes"], on=["symbol", "ts"], how="left").sort("ts")["state"]
        confirmed = rows["confirmed_state"]
        shares = [(s != s.shift(1)).sum() for s in (raw, confirmed)]
        ratio = card["stability"]["switches_raw"] / card["stability"]["switches_confirmed"]
        assert ratio == pytest.approx(shares[0] / shares[1])


def test_forecasts_cover_the_scored_bars_alone(made: dict[str, Any]) -> None:
    table, scored = made["honesty.forecasts"], made["regimes"]
    seen = made["hmm.observations"].join(scored, on=["symbol", "ts"], how="semi")
    assert table.select("symbol", "ts").equals(seen.select("symbol", "ts"))


def test_the_payload_holds_the_card_and_the_page_its_section(made: dict[str, Any]) -> None:
    for page in made["report_payload"]["symbols"]:
        assert page["card"] == made["honesty.card"][page["symbol"]]
    assert made["report"].count("What are the regimes worth?") == 2


def test_two_runs_make_the_same_card(
    made: dict[str, Any], raw: pl.DataFrame, parameters: dict[str, Any]
) -> None:
    again = run_to(("honesty.card",), raw, parameters)["honesty.card"]
    assert json.dumps(again, sort_keys=True) == json.dumps(made["honesty.card"], sort_keys=True)


def test_one_state_and_a_single_refit(raw: pl.DataFrame, parameters: dict[str, Any]) -> None:
    changes = {
        "hmm": {"n_states": 1, "n_states_profile_max": 1, "refit_every": 100_000},
        "detectors": {"compare": []},
    }
    made = run_to(("honesty.card", "report"), raw, parameters, **changes)
    card = made["honesty.card"]["AAA"]
    assert card["reaction"] is None
    assert card["returns"]["distinguishable"] is None
    assert card["stability"]["refit_agreement_mean"] is None
    assert (card["stability"]["n_refits"], card["stability"]["switches_raw"]) == (1, 0.0)
    assert card["truth"]["true_switches"] == 0
    assert "The model has one state, so its label cannot react." in made["report"]


def test_a_market_without_volume_or_drawdowns(
    raw: pl.DataFrame, parameters: dict[str, Any]
) -> None:
    bare = raw.with_columns(volume=pl.lit(None, dtype=pl.Float64))
    changes = {"honesty": {"drawdown_depth": 0.6, "large_drawdown": 0.9, "overlap_bars": 240}}
    made = run_to(("honesty.card", "report"), bare, parameters, **changes)
    for card in made["honesty.card"].values():
        assert card["drawdowns"]["share"] == 0.0
        assert card["drawdowns"]["brier"]["volatility"]["skill"] is None
        assert card["reaction"]["episodes"] == []
        assert card["stability"]["overlap_mean"] is None
    assert "No drawdown of 60% within 20 bars followed any of these bars." in made["report"]
    assert "Prices never fell 90%" in made["report"]
