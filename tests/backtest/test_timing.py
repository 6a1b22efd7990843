"""Random timing: each shift against a whole backtest, and its p value without skill."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regime_factory.backtest import Execution, random_timing, run_backtest, simulate_accounts
from regime_factory.backtest.schema import Bands
from regime_factory.evaluation import sharpe_ratio

from .market import make_bars, make_positions, random_bars, random_weights

EXECUTION = Execution(252, fee_bps=5, slippage_bps=2)
SETTINGS = {"periods_per_year": 252, "fee_bps": 5, "slippage_bps": 2}


def run(bars, weights):
    return run_backtest(bars, make_positions(bars, weights), **SETTINGS).equity


def test_the_real_series_is_the_backtest_itself():
    bars = random_bars(120)
    equity = run(bars, random_weights(120))
    found = random_timing(bars, equity, "s", EXECUTION, n_shifts=20)
    assert found.sharpe == pytest.approx(sharpe_ratio(equity["ret"].to_numpy(), 252), rel=1e-9)


def test_every_shift_is_a_backtest_of_the_rolled_targets():
    bars = random_bars(90)
    equity = run(bars, random_weights(90))
    found = random_timing(bars, equity, "s", EXECUTION, n_shifts=50, seed=3)
    shifts = np.random.default_rng(3).integers(1, 90, 50)
    target, close = equity["target"].to_numpy(), bars["close"].to_numpy()
    curves = np.array(
        [simulate_accounts(close, [np.roll(target, k)], EXECUTION).equity[0] for k in shifts]
    )
    np.testing.assert_allclose(found.shifted_equity, curves[:, -1], rtol=1e-12)
    for edge, share in (("lower", 0.05), ("upper", 0.95)):
        np.testing.assert_allclose(found.band[edge], np.quantile(curves, share, axis=0), rtol=1e-6)
    better = sum(sharpe >= found.sharpe for sharpe in found.shifted_sharpes)
    assert found.p_value == (better + 1) / 51
    assert Bands.validate(found.band)["ts"].equals(bars["ts"])


def test_a_thinned_band_stays_close():
    bars = random_bars(600)
    equity = run(bars, random_weights(600))
    full = random_timing(bars, equity, "s", EXECUTION, n_shifts=40)
    thin = random_timing(bars, equity, "s", EXECUTION, n_shifts=40, max_points=200)
    assert thin.p_value == full.p_value
    assert thin.band["upper"][-1] == full.band["upper"][-1]
    np.testing.assert_allclose(thin.band["lower"], full.band["lower"], rtol=0.03)


def test_constant_positions_have_no_timing():
    bars = random_bars(100)
    equity = run(bars, [1.0] * 100).with_columns(target=pl.lit(1.0))
    assert random_timing(bars, equity, "s", EXECUTION, n_shifts=30).p_value == 1.0


def test_perfect_foresight_is_found():
    bars = random_bars(400)
    move = np.diff(np.log(bars["close"].to_numpy()), append=0.0)
    later = np.concatenate((move[1:], [0.0]))
    assert random_timing(bars, run(bars, later > 0), "s", EXECUTION).p_value == 1 / 501


def test_flat_positions():
    bars = random_bars(50)
    found = random_timing(bars, run(bars, [0.0] * 50), "s", EXECUTION, n_shifts=10)
    assert found.p_value == 1.0
    assert np.isnan(found.sharpe)


def test_same_seed_same_band():
    bars = random_bars(80)
    equity = run(bars, random_weights(80))
    one, two, other = (
        random_timing(bars, equity, "s", EXECUTION, n_shifts=30, seed=s).band for s in (1, 1, 2)
    )
    assert one.equals(two)
    assert not one.equals(other)


def test_bad_input():
    bars = random_bars(30)
    equity = run(bars, [1.0] * 30)
    with pytest.raises(ValueError, match=r"strategy 'z' has 0 bars .* the table holds s"):
        random_timing(bars, equity, "z", EXECUTION)
    with pytest.raises(ValueError, match="no bar for the equity at 2020-01-30 21:00 UTC"):
        random_timing(bars[:29], equity, "s", EXECUTION)
    with pytest.raises(ValueError, match="n_shifts is 0"):
        random_timing(bars, equity, "s", EXECUTION, n_shifts=0)
    with pytest.raises(ValueError, match="equity lack the column 'target'"):
        random_timing(bars, equity.drop("target"), "s", EXECUTION)


@pytest.mark.slow
def test_p_value_is_uniform_without_skill():
    rng = np.random.default_rng(8)
    found = []
    for market in range(300):
        bars = make_bars(100 * np.exp(np.cumsum(rng.normal(0, 0.01, 300))))
        equity = run(bars, random_weights(300, seed=market))
        found.append(random_timing(bars, equity, "s", EXECUTION, n_shifts=99, seed=market).p_value)
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert 0.02 <= np.mean(np.array(found) <= 0.05) <= 0.09
