"""Pooled refits: common dates, rows of all symbols before them, nothing after them."""

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import GaussianHMM, filter_refits, fit_refits
from regime_factory.regimes.choice.pooled import select_pooled
from regime_factory.regimes.hmm.by_slot import SlotHMM
from regime_factory.regimes.pooling import Pool
from regime_factory.regimes.walk.pooled_refits import fit_pooled_refits

from ..worlds import TRUTH, simulate

SETTINGS = {"n_init": 3, "n_iter": 100, "tol": 1e-6, "sticky": 0.5}
MODEL = GaussianHMM(2, "diag", **SETTINGS)


@pytest.fixture(scope="module")
def frames() -> dict[str, np.ndarray]:
    return {
        "A": simulate(TRUTH[2], 900, 1)[0],
        "B": simulate(TRUTH[2], 700, 2)[0] * [40.0, 2.0] + 3.0,
    }


STAMPS = {"A": pl.Series(range(900)), "B": pl.Series(range(100, 800))}


def walk(frames, model=MODEL, **changes):
    settings = {"starts_at": 450, "refit_every": 150, "n_fresh": 1, **changes}
    return fit_pooled_refits(
        frames,
        {symbol: STAMPS[symbol] for symbol in frames},
        models=dict.fromkeys(frames, model),
        returns={symbol: X[:, -2] for symbol, X in frames.items()},
        **settings,
    )


@pytest.fixture(scope="module")
def refits(frames):
    return walk(frames)


def test_dates_are_common_and_rows_are_the_symbols_own(refits):
    assert [refit.first_ts for refit in refits["A"]] == ["450", "600", "750"]
    assert [refit.first_ts for refit in refits["B"]] == ["450", "600", "750"]
    assert [refit.first_row for refit in refits["A"]] == [450, 600, 750]
    assert [refit.first_row for refit in refits["B"]] == [350, 500, 650]
    assert [refit.refit_id for refit in refits["B"]] == [0, 1, 2]
    for own in refits.values():
        assert all(refit.names == ["Calm", "Stress"] for refit in own)
        assert [refit.model.n_rows_ for refit in own] == [refit.first_row for refit in own]


def test_a_refit_is_one_model_of_all_rows_before_its_date(frames, refits):
    first = {"A": frames["A"][:450], "B": frames["B"][:350]}
    pool = Pool.of(first, {"A": 450, "B": 350}, covariance_type="diag", by_slot=False)
    model = pool.fit(MODEL)
    for symbol, own in pool.own_models(model).items():
        np.testing.assert_allclose(refits[symbol][0].model.means_, own.means_, rtol=1e-9)
    both = [refits[symbol][2].model for symbol in ("A", "B")]
    np.testing.assert_array_equal(both[0].transmat_, both[1].transmat_)


def test_no_row_of_any_symbol_at_or_after_a_date_reaches_it(frames, refits):
    """Later rows of B replaced: no earlier row of A moves either."""
    changed = {**frames, "B": frames["B"].copy()}
    changed["B"][500:] = np.random.default_rng(1).normal(size=(200, 2)) * 500
    other = walk(changed)
    for symbol, n_same in (("A", 150), ("B", 150)):
        before, after = (
            filter_refits(own[symbol], X[symbol], STAMPS[symbol])
            for own, X in ((refits, frames), (other, changed))
        )
        assert before[:n_same].equals(after[:n_same])
        assert not before.equals(after)
    shorter = fit_pooled_refits(
        {"A": frames["A"][:600], "B": frames["B"][:500]},
        {"A": STAMPS["A"][:600], "B": STAMPS["B"][:500]},
        starts_at=450, refit_every=150, n_fresh=1, models=dict.fromkeys(frames, MODEL),
        returns={"A": frames["A"][:600, 0], "B": frames["B"][:500, 0]},
    )  # fmt: skip
    np.testing.assert_array_equal(shorter["A"][0].model.means_, refits["A"][0].model.means_)


def test_the_choice_starts_the_walk_and_saw_no_row_it_scores(frames):
    chosen = select_pooled(
        {"A": frames["A"][:450], "B": frames["B"][:350]},
        {"A": STAMPS["A"][:450], "B": STAMPS["B"][:350]},
        returns={"A": frames["A"][:450, 0], "B": frames["B"][:350, 0]},
        n_states=(2,), covariance_types=("diag",), n_init=3,
    )  # fmt: skip
    models = {symbol: own.model for symbol, own in chosen.items()}
    settings = {
        "refit_every": 150,
        "models": models,
        "returns": {symbol: X[:, 0] for symbol, X in frames.items()},
    }
    started = fit_pooled_refits(frames, STAMPS, starts_at=450, **settings)
    assert not started["A"][0].fresh
    np.testing.assert_allclose(started["A"][0].model.means_, models["A"].means_, rtol=1e-2)
    with pytest.raises(ValueError, match="fitted on 450 rows but shall score from row 440"):
        fit_pooled_refits(frames, STAMPS, starts_at=440, **settings)


def test_a_pool_of_one_is_the_walk_of_the_symbol(frames):
    alone = {"A": frames["A"]}
    pooled = walk(alone)["A"]
    own = fit_refits(
        frames["A"], STAMPS["A"], starts_at=450, refit_every=150, model=MODEL, n_fresh=1
    )
    for a, b in zip(pooled, own, strict=True):
        np.testing.assert_allclose(a.model.means_, b.model.means_, rtol=1e-4, atol=1e-5)
        assert a.first_ts == b.first_ts


def test_a_symbol_without_rows_in_a_block_has_no_refit_there(frames):
    """B ends at 799: the date 800 scores none of its rows."""
    found = walk(frames, refit_every=350)
    assert [refit.first_ts for refit in found["A"]] == ["450", "800"]
    assert [refit.first_ts for refit in found["B"]] == ["450"]
    assert filter_refits(found["B"], frames["B"], STAMPS["B"]).height == 350


def test_models_by_slot_stay_models_by_slot(frames):
    slots = {symbol: np.column_stack([np.arange(len(X)) % 3, X]) for symbol, X in frames.items()}
    found = walk(slots, SlotHMM(2, "diag", **SETTINGS))
    assert all(isinstance(refit.model, SlotHMM) for own in found.values() for refit in own)
    assert filter_refits(found["B"], slots["B"], STAMPS["B"]).height == 350


def test_what_cannot_be_walked_is_said(frames):
    with pytest.raises(ValueError, match="50 observed bars lie before the first scored one"):
        walk(frames, starts_at=150)
    with pytest.raises(ValueError, match="no observed bar is left to score"):
        walk(frames, starts_at=850)
    with pytest.raises(ValueError, match="refit_every must be at least 1 bar"):
        walk(frames, refit_every=0)
