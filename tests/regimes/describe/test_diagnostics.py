"""Diagnostics and honesty figures."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from regime_factory.regimes import (
    GaussianHMM,
    adjusted_rand,
    diagnostics,
    feature_importance,
    filter_refits,
    fit_refits,
    honesty_figures,
    refit_agreement,
    revision_rate,
    stationary_distribution,
    switches_per_year,
)

from ..worlds import TRUTH, simulate


def test_diagnostics_are_plain_numbers_in_user_units():
    model = GaussianHMM(3).set_parameters(TRUTH[3])
    found = diagnostics(model, feature_names=["ret", "range"])
    json.dumps(found)
    assert found["state_names"] == ["Calm", "Choppy", "Stress"]
    assert found["expected_bars"] == pytest.approx([50, 100 / 3, 100 / 3])
    assert found["stds"][2][0] == pytest.approx(3**0.5)
    assert found["correlations"][1][0][1] == pytest.approx(0.05 / 0.3**0.5)
    assert found["converged"] is None
    np.testing.assert_allclose(found["shares"], found["stationary"])
    weighted = diagnostics(model, shares=[0.5, 0.5, 0.0])
    assert weighted["shares"] == [0.5, 0.5, 0.0]
    np.testing.assert_allclose(
        weighted["importance"], feature_importance(model.moments(), [0.5, 0.5, 0.0])
    )


def test_the_stationary_distribution_does_not_move():
    share = stationary_distribution(TRUTH[3].transmat)
    np.testing.assert_allclose(share @ TRUTH[3].transmat, share, atol=1e-14)
    assert stationary_distribution([[1.0]]).tolist() == [1.0]


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_adjusted_rand_equals_scikit_learn(seed, n_labels):
    a, b = np.random.default_rng(seed).integers(0, n_labels, (2, 30))
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)


def test_adjusted_rand_needs_equal_lengths():
    with pytest.raises(ValueError, match="labels of 2 and 3 rows"):
        adjusted_rand([0, 1], [0, 1, 1])


def test_switches_a_year():
    assert switches_per_year(["a", "a", "b", "a"], 100) == 50.0


def test_honesty_figures_of_a_walk():
    X, _ = simulate(TRUTH[2], 900, 2)
    refits = fit_refits(X, starts_at=500, refit_every=150, model=GaussianHMM(2, n_init=3))
    regimes = filter_refits(refits, X)
    found = honesty_figures(refits, X, regimes, 252)
    changed = 0
    for refit, start, end in refits.blocks(900):
        live = refit.model.filter(X[:end]).argmax(axis=1)[start:]
        changed += (live != refit.model.smooth(X[:end]).argmax(axis=1)[start:]).sum()
    assert found["revision_rate"] == pytest.approx(changed / 400)
    assert 0 < found["revision_rate"] < 0.2
    assert 0.8 < found["refit_agreement_worst"] <= found["refit_agreement_mean"] <= 1
    confirmed = regimes["confirmed_state"].to_numpy()
    assert found["switches_per_year"] == switches_per_year(confirmed, 252)
    assert revision_rate(refits, X) == found["revision_rate"]
    single = type(refits)(refits.items[:1])
    assert refit_agreement(single, X) == (None, None)
