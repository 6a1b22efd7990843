"""What is measured of a cell, against brute force and models fitted by hand."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.regimes import GaussianHMM, adjusted_rand, confirm_labels, select_hmm
from regime_factory.regimes.choice.grid import (
    REFIT_SHARES,
    TABLE,
    Cell,
    Sample,
    fit_grid,
    grid_cells,
    measure_cell,
    shortest_median_dwell,
)

from ..worlds import TRUTH, every_path, simulate

SETTINGS = {"n_init": 3, "n_iter": 100, "tol": 1e-6, "sticky": 0.5, "random_state": 0}
TWO = Cell(2, "diag", "gaussian", only_profile=False)


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[2], 1000, 0)[0]


@pytest.fixture(scope="module")
def measured(X):
    return measure_cell(TWO, Sample(X, [1000], [700]), SETTINGS)


@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
def test_icl_is_that_of_the_best_path_of_all(emission):
    X = np.random.default_rng(3).normal(size=(13, 1)) * np.repeat([1.0, 3.0], [7, 6])[:, None]
    cell = Cell(2, "diag", emission, only_profile=True)
    sample = Sample(X, [13], [11])
    row = measure_cell(cell, sample, SETTINGS)
    model = sample.new_model(cell, SETTINGS).fit(X[:11])
    _, joint = every_path(model.startprob_, model.transmat_, model.log_emission(X[:11])[0])
    cost = model.n_parameters() * np.log(11)
    assert row["icl"] == pytest.approx(cost - 2 * joint.max(), rel=1e-12)
    total = np.logaddexp.reduce(joint)
    assert row["bic"] == pytest.approx(cost - 2 * total, rel=1e-12)
    entropy = -(joint.max() - total)  # of the path given the bars
    assert row["icl"] == pytest.approx(row["bic"] + 2 * entropy, rel=1e-9)
    assert entropy > 0


def test_icl_of_one_state_is_its_bic(X):
    row = measure_cell(Cell(1, "full", "gaussian", True), Sample(X, [1000], [700]), SETTINGS)
    assert row["icl"] == pytest.approx(row["bic"], rel=1e-12)


def test_a_row_has_the_columns_of_the_table(measured):
    assert list(measured) == list(TABLE)
    assert pl.DataFrame([measured], TABLE).height == 1
    assert measured["heldout_per_bar"] == measured["loglik_validation"] / 300


def test_dwell_is_that_of_the_confirmed_label(X, measured):
    model = GaussianHMM(2, "diag", **SETTINGS).fit(X[:700])
    labels = confirm_labels(model.filter(X[:700]), 0.95)
    edges = np.flatnonzero(np.diff(labels)) + 1
    spells = np.diff([0, *edges, 700])
    own = labels[np.append(0, edges)]
    by_hand = min(np.median(spells[own == k]) for k in (0, 1))
    assert measured["median_dwell"] == by_hand


def test_stability_is_the_agreement_of_growing_fits(X, measured):
    fits = [GaussianHMM(2, "diag", **SETTINGS).fit(X[: round(s * 700)]) for s in (*REFIT_SHARES, 1)]
    found = []
    for share, before, after in zip(REFIT_SHARES, fits[:-1], fits[1:], strict=True):
        rows = X[: round(share * 700)]
        found.append(adjusted_rand(*(m.filter(rows).argmax(axis=1) for m in (before, after))))
    assert measured["stability"] == pytest.approx(np.mean(found))
    assert measured["stability"] > 0.9


def test_the_profile_has_no_stability_and_a_short_stretch_none_either(X):
    profiled = Cell(2, "diag", "gaussian", only_profile=True)
    assert measure_cell(profiled, Sample(X, [1000], [700]), SETTINGS)["stability"] is None
    short = measure_cell(Cell(2, "full", "gaussian", False), Sample(X, [1000], [15]), SETTINGS)
    assert short["stability"] is None


def test_figures_do_not_depend_on_the_number_of_threads(X):
    X = X[:500]
    cells = grid_cells((2,), ("diag", "full"), ("gaussian", "student_t"), (1,))
    samples = dict.fromkeys(("diag", "full"), Sample(X, [500], [350]))
    alone, shared, all_cores = (fit_grid(cells, samples, SETTINGS, n_jobs=n) for n in (1, 2, -1))
    assert alone == shared == all_cores
    one = [fit_grid(cells[:1], samples, SETTINGS, n_jobs=n) for n in (1, 3)]
    assert one[0] == one[1] == alone[:1]


def test_sequences_are_cut_each_on_their_own(X):
    """Two halves as sequences: no transition and no spell from one to the other."""
    sample = Sample(X, [500, 500], [350, 300])
    rows, lengths = sample.first(0.5)
    assert lengths == [175, 150]
    np.testing.assert_array_equal(rows, np.concatenate([X[:175], X[500:650]]))
    assert sample.trained.sum() == 650
    row = measure_cell(TWO, sample, SETTINGS)
    training = np.concatenate([X[:350], X[500:800]])
    model = GaussianHMM(2, "diag", **SETTINGS).fit(training, [350, 300])
    own = model.score_rows(X, [500, 500])
    assert row["loglik_train"] == pytest.approx(own[:350].sum() + own[500:800].sum())
    assert row["loglik_validation"] == pytest.approx(own[350:500].sum() + own[800:].sum())


def test_log_scales_are_added_to_every_figure(X):
    plain = measure_cell(TWO, Sample(X, [1000], [700]), SETTINGS)
    scaled = measure_cell(TWO, Sample(X, [1000], [700], log_scale=np.full(1000, -0.5)), SETTINGS)
    assert scaled["loglik_train"] == pytest.approx(plain["loglik_train"] - 350)
    assert scaled["loglik_validation"] == pytest.approx(plain["loglik_validation"] - 150)
    for name in ("aic", "bic", "icl"):
        assert scaled[name] == pytest.approx(plain[name] + 700), name


@given(st.lists(st.integers(0, 2), min_size=1, max_size=40))
def test_dwell_by_brute_force(states):
    spells: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for place, state in enumerate(states):
        if place and states[place - 1] == state:
            spells[state][-1] += 1
        else:
            spells[state].append(1)
    expected = min((float(np.median(own)) if own else 0.0) for own in spells.values())
    assert shortest_median_dwell(states, 3) == expected


def test_dwell_ends_with_a_sequence():
    assert shortest_median_dwell([0, 0, 0, 0, 1, 1], 2, [2, 4]) == 2.0


def test_an_empty_grid_is_named():
    for grid in (((), ("diag",), ("gaussian",)), ((2,), (), ("gaussian",)), ((2,), ("full",), ())):
        with pytest.raises(ValueError, match="the grid is empty"):
            grid_cells(*grid)


def test_a_profile_with_more_parameters_than_rows_is_left_out(caplog) -> None:
    X = np.random.default_rng(0).normal(size=(100, 1)) * np.repeat([1.0, 4.0], 50)[:, None]
    chosen = select_hmm(
        X, n_states=(1, 2), covariance_types=("diag",), n_init=3, profile_n_states=(3, 12)
    )
    assert chosen.profile["n_states"].to_list() == [3]
    assert "1 models of hmm.n_states_profile_max are left out" in caplog.text
    with pytest.raises(ValueError, match="70 rows cannot fit"):
        select_hmm(X, n_states=(12,), covariance_types=("diag",), n_init=3)
