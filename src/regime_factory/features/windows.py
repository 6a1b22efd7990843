"""The windows of all features: one settings model with the customary defaults."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from regime_factory.features.nearest import nearest


class FeatureWindows(BaseModel):
    """Window lengths of the features, in bars of the timeframe a feature is computed on.

    Parameters
    ----------
    parkinson_window, range_vol_window, halfrange_window, vol_window, moment_window : int
        Parkinson volatility; Garman-Klass, Rogers-Satchell and Yang-Zhang volatility; half-range
        averages; rolling, realised and EWMA volatility; skewness and kurtosis.
    momentum_window, momentum_short_window, momentum_long_window : int
        Momentum, which a feature set holds at all three.
    roc_window, efficiency_window, zscore_window : int
        Rate of change, efficiency ratio, z-scores.
    sma_window, ema_window : int
        Simple and exponential average.
    macd_fast, macd_slow, macd_signal : int
        The three windows of MACD; fast must be shorter than slow.
    rsi_window, williams_window, cci_window : int
        RSI, Williams %R, commodity channel index.
    stoch_window, stoch_smooth, stoch_signal : int
        Stochastic: its range, and the simple averages that make slow %K and %D.
    atr_window, adx_window, aroon_window : int
        ATR, ADX with its directional indicators, Aroon.
    bollinger_window, donchian_window, keltner_window, keltner_atr_window : int
        Bollinger bands, Donchian channel, Keltner channel and the ATR that sets its width.
    rvol_window, vwap_window, obv_window, cmf_window, mfi_window : int
        Relative volume, volume-weighted average price, on-balance-volume change, Chaikin and
        other money flow.

    Raises
    ------
    ValueError
        A window below 2 (below 4 for the moments), an unknown window or
        `macd_fast >= macd_slow`.

    Examples
    --------
    >>> FeatureWindows(parkinson_window=30).parkinson_window
    30
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    parkinson_window: int = Field(default=20, ge=2)
    range_vol_window: int = Field(default=20, ge=2)
    halfrange_window: int = Field(default=20, ge=2)
    vol_window: int = Field(default=20, ge=2)
    moment_window: int = Field(default=60, ge=4)
    momentum_window: int = Field(default=20, ge=2)
    momentum_short_window: int = Field(default=5, ge=2)
    momentum_long_window: int = Field(default=60, ge=2)
    roc_window: int = Field(default=14, ge=2)
    efficiency_window: int = Field(default=10, ge=2)
    zscore_window: int = Field(default=20, ge=2)
    sma_window: int = Field(default=20, ge=2)
    ema_window: int = Field(default=20, ge=2)
    macd_fast: int = Field(default=12, ge=2)
    macd_slow: int = Field(default=26, ge=2)
    macd_signal: int = Field(default=9, ge=2)
    rsi_window: int = Field(default=14, ge=2)
    williams_window: int = Field(default=14, ge=2)
    cci_window: int = Field(default=20, ge=2)
    stoch_window: int = Field(default=14, ge=2)
    stoch_smooth: int = Field(default=3, ge=2)
    stoch_signal: int = Field(default=3, ge=2)
    atr_window: int = Field(default=14, ge=2)
    adx_window: int = Field(default=14, ge=2)
    aroon_window: int = Field(default=25, ge=2)
    bollinger_window: int = Field(default=20, ge=2)
    donchian_window: int = Field(default=20, ge=2)
    keltner_window: int = Field(default=20, ge=2)
    keltner_atr_window: int = Field(default=10, ge=2)
    rvol_window: int = Field(default=20, ge=2)
    vwap_window: int = Field(default=20, ge=2)
    obv_window: int = Field(default=20, ge=2)
    cmf_window: int = Field(default=20, ge=2)
    mfi_window: int = Field(default=14, ge=2)

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
