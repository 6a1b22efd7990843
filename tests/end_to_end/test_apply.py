"""Saved refits on new bars or features give the rows of the batch, without refitting."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from kedro.framework.project import pipelines

from regime_factory.pipelines.graph import run_graph
from regime_factory.regimes.hmm.lookback import filter_memory
from regime_factory.regimes.observations import observed_columns

P = ["p_state_0", "p_state_1"]
PRICES = ("open", "high", "low", "close")


@pytest.fixture(scope="module", name="apply")
def apply_pipeline(whole: dict[str, Any], parameters: dict[str, Any]):
    """Run `apply_hmm` on a table of bars or features; settings go to the block `apply`."""

    def run(
        bars: pl.DataFrame,
        blocks: dict[str, dict[str, Any]] | None = None,
        stored: dict[str, Any] | None = None,
        **settings: Any,
    ) -> pl.DataFrame:
        changes = {"apply": settings, **(blocks or {})}
        changed = {name: {**block, **changes.get(name, {})} for name, block in parameters.items()}
        saved = {name: whole[name] for name in ("hmm.config", "hmm.refits", "adjustments_seen")}
        given = {"new_bars": bars, **saved, **(stored or {})}
        made = run_graph(pipelines["apply_hmm"], given, changed)
        return made["applied_regimes"]

    return run


@pytest.fixture(scope="module")
def seen(whole: dict[str, Any], raw: pl.DataFrame) -> pl.DataFrame:
    """The raw bars that the batch run scored: those before the holdout."""
    end = whole["zones"].filter(zone="evaluation")["end"].item()
    return raw.filter(pl.col("ts") <= end)


def compare(applied: pl.DataFrame, batch: pl.DataFrame) -> None:
    both = applied.join(batch, on=["symbol", "ts"], suffix="_batch")
    assert both.height == applied.height > 0
    for name in P:
        np.testing.assert_allclose(both[name], both[f"{name}_batch"], rtol=0, atol=1e-9)
    for name in ("state", "regime", "refit_id"):
        assert both[name].to_list() == both[f"{name}_batch"].to_list(), name
    known = both.drop_nulls("confirmed_state")
    assert known["confirmed_regime"].to_list() == known["confirmed_regime_batch"].to_list()


@pytest.mark.parametrize("n_bars", [260, 900, 2400])
def test_certified_rows_are_the_rows_of_the_batch(apply, whole, seen, n_bars: int) -> None:
    """Also over refits: each bar is scored by the refit that was in force."""
    tail = seen.group_by("symbol", maintain_order=True).tail(n_bars)
    applied = apply(tail)
    certified = applied.filter("certified")
    compare(certified, whole["regimes"])
    newest = applied.group_by("symbol", maintain_order=True).tail(1)
    assert newest["certified"].all()
    assert newest["ts"].to_list() == tail.group_by("symbol").agg(pl.col("ts").max())["ts"].to_list()
    if n_bars == 2400:
        assert applied["refit_id"].n_unique() > 3
        assert applied.height == whole["regimes"].height


def test_the_stored_warmup_is_enough_for_the_newest_row(apply, whole, seen) -> None:
    """`warmup_bars` of hmm.config is measured in the selection zone; here it does for all."""
    for symbol, config in whole["hmm.config"].items():
        own = seen.filter(symbol=symbol)
        n = config["warmup_bars"]
        for end in range(own.height - 400, own.height + 1, 57):
            applied = apply(own[end - n : end], last=1, uncertified="refuse")
            assert applied.height == 1
            compare(applied, whole["regimes"])
        observations = whole["hmm.observations_selection"].filter(symbol=symbol)
        X = observations.select(observed_columns(observations))
        assert config["filter_memory"] == filter_memory(whole["hmm.model"][symbol], X)


def test_features_give_the_same_rows_as_bars(apply, whole, parameters) -> None:
    rows = whole["hmm.observations"].group_by("symbol", maintain_order=True).tail(150)
    applied = apply(rows, source="features", uncertified="drop")
    compare(applied, whole["regimes"])
    assert applied.group_by("symbol").len()["len"].min() > 75
    alone = rows.filter(symbol="BBB").drop("symbol")
    layout = {**parameters["features"]["file"], "symbol_column": None, "symbol": "BBB"}
    last = apply(alone, {"features": {"file": layout}}, source="features", last=1)
    assert last.equals(applied.filter(symbol="BBB").tail(1))


def test_what_is_missing_is_said(apply, whole, seen, parameters) -> None:
    one = seen.filter(symbol="AAA")
    warmup = whole["hmm.config"]["AAA"]["feature_warmup_bars"]
    with pytest.raises(ValueError, match=f"AAA: 3 bars of 1H without history .* over {warmup}"):
        apply(one.tail(3))
    with pytest.raises(ValueError, match=r"AAA: 1 row leaves the filtered .* open by 1; at most"):
        apply(one.tail(warmup + 3), last=1, uncertified="refuse")
    with pytest.raises(ValueError, match="no model for symbol 'ZZZ'; there are models for AAA"):
        apply(one.with_columns(symbol=pl.lit("ZZZ")))
    with pytest.raises(ValueError, match=r"the model observes 4H bars, hmm.regime_timeframe is 1D"):
        apply(one, {"hmm": {"regime_timeframe": "1D"}})
    with pytest.raises(ValueError, match=r"fitted with market\.session None, market\.anchor None"):
        apply(one, {"market": {**parameters["market"], "anchor": "02:00"}})
    macro = {"AAA": {**whole["hmm.config"]["AAA"], "feature_names": ["macro_vix_level"]}}
    with pytest.raises(ValueError, match="observes macro_vix_level, which bars alone do not give"):
        apply(one, stored={"hmm.config": macro})
    with pytest.raises(ValueError, match="file lacks close_logret_current_4H"):
        apply(whole["features_v1"].select("symbol", "ts"), source="features")
    with pytest.raises(ValueError, match="do not stand 4H apart"):
        apply(whole["features"], source="features")
    with pytest.raises(ValueError, match=r"AAA: all .* lie before .* the first bar that a refit"):
        apply(one.head(300))


def test_prices_are_no_observation_where_a_split_moved_their_unit(apply, whole, seen) -> None:
    """The split is in the new file, or in the history before it."""
    tail = seen.filter(symbol="AAA").tail(900)
    late = pl.int_range(pl.len()) >= 450
    prices = (pl.col(name) / pl.when(late).then(4.0).otherwise(1.0) for name in PRICES)
    split = pl.when(pl.int_range(pl.len()) == 450).then(4.0)
    halved = tail.with_columns(*prices, split=split)
    before = pl.DataFrame(
        [("AAA", seen["ts"][0], 4.0, 1.0, 4.0)],
        schema=whole["adjustments_seen"].schema,
        orient="row",
    )
    names = ["close_logret_current_4H", "close_sma_20_4H"]
    config = {name: {**c, "feature_names": names} for name, c in whole["hmm.config"].items()}
    for bars, history in ((halved, before.clear()), (tail, before)):
        stored = {"adjustments_seen": history}
        compare(apply(bars, stored=stored).filter("certified"), whole["regimes"])
        with pytest.raises(ValueError, match=r"AAA: the model observes close_sma_20_4H, .*_pct_14"):
            apply(bars, stored={**stored, "hmm.config": config})
    other = {"adjustments_seen": before.with_columns(symbol=pl.lit("BBB"))}
    assert apply(tail, stored={**other, "hmm.config": config}).height > 0


def test_rows_out_of_order_are_refused_or_sorted_as_the_settings_say(apply, seen) -> None:
    tail = seen.group_by("symbol", maintain_order=True).tail(400)
    mixed = pl.concat([tail.filter(symbol="BBB").reverse(), tail.filter(symbol="AAA")])
    with pytest.raises(ValueError, match="go back in time"):
        apply(mixed)
    ordered = apply(mixed, {"ingest": {"sort": True}}).sort("symbol", "ts")
    assert ordered.equals(apply(tail).sort("symbol", "ts"))


def test_a_stale_model_is_told_and_refused_where_the_settings_say_so(apply, raw, caplog) -> None:
    later = raw.with_columns(pl.col("ts") + timedelta(days=400))
    tail = later.group_by("symbol", maintain_order=True).tail(400)
    apply(tail)
    assert "AAA: the last refit scores from" in caplog.text
    with pytest.raises(ValueError, match=r"was due again on .*; run hmm_selection on newer"):
        apply(tail, stale_model="refuse")


def test_a_rejected_newest_bar_is_said(apply, seen, caplog) -> None:
    tail = seen.filter(symbol="AAA").tail(400)
    newest = pl.int_range(pl.len()) == 399
    applied = apply(tail.with_columns(low=pl.when(newest).then(-1.0).otherwise("low")), last=1)
    assert applied["ts"].to_list() == [tail["ts"][398]]
    assert "AAA: 1 new bars are left out; the last is row 400" in caplog.text
    assert "newer than every answer" in caplog.text
