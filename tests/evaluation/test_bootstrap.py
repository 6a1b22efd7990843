"""Bootstrap intervals: block by block, on known distributions, and their coverage."""

import math

import numpy as np
import pytest

from regime_factory.evaluation import (
    default_mean_block,
    sharpe_ratio,
    stationary_bootstrap_sharpe,
)
from regime_factory.evaluation.bootstrap import _draw_sharpes, draw_blocks


def test_prefix_sums_equal_the_drawn_series():
    rng = np.random.default_rng(3)
    ret, other = rng.normal(0.001, 0.01, 101), rng.normal(5.0, 0.02, 101)
    found = _draw_sharpes([ret, other], 20, 7.0, seed=11)
    ((starts, lengths),) = draw_blocks(101, 20, 7.0, np.random.default_rng(11))
    for draw in range(20):
        rows = np.concatenate(
            [np.arange(s, s + n) % 101 for s, n in zip(starts[draw], lengths[draw], strict=True)]
        )
        assert rows.size == 101
        for series, value in zip((ret, other), found[:, draw], strict=True):
            assert value == pytest.approx(sharpe_ratio(series[rows], 1), rel=1e-8)


def test_blocks_have_the_mean_length_and_start_anywhere():
    ((starts, lengths),) = draw_blocks(2000, 200, 8.0, np.random.default_rng(5))
    assert np.all(lengths.sum(axis=1) == 2000)
    whole = lengths[:, :200]
    assert whole.mean() == pytest.approx(8.0, rel=0.02)
    assert starts.mean() == pytest.approx(999.5, rel=0.02)
    assert (whole == 1).mean() == pytest.approx(1 / 8, abs=0.01)


def test_the_same_series_never_differs_from_itself():
    ret = np.random.default_rng(0).normal(0, 0.01, 300)
    found = stationary_bootstrap_sharpe(ret, ret, periods_per_year=252)
    assert (found.difference, found.difference_lower, found.difference_upper) == (0, 0, 0)


def test_draws_are_paired():
    rng = np.random.default_rng(4)
    market = rng.normal(0.0005, 0.01, 500)
    ours = market + 0.0002 + rng.normal(0, 0.0005, 500)
    found = stationary_bootstrap_sharpe(ours, market, periods_per_year=252)
    assert found.difference_upper - found.difference_lower < 0.2 * (found.upper - found.lower)
    assert found.difference_lower < found.difference < found.difference_upper


def test_same_seed_same_interval():
    ret = np.random.default_rng(0).normal(0, 0.01, 300)
    one, two, other = (
        stationary_bootstrap_sharpe(ret, periods_per_year=252, seed=s) for s in (1, 1, 2)
    )
    assert one == two != other


def test_the_risk_free_rate_moves_the_whole_interval():
    ret = np.random.default_rng(0).normal(0.001, 0.01, 300)
    plain = stationary_bootstrap_sharpe(ret, periods_per_year=252)
    less = stationary_bootstrap_sharpe(ret, periods_per_year=252, risk_free=0.05)
    assert less.sharpe == pytest.approx(sharpe_ratio(ret, 252, risk_free=0.05))
    assert less.upper < plain.upper


def test_no_sharpe_no_interval():
    for ret in ([0.0] * 50, [0.01], []):
        found = stationary_bootstrap_sharpe(ret, periods_per_year=252)
        assert math.isnan(found.lower)
        assert math.isnan(found.sharpe)


def test_draws_without_variation_are_left_out():
    ret = np.zeros(400)
    ret[7] = 0.05
    found = stationary_bootstrap_sharpe(ret, periods_per_year=252, n_draws=300)
    assert 0 < found.lower <= found.upper < 10


def test_default_block():
    assert default_mean_block(8000) == 20.0
    assert default_mean_block(30) == 5.0
    assert default_mean_block(4) == 2.0
    assert default_mean_block(1) == 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_draws": 0}, "n_draws is 0"),
        ({"mean_block": 0.5}, "mean_block is 0.5"),
        ({"confidence": 1.0}, "confidence is 1.0"),
        ({"other": [0.1]}, "2 and 1 returns"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        stationary_bootstrap_sharpe([0.1, 0.2], periods_per_year=252, **settings)


def _autoregressive(rng, n_bars, rho):
    noise = rng.standard_normal(n_bars + 50)
    path = np.empty(n_bars + 50)
    path[0] = noise[0]
    for i in range(1, path.size):
        path[i] = rho * path[i - 1] + math.sqrt(1 - rho**2) * noise[i]
    return path[50:]


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.15])
def test_coverage_is_near_the_stated_confidence(rho):
    rng = np.random.default_rng(17)
    inside = []
    for seed in range(400):
        ret = 0.05 + _autoregressive(rng, 1000, rho)
        found = stationary_bootstrap_sharpe(ret, periods_per_year=1, n_draws=400, seed=seed)
        inside.append(found.lower <= 0.05 <= found.upper)
    assert 0.91 <= np.mean(inside) <= 0.98


@pytest.mark.slow
def test_coverage_of_the_difference():
    rng = np.random.default_rng(23)
    inside = []
    for seed in range(400):
        market = rng.standard_t(5, 800)
        ours = 0.6 * market + rng.standard_t(5, 800)
        found = stationary_bootstrap_sharpe(
            ours, market, periods_per_year=1, n_draws=400, seed=seed
        )
        inside.append(found.difference_lower <= 0.0 <= found.difference_upper)
    assert 0.91 <= np.mean(inside) <= 0.98
