"""Branch-free exponential and logarithm against numpy."""

import numpy as np
from numba import njit

from regime_factory.regimes.hmm import _elementwise


@njit
def _each(x, out, logarithm):
    for i in range(x.size):
        out[i] = _elementwise.log(x[i]) if logarithm else _elementwise.exp2(x[i])


def test_logarithm_is_exact_to_rounding():
    x = np.concatenate([np.geomspace(1e-300, 1e300, 30001), np.linspace(0.5, 2, 30001)])
    out = np.empty_like(x)
    _each(x, out, True)
    np.testing.assert_allclose(out, np.log(x), rtol=5e-16, atol=5e-17)


def test_power_of_two_is_exact_to_rounding_and_clamped():
    x = np.concatenate([np.linspace(-1000, 0, 40001), [-1e6]])
    out = np.empty_like(x)
    _each(x, out, False)
    np.testing.assert_allclose(out[:-1], np.exp2(x[:-1]), rtol=1e-15)
    assert out[-2] == 1.0
    assert out[-1] == 0.0


def test_the_best_state_has_density_one():
    row, best = np.array([3.0, 0.1, 700.0]), np.empty(3)
    _elementwise.first_best(best, row, 0.3, 0.7)
    _elementwise.below_best(row, 0.3, 0.7, best)
    np.testing.assert_array_equal(row, 1.0)
