"""Typed settings: one pydantic model for each top-level block of the parameter files."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]
BasisPoints = Annotated[float, Field(ge=0, le=1_000)]
ZoneEnd = Annotated[float, Field(gt=0, lt=1)] | str


class Settings(BaseModel):
    """A block of settings in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SessionParams(Settings):
    """Trading hours of the market, in its own time zone."""

    timezone: str
    open: str = Field(pattern=r"^\d\d:\d\d$")
    close: str = Field(pattern=r"^\d\d:\d\d$")


class MarketParams(Settings):
    """What is traded and when: shared by every stage."""

    timeframe: str
    timeframes: list[str] = Field(min_length=1)
    session: SessionParams | None
    periods_per_year: Annotated[float, Field(gt=0)] | None

    @model_validator(mode="after")
    def _base_comes_with_the_others(self) -> "MarketParams":
        if self.timeframe not in self.timeframes:
            raise ValueError(
                f"market.timeframes {self.timeframes} lacks market.timeframe {self.timeframe!r}; "
                "add it"
            )
        return self


class IngestParams(Settings):
    """How the raw file is to be read, and when its faults stop the run."""

    columns: dict[str, str]
    stamp: Literal["open", "close", "session_close"]
    timezone: str
    date_format: str | None
    symbol: str | None
    symbols: list[str] | None
    sort: bool
    dtype: Literal["float64", "float32"]
    max_quarantined: Share
    stop_on: Literal["bad", "warn", "never"]


class ZonesParams(Settings):
    """Ends of the selection and evaluation zones; the holdout is the rest."""

    selection_end: ZoneEnd
    evaluation_end: ZoneEnd
    min_bars: Positive


class FeaturesParams(Settings):
    """Which features later stages see, and their windows in bars."""

    feature_set: Literal["v1", "v2", "columns"]
    columns: list[str] | None
    parkinson_window: Positive

    @model_validator(mode="after")
    def _columns_where_asked_for(self) -> "FeaturesParams":
        if (self.feature_set == "columns") != bool(self.columns):
            raise ValueError(
                "features.columns lists the columns exactly when features.feature_set is "
                f"'columns'; found feature_set={self.feature_set!r}, columns={self.columns!r}"
            )
        return self


class HmmParams(Settings):
    """Observations, grid, fit and walk-forward of the hidden Markov model."""

    regime_timeframe: str
    observations: list[str] | Literal["feature_set"]
    n_states: Annotated[int, Field(ge=1, le=20)] | None
    n_states_min: Annotated[int, Field(ge=1, le=20)]
    n_states_max: Annotated[int, Field(ge=1, le=20)]
    n_states_profile_max: Annotated[int, Field(ge=1, le=20)]
    covariance_types: list[Literal["full", "diag", "spherical", "tied"]] = Field(min_length=1)
    train_fraction: Annotated[float, Field(gt=0, lt=1)]
    n_init: Positive
    n_iter: Positive
    tol: Annotated[float, Field(gt=0)]
    sticky: Annotated[float, Field(ge=0)]
    shrinkage: Annotated[float, Field(ge=0)]
    min_occupancy: Share
    refit_every: Positive
    n_fresh: Annotated[int, Field(ge=0)]
    fresh_gain: Annotated[float, Field(ge=0)]
    label_threshold: Annotated[float, Field(gt=0.5, le=1)]
    seed: int

    @model_validator(mode="after")
    def _grid_in_order(self) -> "HmmParams":
        if self.n_states_min > self.n_states_max:
            raise ValueError(
                f"hmm.n_states_min {self.n_states_min} is above hmm.n_states_max "
                f"{self.n_states_max}"
            )
        return self

    @property
    def candidates(self) -> tuple[int, ...]:
        """State counts that may be chosen."""
        if self.n_states is not None:
            return (self.n_states,)
        return tuple(range(self.n_states_min, self.n_states_max + 1))

    @property
    def profile(self) -> tuple[int, ...]:
        """Larger state counts, fitted to show where the BIC goes, never chosen."""
        return tuple(range(max(self.candidates) + 1, self.n_states_profile_max + 1))


class BacktestParams(Settings):
    """Costs, fills, strategies and intervals."""

    fee_bps: BasisPoints
    slippage_bps: BasisPoints
    fill: Literal["next_close", "next_open", "signal_close"]
    cash_rate: float
    max_leverage: Annotated[float, Field(gt=0, le=10)]
    rules: list[
        Literal["long_flat_short", "long_flat", "probability_weighted", "volatility_target"]
    ] = Field(min_length=1)
    strategy: (
        Literal["long_flat_short", "long_flat", "probability_weighted", "volatility_target"] | None
    )
    target_volatility: Annotated[float, Field(gt=0)]
    no_trade_band: Share
    ewma_decay: Annotated[float, Field(gt=0, lt=1)]
    volatility_quantile: Annotated[float, Field(gt=0, lt=1)]
    n_draws: Positive
    n_shifts: Positive
    seed: int

    @model_validator(mode="after")
    def _strategy_is_a_rule(self) -> "BacktestParams":
        if self.strategy is not None and self.strategy not in self.rules:
            raise ValueError(
                f"backtest.strategy {self.strategy!r} is not among backtest.rules {self.rules}"
            )
        return self


class ReportParams(Settings):
    """How much the report shows."""

    last_bars: Positive
    max_points: Annotated[int, Field(ge=200)]


PARAMETERS: dict[str, type[Settings]] = {
    "market": MarketParams,
    "ingest": IngestParams,
    "zones": ZonesParams,
    "features": FeaturesParams,
    "hmm": HmmParams,
    "backtest": BacktestParams,
    "report": ReportParams,
}
"""Every top-level parameter of the project and its model."""

RUN_ARGUMENTS = ("bars_path", "apply_path")
"""Scalars that ``--params`` may set besides the parameters: they name files."""
