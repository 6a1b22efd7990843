"""Group means: equal to the drawn bars, and intervals that hold the truth as often as they say."""

import numpy as np
import pytest

from regime_factory.evaluation import bootstrap_group_means, percentile_interval
from regime_factory.evaluation.bootstrap import draw_blocks


def test_draws_equal_the_means_of_the_drawn_bars():
    rng = np.random.default_rng(3)
    values, groups = rng.normal(5.0, 1.0, 120), rng.integers(0, 3, 120)
    found = bootstrap_group_means(values, groups, 3, n_draws=30, mean_block=6, seed=8)
    ((starts, lengths),) = draw_blocks(120, 30, 6.0, np.random.default_rng(8))
    for draw in range(30):
        rows = np.concatenate(
            [np.arange(s, s + n) % 120 for s, n in zip(starts[draw], lengths[draw], strict=True)]
        )
        assert rows.size == 120
        expected = [values[rows][groups[rows] == k].mean() for k in range(3)]
        np.testing.assert_allclose(found.draws[draw], expected, rtol=1e-10)
    np.testing.assert_allclose(found.means, [values[groups == k].mean() for k in range(3)])


def test_an_empty_group_has_no_mean_and_a_rare_one_no_interval():
    groups = np.zeros(200, dtype=int)
    groups[77] = 1
    found = bootstrap_group_means(np.arange(200.0), groups, 3, n_draws=300)
    assert np.isnan(found.means[2])
    assert found.counts.tolist() == [199, 1, 0]
    assert found.interval(2) is None
    assert found.interval(1) is None
    assert found.difference(1, 0)[1] is None
    lower, upper = found.interval(0)
    assert lower < found.means[0] < upper


def test_a_difference_is_drawn_together():
    rng = np.random.default_rng(0)
    base = np.repeat(rng.normal(0, 5, 100), 10)
    groups = np.tile([0, 1], 500)
    found = bootstrap_group_means(base + 0.3 * groups, groups, 2, mean_block=40, n_draws=400)
    gap, (lower, upper) = found.difference(1, 0)
    assert gap == pytest.approx(0.3)
    assert upper - lower < 0.3, "what both share cancels in every draw"


def test_the_same_seed_gives_the_same_draws():
    values, groups = np.random.default_rng(1).normal(size=90), np.arange(90) % 2
    first, again, other = (
        bootstrap_group_means(values, groups, 2, n_draws=50, seed=seed).draws for seed in (4, 4, 5)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_intervals_of_overlapping_outcomes_hold_the_truth():
    """Sums of 20 coming shocks by the state of a persistent chain that says nothing about them."""
    held = 0
    for run in range(120):
        rng = np.random.default_rng(run)
        shocks = rng.normal(size=2020)
        outcome = np.convolve(shocks, np.ones(20), "valid")[1:2001]
        switches = rng.random(2000) < 0.02
        states = np.cumsum(switches) % 2
        found = bootstrap_group_means(outcome, states, 2, n_draws=300, mean_block=60, seed=run)
        lower, upper = found.difference(1, 0)[1]
        held += lower <= 0 <= upper
    assert held / 120 >= 0.87


@pytest.mark.parametrize(
    ("values", "groups", "said"),
    [
        ([1.0, 2.0], [0], "one of each for every bar"),
        ([1.0, float("nan")], [0, 0], "value 1 is nan"),
        ([1.0, 2.0], [0, 2], "expected 0 to 1"),
        ([1.0], [0], "two bars or more"),
    ],
)
def test_bad_input_is_named(values, groups, said):
    with pytest.raises(ValueError, match=said):
        bootstrap_group_means(values, groups, 2)


def test_percentiles():
    assert percentile_interval([np.nan] * 20 + [1.0] * 80) is None
    assert percentile_interval(np.append(np.arange(100.0), np.nan), 0.5) == (24.75, 74.25)
