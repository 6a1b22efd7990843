"""Covariance shapes and parameter counts."""

import numpy as np
import pytest

from regime_factory.regimes.hmm.emission import (
    compress_covariances,
    count_parameters,
    covariance_shape,
    expand_covariances,
    log_density,
    whitening,
)

from . import slow_reference

KINDS = ("spherical", "diag", "full", "tied")


@pytest.mark.parametrize(
    ("kind", "count"), [("spherical", 17), ("diag", 20), ("full", 23), ("tied", 17)]
)
def test_parameter_counts_of_three_states_and_two_columns(kind, count):
    assert count_parameters(kind, 3, 2) == count


@pytest.mark.parametrize("kind", KINDS)
def test_expanding_and_compressing_are_inverse(kind):
    shape = covariance_shape(kind, 3, 2)
    compact = np.random.default_rng(0).uniform(1, 2, shape)
    full = expand_covariances(compact, kind, 3, 2)
    assert full.shape == (3, 2, 2)
    np.testing.assert_array_equal(compress_covariances(full, kind), compact)
    np.testing.assert_array_equal(expand_covariances(full, kind, 3, 2), full)


def test_a_wrong_shape_says_what_was_expected():
    with pytest.raises(ValueError, match=r"covars has shape \(4,\); 'diag' expects \(3, 2\)"):
        expand_covariances(np.ones(4), "diag", 3, 2)


def test_a_covariance_must_be_positive_definite():
    with pytest.raises(ValueError, match="not positive definite"):
        whitening(np.array([[[1.0, 2.0], [2.0, 1.0]]]))


def test_student_t_densities_equal_scipy():
    rng = np.random.default_rng(0)
    parameters = slow_reference.random_parameters(rng, 3, 2, student=True)
    X = rng.normal(scale=5, size=(40, 2))
    found = log_density(np.ascontiguousarray(X.T), parameters)
    np.testing.assert_allclose(found, slow_reference.log_densities(X, parameters), rtol=1e-12)


def test_a_student_t_state_has_one_more_parameter():
    assert count_parameters("diag", 3, 2, "student_t") == count_parameters("diag", 3, 2) + 3
