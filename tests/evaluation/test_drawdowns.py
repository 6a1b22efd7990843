"""The drawdown table against a plain walk over the equity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.evaluation import Drawdown, drawdown_curve, drawdowns


def walked(ret):
    """Collect falls below the running maximum one bar at a time."""
    found, current = [], None
    for bar, depth in enumerate(drawdown_curve(ret)):
        if depth < 0:
            current = current or [bar, bar, depth]
            if depth < current[2]:
                current[1:] = [bar, depth]
        elif current:
            found.append(Drawdown(current[0], current[1], bar, current[2]))
            current = None
    if current:
        found.append(Drawdown(current[0], current[1], None, current[2]))
    return sorted(found, key=lambda fall: (fall.depth, fall.start))


@given(st.lists(st.sampled_from([-0.2, -0.1, 0.0, 0.1, 0.3]), max_size=40))
def test_against_a_plain_walk(ret):
    assert drawdowns(ret) == walked(ret)


def test_only_the_worst():
    depths = [fall.depth for fall in drawdowns([-0.1, 0.5, -0.5, 3.0, -0.25], 2)]
    assert depths == pytest.approx([-0.5, -0.25])


def test_no_returns():
    assert drawdowns([]) == []
