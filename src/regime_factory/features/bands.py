"""Bands and channels of the extended set `v2`: Bollinger, Keltner, Donchian.

The bands themselves are in price units; as inputs of a model their width and the place of the
close between them are of use, so the Keltner and Donchian bands are built where listed by name.
"""

import polars as pl

from regime_factory.features import indicators as ind
from regime_factory.features.indicators import CLOSE, HIGH, LOW, STILL
from regime_factory.features.recursive import ema, ema_rows, wilder_rows
from regime_factory.features.registry import feature
from regime_factory.features.rolling import highest, lowest, rolling_mean, rolling_std
from regime_factory.features.steps import Once
from regime_factory.features.windows import FeatureWindows

_V2 = ("v2",)
_PLACE = "0 at the lower, 1 at the upper band"
_BOLLINGER = "Bollinger (2001)"
_KELTNER = "Keltner (1960), with the ATR of Raschke"
_DONCHIAN = "Donchian (1960)"


@feature(
    "close_bollinger_percent_b_{bollinger_window}",
    sets=_V2,
    unit=_PLACE,
    source=_BOLLINGER,
    rows=lambda w: w.bollinger_window,
)
def bollinger_percent_b(w: FeatureWindows, once: Once) -> pl.Expr:
    """(close - lower) / (upper - lower) of bands 2 population deviations around the mean."""
    return 0.5 + ind.z_score(once, CLOSE, w.bollinger_window, ddof=0, scale=CLOSE) * 0.25


@feature(
    "close_bollinger_width_{bollinger_window}",
    sets=_V2,
    unit="share of the mean",
    source=_BOLLINGER,
    rows=lambda w: w.bollinger_window,
)
def bollinger_width(w: FeatureWindows, once: Once) -> pl.Expr:
    """(upper - lower) / mean, that is 4 population deviations over the mean."""
    return 4 * _spread(w, once) / _middle(w, once)


@feature(
    "close_bollinger_upper_{bollinger_window}",
    sets=_V2,
    unit="price",
    source=_BOLLINGER,
    rows=lambda w: w.bollinger_window,
)
def bollinger_upper(w: FeatureWindows, once: Once) -> pl.Expr:
    """Mean + 2 population deviations of the close over the window."""
    return _middle(w, once) + 2 * _spread(w, once)


@feature(
    "close_bollinger_lower_{bollinger_window}",
    sets=_V2,
    unit="price",
    source=_BOLLINGER,
    rows=lambda w: w.bollinger_window,
)
def bollinger_lower(w: FeatureWindows, once: Once) -> pl.Expr:
    """Mean - 2 population deviations of the close over the window."""
    return _middle(w, once) - 2 * _spread(w, once)


def _spread(w: FeatureWindows, once: Once) -> pl.Expr:
    return rolling_std(once, CLOSE, w.bollinger_window, ddof=0)


def _middle(w: FeatureWindows, once: Once) -> pl.Expr:
    return rolling_mean(once, CLOSE, w.bollinger_window)


def _keltner_rows(w: FeatureWindows) -> int:
    return max(ema_rows(w.keltner_window), wilder_rows(w.keltner_atr_window) + 1)


@feature(
    "close_keltner_position_{keltner_window}_{keltner_atr_window}",
    sets=_V2,
    unit=_PLACE,
    source=_KELTNER,
    rows=_keltner_rows,
)
def keltner_position(w: FeatureWindows, once: Once) -> pl.Expr:
    """(close - lower) / (upper - lower) of bands 2 average true ranges around the EMA."""
    middle, span = _keltner(w, once)
    return 0.5 + (CLOSE - middle) * 0.25 / pl.when(span > STILL * CLOSE).then(span)


@feature(
    "close_keltner_width_{keltner_window}_{keltner_atr_window}",
    sets=_V2,
    unit="share of the EMA",
    source=_KELTNER,
    rows=_keltner_rows,
)
def keltner_width(w: FeatureWindows, once: Once) -> pl.Expr:
    """(upper - lower) / EMA, that is 4 average true ranges over the EMA."""
    middle, span = _keltner(w, once)
    return 4 * span / middle


@feature(
    "close_keltner_upper_{keltner_window}_{keltner_atr_window}",
    sets=(),
    unit="price",
    source=_KELTNER,
    rows=_keltner_rows,
)
def keltner_upper(w: FeatureWindows, once: Once) -> pl.Expr:
    """EMA of the close + 2 average true ranges, each seeded with a mean."""
    middle, span = _keltner(w, once)
    return middle + 2 * span


@feature(
    "close_keltner_lower_{keltner_window}_{keltner_atr_window}",
    sets=(),
    unit="price",
    source=_KELTNER,
    rows=_keltner_rows,
)
def keltner_lower(w: FeatureWindows, once: Once) -> pl.Expr:
    """EMA of the close - 2 average true ranges, each seeded with a mean."""
    middle, span = _keltner(w, once)
    return middle - 2 * span


def _keltner(w: FeatureWindows, once: Once) -> tuple[pl.Expr, pl.Expr]:
    return ema(once, CLOSE, w.keltner_window), ind.atr(once, w.keltner_atr_window)


@feature(
    "close_donchian_position_{donchian_window}",
    sets=_V2,
    unit="0 at the lower, 1 at the upper band; beyond them after a breakout",
    source=_DONCHIAN,
    rows=lambda w: w.donchian_window + 1,
)
def donchian_position(w: FeatureWindows, once: Once) -> pl.Expr:
    """(close - lower) / (upper - lower), the bands those of the window before this bar."""
    upper, lower = _donchian(w, once)
    span = once(upper - lower)
    return (CLOSE - lower) / pl.when(span > 0).then(span)


@feature(
    "close_donchian_width_{donchian_window}",
    sets=_V2,
    unit="share of the middle",
    source=_DONCHIAN,
    rows=lambda w: w.donchian_window + 1,
)
def donchian_width(w: FeatureWindows, once: Once) -> pl.Expr:
    """(upper - lower) / middle, the middle of the two."""
    upper, lower = _donchian(w, once)
    return 2 * (upper - lower) / (upper + lower)


@feature(
    "close_donchian_upper_{donchian_window}",
    sets=(),
    unit="price",
    source=_DONCHIAN,
    rows=lambda w: w.donchian_window + 1,
)
def donchian_upper(w: FeatureWindows, once: Once) -> pl.Expr:
    """Highest high of the window before this bar."""
    return _donchian(w, once)[0]


@feature(
    "close_donchian_lower_{donchian_window}",
    sets=(),
    unit="price",
    source=_DONCHIAN,
    rows=lambda w: w.donchian_window + 1,
)
def donchian_lower(w: FeatureWindows, once: Once) -> pl.Expr:
    """Lowest low of the window before this bar."""
    return _donchian(w, once)[1]


def _donchian(w: FeatureWindows, once: Once) -> tuple[pl.Expr, pl.Expr]:
    upper = highest(once, HIGH, w.donchian_window).shift(1)
    return once(upper), once(lowest(once, LOW, w.donchian_window).shift(1))
