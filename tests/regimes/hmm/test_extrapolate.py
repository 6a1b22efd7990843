"""Extrapolation in unbounded coordinates: exact where it must be, always usable parameters."""

from dataclasses import replace

import numpy as np
import pytest

from regime_factory.regimes.hmm._extrapolate import extrapolate
from regime_factory.regimes.hmm.parameters import DOF_RANGE
from regime_factory.regimes.hmm.theta import Theta

from . import slow_reference

RANGE = np.array(DOF_RANGE)


def path(seed, *, student, bend=0.1):
    """Parameters that move along a bent line, with what densities need."""
    rng = np.random.default_rng(seed)
    first = slow_reference.random_parameters(rng, 3, 2, student=student)
    steps = [first]
    for size in (0.2, 0.2 * bend):
        last = steps[-1]
        moves = last.transmat * np.exp(rng.normal(scale=size, size=(3, 3)))
        steps.append(
            replace(
                last,
                transmat=moves / moves.sum(axis=1, keepdims=True),
                means=last.means + size * rng.normal(size=(3, 2)),
                covars=last.covars * np.exp(size * rng.normal(size=(3, 1, 1))),
                dofs=None if last.dofs is None else np.clip(last.dofs * 1.2, *DOF_RANGE),
            )
        )
    thetas = [Theta.of(step) for step in steps]
    for theta in thetas:
        theta.whiten[:] = np.linalg.inv(np.linalg.cholesky(theta.covars))
        theta.log_norm[:] = 0.0
    return thetas


def run(thetas, longest):
    out = thetas[0].like()
    out.flat[:] = 0.0
    length = extrapolate(*(theta.flat for theta in thetas), 3, 2, longest, RANGE, out.flat)
    return length, out


@pytest.mark.parametrize("student", [False, True])
def test_length_one_is_where_two_steps_end(student):
    thetas = path(0, student=student)
    length, out = run(thetas, 1.0)
    assert length == 1.0
    for name in ("startprob", "transmat", "means", "covars", "dofs"):
        np.testing.assert_allclose(getattr(out, name), getattr(thetas[2], name), rtol=1e-12)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("student", [False, True])
def test_any_length_gives_usable_parameters(seed, student):
    length, out = run(path(seed, student=student, bend=0.9), 64.0)
    assert 1.0 <= length <= 64.0
    np.testing.assert_allclose(out.transmat.sum(axis=1), 1.0)
    assert (out.transmat >= 0).all()
    assert np.linalg.eigvalsh(out.covars).min() > 0
    assert ((out.dofs >= DOF_RANGE[0]) & (out.dofs <= DOF_RANGE[1])).all()


def test_an_impossible_transition_stays_impossible():
    thetas = path(1, student=False)
    for theta in thetas:
        theta.transmat[0] = [0.4, 0.6, 0.0]
    _, out = run(thetas, 8.0)
    assert out.transmat[0, 2] == 0.0
    np.testing.assert_allclose(out.transmat[0], [0.4, 0.6, 0.0])


def test_equal_steps_are_followed_as_far_as_allowed():
    thetas = path(2, student=False)
    for index, theta in enumerate(thetas):
        theta.flat[:] = thetas[0].flat
        theta.means += 0.1 * index
    length, out = run(thetas, 4.0)
    assert length == 4.0
    np.testing.assert_allclose(out.means, thetas[0].means + 0.8, rtol=1e-9)
