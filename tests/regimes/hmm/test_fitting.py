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
