"""Oscillators and trend strength of the set `v2`: RSI, stochastic, Williams %R, CCI, ADX, Aroon."""

import polars as pl

from regime_factory.features import indicators as ind
from regime_factory.features.indicators import CLOSE, HIGH, LOW, STILL
from regime_factory.features.recursive import chained_rows, wilder_rows
from regime_factory.features.registry import feature
from regime_factory.features.rolling import rolling_mean, rows_since_highest
from regime_factory.features.steps import Once
from regime_factory.features.windows import FeatureWindows

_V2 = ("v2",)
_PERCENT = "0 to 100"
_WILDER = "Wilder (1978)"
_LANE = "Lane (1984)"
_CHANDE = "Chande (1995)"


@feature(
    "close_rsi_{rsi_window}",
    sets=_V2,
    unit=_PERCENT,
    source=_WILDER,
    rows=lambda w: wilder_rows(w.rsi_window) + 1,
)
def close_rsi(w: FeatureWindows, once: Once) -> pl.Expr:
    """100 gain / (gain + loss) of Wilder averages of close changes, seeded with a mean."""
    return ind.rsi(once, w.rsi_window)


@feature(
    "close_stoch_fast_k_{stoch_window}",
    sets=_V2,
    unit=_PERCENT,
    source=_LANE,
    rows=lambda w: w.stoch_window,
)
def close_stoch_fast_k(w: FeatureWindows, once: Once) -> pl.Expr:
    """100 (close - lowest low) / (highest high - lowest low) of the window."""
    return ind.stochastic(once, w.stoch_window)


@feature(
    "close_stoch_k_{stoch_window}_{stoch_smooth}",
    sets=_V2,
    unit=_PERCENT,
    source=_LANE,
    rows=lambda w: w.stoch_window + w.stoch_smooth - 1,
)
def close_stoch_k(w: FeatureWindows, once: Once) -> pl.Expr:
    """Slow %K: simple mean of the last `smooth` fast %K."""
    return _slow_k(w, once)


@feature(
    "close_stoch_d_{stoch_window}_{stoch_smooth}_{stoch_signal}",
    sets=_V2,
    unit=_PERCENT,
    source=_LANE,
    rows=lambda w: w.stoch_window + w.stoch_smooth + w.stoch_signal - 2,
)
def close_stoch_d(w: FeatureWindows, once: Once) -> pl.Expr:
    """%D: simple mean of the last `signal` slow %K."""
    return rolling_mean(once, _slow_k(w, once), w.stoch_signal)


@feature(
    "close_williams_r_{williams_window}",
    sets=_V2,
    unit="-100 to 0",
    source="Williams (1973)",
    rows=lambda w: w.williams_window,
)
def close_williams_r(w: FeatureWindows, once: Once) -> pl.Expr:
    """-100 (highest high - close) / (highest high - lowest low) of the window."""
    return ind.stochastic(once, w.williams_window) - 100


@feature(
    "close_cci_{cci_window}",
    sets=_V2,
    unit="0.015 mean absolute deviations",
    source="Lambert (1980)",
    rows=lambda w: w.cci_window,
)
def close_cci(w: FeatureWindows, once: Once) -> pl.Expr:
    """(typical - its mean) / (0.015 its mean absolute deviation) over the window.

    The typical price is (high + low + close) / 3.
    """
    return ind.cci(once, w.cci_window)


@feature(
    "close_plus_di_{adx_window}",
    sets=_V2,
    unit=_PERCENT,
    source=_WILDER,
    rows=lambda w: wilder_rows(w.adx_window) + 1,
)
def close_plus_di(w: FeatureWindows, once: Once) -> pl.Expr:
    """+DI: 100 Wilder average of the upward movement / average true range, both mean-seeded."""
    return _directional(w, once, 0)


@feature(
    "close_minus_di_{adx_window}",
    sets=_V2,
    unit=_PERCENT,
    source=_WILDER,
    rows=lambda w: wilder_rows(w.adx_window) + 1,
)
def close_minus_di(w: FeatureWindows, once: Once) -> pl.Expr:
    """-DI: 100 Wilder average of the downward movement / average true range, both mean-seeded."""
    return _directional(w, once, 1)


@feature(
    "close_adx_{adx_window}",
    sets=_V2,
    unit=_PERCENT,
    source=_WILDER,
    rows=lambda w: 1 + chained_rows(w.adx_window, 1 / w.adx_window, w.adx_window, 1 / w.adx_window),
)
def close_adx(w: FeatureWindows, once: Once) -> pl.Expr:
    """Wilder average of 100 |+DI - -DI| / (+DI + -DI), seeded with the mean of its first window.

    A bar without directional movement in its averages counts as 0.
    """
    return ind.adx(once, w.adx_window)


@feature(
    "close_aroon_up_{aroon_window}",
    sets=_V2,
    unit=_PERCENT,
    source=_CHANDE,
    rows=lambda w: w.aroon_window + 1,
)
def close_aroon_up(w: FeatureWindows, once: Once) -> pl.Expr:
    """100 (window - bars since the highest high of the last window + 1 bars) / window.

    The earliest bar counts where several are highest.
    """
    return _aroon(w, once, HIGH)


@feature(
    "close_aroon_down_{aroon_window}",
    sets=_V2,
    unit=_PERCENT,
    source=_CHANDE,
    rows=lambda w: w.aroon_window + 1,
)
def close_aroon_down(w: FeatureWindows, once: Once) -> pl.Expr:
    """100 (window - bars since the lowest low of the last window + 1 bars) / window.

    The earliest bar counts where several are lowest.
    """
    return _aroon(w, once, -LOW)


@feature(
    "close_aroon_oscillator_{aroon_window}",
    sets=_V2,
    unit="-100 to 100",
    source=_CHANDE,
    rows=lambda w: w.aroon_window + 1,
)
def close_aroon_oscillator(w: FeatureWindows, once: Once) -> pl.Expr:
    """Aroon up - Aroon down."""
    return _aroon(w, once, HIGH) - _aroon(w, once, -LOW)


def _slow_k(w: FeatureWindows, once: Once) -> pl.Expr:
    return rolling_mean(once, ind.stochastic(once, w.stoch_window), w.stoch_smooth)


def _directional(w: FeatureWindows, once: Once, side: int) -> pl.Expr:
    move = ind.directional_moves(once, w.adx_window)[side]
    span = ind.atr(once, w.adx_window)
    return 100 * move / pl.when(span > STILL * CLOSE).then(span)


def _aroon(w: FeatureWindows, once: Once, values: pl.Expr) -> pl.Expr:
    age = rows_since_highest(once, values, w.aroon_window + 1)
    return once(100 - age.cast(pl.Float64) * (100 / w.aroon_window))
