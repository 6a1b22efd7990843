"""The comparison of detectors: every figure from its definition, one schedule, no later row."""

import itertools

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import (
    GaussianHMM,
    GaussianMixture,
    JumpModel,
    MarkovRegression,
    VolatilityThreshold,
    adjusted_rand,
    compare_detectors,
    filter_refits,
    fit_refits,
    revision_rate,
)
from regime_factory.regimes.choice.compare import (
    COMPARISON,
    loglik_per_bar,
    median_dwell,
    refit_alike,
    variance_score,
)

from ..worlds import TRUTH, simulate

X = simulate(TRUTH[2], 800, 3)[0]
RETURNS = X[:, 0] * 0.01
SETTINGS = GaussianHMM(2, "diag", n_init=2, sticky=0.5, tol=1e-6)
REFITS = fit_refits(X, starts_at=400, refit_every=150, model=SETTINGS, returns=RETURNS)
DETECTORS = {
    "jump": JumpModel(2, 5.0, n_init=3),
    "mixture": GaussianMixture(2, "diag", n_init=3, tol=1e-6),
    "threshold": VolatilityThreshold(2),
    "markov": MarkovRegression(2, n_init=2, tol=1e-6),
}


def compare(rows=X, returns=RETURNS, refits=REFITS, detectors=DETECTORS):
    return compare_detectors(refits, rows, detectors, periods_per_year=252, returns=returns)


@pytest.fixture(scope="module")
def table():
    return compare()


def test_the_table(table):
    assert dict(table.schema) == COMPARISON
    assert table["detector"].to_list() == ["hmm", "jump", "mixture", "threshold", "markov"]
    assert table["bars"].to_list() == [400] * 5
    assert table["n_states"].to_list() == [2] * 5
    known = table.filter(pl.col("loglik_per_bar").is_not_null())["detector"].to_list()
    assert known == ["hmm", "mixture"]


def test_figures_of_the_chosen_model_by_hand(table):
    row = table.row(0, named=True)
    labels = filter_refits(REFITS, X)["confirmed_state"].to_numpy()
    assert row["min_occupancy"] == min((labels == k).mean() for k in (0, 1))
    assert row["switches_per_year"] == pytest.approx(
        (labels[1:] != labels[:-1]).mean() * 252 * 399 / 400
    )
    spells = [len(list(run)) for _, run in itertools.groupby(labels)]
    assert row["median_dwell"] == np.median(spells)
    agreements = [
        adjusted_rand(*(r.model.filter(X[: a.first_row]).argmax(axis=1) for r in (a, b)))
        for a, b in itertools.pairwise(REFITS)
    ]
    assert row["agreement_mean"] == pytest.approx(np.mean(agreements))
    assert row["agreement_worst"] == pytest.approx(min(agreements))
    density = [
        refit.model.score_rows(X[:end])[start:] for refit, start, end in REFITS.blocks(len(X))
    ]
    assert row["loglik_per_bar"] == pytest.approx(np.concatenate(density).mean())


def test_the_score_is_that_of_the_variance_of_the_next_bar():
    """One state only: the forecast is the mean squared training return of the refit in force."""
    single = fit_refits(
        X, starts_at=400, refit_every=150, model=VolatilityThreshold(1), returns=RETURNS
    )
    squares = RETURNS**2
    forecast = np.empty(800)
    for refit, start, end in single.blocks(800):
        # Calibrated on the training rows behind the warm-up of the room's baselines.
        forecast[start:end] = squares[45 : refit.first_row].mean()
    realised, said = squares[401:], forecast[400:-1]
    expected = (np.log(said) + realised / said).mean()
    assert variance_score(single, X, RETURNS) == pytest.approx(expected, rel=1e-9)


def test_more_states_forecast_variance_better_on_switching_returns(table):
    single = compare(detectors={"one": VolatilityThreshold(1)}).row(1, named=True)
    assert (table["qlike"].to_numpy()[[0, 2, 3]] < single["qlike"]).all()


def test_every_detector_is_fitted_on_the_rows_of_the_chosen_model():
    for detector in DETECTORS.values():
        own = refit_alike(REFITS, X, detector, RETURNS)
        assert [refit.model.n_rows_ for refit in own] == [400, 550, 700]
        assert [refit.first_row for refit in own] == [refit.first_row for refit in REFITS]
        direct = fit_refits(X, starts_at=400, refit_every=150, model=detector, returns=RETURNS)
        for one, other in zip(own, direct, strict=True):
            np.testing.assert_array_equal(one.model.filter(X), other.model.filter(X))
            assert (one.names, one.statistics) == (other.names, other.statistics)


@pytest.mark.parametrize("name", DETECTORS)
def test_refits_ignore_rows_from_their_first_scored_one_on(name):
    last = REFITS[-1].first_row
    changed, other_returns = X.copy(), RETURNS.copy()
    changed[last:] *= 9
    other_returns[last:] *= -9
    whole = refit_alike(REFITS, X, DETECTORS[name], RETURNS)
    other = refit_alike(REFITS, changed, DETECTORS[name], other_returns)
    for one, two in zip(whole, other, strict=True):
        np.testing.assert_array_equal(one.model.filter(X), two.model.filter(X))
        assert (one.names, one.statistics) == (two.names, two.statistics)


def test_others_may_observe_fewer_columns():
    wide = np.column_stack([X, np.arange(800) % 7])
    refits = fit_refits(wide, starts_at=400, refit_every=150, model=SETTINGS, returns=RETURNS)
    table = compare_detectors(
        refits, wide, DETECTORS, periods_per_year=252, returns=RETURNS, observed=X
    )
    assert table[1:].equals(compare()[1:])


def test_no_other_detector_leaves_the_chosen_model():
    table = compare(detectors={})
    assert table["detector"].to_list() == ["hmm"]
    assert table.equals(compare()[:1])


def test_one_refit_has_no_agreement_and_the_last_row_no_next_bar():
    short = fit_refits(X[:401], starts_at=400, refit_every=150, model=SETTINGS)
    table = compare_detectors(short, X[:401], {}, periods_per_year=252)
    row = table.row(0, named=True)
    assert row["bars"] == 1
    assert row["agreement_mean"] is row["agreement_worst"] is row["qlike"] is None


def test_densities_that_compare():
    assert loglik_per_bar(refit_alike(REFITS, X, DETECTORS["jump"], RETURNS), X) is None
    assert loglik_per_bar(refit_alike(REFITS, X, DETECTORS["markov"], RETURNS), X) is None
    one = X[:, :1]
    refits = fit_refits(one, starts_at=400, refit_every=400, model=DETECTORS["markov"])
    assert loglik_per_bar(refits, one) == pytest.approx(
        refits[0].model.score_rows(one)[400:].mean()
    )


def test_revisions_need_a_smoother():
    assert revision_rate(REFITS, X) > 0
    assert revision_rate(refit_alike(REFITS, X, DETECTORS["threshold"], RETURNS), X) is None
    assert revision_rate(refit_alike(REFITS, X, DETECTORS["markov"], RETURNS), X) > 0


@pytest.mark.parametrize(
    ("labels", "expected"), [([1], 1.0), ([1, 1], 2.0), ([0, 1, 1, 1], 2.0), ([0, 1, 0], 1.0)]
)
def test_median_dwell(labels, expected):
    assert median_dwell(labels) == expected


def test_what_cannot_be_compared_is_named():
    with pytest.raises(ValueError, match="'hmm' has the name of the chosen model"):
        compare(detectors={"hmm": DETECTORS["jump"]})
    with pytest.raises(ValueError, match=r"800 observations .* returns of shape \(3,\)"):
        compare(returns=np.ones(3))
    with pytest.raises(ValueError, match=r"detector 'wide': column is 5.*or compare without it"):
        compare(detectors={"wide": VolatilityThreshold(2, column=5)})
    jumps = refit_alike(REFITS, X, DETECTORS["jump"], RETURNS)
    with pytest.raises(TypeError, match="refit 0 holds a JumpModel, but a GaussianHMM is needed"):
        _ = jumps[0].hmm
