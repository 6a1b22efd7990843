"""Agreement of half-overlapping windows, and the gathered figures."""

from itertools import pairwise

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM, adjusted_rand
from regime_factory.regimes.honesty.stability import (
    half_overlapping,
    overlap_agreement,
    stability_figures,
)

from ..worlds import TRUTH, simulate

METRICS = {
    "revision_rate": 0.07,
    "refit_agreement_mean": 0.95,
    "refit_agreement_worst": 0.39,
    "n_refits": 40,
    "n_ambiguous_refits": 2,
    "switches_per_year": 11.0,
}


@pytest.mark.parametrize(("n_rows", "n_windows", "most"), [(1000, 4, None), (999, 3, 600)])
def test_windows_share_half_and_end_with_the_rows(n_rows, n_windows, most):
    windows = half_overlapping(n_rows, n_windows, most)
    lengths = {end - start for start, end in windows}
    assert len(windows) == n_windows
    assert len(lengths) == 1
    (length,) = lengths
    assert windows[-1][1] == n_rows
    assert all(after[0] - before[0] == length // 2 for before, after in pairwise(windows))
    assert windows[0][0] >= n_rows - (most or n_rows)


def test_equals_two_fits_by_hand():
    X, _ = simulate(TRUTH[2], 900, seed=1)
    model = GaussianHMM(2, "diag", n_init=3, random_state=4)
    found = overlap_agreement(model, X, n_windows=2, max_rows=None)
    first, second = (model.clone().fit(rows) for rows in (X[:600], X[300:]))
    by_hand = adjusted_rand(
        first.filter(X[:600])[300:].argmax(axis=1), second.filter(X[300:])[:300].argmax(axis=1)
    )
    assert found == [by_hand]
    assert by_hand > 0.8


def test_the_detector_that_is_asked_stays_as_it_was():
    """Fits on windows are for this figure alone: the refit in force keeps its parameters."""
    X, _ = simulate(TRUTH[2], 900, seed=1)
    model = GaussianHMM(2, "diag", n_init=3, random_state=4).fit(X[:500])
    before = model.filter(X)
    overlap_agreement(model, X, n_windows=2, max_rows=None)
    np.testing.assert_array_equal(model.filter(X), before)
    settings = GaussianHMM(2, "diag", n_init=3)
    overlap_agreement(settings, X, n_windows=2, max_rows=None)
    assert not settings.is_fitted()


def test_noise_agrees_less_than_a_world_with_states():
    model = GaussianHMM(3, "diag", n_init=3)
    X, _ = simulate(TRUTH[3], 1500, seed=2)
    noise = np.random.default_rng(3).normal(size=(1500, 2))
    settings = {"n_windows": 3, "max_rows": None}
    real, none = (np.mean(overlap_agreement(model, rows, **settings)) for rows in (X, noise))
    assert real > 0.7
    assert none < real - 0.3


def test_too_few_rows_give_no_figure():
    assert overlap_agreement(GaussianHMM(2), np.random.default_rng(0).normal(size=(300, 1))) == []
    figures = stability_figures(
        [0, 1], [0, 0], names=["Calm", "Stress"], metrics=METRICS, overlap=[], window=120,
        periods_per_year=252,
    )  # fmt: skip
    assert (figures["overlap_mean"], figures["overlap_worst"]) == (None, None)
    assert (figures["overlap_pairs"], figures["overlap_window"]) == (0, None)


def test_a_column_that_stands_still_gives_no_figure():
    X = np.random.default_rng(0).normal(size=(1000, 2))
    X[:500, 1] = 3.0
    assert overlap_agreement(GaussianHMM(2, n_init=2), X, n_windows=3) == []


def test_one_window_cannot_be_compared():
    with pytest.raises(ValueError, match="two or more"):
        half_overlapping(1000, 1)


def test_figures_are_gathered():
    raw, confirmed = [0, 1, 0, 1, 1], [0, 0, 0, 1, 1]
    figures = stability_figures(
        raw, confirmed, names=["Calm", "Choppy", "Stress"], metrics=METRICS, overlap=[0.4, 0.8],
        window=500, periods_per_year=250,
    )  # fmt: skip
    assert figures["switches_raw"] == 3 / 5 * 250
    assert figures["switches_confirmed"] == 11.0
    assert (figures["overlap_mean"], figures["overlap_worst"]) == (pytest.approx(0.6), 0.4)
    assert [row["share"] for row in figures["occupancy"]] == [0.6, 0.4, 0.0]
    assert figures["min_occupancy"] == 0.0
