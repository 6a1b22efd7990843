"""The compiled M-step against scipy: digamma, degrees of freedom, Student-t steps, maxima."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.special import digamma
from scipy.stats import multivariate_t

from regime_factory.regimes import GaussianHMM
from regime_factory.regimes.hmm import _maximise
from regime_factory.regimes.hmm.em import Problem, Stepper
from regime_factory.regimes.hmm.parameters import DOF_RANGE
from regime_factory.regimes.hmm.theta import Theta

from . import slow_reference

KINDS = ("spherical", "diag", "full", "tied")


def test_digamma_and_degrees_of_freedom_equal_scipy():
    x = np.geomspace(1.05, 200, 200)
    found = [_maximise._digamma(value) for value in x]
    np.testing.assert_allclose(found, digamma(x), atol=2e-12)
    for surplus in (-0.4, -0.1, -0.01, -1e-4):

        def equation(nu, surplus=surplus):
            return np.log(nu / 2) - digamma(nu / 2) + surplus

        found = _maximise._solve_dof(surplus, 2.1, 200.0)
        if equation(200.0) > 0:
            assert found == pytest.approx(200)
        else:
            assert found == pytest.approx(brentq(equation, 1, 1e4), rel=1e-6)


def observations(seed, n_rows=300, F=2):
    rng = np.random.default_rng(seed)
    X = rng.standard_t(4, size=(n_rows, F)) * rng.choice([0.5, 2.0], size=(n_rows, 1))
    return (X - X.mean(axis=0)) / X.std(axis=0)


def stepper(X, K, kind, emission, *, stay=0.0, shrink=0.0):
    target = np.cov(X.T, ddof=0) if kind in ("full", "tied") else np.eye(X.shape[1])
    rows = np.ascontiguousarray(X.T)
    return Stepper(Problem(rows, [len(X)], kind, emission, stay, shrink, target), K)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shrink", [0.0, 40.0])
def test_a_student_step_finds_the_maxima_that_scipy_finds(kind, shrink):
    X, K = observations(1), 2
    rng = np.random.default_rng(3)
    parameters = slow_reference.random_parameters(rng, K, 2, kind, student=True)
    worker = stepper(X, K, kind, "student_t", shrink=shrink)
    theta = Theta.of(parameters)
    worker.prepare(theta)
    loglik, _ = worker.measure(theta)
    log_b = slow_reference.log_densities(X, parameters)
    expected, _, xi = slow_reference.expectation(parameters, log_b, [len(X)])
    assert loglik == pytest.approx(expected, rel=1e-12)
    out = theta.like()
    worker.step(theta, out, learn_dofs=True)
    target = worker.problem.target
    means, covars, dofs = slow_reference.student_step(
        X, parameters, kind, shrink=shrink, target=target
    )
    np.testing.assert_allclose(out.means, means, rtol=1e-9)
    np.testing.assert_allclose(out.covars, covars, rtol=1e-5)
    np.testing.assert_allclose(out.dofs, dofs, rtol=1e-4)
    np.testing.assert_allclose(out.transmat, xi / xi.sum(axis=1, keepdims=True), rtol=1e-9)
    worker.step(theta, out, learn_dofs=False)
    np.testing.assert_array_equal(out.dofs, parameters.dofs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
def test_the_objective_is_the_penalised_likelihood(kind, emission):
    X, K = observations(2), 3
    rng, student = np.random.default_rng(4), emission == "student_t"
    parameters = slow_reference.random_parameters(rng, K, 2, kind, student=student)
    worker = stepper(X, K, kind, emission, stay=12.0, shrink=7.0)
    theta = Theta.of(parameters)
    worker.prepare(theta)
    loglik, objective = worker.measure(theta)
    priors = {"stay": 12.0, "shrink": 7.0, "target": worker.problem.target, "tied": kind == "tied"}
    expected = slow_reference.penalised(X, parameters, **priors)
    assert objective * len(X) == pytest.approx(expected, rel=1e-12)
    assert loglik > expected


@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
def test_no_neighbour_of_a_fit_has_a_higher_objective(emission):
    X = observations(5, n_rows=250)
    settings = {"sticky": 0.1, "shrinkage": 6.0, "tol": 1e-12, "n_iter": 3000, "n_init": 8}
    model = GaussianHMM(2, "full", emission=emission, **settings).fit(X)
    assert model.converged_
    best = model.parameters()
    priors = {"stay": 0.1 * 250 / 2, "shrink": 6.0, "target": np.cov(X.T, ddof=0)}
    top = slow_reference.penalised(X, best, **priors)
    assert model.objective() * 250 == pytest.approx(top, rel=1e-9)
    rng = np.random.default_rng(0)
    for _ in range(20):
        moves = np.exp(rng.normal(scale=1e-3, size=(2, 2))) * best.transmat
        factor = np.linalg.cholesky(best.covars) + rng.normal(scale=1e-3, size=(2, 2, 2))
        dofs = best.dofs
        if dofs is not None:
            dofs = np.clip(dofs * np.exp(rng.normal(scale=1e-2, size=2)), *DOF_RANGE)
        near = replace(
            best,
            transmat=moves / moves.sum(axis=1, keepdims=True),
            means=best.means + rng.normal(scale=1e-3, size=(2, 2)),
            covars=factor @ factor.swapaxes(1, 2),
            dofs=dofs,
        )
        assert slow_reference.penalised(X, near, **priors) <= top + 1e-7


def test_one_student_state_is_the_maximum_likelihood_of_scipy():
    X = np.random.default_rng(7).standard_t(5, size=(400, 2)) @ np.array([[1.0, 0.4], [0.0, 2.0]])
    settings = {"shrinkage": 0.0, "tol": 1e-12, "n_iter": 2000, "n_init": 1}
    model = GaussianHMM(1, "full", emission="student_t", **settings).fit(X)

    def loss(z):
        factor = np.array([[np.exp(z[2]), 0.0], [z[3], np.exp(z[4])]])
        shape = factor @ factor.T
        return -multivariate_t(z[:2], shape, df=np.exp(z[5])).logpdf(X).sum()

    best = minimize(loss, np.array([0, 0, 0, 0, 0, np.log(8)]), options={"gtol": 1e-7})
    assert model.loglik_ == pytest.approx(-best.fun, abs=1e-5)
    np.testing.assert_allclose(model.means_[0], best.x[:2], atol=1e-3)
    assert model.dofs_[0] == pytest.approx(np.exp(best.x[5]), rel=1e-2)
    covariance = model.covars_[0] * model.dofs_[0] / (model.dofs_[0] - 2)
    np.testing.assert_allclose(model.moments().covars[0], covariance)


def test_a_state_without_weight_keeps_its_mean_and_covariance():
    X, K = observations(6, n_rows=50), 2
    parameters = slow_reference.random_parameters(np.random.default_rng(0), K, 2)
    parameters = replace(
        parameters, startprob=np.array([1.0, 0.0]), transmat=np.array([[1.0, 0.0], [0.5, 0.5]])
    )
    worker = stepper(X, K, "full", "gaussian")
    theta = Theta.of(parameters)
    worker.prepare(theta)
    worker.measure(theta)
    out = theta.like()
    worker.step(theta, out, learn_dofs=False)
    np.testing.assert_array_equal(out.means[1], parameters.means[1])
    np.testing.assert_array_equal(out.covars[1], parameters.covars[1])
    np.testing.assert_array_equal(out.transmat[1], parameters.transmat[1])
    np.testing.assert_allclose(out.means[0], X.mean(axis=0), atol=1e-12)
    assert worker.emptiest() == 0.0
