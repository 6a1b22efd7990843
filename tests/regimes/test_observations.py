"""One observation per bar of the regime timeframe, known when the bar is known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.bars import resample_many
from regime_factory.features import build_features
from regime_factory.regimes.observations import carry_forward, observe, observed_columns
from regime_factory.simulate import simulate_market

COLUMNS = ["close_logret_current_4H", "log_halfrange_current_4H"]


@pytest.fixture(scope="module")
def market() -> tuple[pl.DataFrame, pl.DataFrame]:
    base = simulate_market(400, symbols=("A", "B"), timeframe="1H", gaps=0.05, seed=2).bars
    return resample_many(base, ["1H", "4H"]), build_features(base, "v1", ("1H", "4H"))


def test_each_coarse_bar_is_observed_once_and_not_before_it_is_known(market) -> None:
    bars, features = market
    table = observe(features, bars, timeframe="4H", columns=COLUMNS)
    assert observed_columns(table) == COLUMNS
    for symbol in ("A", "B"):
        own = table.filter(symbol=symbol)
        coarse = bars.filter(symbol=symbol, timeframe="4H").sort("ts")
        stamps = features.filter(symbol=symbol)["ts"].to_list()
        expected = []
        for row, (label, close) in enumerate(coarse.select("ts", "close").iter_rows()):
            seen = next((stamp for stamp in stamps if stamp >= label), None)
            newer = row + 1 < coarse.height and coarse["ts"][row + 1] <= seen if seen else True
            if row and seen and not newer:
                expected.append((seen, close / coarse["close"][row - 1] - 1))
        assert own["ts"].to_list() == [stamp for stamp, _ in expected]
        np.testing.assert_allclose(own["ret"], [ret for _, ret in expected], rtol=1e-12)


def test_the_base_timeframe_observes_every_bar(market) -> None:
    bars, features = market
    columns = [name.replace("4H", "1H") for name in COLUMNS]
    table = observe(features, bars, timeframe="1H", columns=columns)
    assert table.height == features.drop_nulls(columns).height


def test_unknown_columns_and_timeframes_are_named(market) -> None:
    bars, features = market
    with pytest.raises(ValueError, match="features lack volatility_4H"):
        observe(features, bars, timeframe="4H", columns=["volatility_4H"])
    with pytest.raises(ValueError, match=r"regime_timeframe is '1D', but the bars have 1H, 4H"):
        observe(features, bars, timeframe="1D", columns=COLUMNS)


def test_a_column_without_values_is_named(market) -> None:
    bars, features = market
    empty = features.with_columns(
        pl.lit(None, dtype=pl.Float64).alias("log_volume_delta_current_4H")
    )
    with pytest.raises(ValueError, match="without any value: log_volume_delta_current_4H"):
        observe(empty, bars, timeframe="4H", columns=["log_volume_delta_current_4H", *COLUMNS])


def test_regimes_are_carried_forward_only() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=n) for n in range(6)]
    regimes = pl.DataFrame({"ts": [hours[1], hours[4]], "state": [0, 1]})
    stamps = pl.DataFrame({"symbol": "A", "ts": hours})
    carried = carry_forward(regimes, stamps)
    assert carried["ts"].to_list() == hours[1:]
    assert carried["state"].to_list() == [0, 0, 0, 1, 1]
