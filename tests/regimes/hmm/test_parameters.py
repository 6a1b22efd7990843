"""Units: standardising and back."""

import numpy as np
import pytest

from regime_factory.regimes.hmm.parameters import Scaler

from ..worlds import TRUTH


@pytest.mark.parametrize("kind", ["diag", "spherical"])
def test_units_round_trip(kind):
    X = np.random.default_rng(0).normal(size=(200, 2)) * [1e-3, 50] + [4, -1e5]
    scaler = Scaler.of(X, kind)
    moved = scaler.apply(X)
    assert moved.shape == (2, 200)
    np.testing.assert_allclose(moved.mean(axis=1), 0, atol=1e-8)
    if kind == "diag":
        np.testing.assert_allclose(moved.var(axis=1), 1)
    else:
        assert scaler.scale[0] == scaler.scale[1]
    again = TRUTH[2].in_user_units(scaler).standardised(scaler)
    np.testing.assert_allclose(again.means, TRUTH[2].means, atol=1e-6)
    np.testing.assert_allclose(again.covars, TRUTH[2].covars)


def test_changing_the_family_keeps_means_and_covariances():
    student = TRUTH[2].with_emission("student_t", 8.0)
    assert student.dofs.tolist() == [8.0, 8.0]
    np.testing.assert_allclose(student.covariances(), TRUTH[2].covars)
    assert student.with_emission("student_t", 3.0) is student
    again = student.with_emission("gaussian", 8.0)
    assert again.dofs is None
    np.testing.assert_allclose(again.covars, TRUTH[2].covars)
    assert TRUTH[2].with_emission("gaussian", 8.0) is TRUTH[2]
