"""Momentum features of the extended set `v2`: changes, averages, MACD, z-scores, return shape."""

import polars as pl

from regime_factory.features import indicators as ind
from regime_factory.features.indicators import CLOSE
from regime_factory.features.recursive import chained_rows, ema, ema_alpha, ema_rows
from regime_factory.features.registry import feature
from regime_factory.features.rolling import rolling_mean
from regime_factory.features.steps import Once
from regime_factory.features.windows import FeatureWindows

_V2 = ("v2",)
_APPEL = "Appel (1979)"


def _macd_rows(w: FeatureWindows) -> int:
    return ema_rows(w.macd_slow)


def _signal_rows(w: FeatureWindows) -> int:
    return chained_rows(
        w.macd_slow, ema_alpha(w.macd_slow), w.macd_signal, ema_alpha(w.macd_signal)
    )


def _macd(w: FeatureWindows, once: Once) -> pl.Expr:
    return ind.macd(once, w.macd_fast, w.macd_slow)


def _signal(w: FeatureWindows, once: Once) -> pl.Expr:
    return ind.macd_signal(once, w.macd_fast, w.macd_slow, w.macd_signal)


@feature("close_current", sets=(), unit="price", rows=lambda _: 1)
def close_current(_: FeatureWindows, _once: Once) -> pl.Expr:
    """Close of the bar."""
    return CLOSE


@feature(
    "close_momentum_{momentum_window}",
    sets=_V2,
    unit="log return over the window",
    rows=lambda w: w.momentum_window + 1,
    variants=("momentum_short_window", "momentum_long_window"),
)
def close_momentum(w: FeatureWindows, once: Once) -> pl.Expr:
    """ln(close / close of `window` bars before)."""
    return ind.log_change(once, CLOSE, w.momentum_window)


@feature("close_roc_{roc_window}", sets=_V2, unit="percent", rows=lambda w: w.roc_window + 1)
def close_roc(w: FeatureWindows, _once: Once) -> pl.Expr:
    """100 (close / close of `window` bars before - 1)."""
    return ind.rate_of_change(w.roc_window)


@feature(
    "close_efficiency_ratio_{efficiency_window}",
    sets=_V2,
    unit="0 to 1",
    source="Kaufman (1995)",
    rows=lambda w: w.efficiency_window + 1,
)
def close_efficiency_ratio(w: FeatureWindows, once: Once) -> pl.Expr:
    """|close - close of `window` bars before| / sum of the |close changes| of the window."""
    return ind.efficiency_ratio(once, w.efficiency_window)


@feature(
    "close_ret_zscore_{zscore_window}",
    sets=_V2,
    unit="sample deviations",
    rows=lambda w: w.zscore_window + 1,
)
def close_ret_zscore(w: FeatureWindows, once: Once) -> pl.Expr:
    """(log return - its mean) / its sample deviation, both over the window."""
    return ind.z_score(once, ind.log_change(once, CLOSE), w.zscore_window, ddof=1)


@feature(
    "close_ret_skew_{moment_window}",
    sets=_V2,
    unit="dimensionless",
    rows=lambda w: w.moment_window + 1,
)
def close_ret_skew(w: FeatureWindows, once: Once) -> pl.Expr:
    """m3 / m2^1.5 of the log returns of the window, m their central moments (1 / n)."""
    return ind.log_change(once, CLOSE).rolling_skew(w.moment_window)


@feature(
    "close_ret_kurtosis_{moment_window}",
    sets=_V2,
    unit="dimensionless, 0 for the normal law",
    rows=lambda w: w.moment_window + 1,
)
def close_ret_kurtosis(w: FeatureWindows, once: Once) -> pl.Expr:
    """m4 / m2^2 - 3 of the log returns of the window, m their central moments (1 / n)."""
    return ind.log_change(once, CLOSE).rolling_kurtosis(w.moment_window)


@feature(
    "close_zscore_{zscore_window}",
    sets=_V2,
    unit="population deviations",
    rows=lambda w: w.zscore_window,
)
def close_zscore(w: FeatureWindows, once: Once) -> pl.Expr:
    """(close - its mean) / its population deviation, both over the window."""
    return ind.z_score(once, CLOSE, w.zscore_window, ddof=0, scale=CLOSE)


@feature(
    "close_macd_{macd_fast}_{macd_slow}", sets=_V2, unit="price", source=_APPEL, rows=_macd_rows
)
def close_macd(w: FeatureWindows, once: Once) -> pl.Expr:
    """EMA(fast) - EMA(slow) of the close, each seeded with a mean."""
    return _macd(w, once)


@feature(
    "close_macd_signal_{macd_fast}_{macd_slow}_{macd_signal}",
    sets=_V2,
    unit="price",
    source=_APPEL,
    rows=_signal_rows,
)
def close_macd_signal(w: FeatureWindows, once: Once) -> pl.Expr:
    """EMA(signal) of MACD, seeded with the mean of its first values."""
    return _signal(w, once)


@feature(
    "close_macd_histogram_{macd_fast}_{macd_slow}_{macd_signal}",
    sets=_V2,
    unit="price",
    source=_APPEL,
    rows=_signal_rows,
)
def close_macd_histogram(w: FeatureWindows, once: Once) -> pl.Expr:
    """MACD - its signal line."""
    return _macd(w, once) - _signal(w, once)


@feature("close_ema_{ema_window}", sets=_V2, unit="price", rows=lambda w: ema_rows(w.ema_window))
def close_ema(w: FeatureWindows, once: Once) -> pl.Expr:
    """EMA of the close, alpha = 2 / (window + 1), seeded with the first window's mean."""
    return ema(once, CLOSE, w.ema_window)


@feature(
    "close_log_ratio_ema_{ema_window}",
    sets=_V2,
    unit="log ratio",
    rows=lambda w: ema_rows(w.ema_window),
)
def close_log_ratio_ema(w: FeatureWindows, once: Once) -> pl.Expr:
    """ln(close / EMA of the close)."""
    return (CLOSE / ema(once, CLOSE, w.ema_window)).log()


@feature("close_sma_{sma_window}", sets=(), unit="price", rows=lambda w: w.sma_window)
def close_sma(w: FeatureWindows, once: Once) -> pl.Expr:
    """Mean of the close over the window."""
    return rolling_mean(once, CLOSE, w.sma_window)


@feature(
    "close_log_ratio_sma_{sma_window}", sets=_V2, unit="log ratio", rows=lambda w: w.sma_window
)
def close_log_ratio_sma(w: FeatureWindows, once: Once) -> pl.Expr:
    """ln(close / mean of the close over the window)."""
    return (CLOSE / rolling_mean(once, CLOSE, w.sma_window)).log()
