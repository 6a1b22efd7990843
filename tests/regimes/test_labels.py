"""Names, confirmed labels and the matching of states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.regimes import align_states, confirm_labels, name_states
from regime_factory.regimes.hmm.parameters import HMMParameters
from regime_factory.regimes.labels import name_places

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
    assert name_states(volatility, np.zeros(len(names))) == names


@pytest.mark.parametrize(
    ("volatility", "returns", "names"),
    [
        ([1.0], [0.1], ["Market"]),
        ([1, 2], [-0.1, 0.1], ["Bear", "Bull"]),
        ([1, 2], [-0.1, -0.2], ["Bull", "Bear"]),
        ([3, 2, 1], [0.1, 0.3, 0.2], ["Bear", "Bull", "Sideways"]),
        ([1, 2, 3, 4], [4, 3, 2, 1], ["Bull", "Accumulation", "Distribution", "Bear"]),
        ([4, 3, 2, 1], [2, 3, 4, 1], ["Distribution", "Accumulation", "Bull", "Bear"]),
        ([1, 1, 1, 1], [0, 0, 0, 0], ["Bull", "Accumulation", "Distribution", "Bear"]),
        ([np.inf, 2, 1], [-np.inf, 0.0, 0.1], ["Bear", "Sideways", "Bull"]),
        (
            [1, 2, 3, 6, 5],
            [0.1, 0.2, -0.1, -0.2, 0.0],
            [
                "State 1 (low vol, up)",
                "State 2 (low vol, up)",
                "State 3 (mid vol, down)",
                "State 5 (high vol, down)",
                "State 4 (mid vol, down)",
            ],
        ),
    ],
)
def test_market_names_follow_return_and_volatility(volatility, returns, names):
    assert name_states(volatility, returns, "market") == names


@given(st.integers(1, 9), st.integers(0, 10**6), st.sampled_from(["volatility", "market"]))
def test_names_are_unique_and_do_not_depend_on_the_order_of_states(n_states, seed, scheme):
    rng = np.random.default_rng(seed)
    volatility, returns = rng.random(n_states), rng.normal(size=n_states)
    names = name_states(volatility, returns, scheme)
    assert len(set(names)) == n_states
    order = rng.permutation(n_states)
    assert name_states(volatility[order], returns[order], scheme) == [names[i] for i in order]
    places = name_places(names)
    assert sorted(places) == list(range(n_states))
    if scheme == "volatility" or n_states > 4:
        assert (np.argsort(places) == np.argsort(volatility)).all()
    else:
        assert returns[places == 0] == returns.max()
        assert returns[places == n_states - 1] == returns.min()


def test_naming_that_cannot_be():
    with pytest.raises(ValueError, match="needs one of each per state"):
        name_states([1, 2], scheme="market")
    with pytest.raises(ValueError, match="naming is 'animals'"):
        name_states([1, 2], scheme="animals")
    for names in (["Calm", "Bear"], ["State 1", "State 1"], ["Calm", "Calm"]):
        with pytest.raises(ValueError, match="of no naming scheme"):
            name_places(names)


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
