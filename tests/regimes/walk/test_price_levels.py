"""Which observed columns change with the unit of the prices: built, not looked up."""

import polars as pl
import pytest

from regime_factory.features import build_features, feature_columns
from regime_factory.regimes.walk.price_levels import refuse_price_levels
from regime_factory.simulate import simulate_market

FACTORS = pl.DataFrame({"symbol": ["X"], "factor": [4.0]})


def test_columns_that_scale_with_the_prices_are_refused_and_no_others() -> None:
    bars = simulate_market(600, seed=1).bars
    base = bars["timeframe"][0]
    names = feature_columns("v2", [base])
    prices = (pl.col(name) * 4 for name in ("open", "high", "low", "close"))
    once = build_features(bars, columns=names).row(-1, named=True)
    scaled = build_features(bars.with_columns(*prices), columns=names).row(-1, named=True)
    moved = {name for name in names if scaled[name] != pytest.approx(once[name], abs=1e-6)}
    assert {f"close_atr_14_{base}", f"close_ema_20_{base}"} <= moved < set(names)
    for name in names:
        if name in moved:
            with pytest.raises(ValueError, match=f"X: the model observes {name}, in units"):
                refuse_price_levels([name], FACTORS, base=base)
        else:
            refuse_price_levels([name], FACTORS, base=base)
