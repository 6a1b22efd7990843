"""A series of refits as data: blocks, statistics, save and restore."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import GaussianHMM, Refits, filter_refits, fit_refits
from regime_factory.regimes.walk.refits import stale_refits

from ..worlds import TRUTH, simulate


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[2], 700, 6)[0]


@pytest.fixture(scope="module")
def refits(X):
    return fit_refits(X, starts_at=400, refit_every=120, model=GaussianHMM(2, n_init=3))


def test_blocks_cover_the_scored_rows_once(refits):
    assert [(r.refit_id, a, b) for r, a, b in refits.blocks(700)] == [
        (0, 400, 520), (1, 520, 640), (2, 640, 700),
    ]  # fmt: skip
    assert [(a, b) for _, a, b in refits.blocks(520)] == [(400, 520)]
    assert [r.trained_on for r in refits] == [400, 520, 640]
    assert len(refits) == 3
    assert refits[1].refit_id == 1


def test_the_refit_in_force_is_found_by_the_stamps(X):
    start = datetime(2024, 1, 1, tzinfo=UTC)
    ts = pl.Series([start + timedelta(hours=n) for n in range(700)])
    model = GaussianHMM(2, n_init=3)
    own = fit_refits(X, ts, starts_at=400, refit_every=120, model=model)
    for first, end in ((0, 700), (399, 401), (519, 520), (519, 521), (450, 650), (640, 700)):
        found = {
            row: refit.refit_id
            for refit, a, b in own.in_force(ts[first:end])
            for row in range(first + a, first + b)
        }
        expected = {
            row: refit.refit_id
            for refit, a, b in own.blocks(700)
            for row in range(max(a, first), min(b, end))
        }
        assert found == expected
    assert own.in_force(ts[:400]) == []


def test_refits_without_stamps_are_not_found_by_them(refits):
    ts = pl.Series([datetime(2024, 1, 1, tzinfo=UTC)])
    with pytest.raises(ValueError, match=r"refit 0 has no stamp.* give ts to fit_refits"):
        refits.in_force(ts)
    assert [(a, b) for _, a, b in Refits(refits.items[:1]).in_force(ts)] == [(0, 1)]


def test_refits_are_stale_once_the_next_one_was_due(X):
    start = datetime(2024, 1, 1, tzinfo=UTC)
    ts = pl.Series([start + timedelta(days=n) for n in range(700)])
    own = fit_refits(X, ts, starts_at=400, refit_every=120, model=GaussianHMM(2, n_init=1))
    first = ts[640]
    rows = pl.DataFrame({"symbol": ["A", "B", "A"], "ts": [first, ts[699], ts[690]]})
    assert stale_refits({"A": own}, rows, timedelta(days=50)) == {}
    found = stale_refits({"A": own}, rows, timedelta(days=49))
    assert list(found) == ["A"]
    assert f"was due again on {first + timedelta(days=49):%Y-%m-%d}" in found["A"]


def test_state_statistics_are_one_row_per_refit_and_state(refits):
    stats = refits.state_stats
    assert stats.schema == {
        "refit_id": pl.Int32, "state": pl.Int16, "mean": pl.Float64, "vol": pl.Float64,
    }  # fmt: skip
    assert stats.shape == (6, 4)
    assert stats.filter(refit_id=1)["vol"].to_list() == refits[1].statistics["next_vol"]


def test_restored_refits_score_identically(X, refits):
    state = refits.to_state()
    for entry in state["refits"]:
        arrays = entry["model"]["arrays"]
        entry["model"]["arrays"] = {name: array.tolist() for name, array in arrays.items()}
    again = Refits.from_state(json.loads(json.dumps(state)))
    assert filter_refits(again, X).equals(filter_refits(refits, X))
    assert again.state_stats.equals(refits.state_stats)
    assert len(refits.to_state()["refits"]) == 3


def test_refits_of_the_second_format_are_read(X, refits):
    state = {**refits.to_state(), "format_version": 2}
    del state["checksum"]
    assert filter_refits(Refits.from_state(state), X).equals(filter_refits(refits, X))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda s: s.update(format_version=7), "saved Refits has format 7"),
        (lambda s: s.update(kind="GaussianHMM"), "not a saved Refits"),
        (lambda s: s.pop("refits"), "the saved Refits are damaged"),
        (lambda s: s.update(refits=[]), "no refit in them"),
        (lambda s: s["refits"][0].pop("names"), "the saved Refits are damaged"),
        (lambda s: s["refits"][1]["model"].pop("arrays"), "the saved GaussianHMM is damaged"),
        (lambda s: s["refits"][0].update(first_row=401), "Refits are damaged: .* checksum differs"),
        (lambda s: s["refits"][0]["names"].reverse(), "Refits are damaged: .* checksum differs"),
    ],
)
def test_damaged_or_newer_refits_are_refused(refits, damage, message):
    state = refits.to_state()
    damage(state)
    with pytest.raises(ValueError, match=message):
        Refits.from_state(state)


def test_scoring_needs_the_scored_rows(X, refits):
    with pytest.raises(ValueError, match="400 rows end before the first scored row 400"):
        filter_refits(refits, X[:400])
    with pytest.raises(ValueError, match="have 1 columns"):
        filter_refits(refits, X[:, :1])
    np.testing.assert_array_equal(filter_refits(refits, X[:410])["refit_id"].unique(), [0])
