"""Observed rows: one a day, as known at its close, without repeats."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.bars import resample_many
from regime_factory.regimes import MacroRegimeDetector
from regime_factory.regimes.macro.observations import observe_macro, observed_rows
from regime_factory.simulate import simulate_market

from .worlds import COLUMNS, macro_world


@pytest.fixture(scope="module")
def hourly() -> pl.DataFrame:
    bars = simulate_market(24 * 40, symbols=("A", "B"), n_states=2, timeframe="1H", seed=1).bars
    return resample_many(bars, ["1H", "1D"])


def features_of(bars: pl.DataFrame, value: pl.Expr) -> pl.DataFrame:
    return bars.filter(timeframe="1H").select("symbol", "ts", macro_vix_level=value)


def test_there_is_one_row_a_day_as_known_at_its_close(hourly) -> None:
    hours = (pl.col("ts") - pl.lit(datetime(2000, 1, 1, tzinfo=UTC))).dt.total_hours()
    table = observe_macro(features_of(hourly, hours.cast(pl.Float64)), hourly, "1D")
    daily = hourly.filter(timeframe="1D")
    assert table["ts"].is_in(daily["ts"].implode()).all()
    assert table.height == daily.height - 2  # the first day of each symbol has no return
    at_close = table.select(hours).to_series().cast(pl.Float64)
    assert (table["macro_vix_level"] == at_close).all()
    expected = daily.filter(symbol="B")["close"].pct_change()[1:].to_numpy()
    assert table.filter(symbol="B")["ret"].to_numpy() == pytest.approx(expected)


def test_repeats_and_empty_rows_are_no_observations(hourly) -> None:
    month = pl.col("ts").dt.month().cast(pl.Float64)
    table = observe_macro(features_of(hourly, month), hourly, "1D")
    own = hourly.filter(timeframe="1D", symbol="A")["ts"][1:]
    assert table.filter(symbol="A").height == own.dt.month().n_unique()
    late = features_of(hourly, pl.when(pl.col("ts") > own[20]).then(pl.col("close")))
    seen = observe_macro(late, hourly, "1D").filter(symbol="A")
    assert seen["ts"].to_list() == own[21:].to_list()


def test_a_value_that_goes_missing_is_news(hourly) -> None:
    own = hourly.filter(timeframe="1D", symbol="A")["ts"]
    constant = pl.when(pl.col("ts") < own[10]).then(1.0)
    table = features_of(hourly, constant).with_columns(macro_trend_200=pl.lit(2.0))
    rows = observe_macro(table, hourly, "1D").filter(symbol="A")
    assert rows["ts"].to_list() == [own[1], own[10]]
    assert rows["macro_vix_level"].to_list() == [1.0, None]


def test_what_is_missing_is_named(hourly) -> None:
    table = features_of(hourly, pl.col("close"))
    with pytest.raises(ValueError, match="timeframe is '1W', but the bars have 1D, 1H"):
        observe_macro(table, hourly, "1W")
    with pytest.raises(ValueError, match="no macro column"):
        observe_macro(table.rename({"macro_vix_level": "close_1H"}), hourly, "1D")


def test_rows_are_kept_in_which_the_own_detector_has_enough_values() -> None:
    table = macro_world(400)[0]
    few = pl.DataFrame({name: [None if i < 7 else 1.0] for i, name in enumerate(COLUMNS)})
    few = few.with_columns(ts=table["ts"][-1:] + timedelta(days=1)).select(table.columns)
    both = pl.concat([table, few], how="vertical_relaxed").with_columns(symbol=pl.lit("A"))
    detector = MacroRegimeDetector().fit(table)
    kept = observed_rows(both, {"A": detector})
    assert kept.height == 400
    assert np.array_equal(kept["ts"], table["ts"])
