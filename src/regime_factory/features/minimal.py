"""The minimal observation set `v1`: return, volume change and two range volatilities."""

import math

import polars as pl

from regime_factory.features.indicators import (
    CLOSE,
    HALF_RANGE_FLOOR,
    VOLUME,
    half_range,
    log_change,
)
from regime_factory.features.registry import feature
from regime_factory.features.rolling import rolling_mean
from regime_factory.features.steps import Once
from regime_factory.features.windows import FeatureWindows

_BOTH = ("v1", "v2")
# Products with constants, not quotients: Polars may take x / c as x * (1 / c), or not.
_PARKINSON = 1 / (4 * math.log(2))


@feature("close_logret_current", sets=_BOTH, unit="log return per bar", rows=lambda _: 2)
def close_logret(_: FeatureWindows, once: Once) -> pl.Expr:
    """ln(close / previous close)."""
    return log_change(once, CLOSE)


@feature("log_halfrange_current", sets=_BOTH, unit="log of a log distance", rows=lambda _: 1)
def log_halfrange(_: FeatureWindows, once: Once) -> pl.Expr:
    """ln(max(ln(high / low) / 2, 1e-5)), finite for bars without range."""
    return half_range(once).clip(lower_bound=HALF_RANGE_FLOOR).log()


@feature(
    "log_volume_delta_current", sets=_BOTH, unit="log ratio", rows=lambda _: 2, needs_volume=True
)
def log_volume_delta(_: FeatureWindows, once: Once) -> pl.Expr:
    """ln(volume / previous volume)."""
    return log_change(once, VOLUME)


@feature(
    "close_parkinson_{parkinson_window}",
    sets=_BOTH,
    unit="log return deviation per bar",
    source="Parkinson (1980)",
    rows=lambda w: w.parkinson_window,
)
def close_parkinson(w: FeatureWindows, once: Once) -> pl.Expr:
    """sqrt(mean(ln(high / low)^2) / (4 ln 2)) over the window."""
    squares = once((2 * half_range(once)) ** 2)
    variance = rolling_mean(once, squares, w.parkinson_window) * _PARKINSON
    return variance.sqrt()
