"""Against simulated truth: accuracy of the filter and the number of states found."""

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM, align_states, select_hmm

from .worlds import TRUTH, simulate

pytestmark = pytest.mark.slow
SEEDS = range(20)
SEEDS_OF_CHOICE = range(10)  # each is a grid of fits
N_TRAIN, N_TEST = 3000, 2000


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("kind", ["diag", "full"])
def test_filtered_accuracy_is_near_that_of_the_true_parameters(K, kind):
    shortfall = []
    for seed in SEEDS:
        X, states = simulate(TRUTH[K], N_TRAIN + N_TEST, seed)
        known = GaussianHMM(K).set_parameters(TRUTH[K])
        fitted = GaussianHMM(K, kind, sticky=0.5, random_state=seed).fit(X[:N_TRAIN])
        fitted.reorder(align_states(known.parameters(), fitted.parameters()).order)
        accuracy = [
            (model.filter(X)[N_TRAIN:].argmax(axis=1) == states[N_TRAIN:]).mean()
            for model in (known, fitted)
        ]
        shortfall.append(accuracy[0] - accuracy[1])
    assert np.mean(shortfall) < 0.01
    assert max(shortfall) < 0.02


@pytest.mark.parametrize("K", [2, 3])
def test_the_true_number_of_states_is_chosen(K):
    chosen = []
    for seed in SEEDS_OF_CHOICE:
        X, _ = simulate(TRUTH[K], N_TRAIN, seed)
        chosen.append(select_hmm(X, n_states=(2, 3, 4), seed=seed).model.n_components)
    assert np.mean(np.array(chosen) == K) >= 0.8
