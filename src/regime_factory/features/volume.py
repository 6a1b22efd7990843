"""Volume features of the extended set `v2`: relative volume, VWAP, money flow.

All of them look at a window. The level of on-balance volume depends on where the series starts, so
no lookback reproduces it and it is no feature; its change over a window is.
"""

import polars as pl

from regime_factory.features import indicators as ind
from regime_factory.features.indicators import CLOSE, HIGH, LOW, VOLUME
from regime_factory.features.registry import feature
from regime_factory.features.rolling import rolling_mean, rolling_sum
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
    """Volume / mean volume of the window, the current bar included."""
    return VOLUME / rolling_mean(once, VOLUME, w.rvol_window)


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
    source="on-balance volume of Granville (1963)",
    rows=lambda w: w.obv_window + 1,
    needs_volume=True,
)
def volume_obv_change(w: FeatureWindows, once: Once) -> pl.Expr:
    """Change of on-balance volume over the window / volume of the window."""
    change = rolling_sum(once, ind.signed_volume(once), w.obv_window)
    return change / ind.volume_sum(once, w.obv_window)


@feature(
    "volume_cmf_{cmf_window}",
    sets=_V2,
    unit="-1 to 1",
    source="Chaikin",
    rows=lambda w: w.cmf_window,
    needs_volume=True,
)
def volume_cmf(w: FeatureWindows, once: Once) -> pl.Expr:
    """sum(volume m) / sum(volume) of the window, m = (2 close - high - low) / (high - low).

    m is 0 where high = low.
    """
    place = ((CLOSE - LOW) - (HIGH - CLOSE)) / (HIGH - LOW)
    place = pl.when(HIGH != LOW).then(place).when(HIGH == LOW).then(0.0)
    flow = rolling_sum(once, once(place * VOLUME), w.cmf_window)
    return flow / ind.volume_sum(once, w.cmf_window)


@feature(
    "volume_mfi_{mfi_window}",
    sets=_V2,
    unit="0 to 100",
    source="Quong and Soudack (1989)",
    rows=lambda w: w.mfi_window + 1,
    needs_volume=True,
)
def volume_mfi(w: FeatureWindows, once: Once) -> pl.Expr:
    """100 up / (up + down), sums over the window of volume times typical price.

    Up are the bars whose typical price (high + low + close) / 3 rises, down those where it falls;
    null where it did neither.
    """
    typical = ind.typical_sum(once)
    direction = once((typical - typical.shift(1)).sign())
    flow = ind.money_flow(once)
    up, down = (
        rolling_sum(once, once(flow * side.clip(lower_bound=0.0)), w.mfi_window)
        for side in (direction, -direction)
    )
    moved = once(up + down)
    return 100 * up / pl.when(moved > 0).then(moved)
