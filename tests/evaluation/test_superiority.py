"""The test for superior ability: arch's own numbers, uniform without an edge, sharp with one."""

from dataclasses import replace

import numpy as np
import pytest

from regime_factory.evaluation import superior_ability


def world(seed, n=400, k=4, edge=0.0):
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0003, 0.01, n)
    rows = market[:, None] * rng.uniform(0.5, 1.0, k) + rng.normal(0, 0.004, (n, k))
    rows -= rows.mean(axis=0) - market.mean() + rng.normal(0, 0.004 / n**0.5, k)
    rows[:, 0] += edge
    return rows, market


def test_p_values_are_those_of_arch():
    from arch.bootstrap import SPA

    rows, market = world(1)
    found = superior_ability(rows, market, n_draws=200, mean_block=7, seed=3)
    test = SPA(-market, -rows, block_size=7, reps=200, seed=3)
    test.compute()
    assert (found.p_lower, found.p_value, found.p_upper) == tuple(test.pvalues)
    assert found.p_lower <= found.p_value <= found.p_upper
    assert (found.n_rows, found.bars_per_row, found.n_draws) == (400, 1, 200)


def test_a_planted_edge_is_found_and_named():
    rows, market = world(2, edge=0.002)
    found = superior_ability(rows, market, n_draws=300)
    assert found.best == 0
    assert found.p_value < 0.02


@pytest.mark.slow
def test_without_an_edge_small_p_values_are_rare():
    small = [superior_ability(*world(seed, n=250), n_draws=150).p_value for seed in range(60)]
    assert np.mean(np.array(small) <= 0.05) <= 0.15
    assert np.mean(np.array(small) > 0.3) >= 0.4


def test_copies_of_the_benchmark_are_left_out():
    rows, market = world(4)
    found = superior_ability(np.column_stack([market, rows[:, 1]]), market, n_draws=50)
    assert (found.n_compared, found.best) == (1, 1)
    alone = superior_ability(np.column_stack([market, market]), market)
    assert (alone.p_value, alone.best, alone.n_compared) == (None, None, 0)


def test_long_series_are_compounded():
    rows, market = world(5, n=205)
    found = superior_ability(rows, market, n_draws=50, max_rows=60)
    assert (found.bars_per_row, found.n_rows) == (4, 51)
    by_hand = np.prod(1 + rows[1:].reshape(51, 4, 4), axis=1) - 1
    own = np.prod(1 + market[1:].reshape(51, 4), axis=1) - 1
    assert found == replace(superior_ability(by_hand, own, n_draws=50), bars_per_row=4)


@pytest.mark.parametrize(
    ("rows", "own", "said"),
    [
        (np.zeros((20, 2)), np.zeros(19), "one column for each strategy"),
        (np.zeros((5, 2)), np.zeros(5), "too few"),
        (np.full((20, 1), np.nan), np.zeros(20), "not finite"),
    ],
)
def test_bad_input_is_named(rows, own, said):
    with pytest.raises(ValueError, match=said):
        superior_ability(rows, own)
