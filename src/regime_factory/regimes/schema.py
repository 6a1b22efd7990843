"""Pandera schemas of the regime tables, used as catalog validators."""

from typing import Annotated, ClassVar

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData
from pandera.typing.polars import Series

Stamp = Annotated[pl.Datetime, "us", "UTC"]


class Observations(pa.DataFrameModel):
    """What a model observes: keys, the bar's return and finite columns."""

    symbol: str
    ts: Stamp
    ret: float = pa.Field(gt=-1)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol and time."""

        unique: ClassVar[list[str]] = ["symbol", "ts"]

    @pa.dataframe_check(error="observed values are finite, without nulls")
    @classmethod
    def _values_are_finite(cls, data: PolarsData) -> pl.LazyFrame:
        observed = pl.exclude("symbol", "ts")
        return data.lazyframe.select(pl.all_horizontal(observed.is_finite().fill_null(False)))


class Selection(pa.DataFrameModel):
    """One row per candidate model."""

    symbol: str
    n_states: int = pa.Field(ge=1)
    covariance_type: str = pa.Field(isin=["full", "diag", "spherical", "tied"])
    n_parameters: int = pa.Field(gt=0)
    loglik_train: float
    loglik_validation: float
    aic: float
    bic: float
    n_iter: int = pa.Field(ge=0)
    converged: bool
    hit_rate: float = pa.Field(ge=0, le=1)
    min_occupancy: float = pa.Field(ge=0, le=1)
    selected: bool


class AppliedRegimes(pa.DataFrameModel):
    """Filtered probabilities of a fixed model."""

    symbol: str
    ts: Stamp
    state: pl.Int16 = pa.Field(ge=0)
    regime: str
    probability: Series[float] = pa.Field(
        alias=r"^p_state_\d+$", regex=True, ge=0, le=1 + 1e-9, nullable=True
    )

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol and time."""

        unique: ClassVar[list[str]] = ["symbol", "ts"]


class Regimes(AppliedRegimes):
    """Filtered, walk-forward regimes, one row per base bar."""

    confirmed_state: pl.Int16 = pa.Field(ge=0)
    confirmed_regime: str
    zone: str = pa.Field(isin=["selection", "evaluation", "holdout"])
    refit_id: pl.Int32 = pa.Field(ge=0)


class Diagnostics(pa.DataFrameModel):
    """Diagnostics as one long table."""

    symbol: str
    quantity: str
    state: int
    other: str
    value: float = pa.Field(nullable=True)  # a state that is never left has no expected bars
