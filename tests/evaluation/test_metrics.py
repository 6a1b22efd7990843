"""Ratios against values computed by hand and against plain definitions."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.evaluation import (
    annual_volatility,
    as_returns,
    cagr,
    calmar_ratio,
    drawdown_curve,
    excess_returns,
    hit_rate,
    max_drawdown,
    sharpe_ratio,
    sortino_ratio,
    total_return,
)

RETURNS = [0.02, -0.01, 0.03, -0.02, 0.01]
SERIES = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=60)


def test_ratios_by_hand():
    # mean .006; squared distances .000196 .000256 .000576 .000676 .000016 sum to .00172
    deviation = math.sqrt(0.00172 / 4)
    assert sharpe_ratio(RETURNS, 252) == pytest.approx(
        0.006 / deviation * math.sqrt(252), rel=1e-14
    )
    assert annual_volatility(RETURNS, 252) == pytest.approx(deviation * math.sqrt(252), rel=1e-14)
    downside = math.sqrt((0.0001 + 0.0004) / 5)
    assert sortino_ratio(RETURNS, 252) == pytest.approx(
        0.006 / downside * math.sqrt(252), rel=1e-14
    )


def test_growth_and_drawdown_by_hand():
    grown = 1.02 * 0.99 * 1.03 * 0.98 * 1.01
    assert total_return(RETURNS) == pytest.approx(grown - 1, rel=1e-13)
    assert cagr(RETURNS, 252) == pytest.approx(grown ** (252 / 5) - 1, rel=1e-12)
    assert max_drawdown(RETURNS) == pytest.approx(-0.02, rel=1e-12)
    assert calmar_ratio(RETURNS, 252) == pytest.approx(cagr(RETURNS, 252) / 0.02, rel=1e-12)
    assert hit_rate(RETURNS) == 0.6
    assert hit_rate(RETURNS, [0, 1, 1, 0, 0]) == 0.5


def test_the_starting_capital_is_a_maximum():
    assert drawdown_curve([-0.1, 0.05])[0] == pytest.approx(-0.1)


def test_the_risk_free_rate_is_compounded_over_the_year():
    per_bar = 1.05 ** (1 / 4) - 1
    assert excess_returns([0.02], 4, 0.05)[0] == pytest.approx(0.02 - per_bar, abs=1e-16)
    shifted = [ret - per_bar for ret in RETURNS]
    assert sharpe_ratio(RETURNS, 4, risk_free=0.05) == pytest.approx(sharpe_ratio(shifted, 4))
    assert sortino_ratio(RETURNS, 4, risk_free=0.05) == pytest.approx(sortino_ratio(shifted, 4))


@given(SERIES)
def test_properties(series):
    curve = drawdown_curve(series)
    assert np.all((curve <= 0) & (curve >= -1))
    assert max_drawdown(series) == curve.min()
    if max(series) - min(series) > 1e-6:
        expected = statistics.fmean(series) / statistics.stdev(series) * 4
        assert sharpe_ratio(series, 16) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "figure",
    [
        lambda: sharpe_ratio([0.01], 252),
        lambda: sharpe_ratio([0.01, 0.01, 0.01], 252),
        lambda: sortino_ratio([0.01, 0.02], 252),
        lambda: sortino_ratio([], 252),
        lambda: annual_volatility([0.01], 252),
        lambda: cagr([], 252),
        lambda: calmar_ratio([0.01], 252),
        lambda: max_drawdown([]),
        lambda: hit_rate([]),
        lambda: hit_rate([0.1], [0]),
    ],
)
def test_a_figure_that_does_not_exist_is_nan(figure):
    assert math.isnan(figure())


def test_a_lost_account_has_a_growth_of_minus_one():
    assert cagr([0.1, -1.0, 0.0], 252) == -1.0
    assert max_drawdown([0.1, -1.0, 0.0]) == -1.0


def test_bad_input():
    with pytest.raises(ValueError, match="not finite, the first at row 1"):
        as_returns([0.1, math.nan])
    with pytest.raises(ValueError, match="one series"):
        as_returns([[0.1]])
    with pytest.raises(ValueError, match="periods_per_year is 0"):
        sharpe_ratio([0.1, 0.2], 0)
