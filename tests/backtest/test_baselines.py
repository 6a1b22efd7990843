"""Baselines against plain loops, and their causality."""

import numpy as np
import pytest

from regime_factory.backtest import baseline_positions, ewma_volatility, volatility_quantile

from .market import random_bars


def looped(close, decay, warmup):
    variance, found = None, [np.nan]
    for count, ret in enumerate(np.diff(np.log(close)), start=1):
        variance = ret**2 if variance is None else decay * variance + (1 - decay) * ret**2
        found.append(np.sqrt(variance) if count >= warmup else np.nan)
    return np.array(found)


@pytest.mark.parametrize(("decay", "warmup"), [(0.94, 20), (0.5, 1)])
def test_ewma_against_a_loop(decay, warmup):
    close = random_bars(200)["close"].to_numpy()
    found = ewma_volatility(close, decay=decay, warmup=warmup)
    np.testing.assert_allclose(found, looped(close, decay, warmup), rtol=1e-12)


def test_rules():
    bars = random_bars(300)
    volatility = looped(bars["close"].to_numpy(), 0.94, 20)
    assert baseline_positions(bars, "buy_and_hold")["position"].to_list() == [1.0] * 300
    threshold = volatility_quantile(bars[:150], 0.7)
    assert threshold == pytest.approx(np.nanquantile(volatility[:150], 0.7))
    found = baseline_positions(bars, "volatility_threshold", threshold=threshold, strategy="quiet")
    assert found["position"].to_list() == [float(v <= threshold) for v in volatility]
    assert found["strategy"][0] == "quiet"
    found = baseline_positions(
        bars, "ewma_target", target_volatility=0.1, no_trade_band=0.0, max_leverage=0.8
    )
    expected = np.nan_to_num(np.minimum(0.1 / np.sqrt(252) / volatility, 0.8))
    np.testing.assert_allclose(found["position"], expected, rtol=1e-12)


@pytest.mark.parametrize("rule", ["buy_and_hold", "volatility_threshold", "ewma_target"])
def test_later_bars_change_no_earlier_position(rule):
    bars, other = random_bars(100, seed=1), random_bars(100, seed=2)
    replaced = bars[:60].vstack(other[60:])
    whole, changed, short = (
        baseline_positions(b, rule, threshold=0.01)[:60] for b in (bars, replaced, bars[:60])
    )
    assert whole.equals(changed)
    assert whole.equals(short)


def test_constant_prices_ask_for_the_largest_weight():
    bars = random_bars(60, vol=0.0).with_columns(close=100.0, open=100.0)
    found = baseline_positions(bars, "ewma_target", max_leverage=1.5)["position"]
    assert found[-1] == 1.5


def test_bad_input():
    bars = random_bars(30)
    with pytest.raises(ValueError, match="rule is 'hold'; choose one of buy_and_hold"):
        baseline_positions(bars, "hold")
    with pytest.raises(ValueError, match="needs a threshold; take volatility_quantile"):
        baseline_positions(bars, "volatility_threshold")
    with pytest.raises(ValueError, match="decay is 1"):
        baseline_positions(bars, "ewma_target", decay=1.0)
    with pytest.raises(ValueError, match="10 bars are too few"):
        volatility_quantile(bars[:10])
    with pytest.raises(ValueError, match="go back in time"):
        baseline_positions(bars[[1, 0]], "buy_and_hold")
