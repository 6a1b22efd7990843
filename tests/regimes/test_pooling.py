"""Symbols in one pool: units of their own, likelihoods of their own bars, and the way back."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import GaussianHMM
from regime_factory.regimes.hmm.by_slot import SlotHMM
from regime_factory.regimes.pooling import Pool, common_cut, pooled_model, rows_before

from .worlds import TRUTH, simulate

SETTINGS = {"n_init": 3, "n_iter": 150, "sticky": 0.5}
SIZES = {"A": np.array([1.0, 1.0]), "B": np.array([250.0, 3.0])}
SHIFT = {"A": 0.0, "B": 7.0}


@pytest.fixture(scope="module")
def frames() -> dict[str, np.ndarray]:
    rows = {"A": simulate(TRUTH[2], 800, 1)[0], "B": simulate(TRUTH[2], 600, 2)[0]}
    return {symbol: X * SIZES[symbol] + SHIFT[symbol] for symbol, X in rows.items()}


def pool_of(frames, kind="diag", by_slot=False) -> Pool:
    every = {symbol: len(X) for symbol, X in frames.items()}
    return Pool.of(frames, every, covariance_type=kind, by_slot=by_slot)


def test_each_symbol_is_standardised_on_its_own_first_rows(frames):
    pool = Pool.of(frames, {"A": 500, "B": 300}, covariance_type="diag", by_slot=False)
    assert pool.lengths == [800, 600]
    for symbol, start, n in (("A", 0, 500), ("B", 800, 300)):
        own = frames[symbol]
        mean, std = own[:n].mean(axis=0), own[:n].std(axis=0)
        np.testing.assert_allclose(
            pool.values[start : start + len(own)], (own - mean) / std, atol=1e-12
        )
        np.testing.assert_allclose(pool.log_scale[start], -np.log(std).sum())


@pytest.mark.parametrize("kind", ["diag", "full", "spherical", "tied"])
@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
def test_own_models_give_the_probabilities_and_densities_of_the_pool(frames, kind, emission):
    pool = pool_of(frames, kind)
    model = pool.fit(GaussianHMM(2, kind, emission=emission, **SETTINGS))
    p = model.filter(pool.values, pool.lengths)
    density = model.score_rows(pool.values, pool.lengths) + pool.log_scale
    own = pool.own_models(model)
    for symbol, part in (("A", slice(0, 800)), ("B", slice(800, None))):
        X = frames[symbol]
        np.testing.assert_allclose(own[symbol].filter(X), p[part], atol=1e-9)
        np.testing.assert_allclose(own[symbol].score_rows(X), density[part], rtol=1e-8, atol=1e-8)
        assert own[symbol].n_rows_ == len(X)
        assert own[symbol].loglik_ == pytest.approx(density[part].sum())
        back = pooled_model(own[symbol])
        np.testing.assert_allclose(back.means_, model.means_, atol=1e-9)
        np.testing.assert_allclose(back.covars_, model.covars_, rtol=1e-9)
        restored = GaussianHMM.from_state(own[symbol].to_state())
        np.testing.assert_array_equal(restored.filter(X), own[symbol].filter(X))


def test_the_pool_does_not_depend_on_the_units_of_a_symbol(frames):
    model = pool_of(frames).fit(GaussianHMM(2, "diag", **SETTINGS))
    scaled = {"A": frames["A"], "B": frames["B"] * [1e4, 0.01] - 30.0}
    other = pool_of(scaled).fit(GaussianHMM(2, "diag", **SETTINGS))
    np.testing.assert_allclose(other.means_, model.means_, atol=1e-7)


def test_no_transition_leads_from_one_symbol_to_the_next(frames):
    """One model of both equals the model of sequences, not that of one long series."""
    pool = pool_of(frames)
    by_hand = GaussianHMM(2, "diag", **SETTINGS).fit(pool.values, [800, 600])
    np.testing.assert_array_equal(pool.fit(GaussianHMM(2, "diag", **SETTINGS)).means_,
                                  by_hand.means_)  # fmt: skip


def test_symbols_with_slots_keep_their_own_rhythm(frames):
    slots = {symbol: np.arange(len(X)) % 4 for symbol, X in frames.items()}
    width = {"A": np.array([3.0, 1.0, 1.0, 1.0]), "B": np.array([1.0, 1.0, 1.0, 5.0])}
    rhythm = {
        symbol: np.column_stack([slots[symbol], X * width[symbol][slots[symbol]][:, None]])
        for symbol, X in frames.items()
    }
    pool = pool_of(rhythm, by_slot=True)
    model = pool.fit(GaussianHMM(2, "diag", **SETTINGS))
    own = pool.own_models(model)
    p = model.filter(pool.values, pool.lengths)
    density = model.score_rows(pool.values, pool.lengths) + pool.log_scale
    for symbol, part, wildest in (("A", slice(0, 800), 0), ("B", slice(800, None), 3)):
        assert isinstance(own[symbol], SlotHMM)
        assert own[symbol].slots_.stds[:-1, 0].argmax() == wildest
        np.testing.assert_allclose(own[symbol].filter(rhythm[symbol]), p[part], atol=1e-9)
        np.testing.assert_allclose(own[symbol].score_rows(rhythm[symbol]), density[part], atol=1e-7)
        np.testing.assert_allclose(pooled_model(own[symbol]).means_, model.means_, atol=1e-9)


def test_the_cut_is_one_moment_for_all():
    first = datetime(2024, 1, 1, tzinfo=UTC)
    stamps = {
        "A": pl.Series([first + timedelta(days=n) for n in range(10)]),
        "B": pl.Series([first + timedelta(days=n) for n in range(6, 16)]),
    }
    cut = common_cut(stamps, 0.5)
    assert cut == first + timedelta(days=8)
    assert rows_before(stamps, cut) == {"A": 8, "B": 2}
    assert common_cut(stamps, 0.999) == first + timedelta(days=15)


def test_symbols_without_rows_or_spread_are_named(frames):
    with pytest.raises(ValueError, match="B has 0 rows to standardise on"):
        Pool.of(frames, {"A": 500, "B": 0}, covariance_type="diag", by_slot=False)
    flat = {**frames, "B": np.ones((600, 2))}
    with pytest.raises(ValueError, match=r"B has 600 rows .* or a column that is constant"):
        pool_of(flat)
    with pytest.raises(ValueError, match="hold nan"):
        pool_of({**frames, "B": np.full((600, 2), np.nan)})
