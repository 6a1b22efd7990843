"""A coarser bar is carried forward only so long."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from regime_factory.bars.macro.read import read_macro_files
from regime_factory.features import build_features
from regime_factory.features.macro_settings import MacroFeatures
from regime_factory.features.macro_table import build_macro_features

START = datetime(2024, 1, 1, 1, tzinfo=UTC)


def hourly(hours: list[int]) -> pl.DataFrame:
    price = [100.0 + 0.1 * hour for hour in range(len(hours))]
    return pl.DataFrame(
        {
            "symbol": "X",
            "timeframe": "1H",
            "ts": [START + timedelta(hours=hour) for hour in hours],
            **dict.fromkeys(("open", "high", "low", "close"), price),
            "volume": 1.0,
            "n_base": pl.Series([1] * len(hours), dtype=pl.UInt32),
        }
    )


def test_a_coarser_bar_is_not_used_after_a_long_gap() -> None:
    bars = hourly([*range(96), *range(3000, 3060)])
    column = "close_logret_current_1D"
    table = build_features(bars, columns=[column]).with_columns(
        age=pl.col("ts") - (START - timedelta(hours=1))
    )
    before = table.filter(pl.col("age") <= timedelta(hours=96))
    assert before[column].null_count() == 47, "two daily closes make the first return"
    after = table.filter(pl.col("age") > timedelta(hours=3000))
    first_daily_close = 3000 // 24 * 24 + 24
    waiting = after.filter(pl.col("age") < timedelta(hours=first_daily_close))
    assert waiting.height > 5
    assert waiting[column].null_count() == waiting.height
    patient = build_features(bars, columns=[column], max_staleness=timedelta(days=400))
    assert patient[column][96:].null_count() == 0


def daily_returns(bars: pl.DataFrame, max_staleness: timedelta) -> pl.Series:
    column = "close_logret_current_1D"
    return build_features(bars, columns=[column], max_staleness=max_staleness)[column]


def daily_momentum(bars: pl.DataFrame, max_staleness: timedelta) -> pl.Series:
    features = MacroFeatures(momentum_window=2)
    releases = read_macro_files({}, {})
    table = build_macro_features(bars, releases, features, {}, max_staleness=max_staleness)
    return table["macro_momentum_2"]


@pytest.mark.parametrize("carried", [daily_returns, daily_momentum])
@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1)])
def test_a_daily_bar_is_used_for_its_own_length_and_the_staleness(carried, late) -> None:
    """The fourth day closes with row 95; with five hours beyond a day it is used for 29 hours."""
    bars = hourly([*range(96), 95 + 29])
    is_last = pl.int_range(pl.len()) == 96
    bars = bars.with_columns(ts=pl.when(is_last).then(pl.col("ts") + late).otherwise("ts"))
    values = carried(bars, timedelta(hours=5))
    assert values[95] is not None
    assert values[96] == (None if late else values[95])
