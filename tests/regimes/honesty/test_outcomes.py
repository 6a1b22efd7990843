"""What followed each state: by hand, in a world without a difference, and with a planted one."""

import numpy as np
import pytest

from regime_factory.regimes.honesty.outcomes import forward_return, outcome_figures

NAMES = ("Calm", "Stress")


def spells(seed, n=2000):
    return np.cumsum(np.random.default_rng(seed).random(n) < 0.02) % 2


def test_forward_returns_by_hand():
    close = np.array([100.0, 110.0, 99.0, 120.0])
    found = forward_return(close, 2)
    np.testing.assert_allclose(found[:2], [-0.01, 120 / 110 - 1])
    assert np.isnan(found[2:]).all()
    assert np.isnan(forward_return(close, 9)).all()


def test_means_and_counts_leave_out_what_is_not_known():
    outcome = np.array([1.0, 2.0, 3.0, 9.0, np.nan])
    found = outcome_figures(outcome, [0, 0, 1, 1, 1], NAMES, horizon=1)
    assert [(row["bars"], row["mean"]) for row in found["states"]] == [(2, 1.5), (2, 6.0)]
    assert (found["bars"], found["mean"], found["difference"]) == (4, 3.75, 4.5)


def test_nothing_is_found_in_a_world_without_a_difference():
    rng = np.random.default_rng(2)
    found = outcome_figures(rng.normal(size=2000), spells(2), NAMES, horizon=1)
    assert found["distinguishable"] is False
    assert found["difference_lower"] < 0 < found["difference_upper"]


def test_a_planted_difference_is_found():
    states = spells(3)
    outcome = 0.5 * states + np.random.default_rng(3).normal(size=2000)
    found = outcome_figures(outcome, states, NAMES, horizon=1)
    assert found["distinguishable"] is True
    assert found["difference_lower"] < 0.5 < found["difference_upper"]


def test_one_state_or_an_empty_one_has_no_difference():
    outcome = np.random.default_rng(0).normal(size=100)
    alone = outcome_figures(outcome, np.zeros(100), ("Calm",), horizon=5)
    assert (alone["difference"], alone["distinguishable"]) == (None, None)
    absent = outcome_figures(outcome, np.zeros(100), NAMES, horizon=5)
    assert (absent["states"][1]["mean"], absent["states"][1]["lower"]) == (None, None)
    assert absent["distinguishable"] is None


def test_a_state_of_few_bars_has_a_mean_without_an_interval():
    states = np.zeros(300, dtype=int)
    states[150:153] = 1
    found = outcome_figures(np.arange(300.0), states, NAMES, horizon=10)
    assert found["states"][1]["mean"] == 151.0
    assert found["states"][1]["lower"] is None
    assert found["difference"] is not None
    assert found["distinguishable"] is None


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="2 outcomes but 3 states"):
        outcome_figures([1.0, 2.0], [0, 0, 1], NAMES, horizon=1)
    with pytest.raises(ValueError, match="0 of 3 outcomes are known"):
        outcome_figures([np.nan] * 3, [0, 0, 1], NAMES, horizon=5)
    with pytest.raises(ValueError, match="horizon is 0"):
        forward_return([1.0, 2.0], 0)
    with pytest.raises(ValueError, match=r"close is 0\.0 in row 1"):
        forward_return([1.0, 0.0], 1)
