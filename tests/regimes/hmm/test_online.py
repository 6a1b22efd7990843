"""Bar by bar equals batch, exactly, also across save and restore."""

import json

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM

from ..worlds import TRUTH, simulate


@pytest.mark.parametrize("kind", ["spherical", "diag", "full", "tied"])
def test_online_equals_batch_exactly(kind):
    X, _ = simulate(TRUTH[3], 700, 4)
    X[300, 0] = 150.0
    model = GaussianHMM(3, kind, n_init=3).fit(X[:600])
    online = model.online()
    rows = np.array([online.update(x) for x in X])
    np.testing.assert_array_equal(rows, model.filter(X))


def test_a_saved_state_goes_on_exactly():
    X, _ = simulate(TRUTH[2], 400, 4)
    model = GaussianHMM(2, n_init=3).fit(X)
    online = model.online()
    assert online.to_state() == {"probabilities": None}
    for x in X[:250]:
        online.update(x)
    state = json.loads(json.dumps(online.to_state()))
    again = model.online().restore(state)
    rows = np.array([again.update(x) for x in X[250:]])
    np.testing.assert_array_equal(rows, model.filter(X)[250:])
    np.testing.assert_array_equal(model.online(state["probabilities"]).update(X[250]), rows[0])


def test_bad_updates_and_states_are_refused():
    X, _ = simulate(TRUTH[2], 200, 4)
    online = GaussianHMM(2, n_init=3).fit(X).online()
    before = online.update(X[0])
    with pytest.raises(ValueError, match="nan"):
        online.update([np.nan, 0.0])
    with pytest.raises(ValueError, match="have 1 columns"):
        online.update([0.0])
    np.testing.assert_array_equal(online.probabilities, before)
    with pytest.raises(ValueError, match="probabilities must be non-negative and sum to 1"):
        online.restore({"probabilities": [0.2, 0.2]})
