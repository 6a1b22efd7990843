"""Restarts: all starts climb a little, the better third to the end."""

import pytest

from regime_factory.regimes.detectors.restarts import Steps, best_run


def hills(calls):
    """Two hills on a line, the higher one at 10; each step goes half the way to the nearer top."""

    def expect(x):
        calls.append(x)
        top, height = (10.0, 5.0) if x > 4 else (0.0, 1.0)
        return height - (x - top) ** 2, 0.0, top

    return Steps(expect, lambda top, x: (x + top) / 2)


def test_the_best_of_many_starts_wins():
    run = best_run(hills([]), [-3.0, 1.0, 2.0, 6.0], n_iter=100, tol=1e-12)
    assert run.parameters == pytest.approx(10.0, abs=1e-4)
    assert run.converged
    assert list(run.history) == sorted(run.history)
    assert run.hit_rate == 0.5  # of the two that were finished


def test_only_the_better_third_gets_to_the_end():
    calls = []
    best_run(hills(calls), [float(x) for x in range(-3, 3)] + [8.0, 9.0, 11.0], n_iter=30, tol=0.0)
    first_stage = 9 * 21
    assert len(calls) <= first_stage + 3 * 11


def test_a_run_that_cannot_move_converges_and_one_cut_short_does_not():
    assert best_run(hills([]), [10.0], n_iter=5, tol=1e-9).converged
    short = best_run(hills([]), [5.0], n_iter=2, tol=1e-9)
    assert not short.converged
    assert len(short.history) == 3


def test_a_fall_is_not_convergence():
    steps = Steps(lambda x: (-x, 0.0, x), lambda x, _: x + 1e-12)
    assert not best_run(steps, [0.0], n_iter=5, tol=1e-9).converged
