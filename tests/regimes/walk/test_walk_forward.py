"""Causality of the walk-forward regimes, with a broken version that the same check catches."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import (
    GaussianHMM,
    Refits,
    apply_model,
    confirm_labels,
    filter_refits,
    fit_refits,
    walk_forward_regimes,
)
from regime_factory.regimes.walk.refits import Refit

from ..worlds import TRUTH, simulate

STARTS_AT, EVERY = 400, 100
SETTINGS = GaussianHMM(2, "diag", n_init=2, sticky=0.5, tol=1e-6)
CUTS = [401, 450, 499, 500, 501, 599, 600, 601, 650, 699]


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[2], 700, 3)[0]


def walk(X):
    return walk_forward_regimes(X, model=SETTINGS, starts_at=STARTS_AT, refit_every=EVERY)


def smoothed_walk(X):
    """The leak on purpose: each block smoothed over its refit's rows."""
    refits = fit_refits(X, starts_at=STARTS_AT, refit_every=EVERY, model=SETTINGS)
    parts = []
    for refit, start, end in refits.blocks(len(X)):
        p = refit.model.smooth(X[:end])[start:]
        parts.append(pl.DataFrame({"ts": range(start, end), "p_state_0": p[:, 0]}))
    return pl.concat(parts)


def unchanged_before(run, X, cut, alter):
    """Whether rows before ``cut`` stay bit-identical when the rows from it on are altered."""
    before = run(X).filter(pl.col("ts") < cut)
    after = run(alter(X, cut)).filter(pl.col("ts") < cut)
    return before.equals(after)


def replaced(X, cut):
    changed = X.copy()
    changed[cut:] = np.random.default_rng(cut).normal(scale=5, size=changed[cut:].shape)
    return changed


def removed(X, cut):
    return X[:cut]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("alter", [replaced, removed])
def test_later_rows_change_nothing(X, cut, alter):
    assert unchanged_before(walk, X, cut, alter)


def test_the_same_check_catches_a_smoother(X):
    caught = [not unchanged_before(smoothed_walk, X, cut, replaced) for cut in CUTS]
    # A block that ends at the cut never saw the altered rows.
    inside = [cut % EVERY != 0 for cut in CUTS]
    assert caught == inside


def test_the_table(X):
    start = dt.datetime(2021, 3, 1, tzinfo=dt.UTC)
    stamps = pl.Series("ts", [start + dt.timedelta(hours=i) for i in range(700)]).cast(
        pl.Datetime("us", "UTC")
    )
    frame = pl.DataFrame(X, schema=["ret", "range"]).with_columns(stamps, symbol=pl.lit("A"))
    table = walk_forward_regimes(
        frame, model=SETTINGS, starts_at=STARTS_AT, refit_every=EVERY, label_threshold=0.9
    )
    assert table.schema == {
        "ts": pl.Datetime("us", "UTC"),
        "state": pl.Int16,
        "regime": pl.String,
        "p_state_0": pl.Float64,
        "p_state_1": pl.Float64,
        "confirmed_state": pl.Int16,
        "confirmed_regime": pl.String,
        "refit_id": pl.Int32,
    }
    assert table["ts"].to_list() == stamps[STARTS_AT:].to_list()
    assert table.drop("ts").equals(
        walk_forward_regimes(
            X, model=SETTINGS, starts_at=STARTS_AT, refit_every=EVERY, label_threshold=0.9
        ).drop("ts")
    )
    np.testing.assert_allclose(table["p_state_0"] + table["p_state_1"], 1.0)


def test_each_block_is_filtered_from_the_first_row(X):
    refits = fit_refits(X, starts_at=STARTS_AT, refit_every=EVERY, model=SETTINGS)
    table = filter_refits(refits, X, label_threshold=0.8)
    p = refits[1].model.filter(X[:600])
    block = table.filter(refit_id=1)
    np.testing.assert_array_equal(block["p_state_1"], p[500:, 1])
    np.testing.assert_array_equal(block["state"], p[500:].argmax(axis=1))
    np.testing.assert_array_equal(block["confirmed_state"], confirm_labels(p, 0.8)[500:])
    names = np.array(refits[1].names)
    assert block["regime"].to_list() == names[p[500:].argmax(axis=1)].tolist()


def test_walk_forward_labels_find_the_states(X):
    _, states = simulate(TRUTH[2], 700, 3)
    assert (walk(X)["state"].to_numpy() == states[STARTS_AT:]).mean() > 0.9


def test_defaults_need_only_observations(X):
    table = walk_forward_regimes(X, refit_every=300)
    assert table["ts"][0] == 250
    assert set(table["regime"]) <= {"Calm", "Choppy", "Stress"}


def test_several_symbols_at_once_are_refused(X):
    frame = pl.DataFrame(X).with_columns(symbol=pl.Series(["A", "B"] * 350))
    with pytest.raises(ValueError, match="pass one symbol at a time"):
        walk_forward_regimes(frame, model=SETTINGS)


def test_stamps_must_match_the_rows(X):
    refits = fit_refits(X, starts_at=STARTS_AT, refit_every=EVERY, model=SETTINGS)
    with pytest.raises(ValueError, match="700 observations but 3 stamps"):
        filter_refits(refits, X, [1, 2, 3])


def test_applying_a_model(X):
    model = SETTINGS.clone().fit(X[:600])
    p = apply_model(model, X)
    np.testing.assert_array_equal(p, model.filter(X))
    np.testing.assert_allclose(apply_model(model, X[650:651], previous=p[649])[0], p[650])
    with pytest.raises(ValueError, match="one row without history cannot be scored"):
        apply_model(model, X[650:651])
    with pytest.raises(ValueError, match="not fitted"):
        apply_model(GaussianHMM(2), X)


def test_a_refit_goes_on_with_the_confirmed_state_of_the_one_before():
    """Scores that confirm nothing leave the label, whatever the new refit says of its past."""

    class Said:
        """A detector whose rows say 0 up to the border, then nothing, or 1 and then nothing."""

        means_, n_components = np.zeros((2, 1)), 2

        def __init__(self, p):
            self.p = np.array(p)

        def check_rows(self, X):
            return np.asarray(X, dtype=np.float64)

        def filter(self, X):
            return np.column_stack([self.p, 1 - self.p])[: len(X)]

    none, one = [0.3] * 5, [0.01] * 5
    models = Said([0.99] * 10), Said([*one, *one, *none])
    items = [
        Refit(n, row, None, model, ["Calm", "Stress"], {}, 0.0, ambiguous=False, fresh=False)
        for n, (row, model) in enumerate(zip((5, 10), models, strict=True))
    ]
    table = filter_refits(Refits(tuple(items)), np.zeros((15, 1)), label_threshold=0.9)
    assert table["confirmed_state"].to_list() == [0] * 10
    assert table["state"].to_list() == [0] * 5 + [1] * 5


def test_the_confirmed_state_switches_only_where_a_probability_passes(X):
    table = walk_forward_regimes(
        X, model=SETTINGS, starts_at=200, refit_every=7, label_threshold=0.95
    )
    p = table.select("p_state_0", "p_state_1").to_numpy()
    state = table["confirmed_state"].to_numpy()
    changed = np.flatnonzero(state[1:] != state[:-1]) + 1
    assert len(changed) > 3
    assert (p[changed, state[changed]] > 0.95).all()


def test_other_rows_than_those_fitted_on_are_refused(X):
    ts = [dt.datetime(2024, 1, 1) + dt.timedelta(hours=n) for n in range(len(X))]
    refits = fit_refits(X, ts, starts_at=STARTS_AT, refit_every=EVERY, model=SETTINGS)
    filter_refits(refits, X, ts)
    with pytest.raises(
        ValueError, match=r"refit 0 scores from 2024-01-17T16:00:00 on, but row 400"
    ):
        filter_refits(refits, X[50:], ts[50:])
