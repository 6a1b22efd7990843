"""What nodes hand to the rooms, checked by hand where stages have different timeframes."""

from copy import deepcopy
from typing import Any

import numpy as np
import polars as pl
import pytest

from regime_factory.bars import GateLimits
from regime_factory.params import (
    ApplyParams,
    FeaturesParams,
    HmmParams,
    IngestParams,
    MarketParams,
)
from regime_factory.pipelines.apply_hmm.nodes import observe_new_bars
from regime_factory.pipelines.feature_set.nodes import ready_made
from regime_factory.pipelines.hmm_selection.nodes import fit_evaluation_refits
from regime_factory.pipelines.ingest.nodes import check_read_bars, read_bars, seal_holdout
from regime_factory.pipelines.market import bar_hours
from regime_factory.regimes import align_states, state_statistics
from regime_factory.regimes.observations import observed_columns

NEW_YORK = {"timezone": "America/New_York", "open": "09:30", "close": "16:00"}


def test_half_hour_opens_end_at_the_close_of_their_session(parameters: dict[str, Any]) -> None:
    """A bar opened at 15:30 is known at 16:00, and belongs to that day's daily bar."""
    from regime_factory.bars import Session, resample

    days = pl.DataFrame({"day": ["2024-07-01", "2024-07-02", "2024-07-03"]})
    hours = pl.DataFrame({"hour": [f"{hour:02}:30" for hour in range(9, 16)]})
    raw = days.join(hours, how="cross").select(
        timestamp=pl.col("day") + " " + pl.col("hour"),
        symbol=pl.lit("SPY"),
        **dict.fromkeys(("open", "high", "low", "close"), pl.int_range(1, pl.len() + 1) + 100.0),
    )
    market = MarketParams.model_validate(
        {**parameters["market"], "timeframe": "1H", "timeframes": ["1H", "1D"], "session": NEW_YORK}
    )
    ingest = IngestParams.model_validate(
        {
            **parameters["ingest"],
            "columns": {"ts": "timestamp"},
            "stamp": "open",
            "timezone": "America/New_York",
        }
    )
    read = read_bars(raw, market, ingest)
    bars, rejected, *_ = check_read_bars(read, market, ingest, GateLimits())
    assert rejected.is_empty()
    local = bars["ts"].dt.convert_time_zone("America/New_York")
    assert local.dt.time().cast(pl.String).str.slice(0, 5).to_list()[:7] == [
        "10:30", "11:30", "12:30", "13:30", "14:30", "15:30", "16:00",
    ]  # fmt: skip
    daily = resample(bars, "1D", Session(**NEW_YORK))
    assert daily["n_base"].to_list() == [7, 7, 7]
    assert daily["close"].to_list() == [107.0, 114.0, 121.0]


def test_what_is_seen_of_the_adjustments_ends_before_the_holdout(
    whole: dict[str, Any], parameters: dict[str, Any]
) -> None:
    """Splits on the last bar before the holdout and on its first bar: the second stays sealed."""
    checked, zones = whole["bars_checked"], whole["zones"]
    market = MarketParams.model_validate(parameters["market"])
    own = checked.filter(symbol="AAA")
    first = int((own["ts"] <= zones.filter(zone="evaluation")["end"].item()).sum())
    factors = own[[first - 1, first]].select(
        "symbol", "ts",
        split_factor=pl.Series([2.0, 4.0]),
        dividend_factor=pl.lit(1.0),
        factor=pl.Series([2.0, 4.0]),
    )  # fmt: skip
    _, _, sealed, seen = seal_holdout(checked, factors, zones, market)
    assert sealed.filter(symbol="AAA")["ts"][0] == factors["ts"][1], "the split is in the holdout"
    assert seen.equals(factors.head(1))


def test_rows_of_a_feature_file_follow_the_anchor_of_the_market(parameters: dict[str, Any]) -> None:
    """On the hours of the clock the bar that opens at 09:30 in New York is over at 10:00."""
    raw = pl.DataFrame({"symbol": "A", "ts": ["2024-07-01 13:30"], "x": [1.0]})
    hourly = {"timeframe": "1H", "timeframes": ["1H"], "session": NEW_YORK, "anchor": "00:00"}
    market = MarketParams.model_validate({**parameters["market"], **hourly})
    layout = {**parameters["features"]["file"], "symbol_column": "symbol", "stamp": "open"}
    features = FeaturesParams.model_validate({**parameters["features"], "file": layout})
    ten = pl.Series(["2024-07-01 14:00"]).str.to_datetime(time_unit="us", time_zone="UTC")
    bars = pl.DataFrame({"symbol": "A", "timeframe": "1H", "ts": ten})
    assert ready_made(raw, bars, market, features)["x"].to_list() == [1.0]
    seen, _ = observe_new_bars(
        raw,
        {"A": {"timeframe": "1H", "feature_names": ["x"], "hours": bar_hours(market)}},
        market,
        IngestParams.model_validate(parameters["ingest"]),
        GateLimits(),
        features,
        HmmParams.model_validate({**parameters["hmm"], "regime_timeframe": "1H"}),
        ApplyParams.model_validate({**parameters["apply"], "source": "features"}),
        adjustments=pl.DataFrame(),
    )
    assert seen["ts"].to_list() == ten.to_list()


def test_refits_get_the_returns_of_their_own_bars(whole: dict[str, Any]) -> None:
    """Statistics of a refit equal those made by hand from 4H closes."""
    own = whole["hmm.observations"].filter(symbol="AAA")
    coarse = whole["bars"].filter(symbol="AAA", timeframe="4H")
    closes = own.join_asof(
        coarse.select(pl.col("ts").alias("label"), "close"),
        left_on="ts", right_on="label", strategy="backward",
    )["close"].to_numpy()  # fmt: skip
    by_hand = closes[1:] / closes[:-1] - 1
    np.testing.assert_allclose(own["ret"].to_numpy()[1:], by_hand, rtol=1e-9)
    refit = whole["hmm.refits"]["AAA"][1]
    rows = own.head(refit.first_row)
    X = rows.select(observed_columns(rows))
    expected = state_statistics(refit.model.filter(X), rows["ret"].to_numpy())
    assert refit.statistics["next_mean"] == expected["next_mean"].to_list()


def test_regimes_begin_with_the_first_observed_bar_of_the_evaluation_zone(
    whole: dict[str, Any],
) -> None:
    start = whole["zones"].filter(zone="evaluation")["start"].item()
    for symbol in ("AAA", "BBB"):
        stamps = whole["hmm.observations"].filter(symbol=symbol)["ts"]
        first = stamps.filter(stamps >= start)[0]
        assert whole["regimes"].filter(symbol=symbol)["ts"][0] == first


def test_volatility_targets_are_annualised_by_the_bars_of_the_regime(
    whole: dict[str, Any], parameters: dict[str, Any]
) -> None:
    """Regimes of 4H bars: 2190 bars a year, whatever the base timeframe."""
    backtest = parameters["backtest"]
    rows = whole["regimes"].filter(symbol="AAA")
    stats = whole["hmm.refits"]["AAA"].state_stats
    held = whole["backtest.positions"].filter(symbol="AAA", strategy="volatility_target")
    first = rows.row(0, named=True)
    of_refit = stats.filter(refit_id=first["refit_id"]).sort("state")
    p = np.array([first["p_state_0"], first["p_state_1"]])
    mean, vol = of_refit["mean"].to_numpy(), of_refit["vol"].to_numpy()
    variance = p @ (vol**2 + mean**2) - (p @ mean) ** 2
    expected = backtest["target_volatility"] / np.sqrt(variance * 365 * 6)
    assert held["position"][0] == min(expected, 1.0) or np.isclose(held["position"][0], expected)
    assert expected < 1.0


def test_a_contract_belongs_to_its_symbol_however_it_is_spelt(
    parameters: dict[str, Any], raw: pl.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    contract = {"tick_size": 10.0, "multiplier": 50.0, "roll": "ratio_adjusted"}
    market = MarketParams.model_validate({**parameters["market"], "contracts": {"AaA": contract}})
    ingest = IngestParams.model_validate(parameters["ingest"])
    read = read_bars(raw, market, ingest)
    with pytest.raises(ValueError, match=r"AAA.*ratio_adjusted"):
        check_read_bars(read, market, ingest, GateLimits())
    others = read.filter(pl.col("symbol") != "AAA")
    check_read_bars(others, market, ingest, GateLimits())
    assert "BBB has no contract in market.contracts (AaA)" in caplog.text


def test_state_numbers_go_on_from_the_selection_zone(whole, parameters) -> None:
    """Else a column of probabilities means one state before the border and another after it."""
    before = whole["hmm.selection_refits"]
    turned = {name: deepcopy(m).reorder([1, 0]) for name, m in whole["hmm.model"].items()}
    given = whole["hmm.observations"], whole["zones"], turned, before
    after = fit_evaluation_refits(*given, HmmParams.model_validate(parameters["hmm"]))
    for symbol, refits in after.items():
        last, first = before[symbol][-1].model.moments(), refits[0].model.moments()
        assert align_states(last, first).order.tolist() == [0, 1]
    for symbol, model in turned.items():  # a node changes nothing that it is given
        assert np.array_equal(model.means_[::-1], whole["hmm.model"][symbol].means_)
