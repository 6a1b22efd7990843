"""One run: accelerated steps climb to where plain ones do, sooner, and say when they are there."""

import numpy as np
import pytest

from regime_factory.regimes.hmm.ascent import Run, accelerate, climb
from regime_factory.regimes.hmm.em import Problem, Stepper
from regime_factory.regimes.hmm.parameters import DEFAULT_DOF, HMMParameters
from regime_factory.regimes.hmm.theta import Theta

from ..worlds import TRUTH, simulate, start_of

KINDS = ("spherical", "diag", "full", "tied")


def begin(kind, emission, *, shrink=1.0, stay=5.0):
    X, _ = simulate(TRUTH[2], 700, 4)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    problem = Problem(np.ascontiguousarray(X.T), [700], kind, emission, stay, shrink, np.eye(2))
    start = start_of(3, 2, 5, "full")
    start["covars"] = np.repeat(np.eye(2)[None], 3, axis=0)
    theta = Theta.of(HMMParameters(**start).with_emission(emission, DEFAULT_DOF))
    worker = Stepper(problem, 3)
    worker.prepare(theta)
    return worker, Run(theta)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
def test_acceleration_ends_where_plain_steps_end(kind, emission):
    tol = 1e-8
    worker, plain = begin(kind, emission)
    climb(worker, plain, 4000, tol)
    worker, fast = begin(kind, emission)
    climb(worker, fast, 20, tol)
    accelerate(worker, fast, 4000, tol)
    assert fast.converged
    assert np.diff(fast.history).min() >= 0
    assert np.diff(plain.history).min() >= 0
    assert fast.objective > plain.objective - 1e-6
    assert fast.n_steps <= max(0.7 * plain.n_steps, 25)
    assert worker.measure(fast.theta) == (fast.loglik, fast.objective)


def test_a_budget_of_steps_is_kept_and_counted():
    for budget in range(1, 12):
        worker, run = begin("full", "gaussian")
        accelerate(worker, run, budget, 0.0)
        assert 1 <= run.n_steps <= budget
        assert len(run.history) - 1 <= run.n_steps
        assert not run.converged
        assert worker.measure(run.theta)[1] == run.objective


def test_going_on_after_a_pause_changes_nothing():
    worker, whole = begin("diag", "student_t")
    climb(worker, whole, 12, 0.0)
    worker, parts = begin("diag", "student_t")
    for _ in range(3):
        climb(worker, parts, 4, 0.0)
    assert parts.history == whole.history
    np.testing.assert_array_equal(parts.theta.flat, whole.theta.flat)


def test_a_converged_run_is_left_alone():
    worker, run = begin("diag", "gaussian")
    climb(worker, run, 5000, 1e-8)
    history = list(run.history)
    climb(worker, run, 10, 1e-8)
    accelerate(worker, run, 10, 1e-8)
    assert run.history == history


def test_degrees_of_freedom_have_the_last_word_before_convergence():
    """Only a step that moved them too may decide; they are learnt at every fourth step."""
    worker, run = begin("full", "student_t")
    climb(worker, run, 5000, 1e-4)
    assert run.converged
    out = run.theta.like()
    worker.measure(run.theta)
    worker.step(run.theta, out, learn_dofs=True)
    assert worker.measure(out)[1] - run.objective < 1e-4
