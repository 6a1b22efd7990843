"""Checks that are not reached through the model's own tests."""

import numpy as np
import pytest

from regime_factory.regimes.validation import (
    centre,
    check_lengths,
    check_observations,
    check_probabilities,
    check_training_data,
)


def test_a_vector_is_one_column():
    assert check_observations([1.0, 2.0]).shape == (2, 1)


def test_lengths_default_to_one_sequence():
    assert check_lengths(None, 7) == [7]
    assert check_lengths([3, 4], 7) == [3, 4]


def test_probabilities_must_have_the_right_shape():
    with pytest.raises(ValueError, match=r"p has shape \(2,\), expected \(3,\)"):
        check_probabilities([0.5, 0.5], (3,), "p")
    with pytest.raises(ValueError, match="p must be non-negative"):
        check_probabilities([1.5, -0.5], (2,), "p")


def test_a_column_that_is_the_sum_of_others_is_collinear():
    X = np.random.default_rng(0).normal(size=(100, 2))
    with pytest.raises(ValueError, match=r"columns \['a', 'b', 'c'\] are collinear"):
        check_training_data(np.c_[X, X.sum(axis=1)], 5, ["a", "b", "c"])


def test_a_large_offset_is_not_constant():
    check_training_data(np.random.default_rng(0).normal(size=(100, 2)) + 1e8, 5)


def test_centring_leaves_the_given_observations_alone():
    X = np.array([[1.0], [2.0], [6.0]])
    centred, offset, covariance = centre(X)
    assert X.ravel().tolist() == [1.0, 2.0, 6.0]
    assert centred.tolist() == [[-2.0, -1.0, 3.0]]
    assert (offset[0], covariance[0, 0]) == (3.0, 14 / 3)


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (1300, 9)])
def test_centring_equals_numpy(shape):
    X = np.random.default_rng(0).normal(1e3, 5.0, size=shape)
    centred, offset, covariance = centre(X[::-1])  # not contiguous
    np.testing.assert_allclose(offset, X.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(centred, (X[::-1] - offset).T, rtol=1e-15)
    np.testing.assert_allclose(covariance, np.cov(X.T, bias=True).reshape(covariance.shape))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_named(value):
    X = np.zeros((5, 2))
    X[3, 1] = value
    with pytest.raises(ValueError, match=rf"hold {value} in row 3, column 'b'; drop warm-up"):
        check_observations(X, names=["a", "b"])


def test_only_squares_mind_large_numbers():
    X = np.array([[0.0, 1.0], [-1e200, 0.0]])
    assert check_observations(X) is not None
    with pytest.raises(ValueError, match=r"-1e\+200 in row 1, column 0, too large"):
        check_observations(X, squares=True)


def test_huge_finite_numbers_are_not_called_infinite():
    assert check_observations([1e308, 1e308]).shape == (2, 1)
