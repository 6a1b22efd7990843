"""The hidden process: parameters, states, tails, intrabar paths."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.simulate.process import (
    draw_states,
    ohlc_path,
    process_parameters,
    stationary_distribution,
    tail_scale,
)

TRANSMAT = [[0.9, 0.08, 0.02], [0.1, 0.85, 0.05], [0.05, 0.15, 0.8]]


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("n_states", [1, 2, 3, 6])
def test_default_parameters_are_ordered_by_volatility(n_states):
    made = process_parameters(n_states, 60)
    assert np.all(np.diff(made.vol) > 0)
    assert np.all(np.diff(made.means[:, 1]) > 0)
    assert made.covars.shape == (n_states, 2, 2)
    np.testing.assert_allclose(made.transmat.sum(axis=1), 1)
    np.testing.assert_allclose(made.startprob @ made.transmat, made.startprob, atol=1e-12)


def test_defaults_scale_with_the_length_of_the_bar():
    hour, day = process_parameters(2, 60), process_parameters(2, 1440)
    np.testing.assert_allclose(day.vol / hour.vol, np.sqrt(24))
    np.testing.assert_allclose(day.drift / hour.drift, 24)
    np.testing.assert_allclose(hour.vol * np.sqrt(365 * 24), [0.10, 0.70])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.floats(0.05, 1), min_size=4, max_size=4), min_size=4, max_size=4))
def test_the_stationary_distribution_stays(rows):
    matrix = np.array(rows) / np.sum(rows, axis=1, keepdims=True)
    share = stationary_distribution(matrix)
    np.testing.assert_allclose(share @ matrix, share, atol=1e-10)
    np.testing.assert_allclose(share, np.linalg.matrix_power(matrix, 500)[0], atol=1e-8)


def test_states_follow_the_transition_matrix():
    parameters = process_parameters(3, 60, transmat=TRANSMAT)
    states = draw_states(parameters, 60_000, rng())
    counts = np.zeros((3, 3))
    np.add.at(counts, (states[:-1], states[1:]), 1)
    seen = counts.sum(axis=1, keepdims=True)
    error = np.abs(counts / seen - parameters.transmat)
    spread = np.sqrt(parameters.transmat * (1 - parameters.transmat) / seen)
    assert np.all(error < 4 * spread)
    np.testing.assert_allclose(np.bincount(states) / 60_000, parameters.startprob, atol=0.02)


def test_the_first_state_comes_from_the_start_distribution():
    parameters = process_parameters(2, 60, transmat=[[0.9, 0.1], [0.3, 0.7]])
    first = [draw_states(parameters, 1, rng(seed))[0] for seed in range(2000)]
    assert np.mean(first) == pytest.approx(0.25, abs=0.04)


def test_a_certain_state_never_changes_and_a_forced_one_always_does():
    assert len(set(draw_states(process_parameters(3, 60, stay=1.0), 500, rng()))) == 1
    forced = draw_states(process_parameters(2, 60, transmat=[[0, 1], [1, 0]]), 500, rng())
    assert np.all(np.diff(forced) != 0)


def test_student_shocks_have_unit_variance_and_heavy_tails():
    shocks = rng(1).standard_normal(200_000) * tail_scale(200_000, "t", 6, rng(2))
    assert np.var(shocks) == pytest.approx(1, abs=0.03)
    assert np.mean(shocks**4) / np.var(shocks) ** 2 > 4.5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-6, 0.2))
def test_paths_are_consistent_and_end_where_they_should(seed, vol):
    log_return = rng(seed).normal(0, vol, 50)
    prices = ohlc_path(log_return, np.full(50, vol), 37.0, rng(seed + 1))
    opened, high, low, close = prices.T
    assert np.all((low <= np.minimum(opened, close)) & (high >= np.maximum(opened, close)))
    np.testing.assert_allclose(np.diff(np.log(close)), log_return[1:], atol=1e-12)
    assert np.log(close[0] / 37.0) == pytest.approx(log_return[0], abs=1e-12)


def test_the_range_is_that_of_a_brownian_path():
    vol = np.full(40_000, 0.01)
    prices = ohlc_path(rng().normal(0, 0.01, 40_000), vol, 100.0, rng(1))
    half_range = np.log(prices[:, 1] / prices[:, 2]) / 2
    # E[range] is 1.596 vol for a continuous path and less on seven steps
    assert 0.45 < half_range.mean() / 0.01 < 0.80


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"n_states": 0}, "n_states is 0"),
        ({"vols": [0.1]}, r"vols has shape \(1,\)"),
        ({"vols": [0.2, 0.1]}, "from calm to stressed"),
        ({"vols": [0.0, 0.1]}, "positive values"),
        ({"means": [0.0, 0.0, 0.0]}, "means has shape"),
        ({"stay": 1.2}, "stay is 1.2"),
        ({"transmat": [[1.0]]}, "transmat has shape"),
        ({"transmat": [[0.9, 0.2], [0.5, 0.5]]}, "sum to 1"),
    ],
)
def test_wrong_parameters_say_what_is_wrong(settings_, message):
    with pytest.raises(ValueError, match=message):
        process_parameters(**({"n_states": 2, "minutes": 60} | settings_))


def test_wrong_tails_say_what_is_wrong():
    with pytest.raises(ValueError, match="tails is 'fat'"):
        tail_scale(5, "fat", 4, rng())
    with pytest.raises(ValueError, match="df is 2"):
        tail_scale(5, "t", 2, rng())
