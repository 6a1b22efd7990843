"""Statistics per state against plain loops."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import state_characteristics, state_statistics


def test_hard_states_give_plain_means_and_deviations():
    rng = np.random.default_rng(0)
    states, returns = rng.integers(0, 3, 400), rng.normal(size=400)
    found = state_statistics(states, returns)
    for k in range(3):
        same, following = returns[states == k], returns[1:][states[:-1] == k]
        row = found.row(k, named=True)
        assert row["state"] == k
        expected = [(states == k).mean(), same.mean(), same.std()]
        expected += [following.mean(), following.std()]
        np.testing.assert_allclose(list(row.values())[1:], expected)
    soft = state_statistics(np.eye(3)[states], returns)
    assert soft.equals(found)


def test_the_next_return_of_the_last_row_is_unknown():
    returns = np.array([0.1, 0.2, 0.3])
    found = state_statistics([0, 0, 1], returns)
    assert found["next_mean"].to_list() == [pytest.approx(0.25), None]
    assert found["mean"][1] == pytest.approx(0.3)


def test_empty_states_and_missing_returns_are_null():
    found = state_statistics([0, 0, 0], [np.nan, 0.1, 0.3], n_states=2)
    assert found["mean"].to_list() == [pytest.approx(0.2), None]
    assert found["share"].to_list() == [1.0, 0.0]
    with pytest.raises(ValueError, match="3 rows of states but returns of shape"):
        state_statistics([0, 0, 0], [0.1])


@pytest.fixture
def table():
    days = [dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=i) for i in range(8)]
    states = [0, 0, 1, 1, 1, 0, 1, 0]
    names = [("Calm", "Stress")[k] for k in states]
    return pl.DataFrame(
        {
            "ts": days,
            "state": pl.Series(states, dtype=pl.Int16),
            "regime": names,
            "p_state_0": [0.9] * 8,
            "p_state_1": [0.1] * 8,
            "confirmed_state": pl.Series(states, dtype=pl.Int16),
            "confirmed_regime": names,
        }
    )


def test_characteristics_use_the_following_bar(table):
    returns = table.select("ts", ret=pl.Series([0.9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]))
    calm, stress = state_characteristics(table, returns, 10, n_draws=200, seed=1)
    assert calm["mean_annual"] == pytest.approx(np.mean([0.1, 0.2, 0.6]) * 10)
    assert stress["mean_annual"] == pytest.approx(np.mean([0.3, 0.4, 0.5, 0.7]) * 10)
    assert stress["vol_annual"] == pytest.approx(np.std([0.3, 0.4, 0.5, 0.7], ddof=1) * 10**0.5)
    assert (calm["regime"], calm["share"], calm["now"]) == ("Calm", 0.5, 0.9)
    assert (calm["spells"], calm["median_bars"], calm["longest_bars"]) == (3, 1.0, 2)
    assert calm["expected_bars"] == pytest.approx(4 / 3)
    assert stress["mean_lower"] < stress["mean_annual"] < stress["mean_upper"]
    again = state_characteristics(table, returns, 10, n_draws=200, seed=1)
    assert again[1] == stress


def test_characteristics_take_names_and_transitions(table):
    returns = table.select("ts", ret=pl.lit(0.0))
    found = state_characteristics(
        table, returns, 10, names=["Quiet", "Loud"], transmat=[[0.9, 0.1], [0.0, 1.0]]
    )
    assert [row["regime"] for row in found] == ["Quiet", "Loud"]
    assert found[0]["expected_bars"] == pytest.approx(10)
    assert found[1]["expected_bars"] is None


def test_a_state_never_seen_has_no_figures(table):
    unseen = table.with_columns(p_state_2=pl.lit(0.0))
    row = state_characteristics(unseen, unseen.select("ts", ret=pl.lit(0.01)), 10)[2]
    assert (row["regime"], row["share"], row["spells"]) == ("State 3", 0.0, 0)
    assert row["mean_annual"] is None
    assert row["median_bars"] is None
    assert row["longest_bars"] is None
    assert row["expected_bars"] is None


def test_the_interval_has_the_width_of_the_standard_error():
    n = 3000
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "ts": np.arange(n),
            "state": np.zeros(n, dtype=np.int16),
            "regime": ["Calm"] * n,
            "p_state_0": np.ones(n),
            "confirmed_state": np.zeros(n, dtype=np.int16),
            "confirmed_regime": ["Calm"] * n,
        }
    )
    returns = frame.select("ts", ret=pl.Series(rng.normal(size=n)))
    row = state_characteristics(frame, returns, 1, n_draws=2000)[0]
    assert row["mean_upper"] - row["mean_lower"] == pytest.approx(2 * 1.96 / n**0.5, rel=0.1)


def test_expected_bars_are_counted_in_rows_of_the_table() -> None:
    regimes = pl.DataFrame(
        {
            "ts": range(48),
            "confirmed_state": [0] * 24 + [1] * 24,
            "confirmed_regime": ["Calm"] * 24 + ["Stress"] * 24,
            "p_state_0": [0.9] * 24 + [0.1] * 24,
            "p_state_1": [0.1] * 24 + [0.9] * 24,
        }
    )
    returns = pl.DataFrame({"ts": range(48), "ret": [0.0, 0.01] * 24})
    rows = state_characteristics(
        regimes, returns, 8760, names=["Calm", "Stress"],
        transmat=[[0.9, 0.1], [0.5, 0.5]], bars_per_step=24,
    )  # fmt: skip
    assert [round(row["expected_bars"], 6) for row in rows] == [240, 48]
