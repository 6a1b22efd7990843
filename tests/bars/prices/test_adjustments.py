"""Adjusted bars against a holder who counts shares, and against their own past."""

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars.prices.adjustments import (
    FACTOR_COLUMNS,
    adjust_bars,
    adjustment_factors,
    events_between,
)

from ..histories import History, random_history, wealth_of_one_share

SEEDS = st.integers(0, 10_000)
MSFT_SPLITS = {
    "1990-04-16": 2.0,
    "1991-06-27": 1.5,
    "1992-06-15": 1.5,
    "1994-05-23": 2.0,
    "1996-12-09": 2.0,
    "1998-02-23": 2.0,
    "1999-03-29": 2.0,
    "2003-02-18": 2.0,
}


def adjusted(history: History, stated: pl.DataFrame, **how: str) -> pl.DataFrame:
    bars = history.bars()
    return adjust_bars(bars, adjustment_factors(bars, stated, **how))  # pyrefly: ignore


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_adjusted_close_is_the_wealth_of_one_share(seed: int) -> None:
    history = random_history(seed)
    own = adjusted(history, history.given(), dividends="reinvested")["close"].to_numpy()
    np.testing.assert_allclose(own, wealth_of_one_share(history), rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_excluded_dividends_leave_the_wealth_of_the_shares_alone(seed: int) -> None:
    history = random_history(seed)
    own = adjusted(history, history.given(), dividends="excluded")["close"].to_numpy()
    np.testing.assert_allclose(own, wealth_of_one_share(history.without_dividends()), rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_return_at_the_ex_date_is_that_of_crsp_up_to_yield_times_return(seed: int) -> None:
    """CRSP buys at the close of the ex-date, we at the price before it less the dividend."""
    history = random_history(seed)
    own = adjusted(history, history.given(), dividends="reinvested")["close"].to_numpy()
    for day in range(1, len(history.close)):
        before, after = history.close[day - 1], history.close[day]
        split, cash = history.split[day], history.dividend[day]
        crsp = (after * split + cash * split) / before - 1
        paid = cash * split / before
        day_return = after * split / (before - cash * split) - 1
        assert math.isclose(own[day] / own[day - 1] - 1, crsp + paid * day_return, abs_tol=1e-12)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(2, 299))
def test_what_comes_later_changes_no_earlier_row(seed: int, cut: int) -> None:
    history = random_history(seed)
    early = adjusted(history.first(cut), history.first(cut).given(), dividends="reinvested")
    late = adjusted(history, history.given(), dividends="reinvested")
    assert late.head(cut).equals(early)
    factors = adjustment_factors(history.bars(), history.given(), dividends="reinvested")
    before = adjustment_factors(
        history.first(cut).bars(), history.first(cut).given(), dividends="reinvested"
    )
    assert factors.head(before.height).equals(before)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(20, 299))
def test_a_rebased_vendor_column_gives_the_same_factors(seed: int, cut: int) -> None:
    """The vendor rewrites all of its adjusted closes at every later event."""
    history = random_history(seed)
    early = adjusted(history.first(cut), history.first(cut).vendor(), dividends="reinvested")
    late = adjusted(history, history.vendor(), dividends="reinvested")
    ours, theirs = late["close"].head(cut).to_numpy(), early["close"].to_numpy()
    np.testing.assert_allclose(ours, theirs, rtol=2e-5)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_vendor_column_and_stated_events_agree(seed: int) -> None:
    history = random_history(seed)
    stated = adjusted(history, history.given(), dividends="reinvested")["close"].to_numpy()
    seen = adjusted(history, history.vendor(), dividends="reinvested")["close"].to_numpy()
    np.testing.assert_allclose(seen, stated, rtol=2e-5)
    both = history.given().join(history.vendor(), on=["symbol", "ts"], how="full", coalesce=True)
    exact = adjusted(history, both, dividends="reinvested")["close"].to_numpy()
    np.testing.assert_allclose(exact, stated, rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_volume_counts_first_day_shares(seed: int) -> None:
    history = random_history(seed)
    volume = adjusted(history, history.given(), dividends="reinvested")["volume"].to_numpy()
    np.testing.assert_allclose(volume, 1000.0, rtol=1e-12)


def test_prices_of_a_bar_share_one_factor() -> None:
    history = random_history(4)
    bars = history.bars()
    out = adjusted(history, history.given(), dividends="reinvested")
    ratios = [(out[name] / bars[name]).to_numpy() for name in ("open", "high", "low", "close")]
    for ratio in ratios[1:]:
        np.testing.assert_allclose(ratio, ratios[0], rtol=1e-15)
    assert (out["high"] >= out["close"]).all()


def test_a_symbol_without_events_comes_back_bit_by_bit() -> None:
    quiet, busy = random_history(1).bars("QUIET"), random_history(2)
    bars = pl.concat([quiet, busy.bars("BUSY")])
    factors = adjustment_factors(bars, busy.given("BUSY"), dividends="reinvested")
    assert factors["symbol"].unique().to_list() == ["BUSY"]
    out = adjust_bars(bars, factors)
    assert out.filter(symbol="QUIET").equals(quiet, null_equal=True)
    assert not out.filter(symbol="BUSY").equals(busy.bars("BUSY"))
    assert adjust_bars(quiet, factors).equals(quiet)
    assert adjust_bars(bars, factors.clear()) is bars


def test_unknown_volume_stays_unknown() -> None:
    history = random_history(3)
    bars = history.bars().with_columns(volume=pl.lit(None, dtype=pl.Float64))
    out = adjust_bars(bars, adjustment_factors(bars, history.given()))
    assert out["volume"].null_count() == out.height


def test_factors_have_rows_at_events_only() -> None:
    history = random_history(5)
    factors = adjustment_factors(history.bars(), history.given(), dividends="excluded")
    assert tuple(factors.columns) == FACTOR_COLUMNS
    assert factors.height == sum(ratio != 1 for ratio in history.split[1:])
    assert (factors["dividend_factor"] == 1).all()
    np.testing.assert_array_equal(
        factors["factor"], np.cumprod([s for s in history.split if s != 1])
    )


def test_events_are_counted_where_they_act_on_a_return_of_the_span() -> None:
    history = random_history(5)
    factors = adjustment_factors(history.bars(), history.given(), dividends="reinvested")
    for first, last in ((0, 299), (21, 250), (22, 42), (41, 42), (42, 42)):
        days = range(first + 1, last + 1)
        expected = (
            sum(history.split[day] != 1 for day in days),
            sum(history.dividend[day] > 0 for day in days),
        )
        assert events_between(factors, history.ts[first], history.ts[last]) == expected


def test_back_adjusted_prices_are_left_alone() -> None:
    history = random_history(6)
    factors = adjustment_factors(
        history.bars(), history.given(), dividends="reinvested", prices="back_adjusted"
    )
    assert factors.is_empty()
    assert factors.schema["ts"] == pl.Datetime("us", "UTC")


def test_split_adjusted_prices_get_dividends_only() -> None:
    """Close and dividend of such a file are both per share of today."""
    history = random_history(7)
    later = np.cumprod(np.array([*history.split[1:], 1.0])[::-1])[::-1]
    today = History(
        [float(price) for price in np.array(history.close) / later],
        [1.0] * len(history.close),
        [float(cash) for cash in np.array(history.dividend) / later],
    )
    own = adjusted(today, today.given(), dividends="reinvested", prices="split_adjusted")
    worth = np.array(wealth_of_one_share(history))
    np.testing.assert_allclose(
        own["close"].to_numpy() / own["close"][0], worth / worth[0], rtol=1e-10
    )


def split_adjusted(split_at: int, dividend_at: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Four flat days, one of a 4:1 split and one of a dividend of 1, and what a file states."""
    days = History([100.0] * 4, [1.0] * 4, [0.0] * 4)
    stated = {"split": [1.0] * 4, "dividend": [0.0] * 4}
    stated["split"][split_at], stated["dividend"][dividend_at] = 4.0, 1.0
    return days.bars(), days.bars().select("symbol", "ts").with_columns(
        *(pl.Series(name, values) for name, values in stated.items())
    )


def test_cash_before_a_split_is_refused_where_prices_are_of_today() -> None:
    """Cash as traded over a price of today would count four times."""
    bars, stated = split_adjusted(split_at=2, dividend_at=1)
    with pytest.raises(ValueError, match=r"X: .*dividend of 1 at 2001-01-02 .*split of 4 .*01-03"):
        adjustment_factors(bars, stated, dividends="reinvested", prices="split_adjusted")
    assert adjustment_factors(bars, stated, prices="split_adjusted").is_empty()
    today = adjustment_factors(
        bars, stated.drop("split"), dividends="reinvested", prices="split_adjusted"
    )
    assert today["factor"].to_list() == pytest.approx([100 / 99])


@pytest.mark.parametrize("split_at", [1, 2])
def test_cash_at_or_after_the_last_split_is_of_today(split_at: int) -> None:
    bars, stated = split_adjusted(split_at, dividend_at=2)
    factors = adjustment_factors(bars, stated, dividends="reinvested", prices="split_adjusted")
    assert factors["factor"].to_list() == pytest.approx([100 / 99])


def test_an_adjusted_close_tells_the_unit_of_the_cash() -> None:
    bars, stated = split_adjusted(split_at=2, dividend_at=1)
    stated = stated.with_columns(adj_close=pl.Series([99.0, 100.0, 100.0, 100.0]))
    factors = adjustment_factors(bars, stated, dividends="reinvested", prices="split_adjusted")
    assert factors["factor"].to_list() == pytest.approx([100 / 99])
    traded = stated.with_columns(dividend=pl.col("dividend") * 4)
    with pytest.raises(ValueError, match="but split 1 and dividend 4 make"):
        adjustment_factors(bars, traded, dividends="reinvested", prices="split_adjusted")


def test_an_event_on_a_rejected_row_acts_on_the_next_bar() -> None:
    history = History([100.0, 50.0, 51.0], [1.0, 2.0, 1.0], [0.0, 0.5, 0.0])
    bars = history.bars().filter(pl.col("ts") != history.ts[1])
    out = adjust_bars(bars, adjustment_factors(bars, history.given(), dividends="reinvested"))
    assert out["close"].to_list() == pytest.approx([100.0, 51.0 * 2 * 100 / 99], rel=1e-12)


@pytest.mark.parametrize("prices", ["as_traded", "split_adjusted"])
def test_another_series_is_no_adjusted_close(prices: str) -> None:
    history = random_history(8).without_dividends()
    stated = history.vendor().with_columns(adj_close=pl.Series(history.close) + 170.75)
    with pytest.raises(ValueError, match=r"X: adj_close moves against close on \d+% of the rows"):
        adjusted(history, stated, dividends="reinvested", prices=prices)


def test_microsoft_rebuilt_as_traded_has_the_returns_of_the_split_adjusted_file(
    shared_data: Path,
) -> None:
    """Undo the file's back-adjustment by its splits, and adjust again as of each day."""
    file = pl.read_parquet(shared_data / "equity/MSFT_1d_1990_2022.parquet")
    ts = file["date"].dt.replace_time_zone("UTC").dt.offset_by("21h").dt.cast_time_unit("us")
    split = file["date"].dt.strftime("%Y-%m-%d").replace_strict(MSFT_SPLITS, default=1.0)
    later = split.cum_prod(reverse=True) / split
    bars = file.select(
        "symbol",
        ts.alias("ts"),
        *(pl.col(name) * later for name in ("open", "high", "low", "close")),
        pl.col("volume") / later,
    )
    assert later[0] == 144.0
    given_splits = pl.DataFrame({"symbol": "MSFT", "ts": ts, "split": split})
    jumps = bars.filter(split != 1)["close"].to_numpy() / (
        bars["close"].shift(1).filter(split != 1).to_numpy()
    )
    assert (jumps < 0.75).all(), "the rebuilt prices jump at each split"
    out = adjust_bars(bars, adjustment_factors(bars, given_splits))
    np.testing.assert_allclose(
        out["close"].pct_change().drop_nulls().to_numpy(),
        file["close"].pct_change().drop_nulls().to_numpy(),
        atol=1e-12,
    )
    np.testing.assert_allclose(out["volume"] * 144, file["volume"], rtol=1e-12)
    with pytest.raises(ValueError, match="looks adjusted for splits"):
        adjustment_factors(file.with_columns(ts=ts), given_splits)
