"""Cuts of the returns by regime, calendar and drawdown."""

import numpy as np
import polars as pl
import pytest

from regime_factory.backtest import (
    Execution,
    calendar_returns,
    regime_breakdown,
    run_backtest,
    worst_drawdowns,
)
from regime_factory.evaluation import sharpe_ratio

from .market import make_positions, make_regimes, random_bars, random_weights, stamps

BARS = random_bars(500, seed=2)
EQUITY = run_backtest(
    BARS,
    pl.concat(
        [
            make_positions(BARS, random_weights(500), "s"),
            make_positions(BARS, [1.0] * 500, "buy_and_hold"),
        ]
    ),
    periods_per_year=252,
    fee_bps=5,
).equity


@pytest.mark.parametrize(
    ("fill", "lag"), [("next_close", 2), ("next_open", 1), ("signal_close", 1)]
)
def test_the_label_is_that_of_the_decision(fill, lag):
    regimes = make_regimes(500)
    found = regime_breakdown(EQUITY, regimes, "s", Execution(252, fill=fill))
    ret = EQUITY.filter(strategy="s")["ret"].to_numpy()
    labels = np.array(regimes["confirmed_regime"].to_list())[: 500 - lag]
    assert [row["regime"] for row in found] == ["Calm", "Choppy", "Stress"]
    assert sum(row["share"] for row in found) == pytest.approx(1.0)
    for row in found:
        own = ret[lag:][labels == row["regime"]]
        assert row["share"] == pytest.approx(own.size / (500 - lag))
        assert row["strategy_return"] == pytest.approx(own.mean() * 252)
        assert row["strategy_sharpe"] == pytest.approx(sharpe_ratio(own, 252))


def test_slower_regimes_are_carried_forward():
    slow = make_regimes(500)[::5]
    carried = make_regimes(500).select(
        "ts",
        pl.col("confirmed_state", "confirmed_regime").gather(pl.int_range(pl.len()) // 5 * 5),
    )
    execution = Execution(252)
    assert regime_breakdown(EQUITY, slow, "s", execution) == regime_breakdown(
        EQUITY, carried, "s", execution
    )


def test_bars_without_a_label_are_left_out():
    regimes = make_regimes(500)[100:]
    found = regime_breakdown(EQUITY, regimes, "s", Execution(252))
    assert sum(row["share"] for row in found) == pytest.approx(1.0)
    flat = EQUITY.with_columns(ret=pl.when(strategy="s").then(0.0).otherwise("ret"))
    assert regime_breakdown(flat, regimes, "s", Execution(252))[0]["strategy_sharpe"] is None
    empty = make_regimes(500).with_columns(confirmed_regime=pl.lit(None, pl.String))
    assert regime_breakdown(EQUITY, empty, "s", Execution(252)) == []


def test_calendar_returns_compound_to_the_whole():
    years, months = calendar_returns(EQUITY, "s")
    assert [row["year"] for row in years] == [2020, 2021]
    assert len(months) == 17
    assert (months[0]["year"], months[0]["month"]) == (2020, 1)
    final = EQUITY.filter(strategy="s")["equity"][-1]
    for rows in (years, months):
        assert np.prod([1 + row["strategy"] for row in rows]) == pytest.approx(final)
    final = EQUITY.filter(strategy="buy_and_hold")["equity"][-1]
    assert np.prod([1 + row["benchmark"] for row in years]) == pytest.approx(final)


def test_worst_drawdowns_carry_dates():
    found = worst_drawdowns(stamps(5), np.array([0.0, -0.5, 1.0, 0.1, -0.25]))
    assert [row["depth"] for row in found] == pytest.approx([-0.5, -0.25])
    assert found[0]["start"] == found[0]["trough"] == "2020-01-02T21:00:00+00:00"
    assert found[0]["end"] == "2020-01-03T21:00:00+00:00"
    assert found[1]["end"] is None


def test_missing_labels():
    with pytest.raises(ValueError, match="regimes lack the column 'confirmed_regime'"):
        regime_breakdown(EQUITY, make_regimes(5).drop("confirmed_regime"), "s", Execution(252))
