"""Flat parameters are the parameters, and copies are copies."""

import numpy as np
import pytest

from regime_factory.regimes.hmm.theta import Theta, Workspace

from . import slow_reference


@pytest.mark.parametrize("student", [False, True])
def test_parameters_survive_the_flat_form(student):
    parameters = slow_reference.random_parameters(np.random.default_rng(0), 3, 2, student=student)
    theta = Theta.of(parameters)
    again = theta.parameters()
    for name in ("startprob", "transmat", "means", "covars"):
        np.testing.assert_array_equal(getattr(again, name), getattr(parameters, name))
    theta.flat[:] = 0.0
    assert (theta.means == 0).all()
    assert (again.means == parameters.means).all()
    assert (again.dofs is not None) == student
    assert theta.like().flat.size == theta.flat.size == 3 + 9 + 6 + 12 + 12 + 3 + 3 * student


def test_precisions_take_room_only_where_there_are_any():
    assert Workspace(3, 2, 100, student=False).u.shape == (0, 100)
    assert Workspace(3, 2, 100, student=True).u.shape == (3, 100)
