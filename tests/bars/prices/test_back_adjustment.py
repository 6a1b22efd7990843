"""Signs of back-adjustment: how often they speak up, and how often wrongly."""

from pathlib import Path

import polars as pl
import pytest

from regime_factory.bars.prices.back_adjustment import DECLARE, suspect_back_adjustment
from regime_factory.bars.prices.contracts import Contract

from ..futures import as_traded, rolled

ES = Contract(tick_size=0.25, multiplier=50, roll="unadjusted")
PRICES = ("open", "high", "low", "close")


def rate(worlds: list[pl.DataFrame], contract: Contract | None = None) -> float:
    return sum(suspect_back_adjustment(bars, contract).suspected for bars in worlds) / len(worlds)


def test_histories_as_traded_are_hardly_ever_suspected() -> None:
    worlds = [as_traded(seed) for seed in range(40)]
    assert rate(worlds) <= 0.05
    assert rate(worlds, ES) <= 0.05


@pytest.mark.parametrize("carry", [0.02, 0.15, -0.05])
@pytest.mark.parametrize("spread_tick", [None, 0.05])
@pytest.mark.parametrize("contract", [None, ES])
def test_adjustment_that_leaves_the_grid_is_always_seen(carry, spread_tick, contract) -> None:
    worlds = [rolled(as_traded(seed), carry, spread_tick) for seed in range(6)]
    assert rate(worlds, contract) == 1.0
    found = suspect_back_adjustment(worlds[0], contract)
    assert "of early prices lie off the price grid of 0.25" in " ".join(found.signs)
    assert ("by the same amount" in " ".join(found.signs)) == (spread_tick is not None)
    assert found.measures["tick"] == 0.25
    assert found.where.len() > 0


def test_whole_tick_differences_are_seen_where_they_are_large() -> None:
    """A lifted history is compressed, a lowered one swollen or below zero; not always."""
    lifted = rate([rolled(as_traded(seed), 0.30, 0.25) for seed in range(40)])
    lowered = rate([rolled(as_traded(seed), -0.10, 0.25) for seed in range(40)])
    small = rate([rolled(as_traded(seed), 0.02, 0.25) for seed in range(40)])
    assert lifted > 0.3
    assert lowered > 0.5
    assert small < 0.2, "small offsets in whole ticks leave no trace, and the docstring says so"


def test_compressed_early_returns_are_named_and_placed() -> None:
    bars = as_traded(1)
    lifted = bars.with_columns(pl.col(PRICES) + pl.Series([8000.0] * 1260 + [0.0] * 1260))
    found = suspect_back_adjustment(lifted, ES)
    assert found.signs[0].startswith("early returns look compressed")
    assert found.measures["early_to_late"] < 1 / 3
    assert found.where.to_list() == bars["ts"].head(found.where.len()).to_list()
    assert bars.height / 5 < found.where.len() < bars.height / 3


def test_swollen_early_returns_are_named() -> None:
    bars = as_traded(2)
    low = bars["low"].head(1260).min()
    lowered = bars.with_columns(pl.col(PRICES) - pl.Series([low - 20.0] * 1260 + [0.0] * 1260))
    assert any("swollen" in sign for sign in suspect_back_adjustment(lowered, ES).signs)


def test_prices_of_zero_or_less_are_a_sign_of_their_own() -> None:
    bars = as_traded(3, n_bars=50).with_columns(pl.col("low") - 990.0)
    found = suspect_back_adjustment(bars)
    count = bars.filter(pl.col("low") <= 0).height
    assert found.signs == (f"{count} bars have a price of zero or less",)
    assert found.where.len() == count == found.measures["not_positive"]


def test_a_wrong_tick_is_said_to_be_off_everywhere() -> None:
    wrong = Contract(tick_size=0.4, multiplier=50, roll="unadjusted")
    assert "of the last prices lie off" in suspect_back_adjustment(as_traded(4), wrong).signs[0]


def test_a_short_history_says_nothing() -> None:
    found = suspect_back_adjustment(as_traded(5, n_bars=120))
    assert not found.suspected
    assert found.where.is_empty()
    assert found.measures == {"not_positive": 0.0}


def test_the_meaning_says_what_to_do() -> None:
    assert "ingest.prices: back_adjusted" in DECLARE


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("equity/SPX_1d_1990_2022", 0), ("equity/SPY_1d_1998_2021", 0),
        ("equity/SPY_1h_1998_2021", 0), ("crypto/BTCUSDT_1h_2018_2022_no_volume", 0),
        ("futures/ES_1d_2010_2020", 0), ("futures/NQ_1d_2010_2020", 0),
        ("equity/MSFT_1d_1990_2022", 0),
    ],
)  # fmt: skip
def test_real_files(shared_data: Path, file: str, expected: int) -> None:
    """ES and NQ are adjusted by whole ticks, MSFT was rounded again: none leaves a trace."""
    raw = pl.read_parquet(shared_data / f"{file}.parquet")
    bars = raw.rename({"date" if "date" in raw.columns else "timestamp": "ts"})
    assert len(suspect_back_adjustment(bars).signs) == expected


def test_es_close_is_the_spliced_price_less_whole_ticks(shared_data: Path) -> None:
    """What the docs say of the file: `close` is adjusted by differences, `spliced` was traded."""
    file = pl.read_parquet(shared_data / "futures/ES_1d_2010_2020.parquet")
    offset = file["spliced"] - file["close"]
    assert (offset % 0.25 == 0).all()
    assert file.filter(offset.diff().fill_null(0) != 0).height == 40, "one a quarter"
    assert offset[0] == 170.75
    assert offset[-1] == 0.0
    rolls_left = (offset.diff().fill_null(0) != 0).cum_sum(reverse=True)
    in_spread_ticks = file.rename({"date": "ts"}).with_columns(pl.col(PRICES) + rolls_left * 0.05)
    assert suspect_back_adjustment(in_spread_ticks).suspected, "ES spreads trade in steps of 0.05"
