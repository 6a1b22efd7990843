"""Later rows change nothing before them, for every detector, alone and walked forward."""

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import fit_refits, walk_forward_regimes
from regime_factory.regimes.detector import restore_detector

from .every import EVERY, OTHERS, observations

X = observations()
STARTS_AT, REFIT_EVERY = 300, 150
CUTS = [301, 377, 449, 450, 451, 600, 699]
every = pytest.mark.parametrize("name", EVERY)


def shocked(rows: np.ndarray, cut: int) -> np.ndarray:
    """Rows from the cut on replaced by wild ones."""
    changed = rows.copy()
    changed[cut:] = np.random.default_rng(cut).normal(scale=8, size=changed[cut:].shape)
    return changed


def calmed(rows: np.ndarray, cut: int) -> np.ndarray:
    """Rows from the cut on replaced by still ones."""
    changed = rows.copy()
    changed[cut:] = 0.01 * np.random.default_rng(cut).normal(size=changed[cut:].shape)
    return changed


def walk(rows: np.ndarray, name: str) -> pl.DataFrame:
    return walk_forward_regimes(
        rows, model=EVERY[name], starts_at=STARTS_AT, refit_every=REFIT_EVERY, n_fresh=1
    )


@every
@pytest.mark.parametrize("alter", [shocked, calmed])
def test_a_filtered_row_ignores_replaced_later_rows(name, alter):
    model = EVERY[name].clone().fit(X[:400])
    whole = model.filter(X)
    for cut in [1, 2, 50, *CUTS]:
        np.testing.assert_array_equal(model.filter(alter(X, cut))[:cut], whole[:cut])


@every
def test_a_filtered_row_ignores_removed_later_rows(name):
    model = EVERY[name].clone().fit(X[:400])
    whole = model.filter(X)
    for cut in [1, 2, 50, *CUTS]:
        np.testing.assert_allclose(model.filter(X[:cut]), whole[:cut], rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def walked() -> dict[str, pl.DataFrame]:
    return {name: walk(X, name) for name in EVERY}


@pytest.mark.slow
@every
@pytest.mark.parametrize("alter", [shocked, calmed])
def test_walked_rows_ignore_replaced_later_rows(name, alter, walked):
    for cut in CUTS:
        after = walk(alter(X, cut), name).filter(pl.col("ts") < cut)
        assert after.equals(walked[name].filter(pl.col("ts") < cut)), cut


@pytest.mark.slow
@every
def test_walked_rows_ignore_removed_later_rows(name, walked):
    for cut in CUTS:
        after, before = walk(X[:cut], name), walked[name].filter(pl.col("ts") < cut)
        labels = ["ts", "state", "regime", "confirmed_state", "confirmed_regime", "refit_id"]
        assert after.select(labels).equals(before.select(labels)), cut
        p = ["p_state_0", "p_state_1"]
        np.testing.assert_allclose(after.select(p), before.select(p), rtol=1e-9, atol=1e-12)


@every
def test_walked_rows_ignore_what_comes_after_a_refit(name, walked):
    """The quick form of the two tests above: one cut inside a block, one at a refit."""
    for cut in (377, 450):
        after = walk(shocked(X, cut), name).filter(pl.col("ts") < cut)
        assert after.equals(walked[name].filter(pl.col("ts") < cut))


def test_the_same_check_catches_a_path_that_looks_ahead():
    """The cheapest whole path of the jump model is not causal, and the check sees it."""
    model = EVERY["jump"].clone().fit(X[:400])
    whole = model.decode(X)[1]
    changed = [
        not np.array_equal(model.decode(alter(X, cut))[1][:cut], whole[:cut])
        for alter in (shocked, calmed)
        for cut in range(1, 700, 7)
    ]
    assert any(changed)


@pytest.mark.parametrize("name", OTHERS)
def test_each_refit_is_fitted_on_the_rows_before_it(name):
    refits = fit_refits(X, starts_at=400, refit_every=100, model=EVERY[name], n_fresh=1)
    assert [refit.model.n_rows_ for refit in refits] == [400, 500, 600]
    alone = fit_refits(X[:600], starts_at=400, refit_every=100, model=EVERY[name], n_fresh=1)
    for refit, other in zip(refits, alone, strict=False):
        np.testing.assert_array_equal(refit.model.filter(X), other.model.filter(X))
        assert refit.statistics == other.statistics
    restored = restore_detector(refits[0].model.to_state())
    np.testing.assert_array_equal(restored.filter(X), refits[0].model.filter(X))
