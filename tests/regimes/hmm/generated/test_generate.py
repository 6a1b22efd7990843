"""The written-out loops: committed as generated, and equal to slow references for every size."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import logsumexp

from regime_factory.regimes.hmm import _kernels
from regime_factory.regimes.hmm.generated import (
    MOST_FEATURES,
    MOST_STATES,
    emission_module,
    generate,
    recursion_module,
)
from regime_factory.regimes.hmm.inference import filter_log_emission
from regime_factory.regimes.hmm.theta import Workspace

from .. import slow_reference

FOLDER = Path(generate.__file__).parent
# The sizes where the text changes its shape; the largest take longest to compile.
STATES = [1, 2, 3, 5, pytest.param(MOST_STATES, marks=pytest.mark.slow), MOST_STATES + 1]
FEATURES = [1, 4, pytest.param(MOST_FEATURES, marks=pytest.mark.slow), MOST_FEATURES + 1]


@pytest.mark.parametrize("name", generate.texts())
def test_committed_modules_are_what_the_generator_writes(name):
    assert (FOLDER / name).read_text("utf-8") == generate.texts()[name], (
        "run python -m regime_factory.regimes.hmm.generated.generate"
    )


def test_no_module_is_left_over():
    found = {
        path.name for kind in ("recursion", "emission") for path in FOLDER.glob(f"{kind}_*.py")
    }
    assert found == set(generate.texts())


def run_recursion(parameters, log_b, lengths, mask=7):
    K, T = log_b.shape
    work = Workspace(K, 1, T, student=False)
    shift = log_b.max(axis=0)
    work.b[:] = np.exp(log_b - shift)
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    recursion_module(K).recursion(
        parameters.startprob, parameters.transmat, work.b, bounds, mask, work.alpha, work.beta,
        work.scale, work.inverse, work.xi, work.first, work.outcome,
    )  # fmt: skip
    return work, work.outcome[0] + shift.sum()


@pytest.mark.parametrize("K", STATES)
@pytest.mark.parametrize("mask", [7, 0])
def test_recursion_equals_logarithms(K, mask):
    rng = np.random.default_rng(K)
    parameters = slow_reference.random_parameters(rng, K, 1)
    lengths = [1, 8, 9, 1100, 2]
    log_b = rng.normal(scale=3, size=(K, sum(lengths)))
    loglik, gamma, xi = slow_reference.expectation(parameters, log_b, lengths)
    work, found = run_recursion(parameters, log_b, lengths, mask)
    assert found == pytest.approx(loglik, rel=1e-12)
    np.testing.assert_allclose(work.alpha * work.beta * work.inverse, gamma, atol=1e-12)
    np.testing.assert_allclose(work.xi, xi, atol=1e-9)
    firsts = np.cumsum([0, *lengths[:-1]])
    np.testing.assert_allclose(work.first, gamma[:, firsts].sum(axis=1), atol=1e-12)
    assert work.outcome[2] == pytest.approx(sum(lengths) - len(lengths))


def _both_filters(prior, transmat, log_b):
    """Filter by the written-out loop and by the one for any number of states."""
    K, T = log_b.shape
    shift, b = np.empty(T), np.empty((K, T))
    _kernels.shifted_exp(log_b, shift, b)
    p, norm = np.empty((T, K)), np.empty(T)
    end = recursion_module(K).forward(prior, transmat, b, p, norm)
    every, norms = np.empty((K, T)), np.empty(T)
    _kernels.forward(prior, transmat, log_b, shift, b, every, norms)
    return end, (p, norm), (every.T, norms)


@pytest.mark.parametrize("K", STATES[:-1])
def test_filter_equals_the_one_for_any_number_of_states_to_the_last_bit(K):
    rng = np.random.default_rng(K)
    parameters = slow_reference.random_parameters(rng, K, 1)
    log_b = rng.normal(scale=30, size=(K, 700))
    end, found, expected = _both_filters(parameters.startprob, parameters.transmat, log_b)
    assert end == 700
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def test_filter_ends_at_the_bar_that_underflows():
    log_b = np.zeros((2, 9))
    log_b[1, 4] = 800.0  # the only state that explains bar 4 cannot be reached
    prior, transmat = np.array([1.0, 0.0]), np.array([[1.0, 0.0], [0.5, 0.5]])
    end, _, (expected, _) = _both_filters(prior, transmat, log_b)
    assert end == 4
    p, loglik = filter_log_emission(prior, transmat, log_b)
    np.testing.assert_array_equal(p.T, expected)
    np.testing.assert_array_equal(p, [[1.0] * 9, [0.0] * 9])
    np.testing.assert_array_equal(loglik, 0.0)


def test_recursion_of_one_bar():
    parameters = slow_reference.random_parameters(np.random.default_rng(0), 3, 1)
    log_b = np.array([[-1.0], [-2.0], [-3.0]])
    work, found = run_recursion(parameters, log_b, [1])
    assert found == pytest.approx(logsumexp(log_b[:, 0], b=parameters.startprob))
    assert work.outcome[2] == 0


def _problem(F, kind, student, n_rows=1030, K=3):
    rng = np.random.default_rng(F)
    parameters = slow_reference.random_parameters(rng, K, F, kind, student=student)
    X = rng.normal(scale=2, size=(n_rows, F))
    whiten = np.linalg.inv(np.linalg.cholesky(parameters.covars))
    at_mean = np.array(
        [slow_reference.log_densities(m[None], parameters) for m in parameters.means]
    )
    log_norm = np.ascontiguousarray(at_mean[:, :, 0].diagonal())
    return parameters, X, np.ascontiguousarray(X.T), whiten, log_norm


@pytest.mark.parametrize("F", FEATURES)
@pytest.mark.parametrize("kind", ["full", "diag"])
@pytest.mark.parametrize("student", [False, True])
def test_densities_equal_scipy(F, kind, student):
    parameters, X, rows, whiten, log_norm = _problem(F, kind, student)
    expected = slow_reference.log_densities(X, parameters)
    module, out = emission_module(F), np.empty_like(expected)
    shift = np.empty(len(X))
    if student:
        u = np.empty_like(out)
        fit = getattr(module, f"emission_student_{kind}")
        shift = fit(rows, parameters.means, whiten, log_norm, parameters.dofs, out, u)
        distance = np.einsum(
            "kij,ktj->kti", whiten, X[None] - parameters.means[:, None]
        )  # fmt: skip
        dofs = parameters.dofs[:, None]
        np.testing.assert_allclose(u, (dofs + F) / (dofs + (distance**2).sum(axis=2)), rtol=1e-11)
    else:
        fit = getattr(module, f"emission_gaussian_{kind}")
        shift = fit(rows, parameters.means, whiten, log_norm, out)
    assert shift == pytest.approx(expected.max(axis=0).sum(), rel=1e-12)
    below = (expected - expected.max(axis=0)) / np.log(2)
    seen = below > -1000
    np.testing.assert_allclose(np.log2(out[seen]), below[seen], rtol=1e-11, atol=1e-11)
    assert (out[below < -1020] == 0).all()
    if student:
        module.log_density_student(rows, parameters.means, whiten, log_norm, parameters.dofs, out)
    else:
        module.log_density_gaussian(rows, parameters.means, whiten, log_norm, out)
    np.testing.assert_allclose(out, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("F", FEATURES)
@pytest.mark.parametrize("kind", ["full", "diag"])
@pytest.mark.parametrize("student", [False, True])
def test_moments_equal_numpy(F, kind, student):
    rng, T, K = np.random.default_rng(F), 1030, 2
    X, alpha, beta = rng.normal(size=(F, T)), rng.random((K, T)), rng.random((K, T))
    inverse, u = 1 / (alpha * beta).sum(axis=0), rng.uniform(0.5, 2, (K, T))
    gamma = alpha * beta * inverse
    weight = gamma * u if student else gamma
    sums = np.empty((K, 3 + F + F * (F + 1) // 2))
    moments = getattr(emission_module(F), f"moments_{'student' if student else 'gaussian'}_{kind}")
    if student:
        moments(X, alpha, beta, inverse, u, True, sums)
        np.testing.assert_allclose(sums[:, -1], (gamma * np.log(u)).sum(axis=1), rtol=1e-10)
    else:
        moments(X, alpha, beta, inverse, sums)
    np.testing.assert_allclose(sums[:, 0], gamma.sum(axis=1))
    np.testing.assert_allclose(sums[:, 1], weight.sum(axis=1))
    np.testing.assert_allclose(sums[:, 2 : 2 + F], weight @ X.T, atol=1e-10)
    products = np.einsum("kt,it,jt->kij", weight, X, X)
    for i in range(F):
        for j in range(i + 1):
            at = 2 + F + i * (i + 1) // 2 + j
            expected = products[:, i, j] if kind == "full" or i == j else 0.0
            np.testing.assert_allclose(sums[:, at], expected, atol=1e-10)


@pytest.mark.parametrize("F", [2, MOST_FEATURES + 1])
@pytest.mark.parametrize("student", [False, True])
def test_a_bar_has_the_same_density_alone_and_in_a_block(F, student):
    parameters, _, rows, whiten, log_norm = _problem(F, "full", student, n_rows=530)
    module, out, one = emission_module(F), np.empty((3, 530)), np.empty((3, 1))
    family = "student" if student else "gaussian"
    density = getattr(module, f"log_density_{family}")
    model = (parameters.means, whiten, log_norm, *([parameters.dofs] if student else []))
    density(rows, *model, out)
    for t in (0, 1, 7, 300, 511, 512, 529):
        density(np.ascontiguousarray(rows[:, t : t + 1]), *model, one)
        np.testing.assert_array_equal(one[:, 0], out[:, t])
