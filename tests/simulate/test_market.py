"""Simulated markets: repeatable, valid bars, and the truth can be found again."""

import numpy as np
import polars as pl
import pytest

from regime_factory.bars import check_bars, resample
from regime_factory.bars.schema import Bars
from regime_factory.simulate import simulate_market

LONG = 40_000
DISTINCT = {"n_states": 3, "vols": [0.001, 0.004, 0.016], "means": [0.0004, 0.0, -0.002]}


def with_truth(market):
    """Bars joined with the truth, one symbol, with the measured log return."""
    return market.truth.join(market.bars, on=["symbol", "ts"]).with_columns(
        measured=(pl.col("close") / pl.col("close").shift(1)).log()
    )


def test_the_same_seed_gives_the_same_market():
    settings = {"symbols": ("A", "B"), "tails": "t", "edge": 0.1, "gaps": 0.1}
    one, two = (simulate_market(500, seed=3, **settings) for _ in range(2))
    assert one.bars.equals(two.bars)
    assert one.truth.equals(two.truth)
    np.testing.assert_array_equal(one.observations(), two.observations())
    assert not simulate_market(500, seed=4, **settings).bars.equals(one.bars)


@pytest.mark.parametrize("settings", [{}, {"tails": "t", "gaps": 0.2, "edge": 0.3}])
def test_more_bars_only_append(settings):
    short, long = (simulate_market(n, seed=5, **settings) for n in (300, 900))
    assert long.bars[: short.bars.height].equals(short.bars)
    assert long.truth[:300].equals(short.truth)
    np.testing.assert_array_equal(long.observations()[:300], short.observations())


@pytest.mark.parametrize(
    "change",
    [{"tails": "t"}, {"edge": 0.5}, {"gaps": 0.3}, {"volume": False}, {"base_price": 7.0}],
)
def test_options_change_neither_states_nor_raw_observations(change):
    plain, other = simulate_market(400, seed=2), simulate_market(400, seed=2, **change)
    assert plain.truth["state"].equals(other.truth["state"])
    np.testing.assert_array_equal(plain.observations(), other.observations())


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"tails": "t", "df": 3, "n_states": 5},
        {"gaps": 0.4, "volume": False},
        {"edge": 1.0, "timeframe": "1D", "n_states": 1},
        {"symbols": ("A", "B", "C"), "timeframe": "5min", "base_price": 0.02},
    ],
)
def test_bars_pass_the_quality_gate(settings):
    market = simulate_market(1500, seed=8, **settings)
    checked = check_bars(market.bars)
    assert checked.quarantine.is_empty()
    assert checked.bars.equals(market.bars)
    Bars.validate(market.bars)
    for line in checked.report["symbols"].values():
        assert line["stale_open_share"] < 0.05


def test_the_grid_and_the_columns_are_canonical():
    market = simulate_market(30, timeframe="4H", start="2020-02-28T12:00")
    assert market.bars["timeframe"].unique().to_list() == ["4H"]
    stamps = market.bars["ts"].dt.to_string("%m-%d %H:%M").to_list()
    assert stamps[:4] == ["02-28 16:00", "02-28 20:00", "02-29 00:00", "02-29 04:00"]
    assert market.truth["available_at"].equals(market.truth["ts"].rename("available_at"))
    assert resample(market.bars, "1D").height == 5
    assert "state" not in market.bars.columns


def test_shares_and_moments_of_each_state_are_recovered():
    market = simulate_market(LONG, seed=1, stay=0.95, **DISTINCT)
    rows = with_truth(market).drop_nulls("measured")
    states = rows.group_by("state").agg(
        share=pl.len() / LONG, mean=pl.col("measured").mean(), vol=pl.col("measured").std()
    )
    states = states.sort("state")
    np.testing.assert_allclose(states["share"], market.params["startprob"], atol=0.03)
    np.testing.assert_allclose(states["vol"], DISTINCT["vols"], rtol=0.03)
    error = np.abs(states["mean"].to_numpy() - DISTINCT["means"])
    assert np.all(error < 4 * np.array(DISTINCT["vols"]) / np.sqrt(LONG / 3))


def test_the_transition_matrix_is_recovered():
    transmat = np.array([[0.97, 0.03], [0.1, 0.9]])
    state = simulate_market(LONG, seed=6, n_states=2, transmat=transmat).truth["state"].to_numpy()
    counts = np.zeros((2, 2))
    np.add.at(counts, (state[:-1], state[1:]), 1)
    np.testing.assert_allclose(counts / counts.sum(axis=1, keepdims=True), transmat, atol=0.015)


def test_raw_observations_are_exactly_the_stated_gaussians():
    market = simulate_market(LONG, seed=4, stay=0.95, tails="t", df=3, **DISTINCT)
    raw, state = market.observations(), market.truth["state"].to_numpy()
    for k in range(3):
        mine = raw[state == k]
        sd = np.sqrt(np.diagonal(market.params["covars"][k]))
        z = (mine - market.params["means"][k]) / sd
        assert np.all(np.abs(z.mean(axis=0)) < 4 / np.sqrt(len(z)))
        np.testing.assert_allclose(np.cov(z.T), np.eye(2), atol=0.05)
        np.testing.assert_allclose((z**4).mean(axis=0), 3, atol=0.25)


def test_raw_returns_are_the_returns_of_plain_bars():
    market = simulate_market(500, seed=2)
    measured = market.observations("bars")
    np.testing.assert_allclose(measured[:, 0], market.observations()[1:, 0], atol=1e-12)
    assert np.all(np.isfinite(measured))


def test_measured_half_range_tells_the_states_apart():
    market = simulate_market(5000, seed=2, **DISTINCT)
    level, state = market.observations("bars")[:, 1], market.truth["state"].to_numpy()[1:]
    means = [level[state == k].mean() for k in range(3)]
    np.testing.assert_allclose(np.diff(means), np.log(4), atol=0.1)


def test_student_tails_keep_the_volatility():
    settings = {"n_states": 1, "vols": [0.01], "means": [0.0], "seed": 3}
    gaussian, heavy = (
        simulate_market(LONG, tails=tails, df=5, **settings).truth["return"].to_numpy()
        for tails in ("gaussian", "t")
    )
    assert heavy.std() == pytest.approx(0.01, rel=0.05)
    assert np.mean(gaussian**4) / gaussian.var() ** 2 == pytest.approx(3, abs=0.2)
    assert np.mean(heavy**4) / heavy.var() ** 2 > 5


@pytest.mark.parametrize("edge", [0.0, 0.1, -0.2])
def test_a_planted_edge_is_recovered_from_the_signal(edge):
    rows = with_truth(simulate_market(LONG, seed=9, edge=edge))
    surprise = ((pl.col("measured") - pl.col("drift")) / pl.col("vol")).shift(-1)
    pairs = rows.select("signal", surprise=surprise).drop_nulls().to_numpy()
    estimate = pairs.prod(axis=1).mean()
    assert estimate == pytest.approx(edge, abs=4 / np.sqrt(LONG))
    assert set(pairs[:, 0]) == {-1.0, 1.0}


def test_a_planted_edge_shows_in_the_bars_alone():
    bars = simulate_market(LONG, seed=9, edge=0.1, n_states=1).bars
    ret = bars.select((pl.col("close") / pl.col("close").shift(1)).log().drop_nulls()).to_series()
    ret = ret.to_numpy()
    earned = np.sign(ret[:-1]) * ret[1:] / ret.std()
    assert earned.mean() > 5 / np.sqrt(LONG)


def test_gaps_take_their_share_and_leave_the_truth_whole():
    market = simulate_market(LONG, seed=1, gaps=0.25)
    assert market.bars.height / LONG == pytest.approx(0.75, abs=0.01)
    assert market.truth.height == LONG
    kept = simulate_market(LONG, seed=1).bars.join(market.bars, on="ts", how="semi")
    assert kept.equals(market.bars)


def test_volume_is_higher_in_volatile_states():
    rows = with_truth(simulate_market(5000, seed=1, **DISTINCT))
    by_state = rows.group_by("state").agg(pl.col("volume").median()).sort("state")["volume"]
    assert by_state.is_sorted()
    assert by_state.n_unique() == 3
    assert simulate_market(10, volume=False).bars["volume"].null_count() == 10


def test_symbols_have_paths_of_their_own():
    market = simulate_market(3000, symbols=("A", "B"), seed=1)
    a, b = market.observations(symbol="A")[:, 0], market.observations(symbol="B")[:, 0]
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.1
    assert market.observations("bars", "B").shape == (2999, 2)
    first = market.observations()
    np.testing.assert_array_equal(first, market.observations(symbol="A"))
    first[:] = 0  # a copy: the truth stays
    assert market.observations().any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_bars": 0}, "n_bars is 0"),
        ({"symbols": ()}, "expected a list of different names"),
        ({"symbols": ("A", "A")}, "expected a list of different names"),
        ({"symbols": "SIM"}, "expected a list of different names"),
        ({"gaps": 1.0}, "gaps is 1.0"),
        ({"base_price": 0.0}, "base_price is 0.0"),
        ({"timeframe": "1h"}, "timeframe '1h' is unknown"),
        ({"start": "soon"}, "start 'soon' is no ISO date"),
        ({"tails": "fat"}, "tails is 'fat'"),
    ],
)
def test_wrong_settings_say_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        simulate_market(**({"n_bars": 10} | settings))


def test_unknown_observations_say_what_there_is():
    market = simulate_market(10)
    with pytest.raises(ValueError, match="'ES' is not simulated; there are SIM"):
        market.observations(symbol="ES")
    with pytest.raises(ValueError, match="use 'raw' or 'bars'"):
        market.observations("smooth")
