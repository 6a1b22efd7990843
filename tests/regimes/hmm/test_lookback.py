"""What an unknown past can change, against a filter written down in logarithms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, multivariate_t

from regime_factory.regimes import (
    GaussianHMM,
    bounded_filter,
    filter_memory,
    lookback_filter,
    memory_by_row,
)
from regime_factory.regimes.hmm.lookback import rows_missing
from regime_factory.regimes.hmm.parameters import HMMParameters

from ..worlds import TRUTH, simulate

LEFT_TO_RIGHT = np.array([[0.9, 0.1, 0.0], [0.0, 0.9, 0.1], [0.3, 0.0, 0.7]])


def model_of(parameters: HMMParameters) -> GaussianHMM:
    emission = "gaussian" if parameters.dofs is None else "student_t"
    model = GaussianHMM(len(parameters.startprob), "full", emission=emission)
    return model.set_parameters(parameters)


def many_states(n_states: int) -> HMMParameters:
    """States side by side that last for a while."""
    covars = np.linspace(0.3, 2.0, n_states)[:, None, None] * np.eye(2)
    transmat = np.full((n_states, n_states), 0.08 / (n_states - 1))
    np.fill_diagonal(transmat, 0.92)
    means = np.linspace(-3, 3, n_states)[:, None] * [0.3, 1.0]
    return HMMParameters(np.full(n_states, 1 / n_states), transmat, means, covars)


def world(n_states: int, n_rows: int, seed: int, transmat=None, dofs=None):
    """A model and observations of it; a transition matrix takes the place of its own."""
    truth = TRUTH[n_states] if n_states in TRUTH else many_states(n_states)
    X, _ = simulate(truth, n_rows, seed)
    if transmat is not None:
        truth = replace(truth, transmat=transmat)
    if dofs is not None:
        X = X * np.random.default_rng(seed).chisquare(4, (n_rows, 1)) ** -0.5 * 2
        truth = replace(truth, dofs=np.linspace(*dofs, n_states))
    return model_of(truth), X


def densities(model: GaussianHMM, x: np.ndarray) -> list[float]:
    """Log density of a row in each state, by scipy."""
    states = zip(model.means_, model.covars_, strict=True)
    if model.dofs_ is None:
        return [multivariate_normal.logpdf(x, mean, covar) for mean, covar in states]
    return [
        multivariate_t.logpdf(x, mean, shape, df=dof)
        for (mean, shape), dof in zip(states, model.dofs_, strict=True)
    ]


def slow_filter(model: GaussianHMM, log_b: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Filtered probabilities of the last row, in logarithms throughout; priors may be stacked."""
    with np.errstate(divide="ignore"):
        log_p, log_transmat = np.log(prior), np.log(model.transmat_)
    for row, own in enumerate(log_b):
        if row:
            log_p = logsumexp(log_p[..., :, None] + log_transmat, axis=-2)
        log_p = log_p + own
    return np.exp(log_p - logsumexp(log_p, axis=-1, keepdims=True))


def slow_spread(model: GaussianHMM, log_b: np.ndarray) -> float:
    """Largest difference between two corners in the last row."""
    return float(np.ptp(slow_filter(model, log_b, np.eye(model.n_components)), axis=0).max())


@pytest.mark.parametrize("dofs", [None, (2.5, 8.0)], ids=["gaussian", "student_t"])
@pytest.mark.parametrize("n_states", [2, 3, 6])
def test_no_start_differs_by_more_than_the_bound_and_two_starts_do(n_states, dofs):
    model, X = world(n_states, 30, 5, dofs=dofs)
    _, bound = bounded_filter(model, X)
    rng = np.random.default_rng(1)
    starts = np.array([*rng.dirichlet(np.full(n_states, 0.3), size=40), *np.eye(n_states)])
    log_b = np.array([densities(model, x) for x in X])
    for n in (1, 2, 5, 12, 30):
        images = slow_filter(model, log_b[:n], starts)
        widest = np.abs(images[:, None] - images[None]).max()
        assert widest == pytest.approx(bound[n - 1], rel=1e-7, abs=1e-13)


@pytest.mark.parametrize("dofs", [None, (3.0, 12.0)], ids=["gaussian", "student_t"])
@pytest.mark.parametrize("transmat", [None, LEFT_TO_RIGHT], ids=["all possible", "some impossible"])
def test_rows_needed_equal_those_of_ever_longer_windows(transmat, dofs):
    model, X = world(3, 70, 2, transmat, dofs)
    X[30] = [40.0, -25.0]
    tol, log_b = 1e-4, np.array([densities(model, x) for x in X])
    expected = []
    for t in range(len(X)):
        ever_longer = ((n, log_b[t + 1 - n : t + 1]) for n in range(1, t + 2))
        windows = (n for n, rows in ever_longer if slow_spread(model, rows) <= tol)
        expected.append(next(windows, 0))
    assert memory_by_row(model, X, tol).tolist() == expected
    assert 0 < max(expected) < 60


def test_the_memory_is_the_smallest_number_of_rows_that_does_for_all():
    model, X = world(3, 400, 8)
    n = filter_memory(model, X)
    for rows, enough in ((n, True), (n - 1, False)):
        spreads = [
            bounded_filter(model, X[t + 1 - rows : t + 1]).bound[-1]
            for t in range(rows - 1, len(X))
        ]
        assert bool(max(spreads) <= 1e-9) == enough


@pytest.mark.parametrize("dofs", [None, (2.1, 200.0)], ids=["gaussian", "student_t"])
@pytest.mark.parametrize("n_states", [2, 3, 5, 8])
def test_every_row_from_its_lookback_equals_the_batch_row(n_states, dofs):
    model, X = world(n_states, 600, 3, dofs=dofs)
    batch, n = model.filter(X), filter_memory(model, X)
    for t in range(n - 1, len(X)):
        p, bound = lookback_filter(model, X[t + 1 - n : t + 1])
        assert np.abs(p[-1] - batch[t]).max() <= bound[-1] + 1e-15
        np.testing.assert_allclose(p[-1], batch[t], rtol=0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 7),
    st.integers(0, 10_000),
    st.floats(0.05, 3.0),
    st.sampled_from([0.0, 0.4]),
    st.booleans(),
)
def test_more_rows_in_front_never_widen_the_bound(n_states, seed, spread, zeros, heavy):
    """Whatever the transition matrix, some of its entries zero or not, and the tails."""
    rng = np.random.default_rng(seed)
    transmat = rng.dirichlet(np.ones(n_states), size=n_states)
    transmat = np.where(rng.random(transmat.shape) < zeros, 0.0, transmat) + 1e-3 * np.eye(n_states)
    transmat /= transmat.sum(axis=1, keepdims=True)
    means = rng.normal(scale=spread, size=(n_states, 1))
    covars = rng.uniform(0.2, 2.0, (n_states, 1, 1))
    dofs = rng.uniform(2.1, 20, n_states) if heavy else None
    startprob = np.full(n_states, 1 / n_states)
    model = model_of(HMMParameters(startprob, transmat, means, covars, dofs))
    X = rng.normal(scale=1 + spread, size=(40, 1))
    bounds = [bounded_filter(model, X[first:]).bound[-1] for first in range(39, -1, -1)]
    assert bounds[0] == 1.0
    assert (np.diff(bounds) <= 1e-12).all()
    needed = memory_by_row(model, X, 1e-3)[-1]
    assert needed == next((n for n, b in enumerate(bounds, 1) if b <= 1e-3), 0)


@pytest.mark.parametrize(
    "transmat",
    [np.eye(2), np.array([[0.0, 1.0], [1.0, 0.0]])],
    ids=["two worlds", "an endless cycle"],
)
def test_a_filter_that_never_forgets_is_said_to_need_its_whole_history(transmat):
    model, X = world(2, 300, 1, transmat)
    assert filter_memory(model, X) is None
    assert (bounded_filter(model, X).bound == 1.0).all()
    with pytest.raises(ValueError, match=r"300 rows leave .* open by 1; .* give longer history"):
        lookback_filter(model, X)


def test_a_history_shorter_than_the_memory_settles_no_count():
    model, X = world(2, 400, 6)
    settled = np.flatnonzero(memory_by_row(model, X))[0]
    assert settled > 3
    assert filter_memory(model, X[:settled]) is None
    assert filter_memory(model, X[: settled + 1]) == settled + 1


@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
def test_one_state_needs_the_row_alone(emission):
    X = np.random.default_rng(0).normal(size=(60, 2))
    model = GaussianHMM(1, emission=emission, n_init=1).fit(X)
    assert filter_memory(model, X) == 1
    assert lookback_filter(model, X[-1:]).p.tolist() == [[1.0]]


@pytest.mark.parametrize("dofs", [None, (2.1, 5.0)], ids=["gaussian", "student_t"])
def test_rows_beyond_all_experience_leave_no_nan(dofs):
    model, X = world(3, 200, 4, LEFT_TO_RIGHT, dofs)
    X[150] = [1e4, -1e4]
    p, bound = bounded_filter(model, X)
    assert np.isfinite(p).all()
    assert np.isfinite(bound).all()
    assert (memory_by_row(model, X) >= 0).all()


def test_the_estimate_of_missing_rows_is_of_the_right_size():
    model, X = world(3, 600, 3)
    ratios = []
    for t in range(200, 600, 20):
        bound = bounded_filter(model, X[t - 5 : t + 1]).bound
        more = rows_missing(6, bound[-1])
        if more:
            ratios.append(more / (memory_by_row(model, X[: t + 1])[-1] - 6))
            with pytest.raises(ValueError, match=f"6 rows leave .* takes about {more} rows more"):
                lookback_filter(model, X[t - 5 : t + 1])
    assert len(ratios) > 10
    assert 0.5 < np.median(ratios) < 2
