"""Missing values: columns left out, sequences broken, densities of what is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate
from scipy.stats import multivariate_normal, multivariate_t

from regime_factory.regimes.hmm.emission import log_density
from regime_factory.regimes.hmm.parameters import HMMParameters
from regime_factory.regimes.macro.missing import (
    complete_rows,
    independent_columns,
    marginal_log_density,
    usable_columns,
)

COVARS = np.array([[[1.0, 0.4, 0.1], [0.4, 2.0, -0.3], [0.1, -0.3, 0.5]], np.diag([3.0, 1.0, 2.0])])
MEANS = np.array([[0.0, 1.0, -1.0], [2.0, 0.0, 0.5]])


def parameters(dofs: np.ndarray | None = None) -> HMMParameters:
    return HMMParameters(np.full(2, 0.5), np.full((2, 2), 0.5), MEANS, COVARS, dofs)


def test_shares_decide_which_columns_are_used() -> None:
    rows = np.ones((10, 4))
    rows[:2, 0], rows[:3, 1], rows[:, 2] = np.nan, np.nan, np.nan
    used, dropped = usable_columns(rows, list("abcd"), 0.8)
    assert used == ["a", "d"]
    assert dropped == {
        "b": "a value in 70 % of 10 training rows", "c": "no value in 10 training rows",
    }  # fmt: skip


@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 3))
def test_what_is_kept_can_be_fitted_and_spans_what_is_left_out(seed, n_free, n_bound) -> None:
    rng = np.random.default_rng(seed)
    free = rng.normal(size=(80, n_free))
    bound = free @ rng.integers(-2, 3, (n_free, n_bound)) + rng.integers(-5, 5, n_bound)
    rows = np.column_stack([free, bound])[:, rng.permutation(n_free + n_bound)]
    rows = rows[:, np.ptp(rows, axis=0) > 0]
    names = [f"c{i}" for i in range(rows.shape[1])]
    used, follows = independent_columns(rows, names)
    centred = rows - rows.mean(axis=0)
    assert len(used) == np.linalg.matrix_rank(centred, tol=1e-6)
    assert sorted([*used, *follows]) == sorted(names)
    for name, others in follows.items():
        assert set(others) <= set(used)
        assert all(names.index(other) < names.index(name) for other in others)
        own, basis = (centred[:, [names.index(x) for x in group]] for group in ([name], used))
        assert np.abs(own - basis @ np.linalg.lstsq(basis, own)[0]).max() < 1e-8


def test_constant_columns_and_few_rows_are_left_to_the_fit() -> None:
    rows = np.column_stack([np.arange(9.0), np.ones(9), 2 * np.arange(9.0)])
    assert independent_columns(rows, list("abc")) == (["a", "b"], {"c": ["a"]})
    assert independent_columns(rows[:3], list("abc")) == (list("abc"), {})


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.data())
def test_stretches_never_cross_a_gap_or_an_end(whole, data) -> None:
    n_rows = len(whole)
    cuts = data.draw(st.sets(st.integers(1, n_rows - 1))) if n_rows > 1 else set()
    edges = [0, *sorted(cuts), n_rows]
    lengths = np.diff(edges).tolist()
    rows = np.where(np.array(whole)[:, None], np.arange(n_rows)[:, None], np.nan)
    complete, stretches = complete_rows(rows, lengths)
    assert complete[:, 0].tolist() == [i for i in range(n_rows) if whole[i]]
    assert sum(stretches) == len(complete)
    begins = set(np.cumsum([0, *stretches])[:-1].tolist())
    for place in range(1, len(complete)):
        here, before = int(complete[place, 0]), int(complete[place - 1, 0])
        neighbours = here == before + 1 and here not in edges
        assert (place in begins) == (not neighbours)


@pytest.mark.parametrize("dofs", [None, np.array([3.0, 8.0])])
def test_a_whole_row_has_the_density_of_the_model(dofs) -> None:
    rows = np.random.default_rng(0).normal(size=(20, 3))
    expected = log_density(np.ascontiguousarray(rows.T), parameters(dofs))
    assert (marginal_log_density(rows, parameters(dofs)) == expected).all()


def test_marginals_of_gaussians_equal_scipy() -> None:
    row = np.array([[0.3, np.nan, -0.7]])
    there = [0, 2]
    for state in range(2):
        own = multivariate_normal(MEANS[state, there], COVARS[state][np.ix_(there, there)])
        found = marginal_log_density(row, parameters())[state, 0]
        assert found == pytest.approx(own.logpdf(row[0, there]))


@pytest.mark.parametrize("dofs", [None, np.array([3.0, 8.0])])
def test_a_marginal_is_the_integral_over_what_is_missing(dofs) -> None:
    row = np.array([[0.3, np.nan, -0.7]])
    for state in range(2):

        def density(x: float, state: int = state) -> float:
            at = [row[0, 0], x, row[0, 2]]
            if dofs is None:
                return float(multivariate_normal(MEANS[state], COVARS[state]).pdf(at))
            return float(multivariate_t(MEANS[state], COVARS[state], df=dofs[state]).pdf(at))

        mass = integrate.quad(density, -200, 200, points=[MEANS[state, 1]], limit=200)[0]
        found = marginal_log_density(row, parameters(dofs))[state, 0]
        assert found == pytest.approx(np.log(mass), abs=1e-5)


def test_rows_of_every_pattern_are_independent_of_each_other() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(60, 3))
    rows[rng.random(rows.shape) < 0.4] = np.nan
    together = marginal_log_density(rows, parameters())
    alone = np.column_stack([marginal_log_density(row[None], parameters()) for row in rows])
    assert (together == alone).all()
    nothing = np.isnan(rows).all(axis=1)
    assert nothing.any()
    assert (together[:, nothing] == 0).all()
