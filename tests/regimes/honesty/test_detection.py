"""Delay and accuracy on known truth: by hand, and for a model in simulated markets."""

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM, confirm_labels
from regime_factory.regimes.honesty.detection import (
    detection_delays,
    detection_figures,
    score_labels,
    score_on_truth,
)
from regime_factory.simulate import simulate_market


def by_hand(truth, labels):
    delays, t = [], 1
    while t < len(truth):
        if truth[t] != truth[t - 1]:
            end = t + 1
            while end < len(truth) and truth[end] == truth[t]:
                end += 1
            delays.append(next((u - t for u in range(t, end) if labels[u] == truth[t]), None))
        t += 1
    return delays


@pytest.mark.parametrize("seed", range(5))
def test_delays_equal_counting_by_hand(seed):
    rng = np.random.default_rng(seed)
    truth = np.cumsum(rng.random(300) < 0.05) % 3
    labels = np.where(rng.random(300) < 0.6, truth, rng.integers(0, 3, 300))
    assert detection_delays(truth, labels) == by_hand(truth, labels)


def test_perfect_and_late_labels():
    truth = np.repeat([0, 1, 0, 1], 50)
    perfect = detection_figures([{k: score_labels(truth, truth) for k in KINDS}], 2)
    assert perfect["confirmed"] == {
        "accuracy": 1.0,
        "median_delay": 0.0,
        "missed_share": 0.0,
        "switches_per_true": 1.0,
        "false_share": 0.0,
    }
    late = np.append([0] * 7, truth[:-7])
    found = detection_figures([{k: score_labels(truth, late) for k in KINDS}], 2)["filtered"]
    assert (found["median_delay"], found["accuracy"]) == (7.0, 1 - 21 / 200)


def test_labels_that_never_switch_miss_everything():
    truth = np.repeat([0, 1, 0], 20)
    run = {k: score_labels(truth, np.zeros(60, dtype=int)) for k in KINDS}
    found = detection_figures([run], 2)["confirmed"]
    assert found["missed_share"] == 0.5, "the way back to 0 is labelled at once"
    assert found["switches_per_true"] == 0.0
    assert found["false_share"] is None
    ones = {k: score_labels(truth, np.full(60, 2)) for k in KINDS}
    assert detection_figures([ones], 2)["confirmed"]["median_delay"] is None


def test_a_world_of_one_state_has_no_switch():
    run = {k: score_labels(np.zeros(9, dtype=int), np.zeros(9, dtype=int)) for k in KINDS}
    found = detection_figures([run], 1)
    assert found["true_switches"] == 0
    assert found["filtered"]["median_delay"] is None
    assert found["filtered"]["accuracy"] == 1.0


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="3 true states but 2 labels"):
        score_labels([0, 0, 1], [0, 1])


def test_a_model_in_simulated_markets():
    market = simulate_market(3000, n_states=2, stay=0.98, seed=5)
    X, truth = market.observations("bars"), market.truth["state"].to_numpy()[1:]
    model = GaussianHMM(2, "diag", n_init=3, sticky=0.5)
    run = score_on_truth(model, X, truth, n_train=1500, label_threshold=0.95)
    again = score_on_truth(model, X, truth, n_train=1500, label_threshold=0.95)
    assert run == again
    found = detection_figures([run], 2)
    assert found["bars"] == 1499
    assert found["smoothed"]["accuracy"] >= found["filtered"]["accuracy"] > 0.9
    assert found["confirmed"]["false_share"] <= found["filtered"]["false_share"]
    assert found["confirmed"]["median_delay"] >= found["filtered"]["median_delay"]
    assert not model.is_fitted()


def test_what_is_fitted_and_matched_comes_from_the_training_bars():
    """Labels equal those by hand; a truth that changes its numbers later is not matched anew."""
    market = simulate_market(2000, n_states=2, stay=0.98, seed=7)
    X, truth = np.asarray(market.observations("bars")), market.truth["state"].to_numpy()[1:]
    X, n_train = np.concatenate([X[:600], 1.5 * X[600:]]), 600
    model = GaussianHMM(2, "diag", n_init=3, sticky=0.5)
    fitted = model.clone().fit(X[:n_train])
    p = fitted.filter(X)
    found = p[:n_train].argmax(axis=1)
    number = np.arange(2) if (found == truth[:n_train]).mean() > 0.5 else np.array([1, 0])
    by_hand = {
        "filtered": p.argmax(axis=1),
        "confirmed": confirm_labels(p, 0.95),
        "smoothed": fitted.smooth(X).argmax(axis=1),
    }
    later = np.arange(len(truth)) >= n_train
    for states in (truth, np.where(later, 1 - truth, truth)):
        run = score_on_truth(model, X, states, n_train=n_train, label_threshold=0.95)
        for kind, labels in by_hand.items():
            assert run[kind] == score_labels(states[n_train:], number[labels][n_train:]), kind


def test_states_take_the_numbers_of_the_truth():
    """A truth whose stressed state has the low number is matched, not read by rank."""
    market = simulate_market(2000, n_states=2, stay=0.98, seed=6)
    X, truth = market.observations("bars"), market.truth["state"].to_numpy()[1:]
    model = GaussianHMM(2, "diag", n_init=3, sticky=0.5)
    runs = [
        score_on_truth(model, X, states, n_train=1000, label_threshold=0.95)
        for states in (truth, 1 - truth)
    ]
    assert runs[0] == runs[1]


KINDS = ("filtered", "confirmed", "smoothed")


def test_a_switch_is_false_only_if_its_spell_never_meets_the_state():
    early = score_labels([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1])
    wrong = score_labels([0, 0, 0, 1, 1, 1], [0, 1, 0, 0, 0, 1])
    assert (early["switches"], early["false_switches"]) == (1, 0)
    assert (wrong["switches"], wrong["false_switches"]) == (3, 1)
