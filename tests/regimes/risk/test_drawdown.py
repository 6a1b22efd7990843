"""Drawdown outcomes and probabilities against brute force, purged and causal."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.evaluation import max_drawdown
from regime_factory.regimes import (
    brier_skill,
    drawdown_outcome,
    drawdown_probabilities,
    ewma_variance,
    state_drawdowns,
)

from .worlds import EVERY, STARTS_AT, constant, refits_of, two_volatilities

RETURNS = two_volatilities(3)
CLOSE = 100 * np.exp(RETURNS.cumsum())
SETTINGS = {"horizon": 10, "depth": 0.03}


@given(
    st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=40),
    st.integers(1, 12),
    st.floats(0.01, 0.3),
)
@settings(deadline=None)
def test_the_outcome_is_the_worst_drawdown_of_a_holder(steps, horizon, depth) -> None:
    close = 50 * np.exp(np.cumsum(steps))
    found = drawdown_outcome(close, horizon, depth)
    assert len(found) == len(close)
    for t, value in enumerate(found):
        if t + horizon >= len(close):
            assert value is None
            continue
        held = close[t + 1 : t + horizon + 1] / close[t : t + horizon] - 1
        worst = max_drawdown(held)
        if abs(worst + depth) > 1e-9:
            assert value == (worst < -depth)


def test_long_series_go_in_pieces(monkeypatch) -> None:
    from regime_factory.regimes.risk import drawdown

    whole = drawdown_outcome(CLOSE)
    monkeypatch.setattr(drawdown, "_CHUNK", 1000)
    assert drawdown_outcome(CLOSE).equals(whole)


@pytest.mark.parametrize(
    ("close", "changes", "message"),
    [
        ([1.0, 0.0], {}, "close has 0.0 in row 1"),
        ([1.0, np.nan], {}, "close has nan in row 1"),
        ([1.0, 2.0], {"horizon": 0}, "horizon is 0 bars"),
        ([1.0, 2.0], {"depth": 1.0}, "depth 1.0"),
    ],
)
def test_prices_and_settings_that_cannot_be(close, changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        drawdown_outcome(close, **changes)


def test_probabilities_by_hand() -> None:
    refits = refits_of(RETURNS)
    table = drawdown_probabilities(refits, RETURNS[:, None], CLOSE, **SETTINGS)
    outcome = drawdown_outcome(CLOSE, **SETTINGS)
    assert table["outcome"].equals(outcome[STARTS_AT:])
    volatility = ewma_variance(RETURNS)
    for refit in (refits[0], refits[2]):
        start = refit.first_row
        known = start - SETTINGS["horizon"]  # the row before the refit knows outcomes of these
        fell = outcome[:known].cast(float).to_numpy()
        base = (fell.sum() + 5) / (known + 10)
        p = refit.model.filter(RETURNS[: start + EVERY, None])
        by_state = (p[:known].T @ fell + 20 * base) / (p[:known].sum(axis=0) + 20)
        row = table.row(start - STARTS_AT, named=True)
        np.testing.assert_allclose(row["by_state"], p[start] @ by_state, rtol=1e-9)
        np.testing.assert_allclose(row["unconditional"], base, rtol=1e-9)
        edges = np.quantile(volatility[44:known], np.arange(1, 10) / 10)
        same = (volatility[44:known, None] >= edges).sum(axis=1) == (
            volatility[start] >= edges
        ).sum()
        expected = (fell[44:][same].sum() + 20 * base) / (same.sum() + 20)
        np.testing.assert_allclose(row["by_volatility"], expected, rtol=1e-9)


@pytest.mark.parametrize("cut", [901, 1049, 1050, 1051, 1333])
@pytest.mark.parametrize("alter", ["replace", "remove"])
def test_later_rows_change_nothing(cut, alter) -> None:
    changed = RETURNS[:cut]
    if alter == "replace":
        changed = np.concatenate([changed, 4 * two_volatilities(9)[cut:]])
    known = cut - STARTS_AT
    columns = ["by_state", "by_volatility", "unconditional"]
    before, after = (
        drawdown_probabilities(
            refits_of(returns), returns[:, None], 100 * np.exp(returns.cumsum()), **SETTINGS
        )[:known].select(columns)
        for returns in (RETURNS, changed)
    )
    assert before.equals(after)


def test_states_help_where_volatility_differs_and_not_elsewhere() -> None:
    def skill(returns: np.ndarray) -> float:
        refits = refits_of(returns)
        close = 100 * np.exp(returns.cumsum())
        table = drawdown_probabilities(refits, returns[:, None], close, **SETTINGS)
        return brier_skill(table["outcome"], table["by_state"], table["unconditional"])

    assert skill(RETURNS) > 0.2
    assert abs(skill(constant(6))) < 0.03


def test_a_history_too_short() -> None:
    with pytest.raises(ValueError, match="900 rows lie before the first scored one, too few"):
        drawdown_probabilities(refits_of(RETURNS), RETURNS[:, None], CLOSE, horizon=890)
    with pytest.raises(ValueError, match="1500 observations but ts of shape"):
        drawdown_probabilities(refits_of(RETURNS), RETURNS[:, None], CLOSE, [1, 2])
    with pytest.raises(ValueError, match="1500 observations but close of shape"):
        drawdown_probabilities(refits_of(RETURNS), RETURNS[:, None], CLOSE[1:])


def test_intervals_know_the_overlap() -> None:
    from statsmodels.stats.proportion import proportion_confint

    outcome = pl.Series([True] * 30 + [False] * 70 + [None] * 5, dtype=pl.Boolean)
    table = state_drawdowns(np.zeros(105), outcome, horizon=4, names=["Calm", "Stress"])
    row, absent = table.rows(named=True)
    lower, upper = proportion_confint(0.3 * 25, 25, method="wilson")
    np.testing.assert_allclose([row["lower"], row["upper"]], [lower, upper], rtol=1e-9)
    assert (row["bars"], row["frequency"], absent["bars"], absent["lower"]) == (100, 0.3, 0, None)
    with pytest.raises(ValueError, match="105 outcomes but states of shape"):
        state_drawdowns(np.zeros(5), outcome)


def test_brier_skill_equals_scikit_learn() -> None:
    from sklearn.metrics import brier_score_loss

    rng = np.random.default_rng(0)
    outcome, p = rng.random(200) < 0.3, rng.random(200)
    flat = np.full(200, 0.3)
    expected = 1 - brier_score_loss(outcome, p) / brier_score_loss(outcome, flat)
    np.testing.assert_allclose(brier_skill(outcome, p, flat), expected, rtol=1e-12)
    longer = pl.Series(outcome).extend(pl.Series([None], dtype=pl.Boolean))
    np.testing.assert_allclose(
        brier_skill(longer, np.append(p, 0.5), np.append(flat, 0.3)), expected, rtol=1e-12
    )


@pytest.mark.parametrize(
    ("outcome", "p", "reference", "message"),
    [
        ([None, None], [0.5, 0.5], [0.5, 0.5], "no outcome is known"),
        ([True, False], [1.5, 0.5], [0.5, 0.5], "p holds 1.5"),
        ([True, False], [0.5, 0.5], [0.5, np.nan], "reference holds nan"),
        ([True, False], [0.5], [0.5, 0.5], "2 outcomes but p of shape"),
        ([True, False], [0.5, 0.5], [1.0, 0.0], "always right"),
    ],
)
def test_forecasts_that_cannot_be(outcome, p, reference, message) -> None:
    with pytest.raises(ValueError, match=message):
        brier_skill(outcome, p, reference)
