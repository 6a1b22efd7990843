"""The trailing variance against Polars, whole and in pieces."""

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes.detectors.trailing import trailing_variance

SQUARES = np.random.default_rng(0).chisquare(1, 200)


def test_a_window_is_a_rolling_mean():
    found, _ = trailing_variance(SQUARES, np.full(9, 2.0), window=10)
    padded = pl.Series(np.concatenate([np.full(9, 2.0), SQUARES]))
    np.testing.assert_allclose(found, padded.rolling_mean(10)[9:].to_numpy(), rtol=1e-12)


def test_a_decay_is_an_exponential_mean():
    found, memory = trailing_variance(SQUARES, np.array([2.0]), decay=0.9)
    started = pl.Series(np.concatenate([[2.0], SQUARES]))
    expected = started.ewm_mean(alpha=0.1, adjust=False)[1:].to_numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert memory.tolist() == [found[-1]]


@pytest.mark.parametrize("rule", [{"decay": 0.9}, {"window": 10}, {"window": 1}])
def test_pieces_equal_the_whole(rule):
    memory = np.full(rule.get("window", 2) - 1, 2.0)
    whole, last = trailing_variance(SQUARES, memory, **rule)
    parts = []
    for piece in np.split(SQUARES, [1, 5, 100]):
        found, memory = trailing_variance(piece, memory, **rule)
        parts.append(found)
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal(memory, last)
