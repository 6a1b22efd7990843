"""The no-trade band against a plain loop; the account is tested in test_accounting."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.backtest._kernels import hold_inside_band


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=50), st.sampled_from([0.0, 0.1, 0.5]))
def test_band_against_a_plain_loop(desired, band):
    weights, current = [], 0.0
    for wanted in desired:
        current = wanted if abs(wanted - current) > band else current
        weights.append(current)
    np.testing.assert_array_equal(hold_inside_band(np.array(desired), band), weights)
