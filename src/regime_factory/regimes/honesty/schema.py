"""Pandera schema of the risk forecasts, used as a catalog validator."""

from typing import ClassVar

import pandera.polars as pa

from regime_factory.regimes.schema import Stamp


class RiskForecasts(pa.DataFrameModel):
    """Variance of the next bar and drawdown probability at each scored bar."""

    symbol: str
    ts: Stamp
    squared_return: float = pa.Field(ge=0)
    regime: float = pa.Field(gt=0)
    ewma: float = pa.Field(gt=0)
    har: float = pa.Field(gt=0)
    garch: float = pa.Field(gt=0)
    threshold: float = pa.Field(gt=0)
    drawdown_by_state: float = pa.Field(ge=0, le=1 + 1e-9)
    drawdown_by_volatility: float = pa.Field(ge=0, le=1 + 1e-9)
    drawdown_unconditional: float = pa.Field(ge=0, le=1)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol and time."""

        unique: ClassVar[list[str]] = ["symbol", "ts"]
