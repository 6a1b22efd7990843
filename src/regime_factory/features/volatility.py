"""Volatility features of the extended set `v2`: ranges, rolling and EWMA deviation, ATR."""

import polars as pl

from regime_factory.features import indicators as ind
from regime_factory.features.indicators import CLOSE, HIGH, LOW, OPEN
from regime_factory.features.registry import feature
from regime_factory.features.steps import Once
from regime_factory.features.windows import FeatureWindows

_V2 = ("v2",)


@feature("high_low_range_pct_current", sets=_V2, unit="percent of close", rows=lambda _: 1)
def high_low_range_pct(_: FeatureWindows, _once: Once) -> pl.Expr:
    """100 (high - low) / close."""
    return 100 * (HIGH - LOW) / CLOSE


@feature("close_open_pct_current", sets=_V2, unit="percent of open", rows=lambda _: 1)
def close_open_pct(_: FeatureWindows, _once: Once) -> pl.Expr:
    """100 (close - open) / open."""
    return 100 * (CLOSE - OPEN) / OPEN


@feature(
    "high_low_halfrange_mean_{halfrange_window}",
    sets=_V2,
    unit="log distance",
    rows=lambda w: w.halfrange_window,
)
def halfrange_mean(w: FeatureWindows, once: Once) -> pl.Expr:
    """Mean of ln(high / low) / 2 over the window."""
    return ind.rolling_mean(once, ind.half_range(once), w.halfrange_window).clip(lower_bound=0.0)


@feature(
    "high_low_halfrange_ewma_{halfrange_window}",
    sets=_V2,
    unit="log distance",
    rows=lambda w: ind.ema_rows(w.halfrange_window),
)
def halfrange_ewma(w: FeatureWindows, once: Once) -> pl.Expr:
    """EMA of ln(high / low) / 2, alpha = 2 / (window + 1), seeded with the first window's mean."""
    return ind.ema(once, ind.half_range(once), w.halfrange_window)


@feature(
    "close_rolling_vol_{vol_window}",
    sets=_V2,
    unit="log return deviation per bar",
    rows=lambda w: w.vol_window + 1,
)
def close_rolling_vol(w: FeatureWindows, once: Once) -> pl.Expr:
    """Sample deviation of the log return over the window."""
    return ind.rolling_std(once, ind.log_change(once, CLOSE), w.vol_window, ddof=1)


@feature(
    "close_ewma_vol_{vol_window}",
    sets=_V2,
    unit="log return deviation per bar",
    rows=lambda w: ind.ema_rows(w.vol_window) + 1,
)
def close_ewma_vol(w: FeatureWindows, once: Once) -> pl.Expr:
    """sqrt(EMA of the squared log return), alpha = 2 / (window + 1), seeded with a mean."""
    return ind.ema(once, ind.log_change(once, CLOSE) ** 2, w.vol_window, first=1).sqrt()


@feature(
    "close_atr_{atr_window}",
    sets=_V2,
    unit="price",
    rows=lambda w: ind.wilder_rows(w.atr_window) + 1,
)
def close_atr(w: FeatureWindows, once: Once) -> pl.Expr:
    """Average true range: Wilder average of the true range, seeded with a mean."""
    return ind.atr(once, w.atr_window)


@feature(
    "close_atr_pct_{atr_window}",
    sets=_V2,
    unit="percent of close",
    rows=lambda w: ind.wilder_rows(w.atr_window) + 1,
)
def close_atr_pct(w: FeatureWindows, once: Once) -> pl.Expr:
    """100 average true range / close."""
    return 100 * ind.atr(once, w.atr_window) / CLOSE
