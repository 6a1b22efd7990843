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
    emission: str = pa.Field(isin=["gaussian", "student_t"])
    n_parameters: int = pa.Field(gt=0)
    loglik_train: float
    loglik_validation: float
    heldout_per_bar: float
    aic: float
    bic: float
    icl: float
    n_iter: int = pa.Field(ge=0)
    converged: bool
    hit_rate: float = pa.Field(ge=0, le=1)
    min_occupancy: float = pa.Field(ge=0, le=1)
    median_dwell: float = pa.Field(ge=0)
    stability: float = pa.Field(ge=-1, le=1, nullable=True)  # not measured for the profile
    selected: bool


class DetectorComparison(pa.DataFrameModel):
    """One row per symbol and detector."""

    symbol: str
    detector: str
    n_states: int = pa.Field(ge=1)
    bars: int = pa.Field(gt=0)
    min_occupancy: float = pa.Field(ge=0, le=1)
    switches_per_year: float = pa.Field(ge=0)
    median_dwell: float = pa.Field(ge=1)
    agreement_mean: float = pa.Field(ge=-1, le=1, nullable=True)  # null with a single refit
    agreement_worst: float = pa.Field(ge=-1, le=1, nullable=True)
    loglik_per_bar: float = pa.Field(nullable=True)  # null without a density of all columns
    qlike: float = pa.Field(nullable=True)  # null without a next bar

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol and detector."""

        unique: ClassVar[list[str]] = ["symbol", "detector"]


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


class RegimeFeatures(pa.DataFrameModel):
    """Regime features for other models, one row per base bar."""

    symbol: str
    ts: Stamp
    probability: Series[float] = pa.Field(
        alias=r"^p_(next_)?state_\d+$", regex=True, ge=0, le=1 + 1e-9, nullable=True
    )
    regime_entropy: float = pa.Field(ge=0, le=1)
    p_leave_regime: float = pa.Field(ge=0, le=1, nullable=True)
    p_regime_change: float = pa.Field(ge=0, le=1, nullable=True)
    regime_shift: float = pa.Field(ge=0, le=1 + 1e-9, nullable=True)
    bars_in_regime: pl.Int32 = pa.Field(ge=0)
    zone: str = pa.Field(isin=["selection", "evaluation", "holdout"])
    refit_id: pl.Int32 = pa.Field(ge=0)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol and time."""

        unique: ClassVar[list[str]] = ["symbol", "ts"]


class RefitCharacteristics(pa.DataFrameModel):
    """What each refit's training rows say about its states."""

    symbol: str
    ts: Stamp
    refit_id: pl.Int32 = pa.Field(ge=0)
    trained_on: pl.Int32 = pa.Field(gt=0)
    state: pl.Int16 = pa.Field(ge=0)
    regime: str
    share: float = pa.Field(ge=0, le=1 + 1e-9)
    mean: float = pa.Field(nullable=True)
    vol: float = pa.Field(ge=0, nullable=True)
    next_mean: float = pa.Field(nullable=True)
    next_vol: float = pa.Field(ge=0, nullable=True)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol, refit and state."""

        unique: ClassVar[list[str]] = ["symbol", "refit_id", "state"]


class Diagnostics(pa.DataFrameModel):
    """Diagnostics as one long table."""

    symbol: str
    quantity: str
    state: int
    other: str
    value: float = pa.Field(nullable=True)  # a state that is never left has no expected bars
