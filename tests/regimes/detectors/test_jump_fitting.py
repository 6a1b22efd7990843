"""Starts and descents of the jump model."""

import numpy as np
import pytest

from regime_factory.regimes.detectors.jump_fitting import best_descent, cheapest_path, spread_rows

DATA = np.concatenate([np.random.default_rng(0).normal(m, 0.5, (60, 1)) for m in (-4, 0, 4)])
WHOLE = np.array([0, 180])


def test_first_centres_are_rows_that_lie_apart():
    draws = [spread_rows(DATA, 3, np.random.default_rng(seed)) for seed in range(40)]
    assert all(row in DATA for draw in draws for row in draw)
    one_of_each = [sorted(np.round(draw.ravel() / 4)) == [-1, 0, 1] for draw in draws]
    assert np.mean(one_of_each) > 0.6  # drawn evenly, it would be 2/9


def test_fewer_different_rows_than_states():
    two = np.repeat([[0.0], [1.0]], 10, axis=0)
    centres = spread_rows(two, 4, np.random.default_rng(1))
    assert set(centres.ravel()) == {0.0, 1.0}


def test_the_best_start_wins_and_the_share_that_found_it_is_told():
    starts = [np.array([[-4.0], [0.0], [4.0]]), np.array([[3.9], [4.0], [4.1]])]
    found = best_descent(DATA, WHOLE, starts, penalty=1.0, n_iter=50, tol=0.0)
    assert found.hit_rate == 0.5
    assert found.converged
    np.testing.assert_allclose(np.sort(found.centres.ravel()), [-4, 0, 4], atol=0.2)
    cost, path = cheapest_path(DATA, WHOLE, found.centres, 1.0)
    assert cost == pytest.approx(found.costs[-1])
    assert np.bincount(path).tolist() == [60, 60, 60]


def test_a_descent_cut_short_has_not_converged():
    start = np.array([[-4.5], [-4.2], [-3.0]])
    found = best_descent(DATA, WHOLE, [start], penalty=1.0, n_iter=1, tol=0.0)
    assert not found.converged
    assert len(found.costs) == 2
    np.testing.assert_array_equal(start.ravel(), [-4.5, -4.2, -3.0])  # the start stays as it was
