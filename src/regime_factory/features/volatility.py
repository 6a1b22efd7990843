"""Volatility features of the extended set `v2`: ranges, rolling, EWMA and range estimators, ATR."""

import math

import polars as pl

from regime_factory.features import indicators as ind
from regime_factory.features.indicators import CLOSE, HIGH, LOW, OPEN
from regime_factory.features.recursive import (
    ema,
    ema_rows,
    seeded_average,
    seeded_rows,
    wilder_rows,
)
from regime_factory.features.registry import feature
from regime_factory.features.rolling import rolling_mean, rolling_std, rolling_sum
from regime_factory.features.steps import Once
from regime_factory.features.windows import FeatureWindows

_V2 = ("v2",)
_PER_BAR = "log return deviation per bar"
_GARMAN_KLASS_BODY = 2 * math.log(2) - 1
_RISKMETRICS_ALPHA = 1 - 0.94


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
    return rolling_mean(once, ind.half_range(once), w.halfrange_window)


@feature(
    "high_low_halfrange_ewma_{halfrange_window}",
    sets=_V2,
    unit="log distance",
    rows=lambda w: ema_rows(w.halfrange_window),
)
def halfrange_ewma(w: FeatureWindows, once: Once) -> pl.Expr:
    """EMA of ln(high / low) / 2, alpha = 2 / (window + 1), seeded with the first window's mean."""
    return ema(once, ind.half_range(once), w.halfrange_window)


@feature("close_rolling_vol_{vol_window}", sets=_V2, unit=_PER_BAR, rows=lambda w: w.vol_window + 1)
def close_rolling_vol(w: FeatureWindows, once: Once) -> pl.Expr:
    """Sample deviation of the log return over the window."""
    return rolling_std(once, ind.log_change(once, CLOSE), w.vol_window, ddof=1)


@feature(
    "close_realised_vol_{vol_window}",
    sets=_V2,
    unit="log return deviation over the window",
    source="Andersen, Bollerslev, Diebold and Labys (2003)",
    rows=lambda w: w.vol_window + 1,
)
def close_realised_vol(w: FeatureWindows, once: Once) -> pl.Expr:
    """sqrt(sum of the squared log returns of the window)."""
    return rolling_sum(once, _squared_return(once), w.vol_window).sqrt()


@feature(
    "close_ewma_vol_{vol_window}",
    sets=_V2,
    unit=_PER_BAR,
    rows=lambda w: ema_rows(w.vol_window) + 1,
)
def close_ewma_vol(w: FeatureWindows, once: Once) -> pl.Expr:
    """sqrt(EMA of the squared log return), alpha = 2 / (window + 1), seeded with a mean."""
    return ema(once, _squared_return(once), w.vol_window, first=1).sqrt()


@feature(
    "close_riskmetrics_vol",
    sets=_V2,
    unit=_PER_BAR,
    source="J.P. Morgan RiskMetrics (1996), lambda 0.94",
    rows=lambda w: seeded_rows(w.vol_window, _RISKMETRICS_ALPHA) + 1,
    uses=("vol_window",),
)
def close_riskmetrics_vol(w: FeatureWindows, once: Once) -> pl.Expr:
    """sqrt(v), v = 0.94 v' + 0.06 (log return)^2, seeded with the mean of the first window."""
    squares = _squared_return(once)
    return seeded_average(once, squares, w.vol_window, _RISKMETRICS_ALPHA, first=1).sqrt()


@feature(
    "close_garman_klass_{range_vol_window}",
    sets=_V2,
    unit=_PER_BAR,
    source="Garman and Klass (1980)",
    rows=lambda w: w.range_vol_window,
)
def close_garman_klass(w: FeatureWindows, once: Once) -> pl.Expr:
    """sqrt(mean of ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2 over the window)."""
    ranges = once((2 * ind.half_range(once)) ** 2)
    bodies = once(ind.log_ratio(once, CLOSE, OPEN) ** 2)
    per_bar = once(0.5 * ranges - _GARMAN_KLASS_BODY * bodies)
    return _deviation(rolling_mean(once, per_bar, w.range_vol_window))


@feature(
    "close_rogers_satchell_{range_vol_window}",
    sets=_V2,
    unit=_PER_BAR,
    source="Rogers and Satchell (1991)",
    rows=lambda w: w.range_vol_window,
)
def close_rogers_satchell(w: FeatureWindows, once: Once) -> pl.Expr:
    """sqrt(mean of ln(h / c) ln(h / o) + ln(l / c) ln(l / o) over the window)."""
    return _deviation(_rogers_satchell(w, once))


@feature(
    "close_yang_zhang_{range_vol_window}",
    sets=_V2,
    unit=_PER_BAR,
    source="Yang and Zhang (2000)",
    rows=lambda w: w.range_vol_window + 1,
)
def close_yang_zhang(w: FeatureWindows, once: Once) -> pl.Expr:
    """sqrt(variance of ln(open / previous close) + k variance of ln(close / open) + (1 - k) rs).

    Sample variances, n the window, rs as in `close_rogers_satchell`,
    k = 0.34 / (1.34 + (n + 1) / (n - 1)).
    """
    n = w.range_vol_window
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    jumps = once(once(OPEN.log()) - once(CLOSE.log()).shift(1))
    overnight = rolling_std(once, jumps, n, ddof=1) ** 2
    body = rolling_std(once, ind.log_ratio(once, CLOSE, OPEN), n, ddof=1) ** 2
    return _deviation(overnight + k * body + (1 - k) * _rogers_satchell(w, once))


@feature(
    "close_atr_{atr_window}",
    sets=_V2,
    unit="price",
    source="Wilder (1978)",
    rows=lambda w: wilder_rows(w.atr_window) + 1,
)
def close_atr(w: FeatureWindows, once: Once) -> pl.Expr:
    """Wilder average of the true range, seeded with the mean of the first window."""
    return ind.atr(once, w.atr_window)


@feature(
    "close_atr_pct_{atr_window}",
    sets=_V2,
    unit="percent of close",
    source="Wilder (1978)",
    rows=lambda w: wilder_rows(w.atr_window) + 1,
)
def close_atr_pct(w: FeatureWindows, once: Once) -> pl.Expr:
    """100 average true range / close, with the average of `close_atr`."""
    return 100 * ind.atr(once, w.atr_window) / CLOSE


def _squared_return(once: Once) -> pl.Expr:
    return once(ind.log_change(once, CLOSE) ** 2)


def _rogers_satchell(w: FeatureWindows, once: Once) -> pl.Expr:
    """Mean variance per bar of the Rogers-Satchell estimator."""
    upper = ind.log_ratio(once, HIGH, CLOSE) * ind.log_ratio(once, HIGH, OPEN)
    lower = ind.log_ratio(once, LOW, CLOSE) * ind.log_ratio(once, LOW, OPEN)
    return rolling_mean(once, once(upper + lower), w.range_vol_window)


def _deviation(variance: pl.Expr) -> pl.Expr:
    """Root of a variance that rounding may leave just below zero."""
    return variance.clip(lower_bound=0.0).sqrt()
