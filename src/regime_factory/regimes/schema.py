"""Pandera schemas of the regime tables, used as catalog validators."""

from typing import Annotated, ClassVar

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData
from pandera.typing.polars import Series

Stamp = Annotated[pl.Datetime, "us", "UTC"]


class NewObservations(pa.DataFrameModel):
    """What a model observes of new bars: keys and finite columns."""

    symbol: str
    ts: Stamp

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol and time."""

        unique: ClassVar[list[str]] = ["symbol", "ts"]

    @pa.dataframe_check(error="observed values are finite, without nulls")
    @classmethod
    def _values_are_finite(cls, data: PolarsData) -> pl.LazyFrame:
        observed = pl.exclude("symbol", "ts")
        return data.lazyframe.select(pl.all_horizontal(observed.is_finite().fill_null(False)))


class Observations(NewObservations):
    """What a model observes, with the bar's return."""

    ret: float = pa.Field(gt=-1)


class Moments(pa.DataFrameModel):
    """Moments that get a regime."""

    symbol: str
    ts: Stamp

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol and time."""

        unique: ClassVar[list[str]] = ["symbol", "ts"]


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


class FilteredRegimes(pa.DataFrameModel):
    """Filtered probabilities, each row by the refit in force."""

    symbol: str
    ts: Stamp
    state: pl.Int16 = pa.Field(ge=0)
    regime: str
    probability: Series[float] = pa.Field(
        alias=r"^p_state_\d+$", regex=True, ge=0, le=1 + 1e-9, nullable=True
    )
    refit_id: pl.Int32 = pa.Field(ge=0)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol and time."""

        unique: ClassVar[list[str]] = ["symbol", "ts"]


class Regimes(FilteredRegimes):
    """Filtered, walk-forward regimes, one row per base bar."""

    confirmed_state: pl.Int16 = pa.Field(ge=0)
    confirmed_regime: str
    zone: str = pa.Field(isin=["selection", "evaluation", "holdout"])


class AppliedRegimes(FilteredRegimes):
    """Regimes of new bars, and how far the bars before them could change the probabilities."""

    confirmed_state: pl.Int16 = pa.Field(ge=0, nullable=True)
    confirmed_regime: str = pa.Field(nullable=True)
    bound: float = pa.Field(ge=0, le=1 + 1e-9)
    certified: bool


class Diagnostics(pa.DataFrameModel):
    """Diagnostics as one long table."""

    symbol: str
    quantity: str
    state: int
    other: str
    value: float = pa.Field(nullable=True)  # a state that is never left has no expected bars
