"""Refits on growing history: schedule, warm starts, alignment, own rows only."""

import datetime as dt

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM, fit_refits, state_statistics

from ..worlds import TRUTH, simulate


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[3], 1000, 8)[0]


SETTINGS = GaussianHMM(3, "diag", n_init=4, sticky=0.5, tol=1e-6)


def test_each_refit_uses_the_rows_before_it(X):
    refits = fit_refits(X, starts_at=600, refit_every=200, model=SETTINGS)
    assert [refit.model.n_rows_ for refit in refits] == [600, 800]
    for refit in refits:
        rows = X[: refit.first_row]
        expected = state_statistics(refit.model.filter(rows), rows[:, 0])
        assert refit.statistics["next_mean"] == expected["next_mean"].to_list()
        assert refit.names == ["Calm", "Choppy", "Stress"]
    assert refits[0].fresh
    assert not refits[1].fresh


def test_a_fitted_model_is_the_start_and_gives_the_order(X):
    turned = SETTINGS.clone().fit(X[:600]).reorder([2, 0, 1])
    refits = fit_refits(X, starts_at=600, refit_every=200, model=turned)
    np.testing.assert_allclose(refits[0].model.means_, turned.means_, atol=1e-2)
    assert refits[0].names == ["Stress", "Calm", "Choppy"]
    assert refits[1].names == ["Stress", "Calm", "Choppy"]
    assert not refits[0].ambiguous


def test_a_better_drawn_start_replaces_a_bad_warm_one(X):
    stuck = GaussianHMM(3, "diag", n_iter=1)
    flat = {
        "startprob": np.full(3, 1 / 3),
        "transmat": np.full((3, 3), 1 / 3),
        "means": np.tile(X[:600].mean(axis=0), (3, 1)),
        "covars": np.tile(X[:600].var(axis=0), (3, 1)),
    }
    stuck.fit(X[:600], start=flat)
    stuck.set_params(n_iter=300)
    refits = fit_refits(X, starts_at=600, refit_every=400, model=stuck)
    assert refits[0].fresh
    assert refits[0].model.get_params() == stuck.get_params()
    kept = fit_refits(X, starts_at=600, refit_every=400, model=stuck, fresh_gain=10.0)
    assert not kept[0].fresh
    assert not fit_refits(X, starts_at=600, refit_every=400, model=stuck, n_fresh=0)[0].fresh


def test_stamps_and_returns_are_taken(X):
    stamps = [dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=i) for i in range(1000)]
    refits = fit_refits(
        X, stamps, starts_at=600, refit_every=400, model=SETTINGS, returns=X[:, 1], n_fresh=0
    )
    assert refits[0].first_ts == "2021-08-23T00:00:00+00:00"
    expected = state_statistics(refits[0].model.filter(X[:600]), X[:600, 1])
    assert refits[0].statistics["mean"] == expected["mean"].to_list()


def test_progress_sees_every_refit(X):
    seen = []

    def progress(rows):
        seen.extend(rows)
        return rows

    fit_refits(X, starts_at=600, refit_every=200, model=SETTINGS, n_fresh=0, progress=progress)
    assert seen == [600, 800]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"starts_at": 50},
            "50 observed bars lie before the first scored one, expected at least 100",
        ),
        ({"starts_at": 1000}, "no observed bar is left to score: the span begins at row 1000"),
        ({"refit_every": 0}, "refit_every must be at least 1 bar"),
        ({"returns": np.ones(3)}, r"1000 observations but returns of shape \(3,\)"),
    ],
)
def test_unusable_schedules_are_named(X, settings, message):
    with pytest.raises(ValueError, match=message):
        fit_refits(X, **{"starts_at": 600, "refit_every": 200, "model": SETTINGS, **settings})


def test_a_model_that_saw_scored_rows_is_refused(X):
    late = SETTINGS.clone().fit(X[:700])
    with pytest.raises(ValueError, match="fitted on 700 rows but shall score from row 600"):
        fit_refits(X, starts_at=600, refit_every=200, model=late)


def test_a_fresh_start_takes_over_the_numbers_of_the_states_before(X):
    turned = SETTINGS.clone().fit(X[:600]).reorder([2, 0, 1])
    refits = fit_refits(X, starts_at=600, refit_every=200, model=turned, fresh_gain=-10.0)
    assert [refit.fresh for refit in refits] == [True, True]
    assert [refit.names for refit in refits] == [["Stress", "Calm", "Choppy"]] * 2


def test_returns_order_the_states_of_the_first_fit(X):
    """A first column that is no return does not decide which state is the calm one."""
    swapped = X[:, ::-1].copy()
    refits = fit_refits(swapped, starts_at=600, refit_every=400, model=SETTINGS, returns=X[:, 0])
    volatility = refits[0].statistics["vol"]
    assert volatility == sorted(volatility)
    assert refits[0].names == ["Calm", "Choppy", "Stress"]
