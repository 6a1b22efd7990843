"""The truth study: worlds as designed, figures right on cases that can be counted by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose


@pytest.fixture
def truth(monkeypatch, request):
    monkeypatch.syspath_prepend(str(request.config.rootpath))
    from benchmarks import bench_truth

    return bench_truth


def test_worlds_have_the_moments_and_stays_of_their_design(truth):
    for name in ("gaussian", "t4"):
        world = truth.WORLDS[name]
        states, X = world.draw(seed=1, n_rows=200_000)
        own = (X - [0.0, -5.0]) / [0.01, 1.0]
        assert_allclose(np.mean(np.diff(states) == 0), world.stay, atol=0.002)
        for k in range(3):
            assert_allclose(own[states == k].mean(axis=0), world.means[k], atol=0.05)
            assert_allclose(own[states == k].std(axis=0), world.deviations[k], rtol=0.1)


def test_accuracy_and_switching_by_hand(truth):
    states = np.array([0, 0, 1, 1, 2, 2])
    found = np.eye(3)[[1, 1, 0, 0, 0, 2]]
    assert truth.accuracy(states, found) == pytest.approx(5 / 6)
    assert truth.switching(states, found) == 1.0


@pytest.mark.slow
def test_study_measures_every_model_once_and_goes_on_from_its_store(truth, tmp_path):
    store = tmp_path / "rows.jsonl"
    rows = truth.study(1, 1, ("gaussian",), 600, store)
    assert [row["part"] for row in rows] == ["models", "k"]
    assert set(rows[0]["figures"]) == set(truth.MODELS)
    written = store.read_text("utf-8")
    assert truth.study(1, 1, ("gaussian",), 600, store) == rows
    assert store.read_text("utf-8") == written
    assert "hmmlearn converged" in truth.tables(rows, ("gaussian",))
