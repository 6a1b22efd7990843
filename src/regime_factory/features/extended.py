"""The extended observation set `v2`: volatility, momentum, oscillators, bands and volume."""

import polars as pl

from regime_factory.features import indicators as ind
from regime_factory.features.indicators import CLOSE, HIGH, LOW, OPEN, VOLUME
from regime_factory.features.registry import feature
from regime_factory.features.steps import Once
from regime_factory.features.windows import FeatureWindows

_V2 = ("v2",)
_VWAP = ("vwap_window",)
_MACD = ("macd_fast", "macd_slow")


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


def _over_vwap(w: FeatureWindows, once: Once) -> pl.Expr:
    return once(CLOSE / ind.vwap(once, w.vwap_window))


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
    "log_volume_zscore_{zscore_window}",
    sets=_V2,
    unit="sample deviations",
    rows=lambda w: w.zscore_window,
    needs_volume=True,
)
def log_volume_zscore(w: FeatureWindows, once: Once) -> pl.Expr:
    """(ln volume - its mean) / its sample deviation, both over the window."""
    return ind.z_score(once, once(VOLUME.log()), w.zscore_window, ddof=1)


@feature(
    "volume_rvol_{rvol_window}",
    sets=_V2,
    unit="ratio",
    rows=lambda w: w.rvol_window,
    needs_volume=True,
)
def volume_rvol(w: FeatureWindows, once: Once) -> pl.Expr:
    """Relative volume: volume / mean volume of the window, the current bar included."""
    return VOLUME / ind.rolling_mean(once, VOLUME, w.rvol_window)


@feature(
    "close_over_vwap",
    sets=_V2,
    unit="ratio",
    rows=lambda w: w.vwap_window,
    uses=_VWAP,
    needs_volume=True,
)
def close_over_vwap(w: FeatureWindows, once: Once) -> pl.Expr:
    """Close / vwap, vwap = sum(volume (high + low + close) / 3) / sum(volume) of the window."""
    return _over_vwap(w, once)


@feature(
    "close_log_ratio_vwap",
    sets=_V2,
    unit="log ratio",
    rows=lambda w: w.vwap_window,
    uses=_VWAP,
    needs_volume=True,
)
def close_log_ratio_vwap(w: FeatureWindows, once: Once) -> pl.Expr:
    """ln(close / vwap), with the vwap of `close_over_vwap`."""
    return _over_vwap(w, once).log()


@feature("high_low_range_pct_current", sets=_V2, unit="percent of close", rows=lambda _: 1)
def high_low_range_pct(_: FeatureWindows, once: Once) -> pl.Expr:
    """100 (high - low) / close."""
    return 100 * (HIGH - LOW) / CLOSE


@feature("close_open_pct_current", sets=_V2, unit="percent of open", rows=lambda _: 1)
def close_open_pct(_: FeatureWindows, once: Once) -> pl.Expr:
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
    "close_momentum_{momentum_window}",
    sets=_V2,
    unit="log return over the window",
    rows=lambda w: w.momentum_window + 1,
)
def close_momentum(w: FeatureWindows, once: Once) -> pl.Expr:
    """ln(close / close of `window` bars before)."""
    return ind.log_change(once, CLOSE, w.momentum_window)


@feature("close_roc_{roc_window}", sets=_V2, unit="percent", rows=lambda w: w.roc_window + 1)
def close_roc(w: FeatureWindows, once: Once) -> pl.Expr:
    """Rate of change: 100 (close / close of `window` bars before - 1)."""
    return ind.rate_of_change(w.roc_window)


@feature(
    "close_rsi_{rsi_window}",
    sets=_V2,
    unit="0 to 100",
    rows=lambda w: ind.wilder_rows(w.rsi_window) + 1,
)
def close_rsi(w: FeatureWindows, once: Once) -> pl.Expr:
    """100 gain / (gain + loss) of Wilder averages of close changes, seeded with a mean."""
    return ind.rsi(once, w.rsi_window)


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
    "close_bollinger_percent_b_{bollinger_window}",
    sets=_V2,
    unit="0 at the lower, 1 at the upper band",
    rows=lambda w: w.bollinger_window,
)
def bollinger_percent_b(w: FeatureWindows, once: Once) -> pl.Expr:
    """(close - lower) / (upper - lower) of bands 2 population deviations around the mean."""
    return 0.5 + ind.z_score(once, CLOSE, w.bollinger_window, ddof=0, scale=CLOSE) / 4


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
    "volume_obv_change_{obv_window}",
    sets=_V2,
    unit="share of the window's volume, -1 to 1",
    rows=lambda w: w.obv_window + 1,
    needs_volume=True,
)
def volume_obv_change(w: FeatureWindows, once: Once) -> pl.Expr:
    """Change of on-balance volume over the window / volume of the window."""
    change = ind.signed_volume(once).rolling_sum(w.obv_window)
    return change / ind.volume_sum(once, w.obv_window)
