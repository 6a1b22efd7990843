"""Restarts: the best optimum wins and the hit rate is honest."""

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM

from ..worlds import TRUTH, simulate


def test_more_starts_never_end_lower():
    X, _ = simulate(TRUTH[3], 600, 0)
    few = GaussianHMM(4, "full", n_init=1).fit(X)
    many = GaussianHMM(4, "full", n_init=12).fit(X)
    assert many.history_[-1] >= few.history_[-1] - 1e-6
    assert few.hit_rate_ == 1.0
    assert 0 < many.hit_rate_ <= 1


def test_history_counts_every_step_once():
    X, _ = simulate(TRUTH[3], 600, 0)
    model = GaussianHMM(3, "diag", n_init=5, n_iter=40, tol=0.0, shrinkage=0.0).fit(X)
    assert len(model.history_) == model.n_iter_ + 1
    assert model.n_iter_ <= 40
    assert np.diff(model.history_).min() >= -1e-12
    assert model.history_[-1] * 600 == pytest.approx(model.score(X), rel=1e-12)


def test_a_short_budget_is_kept():
    X, _ = simulate(TRUTH[3], 600, 0)
    model = GaussianHMM(3, "diag", n_init=4, n_iter=5).fit(X)
    assert model.n_iter_ == 5
    assert not model.converged_


@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
def test_results_do_not_depend_on_the_number_of_threads(emission):
    X, _ = simulate(TRUTH[3], 600, 0)
    models = [
        GaussianHMM(3, "full", emission=emission, n_init=9, n_jobs=n_jobs).fit(X)
        for n_jobs in (1, 2, 5, -1)
    ]
    for model in models[1:]:
        for name in ("startprob_", "transmat_", "means_", "covars_", "history_"):
            np.testing.assert_array_equal(getattr(model, name), getattr(models[0], name))
        assert model.hit_rate_ == models[0].hit_rate_


def test_the_hit_rate_tells_easy_data_from_hard():
    X, _ = simulate(TRUTH[2], 1500, 0)
    assert GaussianHMM(2, "full").fit(X).hit_rate_ == 1.0
    assert GaussianHMM(6, "full").fit(X).hit_rate_ < 0.7


def test_a_near_empty_state_loses_to_none():
    """Three far rows attract a state of their own, which is likelier than any real third state."""
    X, _ = simulate(TRUTH[2], 1200, 0)
    X[[300, 600, 900]] = [[8.0, 8.0], [8.1, 8.0], [8.0, 8.1]]
    model = GaussianHMM(3, "full", n_init=12).fit(X)
    assert model.smooth(X).sum(axis=0).min() > 30
    single = GaussianHMM(3, "full", n_init=1).fit(X)
    assert single.smooth(X).sum(axis=0).min() < 6
    assert single.loglik_ > model.loglik_ + 10


def test_three_stages_find_what_taking_every_start_to_the_end_finds():
    X, _ = simulate(TRUTH[3], 900, 1)
    halved = GaussianHMM(4, "diag", n_init=12, random_state=2).fit(X)
    team = [GaussianHMM(4, "diag", n_init=1, random_state=seed).fit(X) for seed in range(25)]
    assert halved.objective() >= max(run.objective() for run in team) - 1e-3
