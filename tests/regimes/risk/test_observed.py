"""Observed bars are those that the observations were made from."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from regime_factory.features import build_features
from regime_factory.regimes.observations import observe
from regime_factory.regimes.risk.observed import observed_bars
from regime_factory.simulate import simulate_market


def test_returns_and_prices_belong_together() -> None:
    base = simulate_market(1500, symbols=("A", "B"), n_states=2, timeframe="1H", seed=1).bars
    from regime_factory.bars import resample

    bars = pl.concat([base, resample(base, "1D")], how="diagonal")
    features = build_features(base, feature_set="v1", timeframes=("1H", "1D"))
    seen = observe(features, bars, timeframe="1D", columns=["close_logret_current_1D"])
    own = seen.filter(symbol="B")
    rows = observed_bars(own, bars, "1D")
    assert rows.columns == ["symbol", "ts", "ret", "high", "low", "close"]
    assert rows.select("ts", "ret").equals(own.select("ts", "ret"))
    ratio = rows["close"] / rows["close"].shift(1) - 1
    gaps = (rows["ret"][1:] - ratio[1:]).abs()
    assert gaps.quantile(0.9) < 1e-12  # a skipped bar lies between some neighbours
    assert (rows["low"] <= rows["close"]).all()


def test_an_observation_before_the_bars() -> None:
    ts = datetime(2024, 1, 2, tzinfo=UTC)
    seen = pl.DataFrame({"symbol": "X", "ts": [ts], "ret": [0.1]})
    bars = pl.DataFrame(
        {"symbol": "X", "timeframe": "1D", "ts": [ts + timedelta(days=1)],
         "high": [1.0], "low": [1.0], "close": [1.0]}
    )  # fmt: skip
    with pytest.raises(ValueError, match="X has no 1D bar at or before"):
        observed_bars(seen, bars, "1D")
