"""Volume features of the extended set `v2`: relative volume, VWAP, on-balance volume."""

import polars as pl

from regime_factory.features import indicators as ind
from regime_factory.features.indicators import CLOSE, VOLUME
from regime_factory.features.registry import feature
from regime_factory.features.steps import Once
from regime_factory.features.windows import FeatureWindows

_V2 = ("v2",)
_VWAP = ("vwap_window",)


def _over_vwap(w: FeatureWindows, once: Once) -> pl.Expr:
    return once(CLOSE / ind.vwap(once, w.vwap_window))


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
