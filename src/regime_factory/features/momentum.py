"""Momentum features of the extended set `v2`: changes, RSI, MACD, averages, bands, z-scores."""

import polars as pl

from regime_factory.features import indicators as ind
from regime_factory.features.indicators import CLOSE
from regime_factory.features.registry import feature
from regime_factory.features.steps import Once
from regime_factory.features.windows import FeatureWindows

_V2 = ("v2",)


def _macd_rows(w: FeatureWindows) -> int:
    return ind.ema_rows(w.macd_slow)


def _signal_rows(w: FeatureWindows) -> int:
    return ind.ema_rows(w.macd_slow) + ind.ema_rows(w.macd_signal)


def _macd(w: FeatureWindows, once: Once) -> pl.Expr:
    return ind.macd(once, w.macd_fast, w.macd_slow)


def _signal(w: FeatureWindows, once: Once) -> pl.Expr:
    return ind.macd_signal(once, w.macd_fast, w.macd_slow, w.macd_signal)


def _band_spread(w: FeatureWindows, once: Once) -> pl.Expr:
    return ind.rolling_std(once, CLOSE, w.bollinger_window, ddof=0)


def _band_middle(w: FeatureWindows, once: Once) -> pl.Expr:
    return ind.rolling_mean(once, CLOSE, w.bollinger_window)


@feature(
    "close_momentum_{momentum_window}",
    sets=_V2,
    unit="log return over the window",
    rows=lambda w: w.momentum_window + 1,
)
def close_momentum(w: FeatureWindows, once: Once) -> pl.Expr:
    """ln(close / close of `window` bars before)."""
    return ind.log_change(once, CLOSE, w.momentum_window)


@feature("close_roc_{roc_window}", sets=_V2, unit="percent", rows=lambda w: w.roc_window + 1)
def close_roc(w: FeatureWindows, _once: Once) -> pl.Expr:
    """Rate of change: 100 (close / close of `window` bars before - 1)."""
    return ind.rate_of_change(w.roc_window)


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
    "close_zscore_{zscore_window}",
    sets=_V2,
    unit="population deviations",
    rows=lambda w: w.zscore_window,
)
def close_zscore(w: FeatureWindows, once: Once) -> pl.Expr:
    """(close - its mean) / its population deviation, both over the window."""
    return ind.z_score(once, CLOSE, w.zscore_window, ddof=0, scale=CLOSE)


@feature(
    "close_rsi_{rsi_window}",
    sets=_V2,
    unit="0 to 100",
    rows=lambda w: ind.wilder_rows(w.rsi_window) + 1,
)
def close_rsi(w: FeatureWindows, once: Once) -> pl.Expr:
    """100 gain / (gain + loss) of Wilder averages of close changes, seeded with a mean."""
    return ind.rsi(once, w.rsi_window)


@feature("close_macd_{macd_fast}_{macd_slow}", sets=_V2, unit="price", rows=_macd_rows)
def close_macd(w: FeatureWindows, once: Once) -> pl.Expr:
    """EMA(fast) - EMA(slow) of the close, each seeded with a mean."""
    return _macd(w, once)


@feature(
    "close_macd_signal_{macd_fast}_{macd_slow}_{macd_signal}",
    sets=_V2,
    unit="price",
    rows=_signal_rows,
)
def close_macd_signal(w: FeatureWindows, once: Once) -> pl.Expr:
    """EMA(signal) of MACD, seeded with the mean of its first values."""
    return _signal(w, once)


@feature(
    "close_macd_histogram_{macd_fast}_{macd_slow}_{macd_signal}",
    sets=_V2,
    unit="price",
    rows=_signal_rows,
)
def close_macd_histogram(w: FeatureWindows, once: Once) -> pl.Expr:
    """MACD - its signal line."""
    return _macd(w, once) - _signal(w, once)


@feature(
    "close_ema_{ema_window}", sets=_V2, unit="price", rows=lambda w: ind.ema_rows(w.ema_window)
)
def close_ema(w: FeatureWindows, once: Once) -> pl.Expr:
    """EMA of the close, alpha = 2 / (window + 1), seeded with the first window's mean."""
    return ind.ema(once, CLOSE, w.ema_window)


@feature(
    "close_log_ratio_ema_{ema_window}",
    sets=_V2,
    unit="log ratio",
    rows=lambda w: ind.ema_rows(w.ema_window),
)
def close_log_ratio_ema(w: FeatureWindows, once: Once) -> pl.Expr:
    """ln(close / EMA of the close)."""
    return (CLOSE / ind.ema(once, CLOSE, w.ema_window)).log()


@feature(
    "close_bollinger_percent_b_{bollinger_window}",
    sets=_V2,
    unit="0 at the lower, 1 at the upper band",
    rows=lambda w: w.bollinger_window,
)
def bollinger_percent_b(w: FeatureWindows, once: Once) -> pl.Expr:
    """(close - lower) / (upper - lower) of bands 2 population deviations around the mean."""
    return 0.5 + ind.z_score(once, CLOSE, w.bollinger_window, ddof=0, scale=CLOSE) * 0.25


@feature(
    "close_bollinger_width_{bollinger_window}",
    sets=_V2,
    unit="share of the mean",
    rows=lambda w: w.bollinger_window,
)
def bollinger_width(w: FeatureWindows, once: Once) -> pl.Expr:
    """(upper - lower) / mean, that is 4 population deviations over the mean."""
    return 4 * _band_spread(w, once) / _band_middle(w, once)


@feature(
    "close_bollinger_upper_{bollinger_window}",
    sets=_V2,
    unit="price",
    rows=lambda w: w.bollinger_window,
)
def bollinger_upper(w: FeatureWindows, once: Once) -> pl.Expr:
    """Mean + 2 population deviations of the close over the window."""
    return _band_middle(w, once) + 2 * _band_spread(w, once)


@feature(
    "close_bollinger_lower_{bollinger_window}",
    sets=_V2,
    unit="price",
    rows=lambda w: w.bollinger_window,
)
def bollinger_lower(w: FeatureWindows, once: Once) -> pl.Expr:
    """Mean - 2 population deviations of the close over the window."""
    return _band_middle(w, once) - 2 * _band_spread(w, once)
