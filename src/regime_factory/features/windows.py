"""The windows of all features: one settings model with the customary defaults."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from regime_factory.features.nearest import nearest


class FeatureWindows(BaseModel):
    """Window lengths of the features, in bars of the timeframe a feature is computed on.

    Parameters
    ----------
    parkinson_window, zscore_window, rvol_window, vwap_window : int
        Parkinson volatility, z-scores, relative volume, volume-weighted average price.
    halfrange_window, vol_window, momentum_window, roc_window : int
        Half-range averages, rolling and EWMA volatility, momentum, rate of change.
    rsi_window, atr_window, bollinger_window, ema_window, obv_window : int
        RSI, ATR, Bollinger bands, EMA, on-balance-volume change.
    macd_fast, macd_slow, macd_signal : int
        The three windows of MACD; fast must be shorter than slow.

    Raises
    ------
    ValueError
        A window below 2, an unknown window or `macd_fast >= macd_slow`.

    Examples
    --------
    >>> FeatureWindows(parkinson_window=30).parkinson_window
    30
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    parkinson_window: int = Field(default=20, ge=2)
    zscore_window: int = Field(default=20, ge=2)
    rvol_window: int = Field(default=20, ge=2)
    vwap_window: int = Field(default=20, ge=2)
    halfrange_window: int = Field(default=20, ge=2)
    vol_window: int = Field(default=20, ge=2)
    momentum_window: int = Field(default=20, ge=2)
    roc_window: int = Field(default=14, ge=2)
    rsi_window: int = Field(default=14, ge=2)
    atr_window: int = Field(default=14, ge=2)
    bollinger_window: int = Field(default=20, ge=2)
    ema_window: int = Field(default=20, ge=2)
    obv_window: int = Field(default=20, ge=2)
    macd_fast: int = Field(default=12, ge=2)
    macd_slow: int = Field(default=26, ge=2)
    macd_signal: int = Field(default=9, ge=2)

    @model_validator(mode="after")
    def _fast_is_shorter(self) -> Self:
        if self.macd_fast >= self.macd_slow:
            raise ValueError(
                f"macd_fast is {self.macd_fast} and macd_slow is {self.macd_slow}; "
                "make macd_fast the smaller one"
            )
        return self


def read_windows(windows: Mapping[str, int]) -> FeatureWindows:
    """Turn keyword windows into checked settings.

    Parameters
    ----------
    windows : mapping of str to int
        Names as in `FeatureWindows`, lengths in bars.

    Returns
    -------
    FeatureWindows
        Defaults with the given windows in place.

    Raises
    ------
    ValueError
        An unknown name (the nearest known ones are given) or a bad length.

    Examples
    --------
    >>> read_windows({"macd_slw": 30})
    Traceback (most recent call last):
        ...
    ValueError: unknown window 'macd_slw'; did you mean 'macd_slow', 'macd_signal', 'macd_fast'?
    """
    for name in windows:
        if name not in FeatureWindows.model_fields:
            raise ValueError(f"unknown window '{name}'{nearest(name, FeatureWindows.model_fields)}")
    return FeatureWindows(**windows)
