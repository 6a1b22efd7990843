"""The jump model against every path of tiny cases, a plain reference and the published package."""

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.regimes import JumpModel

from ..worlds import TRUTH, simulate


def cost_of(path, data, means, penalty):
    """Cost of one path, by the definition."""
    switches = sum(a != b for a, b in itertools.pairwise(path))
    return 0.5 * ((data - means[list(path)]) ** 2).sum() + penalty * switches


def fitted(means, penalty, columns=1):
    """A model with given means in units where one is one."""
    model = JumpModel(len(means), penalty, standardise=False, n_init=1)
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(50, columns)) + np.repeat([[0], [9]], 25, axis=0))
    model.means_ = np.asarray(means, dtype=np.float64).reshape(len(means), columns)
    return model


def slow_online(data, means, penalty):
    """State in which the cheapest path up to each bar ends, each bar from scratch."""
    states = []
    for end in range(1, len(data) + 1):
        paths = list(itertools.product(range(len(means)), repeat=end))
        costs = [cost_of(path, data[:end], means, penalty) for path in paths]
        states.append(paths[int(np.argmin(costs))][-1])
    return states


cases = given(
    seed=st.integers(0, 2**32 - 1),
    n_rows=st.integers(1, 7),
    n_states=st.integers(1, 3),
    penalty=st.floats(0, 6),
)


@cases
@settings(max_examples=60, deadline=None)
def test_paths_equal_the_best_of_all(seed, n_rows, n_states, penalty):
    rng = np.random.default_rng(seed)
    data, means = rng.normal(0, 2, (n_rows, 1)), rng.normal(0, 2, (n_states, 1))
    model = fitted(means, penalty)
    objective, path = model.decode(data)
    paths = itertools.product(range(n_states), repeat=n_rows)
    best = min(cost_of(every, data, means, penalty) for every in paths)
    assert -objective == pytest.approx(best, abs=1e-9)
    assert cost_of(path, data, means, penalty) == pytest.approx(best, abs=1e-9)
    online = model.filter(data).argmax(axis=1)
    assert online.tolist() == slow_online(data, means, penalty)
    assert online[-1] == path[-1]


@cases
@settings(max_examples=30, deadline=None)
def test_a_known_state_before_costs_a_jump(seed, n_rows, n_states, penalty):
    """With the state before the first row known, the best paths start out of it."""
    rng = np.random.default_rng(seed)
    data, means = rng.normal(0, 2, (n_rows, 1)), rng.normal(0, 2, (n_states, 1))
    before = int(rng.integers(n_states))
    states = []
    for end in range(1, n_rows + 1):
        paths = list(itertools.product(range(n_states), repeat=end))
        costs = [
            cost_of(path, data[:end], means, penalty) + penalty * (path[0] != before)
            for path in paths
        ]
        states.append(paths[int(np.argmin(costs))][-1])
    found = fitted(means, penalty).filter(data, previous=np.eye(n_states)[before])
    assert found.argmax(axis=1).tolist() == states


def plain_descent(data, centres, penalty, n_iter=200):
    """Coordinate descent in plain Python, one sequence."""
    n_rows, n_states, before = len(data), len(centres), None
    for _ in range(n_iter):
        loss = 0.5 * ((data[:, None] - centres[None]) ** 2).sum(axis=2)
        jumps = penalty * (1 - np.eye(n_states))
        values, source = [loss[0]], []
        for t in range(1, n_rows):
            reached = values[-1][:, None] + jumps
            source.append(reached.argmin(axis=0))
            values.append(loss[t] + reached.min(axis=0))
        path = [int(values[-1].argmin())]
        for step in reversed(source):
            path.append(int(step[path[-1]]))
        path = np.array(path[::-1])
        if before is not None and (path == before).all():
            break
        before = path
        centres = np.array(
            [data[path == k].mean(axis=0) if (path == k).any() else centres[k] for k in
             range(n_states)]
        )  # fmt: skip
    return values[-1].min(), path, centres


@pytest.mark.parametrize(("n_states", "penalty"), [(2, 0.0), (2, 4.0), (3, 2.5), (4, 30.0)])
def test_a_fit_from_a_start_equals_a_plain_one(n_states, penalty):
    X = simulate(TRUTH[3], 300, 11)[0]
    data = (X - X.mean(axis=0)) / X.std(axis=0)
    start = data[np.random.default_rng(5).choice(300, n_states, replace=False)]
    cost, path, centres = plain_descent(data, start, penalty)
    model = JumpModel(n_states, penalty)
    model.fit(X, start={"means": start * X.std(axis=0) + X.mean(axis=0)})
    assert model.cost_ == pytest.approx(cost, rel=1e-12)
    np.testing.assert_array_equal(model.decode(X)[1], path)
    np.testing.assert_allclose((model.means_ - X.mean(axis=0)) / X.std(axis=0), centres, rtol=1e-9)


@given(
    seed=st.integers(0, 2**32 - 1), n_states=st.integers(1, 5), penalty=st.floats(0, 100),
    pieces=st.integers(1, 3),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_the_objective_never_falls(seed, n_states, penalty, pieces):
    X = np.random.default_rng(seed).standard_t(3, size=(120, 2))
    model = JumpModel(n_states, penalty, n_init=1, random_state=seed % 1000)
    model.fit(X, lengths=[120 // pieces] * (pieces - 1) + [120 - 120 // pieces * (pieces - 1)])
    assert (np.diff(model.history_) >= -1e-12).all()
    assert model.objective() == pytest.approx(-model.cost_ / 120)
    assert model.converged_


def test_no_penalty_is_k_means():
    from sklearn.cluster import KMeans

    X = simulate(TRUTH[3], 500, 2)[0]
    data = (X - X.mean(axis=0)) / X.std(axis=0)
    peer = KMeans(3, n_init=20, random_state=0).fit(data)
    model = JumpModel(3, 0.0, n_init=20).fit(X)
    assert model.cost_ == pytest.approx(0.5 * peer.inertia_, rel=1e-6)


def test_a_prohibitive_penalty_leaves_one_state():
    X = simulate(TRUTH[2], 300, 2)[0]
    model = JumpModel(2, 1e9).fit(X)
    assert len(np.unique(model.decode(X)[1])) == 1
    assert len(np.unique(model.filter(X)[50:].argmax(axis=1))) == 1  # once a start has settled
    assert model.cost_ == pytest.approx(0.5 * X.size)


def test_sequences_are_joined_without_a_jump():
    X = np.concatenate([np.zeros(50), np.full(50, 5.0)]) + np.random.default_rng(1).normal(
        0, 1, 100
    )
    whole = JumpModel(2, 7.0).fit(X)
    parts = JumpModel(2, 7.0).fit(X, lengths=[50, 50])
    assert whole.cost_ - parts.cost_ == pytest.approx(7.0)
    assert parts.decode(X, lengths=[50, 50])[0] == pytest.approx(-parts.cost_)


def test_columns_count_by_their_own_variance_where_asked():
    X = simulate(TRUTH[2], 400, 4)[0] * [1.0, 50.0]
    raw = JumpModel(2, 5.0, standardise=False).fit(X)
    assert raw.scale_.tolist() == [1.0, 1.0]
    even = JumpModel(2, 5.0).fit(X)
    np.testing.assert_allclose(even.scale_, X.std(axis=0))
    assert raw.cost_ > even.cost_


def test_a_state_without_rows_keeps_a_covariance():
    """Three states where one is enough: every state still has moments to be matched by."""
    X = np.random.default_rng(3).normal(size=(200, 2))
    model = JumpModel(3, 500.0).fit(X)
    assert np.linalg.eigvalsh(model.moments().covars).min() > 0.1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer >= 1, found 0"),
        ({"jump_penalty": -1.0}, "jump_penalty must be a number >= 0, found -1.0"),
        ({"jump_penalty": float("nan")}, "jump_penalty must be a number >= 0"),
        ({"n_init": 1.5}, "n_init must be an integer >= 1"),
        ({"tol": "small"}, "tol must be a number >= 0"),
    ],
)
def test_unusable_settings_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        JumpModel().set_params(**change).fit(np.random.default_rng(0).normal(size=100))


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ({}, "start lacks 'means'"),
        ({"means": [[1.0]]}, r"start means have shape \(1, 1\); expected finite \(2, 1\)"),
        ({"means": [[1.0], [np.inf]]}, "expected finite"),
    ],
)
def test_unusable_starts_are_named(start, message):
    with pytest.raises(ValueError, match=message):
        JumpModel(2).fit(np.random.default_rng(0).normal(size=100), start=start)


# --- the published package -----------------------------------------------------------------

PEER = [  # states, penalty, cost, switches of the training path, switches online after it
    (2, 5.0, 2377.6839917320626, 7, 17),
    (2, 50.0, 2537.9905532176062, 3, 2),
    (3, 10.0, 2324.0611186215096, 11, 19),
    (4, 2.0, 1953.7283650575619, 161, 77),
]


def switches(states):
    return int((states[1:] != states[:-1]).sum())


@pytest.mark.parametrize(("n_states", "penalty", "cost", "trained", "online"), PEER)
def test_the_published_package_finds_the_same(n_states, penalty, cost, trained, online):
    """Figures of jumpmodels 0.1.1 (50 starts) on NASDAQ returns and log ranges, 1999-2018."""
    from arch.data import nasdaq

    bars = nasdaq.load()
    close, high, low = (bars[name].to_numpy(dtype=float) for name in ("Close", "High", "Low"))
    X = np.column_stack([np.log(close[1:] / close[:-1]), np.log((high - low)[1:] / close[1:])])
    model = JumpModel(n_states, penalty, n_init=50).fit(X[:3000])
    assert model.cost_ == pytest.approx(cost, rel=1e-12)
    assert switches(model.decode(X[:3000])[1]) == trained
    assert switches(model.filter(X[3000:]).argmax(axis=1)) == online


def ewm_mean(values, halflife):
    """Exponentially weighted mean of a NumPy vector, weights adjusted at the start."""
    return pl.Series(values).ewm_mean(half_life=halflife, adjust=True).to_numpy()


def test_the_example_of_the_published_package(shared_data):
    """Nasdaq-100 returns (columns date, close, ret) and the package's nine features of them."""
    file = shared_data / "oracle" / "NDX.csv"
    if not file.is_file():
        pytest.skip("the package's NDX.csv is not among the shared data")
    bars = pl.read_csv(file, try_parse_dates=True).drop_nulls("ret")
    ret = bars["ret"].to_numpy()
    columns = []
    for halflife in (5, 20, 60):
        mean = ewm_mean(ret, halflife)
        downside = np.sqrt(ewm_mean(np.minimum(ret, 0.0) ** 2, halflife))
        columns += [mean, np.log(downside), mean / downside]
    dates = bars["date"].to_numpy().astype("datetime64[D]")
    X = np.column_stack(columns)
    inside = (dates >= np.datetime64("2007-01-01")) & (dates <= np.datetime64("2024-09-30"))
    X, trains = X[inside], dates[inside] < np.datetime64("2022-01-01")
    centre, reach = X[trains].mean(axis=0), 3 * X[trains].std(axis=0)
    X = np.clip(X, centre - reach, centre + reach)
    model = JumpModel(2, 50.0).fit(X[trains])
    assert (trains.sum(), (~trains).sum()) == (3777, 688)
    assert model.cost_ == pytest.approx(12478.428440550531, rel=1e-12)
    assert switches(model.decode(X[trains])[1]) == 18
    assert switches(model.filter(X[~trains]).argmax(axis=1)) == 4
