"""Bar by bar equals batch, also across save and restore and after bars beyond all experience."""

import copy
import json
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.regimes import GaussianHMM
from regime_factory.regimes.hmm.emission import log_density
from regime_factory.regimes.hmm.online import OnlineFilter
from regime_factory.regimes.hmm.parameters import HMMParameters

from ..worlds import TRUTH, every_path, simulate

KINDS = ("spherical", "diag", "full", "tied")
EMISSIONS = ("gaussian", "student_t")
LEFT_TO_RIGHT = np.array([[0.9, 0.1, 0.0], [0.0, 0.9, 0.1], [0.3, 0.0, 0.7]])


def fitted(kind="full", emission="gaussian", K=3, rows=600):
    X, _ = simulate(TRUTH[min(K, 3)], 700, 4)
    X[300, 0] = 150.0
    return GaussianHMM(K, kind, emission=emission, n_init=3, n_iter=60).fit(X[:rows]), X


@pytest.fixture(scope="module")
def world():
    return fitted()


def drawn(seed, K, F, emission):
    """Parameters of any model, some transitions impossible, and rows wider than its states."""
    rng = np.random.default_rng(seed)
    transmat = rng.dirichlet(np.ones(K), size=K) * (rng.random((K, K)) < 0.7) + 1e-3 * np.eye(K)
    factors = rng.normal(size=(K, F, F)) + 2 * np.eye(F)
    parameters = HMMParameters(
        rng.dirichlet(np.ones(K)),
        transmat / transmat.sum(axis=1, keepdims=True),
        rng.normal(scale=3, size=(K, F)),
        factors @ factors.swapaxes(1, 2),
        rng.uniform(2.2, 50, K) if emission == "student_t" else None,
    )
    X = rng.normal(scale=5, size=(60, F))
    X[rng.integers(60)] *= 200
    return parameters, X


@pytest.mark.parametrize("emission", EMISSIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_online_equals_batch(kind, emission):
    model, X = fitted(kind, emission)
    online, logliks = model.online(), []
    rows = []
    for x in X:
        rows.append(online.update(x))
        logliks.append(online.loglik)
    np.testing.assert_array_equal(rows, model.filter(X))
    np.testing.assert_allclose(logliks, model.score_rows(X), rtol=1e-13)
    np.testing.assert_array_equal(model.online().update_many(X), rows)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(1, 9),
    st.sampled_from([1, 2, 4, 11]),
    st.sampled_from(EMISSIONS),
)
def test_any_model_gives_probabilities_equal_to_batch(seed, K, F, emission):
    parameters, X = drawn(seed, K, F, emission)
    model = GaussianHMM(K, "full", emission=emission).set_parameters(parameters)
    online = model.online()
    rows, changes = [], []
    for x in X:
        rows.append(online.update(x))
        changes.append(online.change)
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(np.sum(rows, axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(rows, model.filter(X))
    later = model.filter(X[20:], previous=rows[19])
    np.testing.assert_array_equal(rows[20:], later)
    np.testing.assert_array_equal(model.online(rows[19]).update_many(X[20:]), later)
    assert 0 <= min(changes) <= max(changes) <= 1
    if K == 1:
        assert changes == [0.0] * len(X)


def test_change_and_loglik_equal_a_sum_over_all_paths():
    for emission in EMISSIONS:
        parameters, X = drawn(3, 3, 2, emission)
        X = X[:7] / 20
        log_b = log_density(np.ascontiguousarray(X.T), parameters)
        online, before = OnlineFilter(parameters), 0.0
        for t in range(len(X)):
            online.update(X[t])
            paths, logs = every_path(parameters.startprob, parameters.transmat, log_b[:, : t + 1])
            weights = np.exp(logs)
            moved = weights[paths[:, t] != paths[:, t - 1]].sum() if t else 0.0
            assert online.change == pytest.approx(moved / weights.sum(), rel=1e-10)
            assert online.loglik == pytest.approx(np.log(weights.sum()) - before, rel=1e-10)
            before = np.log(weights.sum())


def test_a_change_of_regime_shows_in_the_change_probability():
    X = np.r_[np.full(50, 0.1), np.full(50, 9.0)][:, None]
    covars = np.ones((2, 1, 1))
    transmat = np.array([[0.99, 0.01], [0.01, 0.99]])
    online = OnlineFilter(
        HMMParameters(np.full(2, 0.5), transmat, np.array([[0.0], [9.0]]), covars)
    )
    changes = []
    for x in X:
        online.update(x)
        changes.append(online.change)
    assert changes[50] > 0.99
    assert max(changes[:50] + changes[51:]) < 0.01


@pytest.mark.parametrize("transmat", [None, LEFT_TO_RIGHT], ids=["all possible", "some impossible"])
@pytest.mark.parametrize("emission", EMISSIONS)
def test_bars_beyond_all_experience_equal_batch(emission, transmat):
    model, X = fitted("full", emission)
    if transmat is not None:
        model.transmat_ = transmat
    X = X.copy()
    for row, size in ((100, 200.0), (101, -200.0), (200, 1e6), (400, 200.0)):
        X[row] = size * np.sqrt(model.moments().covars[0].diagonal())
    rows = model.online().update_many(X)
    assert np.isfinite(rows).all()
    np.testing.assert_array_equal(rows, model.filter(X))


@pytest.mark.parametrize("emission", EMISSIONS)
def test_single_updates_and_blocks_mix(emission):
    model, X = fitted("diag", emission)
    whole = model.online().update_many(X)
    online, parts, at = model.online(), [], 0
    for n in (1, 5, 1, 1, 200, 1, 491):
        part = X[at : at + n]
        parts.append(online.update(part[0])[None] if n == 1 else online.update_many(part))
        at += n
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal(online.probabilities, whole[-1])


@pytest.mark.parametrize("emission", EMISSIONS)
def test_a_saved_state_goes_on_exactly(emission):
    model, X = fitted("full", emission)
    online = model.online()
    assert online.to_state()["probabilities"] is None
    assert model.online().restore(online.to_state()).probabilities is None
    online.update_many(X[:250])
    state = json.loads(json.dumps(online.to_state()))
    again = model.online().restore(state)
    assert again.to_state() == state
    for x in X[250:]:
        np.testing.assert_array_equal(again.update(x), online.update(x))
        assert (again.loglik, again.change) == (online.loglik, online.change)
    first = model.online(state["probabilities"])
    np.testing.assert_array_equal(first.update(X[250]), model.online().update_many(X[:251])[-1])


def test_copies_and_pickles_go_on_apart(world):
    model, X = world
    online = model.online()
    online.update_many(X[:100])
    twins = [copy.deepcopy(online), copy.copy(online), pickle.loads(pickle.dumps(online))]
    expected = [online.update(x) for x in X[100:110]]
    for twin in twins:
        np.testing.assert_array_equal([twin.update(x) for x in X[100:110]], expected)


FRESH = """
import json, sys
from regime_factory.regimes import GaussianHMM
given = json.load(sys.stdin)
model = GaussianHMM.from_state(given["model"])
online = model.online().restore(given["online"])
rows = [[online.update(x).tolist(), online.loglik, online.change] for x in given["X"]]
print(json.dumps({"rows": rows, "filter": model.filter(given["X"]).tolist()}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("emission", EMISSIONS)
def test_a_fresh_process_goes_on_identically(emission):
    model, X = fitted("full", emission)
    online = model.online()
    online.update_many(X[:650])
    state = model.to_state()
    state["arrays"] = {name: array.tolist() for name, array in state["arrays"].items()}
    given = {"model": state, "online": online.to_state(), "X": X[650:].tolist()}
    done = subprocess.run(
        [sys.executable, "-c", FRESH],
        input=json.dumps(given), capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    rows = [[online.update(x).tolist(), online.loglik, online.change] for x in X[650:]]
    assert found["rows"] == rows
    assert found["filter"] == model.filter(X[650:]).tolist()


@pytest.mark.parametrize(
    "given_as",
    [
        lambda x: x.tolist(),
        tuple,
        lambda x: x[None],
        lambda x: np.repeat(x, 3)[::3],
        lambda x: np.frombuffer(x.tobytes()),  # read-only
    ],
    ids=["list", "tuple", "one row", "strided", "read-only"],
)
def test_a_bar_may_come_in_any_form(world, given_as):
    model, X = world
    np.testing.assert_array_equal(
        [model.online().update(given_as(x)) for x in X[:5]],
        [model.online().update(x) for x in X[:5]],
    )


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([np.nan, 0.0], "nan in row 0, column 0"),
        ([0.0, np.nan], "nan in row 0, column 1"),
        ([np.nan, 1e300], "nan in row 0, column 0"),
        ([0.0, -np.inf], "-inf in row 0, column 1"),
        ([0.0, None], "nan in row 0, column 1"),
        ([0.0], "have 1 columns, the model was fitted on 2"),
        (0.0, "have 1 columns, the model was fitted on 2"),
        ([0.0, 0.0, 0.0], "have 3 columns"),
        ([[0.0, 0.0]] * 2, "update takes one bar, found 2; use update_many"),
        ([], "shape"),
        (np.zeros((1, 1, 2)), "shape"),
        (["calm", "wild"], "observations are not numbers: could not convert"),
        ([[0.0, 1.0], [2.0]], "row 1 has 1 values, row 0 has 2; give rows of one width"),
        ([1e300, 0.0], r"hold 1e\+300 in row 0, column 0, too large .* check its units"),
    ],
)
def test_bad_bars_are_refused_and_leave_the_filter_as_it_was(world, x, message):
    model, X = world
    online = model.online()
    online.update_many(X[:20])
    before = online.to_state()
    with pytest.raises(ValueError, match=message):
        online.update(x)
    assert online.to_state() == before
    np.testing.assert_array_equal(online.update(X[20]), model.online().update_many(X[:21])[-1])


def test_a_bad_row_in_a_block_takes_none_of_it(world):
    model, X = world
    online = model.online()
    online.update_many(X[:20])
    before = online.to_state()
    block = X[20:40].copy()
    block[7, 1] = np.nan
    with pytest.raises(ValueError, match="nan in row 7, column 1"):
        online.update_many(block)
    block[7, 1] = 1e300
    with pytest.raises(ValueError, match=r"hold 1e\+300 in row 7, column 1, too large .* check"):
        online.update_many(block)
    assert online.to_state() == before


def test_batch_refuses_what_the_online_filter_refuses(world):
    model, X = world
    far = X.copy()
    far[30, 1] = -1e300
    for use in (model.filter, model.smooth, model.decode, model.score, model.clone().fit):
        with pytest.raises(ValueError, match=r"hold -1e\+300 in row 30, column 1, too large"):
            use(far)


def test_a_bar_that_no_state_can_weigh_is_refused():
    """A model of tiny numbers, in which the square of an ordinary one overflows."""
    one = np.ones((1, 1))
    online = OnlineFilter(HMMParameters(one[0], one, 0 * one, one[None] * 1e-150))
    online.update([1e-75])
    for take in (online.update, lambda x: online.update_many([[0.0], x])):
        with pytest.raises(ValueError, match=r"is \[1e\+90\], too far away .* check its units"):
            take([1e90])


def test_answers_are_the_users_to_change(world):
    model, X = world
    online = model.online()
    online.update(X[0])[:] = 0.0
    online.probabilities[:] = 0.0
    np.testing.assert_array_equal(online.update(X[1]), model.online().update_many(X[:2])[-1])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda s: s.update(probabilities=[0.2, 0.2, 0.2]), "probabilities must be non-negative"),
        (lambda s: s.update(probabilities=[1.0]), r"shape \(1,\), expected \(3,\)"),
        (lambda s: s.update(probabilities=[np.nan, 0.5, 0.5]), "must be non-negative and sum to 1"),
        (lambda s: s.pop("probabilities"), "not a saved OnlineFilter"),
        (lambda s: s.update(kind="GaussianHMM"), "not a saved OnlineFilter"),
        (lambda s: s.update(format_version=9), "has format 9, this version reads up to 1; update"),
        (lambda s: s.update(loglik="low"), "is damaged: loglik and change"),
        (lambda s: s.update(change=np.nan), "is damaged: loglik and change"),
        (lambda s: s.update(change=1.5), "expected a finite number and a probability"),
        (lambda s: s.update(change=-0.1), "expected a finite number and a probability"),
        (lambda s: s.pop("kind"), "not a saved OnlineFilter"),
        (lambda s: s.pop("format_version"), "not a saved OnlineFilter"),
        (lambda s: s.update(model="0" * 16), "belongs to a model with other parameters"),
    ],
)
def test_damaged_newer_and_foreign_states_are_refused(world, damage, message):
    model, X = world
    online = model.online()
    online.update(X[0])
    state = online.to_state()
    damage(state)
    with pytest.raises(ValueError, match=message):
        online.restore(state)
    assert online.probabilities.shape == (3,)


def test_something_else_is_no_state(world):
    with pytest.raises(ValueError, match="not a saved OnlineFilter"):
        world[0].online().restore([1, 2])


def test_a_state_of_an_older_version_is_read(world):
    model, X = world
    p = model.filter(X)[10]
    online = model.online().restore({"probabilities": p.tolist()})
    np.testing.assert_array_equal(online.update(X[11]), model.online(p).update(X[11]))


def test_probabilities_to_start_from_are_checked(world):
    with pytest.raises(ValueError, match="previous must be non-negative and sum to 1"):
        world[0].online([0.5, 0.6, 0.1])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["full", "diag"])
def test_an_update_is_fast(kind):
    """Budgets: 2 microseconds a bar in a block, 20 called singly; measured are a tenth of them."""
    model, X = fitted(kind, "student_t")
    rows = np.tile(X, (10, 1))
    online = model.online()
    online.update(rows[0])

    def cost(run):
        def once():
            start = time.process_time()
            run()
            return (time.process_time() - start) / len(rows) * 1e6

        return min(once() for _ in range(3))

    assert cost(lambda: online.update_many(rows)) <= 2
    assert cost(lambda: [online.update(x) for x in rows]) <= 20
