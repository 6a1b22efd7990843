"""Names, confirmed labels and the matching of states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.regimes import align_states, confirm_labels, name_states
from regime_factory.regimes.hmm.parameters import HMMParameters

from .worlds import TRUTH


@pytest.mark.parametrize(
    ("volatility", "names"),
    [
        ([1.0], ["Calm"]),
        ([2, 1], ["Stress", "Calm"]),
        ([1, 3, 2], ["Calm", "Stress", "Choppy"]),
        ([1, 2, 3, 4], ["Calm", "Mild", "Choppy", "Stress"]),
        ([1, 2, 3, 4, 5], ["Calm", "Mild", "Choppy", "Stress", "Crisis"]),
        ([6, 1, 2, 3, 4, 5], ["State 6", "State 1", "State 2", "State 3", "State 4", "State 5"]),
    ],
)
def test_names_follow_volatility(volatility, names):
    assert name_states(volatility) == names


def _confirm_by_loop(p, threshold):
    current, out = int(np.argmax(p[0])), []
    for row in p:
        if row.max() > threshold:
            current = int(np.argmax(row))
        out.append(current)
    return out


@given(st.integers(0, 10**6), st.sampled_from([0.5, 0.7, 0.95]))
def test_confirmation_equals_the_plain_loop(seed, threshold):
    p = np.random.default_rng(seed).dirichlet([0.3, 0.3, 0.3], size=50)
    assert confirm_labels(p, threshold).tolist() == _confirm_by_loop(p, threshold)


@pytest.mark.parametrize("threshold", [0.4, 1.0, float("nan")])
def test_a_threshold_must_be_able_to_decide(threshold):
    with pytest.raises(ValueError, match="label threshold must lie in"):
        confirm_labels([[0.5, 0.5]], threshold)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 0, 2]])
def test_alignment_undoes_a_permutation(order):
    truth = TRUTH[3]
    turned = HMMParameters(
        truth.startprob[order],
        truth.transmat[np.ix_(order, order)],
        truth.means[order] + 0.05,
        truth.covars[order] * 1.1,
    )
    found = align_states(truth, turned)
    assert [order[i] for i in found.order] == [0, 1, 2]
    assert not found.ambiguous
    assert 0 < found.distance < 0.05


def test_close_states_make_a_match_ambiguous():
    def at(*means):
        K = len(means)
        return HMMParameters(
            np.ones(K) / K, np.ones((K, K)) / K, np.array([means]).T, np.ones((K, 1, 1))
        )

    assert align_states(at(0.0, 1.0), at(0.45, 1.5)).ambiguous
    single = align_states(at(0.0), at(3.0))
    assert not single.ambiguous
    assert single.distance == pytest.approx(9 / 8)
