"""Typed settings: one pydantic model for each top-level block of the parameter files."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from regime_factory.bars import Contract, Session, timeframe_minutes
from regime_factory.bars.macro.spec import MacroSeries
from regime_factory.bars.prices.price_convention import Dividends, Prices
from regime_factory.bars.quality.limits import GateLimits
from regime_factory.bars.sessions.clock import ClockTime, ZoneName
from regime_factory.bars.sources.source_symbols import key_of
from regime_factory.bars.sources.spec import CanonicalColumn, NamePattern, TimeframeName
from regime_factory.features.macro_settings import MacroFeatures, macro_windows
from regime_factory.features.ready_made import FeatureFile
from regime_factory.features.windows import FeatureWindows
from regime_factory.params_targets import LabelsParams, ModelInputParams
from regime_factory.params_types import (
    BasisPoints,
    Positive,
    Seed,
    Settings,
    Share,
    Threads,
    ZoneEnd,
    split,
    split_or_none,
)

_DAY = 24 * 60


class MarketParams(Settings):
    """What is traded and when: shared by every stage."""

    timeframe: TimeframeName
    timeframes: Annotated[list[TimeframeName], BeforeValidator(split), Field(min_length=1)]
    session: Session | None
    anchor: ClockTime | None
    contracts: dict[str, Contract] | None
    max_staleness_days: Annotated[float, Field(gt=0)]
    periods_per_year: Annotated[float, Field(gt=0)] | None

    @model_validator(mode="after")
    def _base_comes_with_the_others(self) -> "MarketParams":
        if self.timeframe not in self.timeframes:
            raise ValueError(
                f"market.timeframes {self.timeframes} lacks market.timeframe {self.timeframe!r}; "
                "add it"
            )
        if len(set(self.timeframes)) < len(self.timeframes):
            raise ValueError(f"market.timeframes {self.timeframes} names one twice")
        base = timeframe_minutes(self.timeframe)
        shorter = [name for name in self.timeframes if timeframe_minutes(name) < base]
        if shorter:
            raise ValueError(
                f"market.timeframes has {', '.join(shorter)}, shorter than the bars of the file, "
                f"market.timeframe {self.timeframe}; bars can only be made coarser"
            )
        return self

    def contract(self, symbol: str | None) -> Contract | None:
        """Give the contract of a symbol; case and blanks do not count, as in ingest.symbols."""
        own = {key_of(name): value for name, value in (self.contracts or {}).items()}
        return None if symbol is None else own.get(key_of(symbol))


class IngestParams(Settings):
    """How the raw file is to be read, and when its faults stop the run."""

    columns: dict[CanonicalColumn, str | None]
    stamp: Literal["open", "close", "session_close"] = Field(
        description="say which moment of its bar a time stamp of the file stands for"
    )
    timezone: ZoneName = Field(
        description="say in which zone stamps without a zone are, for instance UTC"
    )
    date_format: str | None
    symbol: str | None
    symbol_pattern: NamePattern | None
    symbols: Annotated[list[str] | None, BeforeValidator(split)]
    sort: bool
    prices: Prices
    dividends: Dividends
    max_quarantined: Share
    stop_on: Literal["bad", "warn", "never"]


class ZonesParams(Settings):
    """Ends of the selection and evaluation zones; the holdout is the rest."""

    selection_end: ZoneEnd
    evaluation_end: ZoneEnd
    min_bars: Positive

    @model_validator(mode="after")
    def _zones_in_order(self) -> "ZonesParams":
        first, second = self.selection_end, self.evaluation_end
        if type(first) is type(second) and first >= second:  # pyrefly: ignore[unsupported-operation]
            raise ValueError(
                f"zones.selection_end {first} is not before zones.evaluation_end {second}"
            )
        return self


class FeaturesParams(Settings):
    """Which features later stages see, and their windows in bars."""

    feature_set: Literal["v1", "v2", "columns", "file"]
    columns: list[str] | None
    parkinson_window: Annotated[int, Field(ge=2)]
    windows: FeatureWindows
    file: FeatureFile

    @model_validator(mode="after")
    def _columns_where_asked_for(self) -> "FeaturesParams":
        if (self.feature_set == "columns") != bool(self.columns):
            raise ValueError(
                "features.columns lists the columns exactly when features.feature_set is "
                f"'columns'; found feature_set={self.feature_set!r}, columns={self.columns!r}"
            )
        return self

    @model_validator(mode="after")
    def _one_parkinson_window(self) -> "FeaturesParams":
        within = self.windows.parkinson_window
        given = "parkinson_window" in self.windows.model_fields_set
        if given and within != self.parkinson_window:
            raise ValueError(
                f"features.windows.parkinson_window is {within} and features.parkinson_window is "
                f"{self.parkinson_window}; set features.parkinson_window alone"
            )
        return self

    @property
    def window_lengths(self) -> dict[str, Any]:
        """Every window by name, a number of bars."""
        return {**self.windows.model_dump(), "parkinson_window": self.parkinson_window}


class MacroParams(Settings):
    """Macro series: how their files are read, when values are known, and the features of them."""

    sources: dict[str, MacroSeries]
    features: MacroFeatures

    @model_validator(mode="after")
    def _features_name_known_series(self) -> "MacroParams":
        macro_windows(self.features, self.sources)
        return self


class MacroRegimesParams(Settings):
    """Observations, fit and walk-forward of the macro regime detector."""

    timeframe: TimeframeName
    n_states: Literal[2, 3]
    covariance_type: Literal["diag", "full", "tied"]
    emission: Literal["gaussian", "student_t"]
    n_iter: Positive
    tol: Annotated[float, Field(gt=0)]
    sticky: Annotated[float, Field(ge=0)]
    shrinkage: Annotated[float, Field(ge=0)]
    min_share: Annotated[float, Field(gt=0, le=1)]
    min_columns: Positive
    refit_every: Positive
    label_threshold: Annotated[float, Field(gt=0.5, lt=1)]


class HmmParams(Settings):
    """Observations, grid, fit and walk-forward of the hidden Markov model."""

    regime_timeframe: TimeframeName
    observations: list[str] | Literal["feature_set"]
    standardise_by: Literal["none", "hour", "slot"]
    pooled: bool
    n_states: Annotated[int, Field(ge=1, le=20)] | None
    n_states_min: Annotated[int, Field(ge=1, le=20)]
    n_states_max: Annotated[int, Field(ge=1, le=20)]
    n_states_profile_max: Annotated[int, Field(ge=1, le=20)]
    covariance_types: Annotated[
        list[Literal["full", "diag", "spherical", "tied"]],
        Field(min_length=1),
        BeforeValidator(split),
    ]
    emissions: Annotated[
        list[Literal["gaussian", "student_t"]], Field(min_length=1), BeforeValidator(split)
    ]
    criterion: Literal["bic", "heldout", "icl", "stable"]
    train_fraction: Annotated[float, Field(gt=0, lt=1)]
    n_init: Positive
    n_iter: Positive
    tol: Annotated[float, Field(gt=0)]
    sticky: Annotated[float, Field(ge=0)]
    shrinkage: Annotated[float, Field(ge=0)]
    min_occupancy: Share
    min_dwell: Annotated[float, Field(ge=0)]
    min_agreement: Annotated[float, Field(ge=-1, le=1)]
    refit_every: Positive
    n_fresh: Annotated[int, Field(ge=0)]
    fresh_gain: Annotated[float, Field(ge=0)]
    label_threshold: Annotated[float, Field(gt=0.5, lt=1)]
    naming: Literal["volatility", "market"]
    n_jobs: Threads
    seed: Seed

    @model_validator(mode="after")
    def _slots_inside_the_day(self) -> "HmmParams":
        if self.standardise_by != "none" and timeframe_minutes(self.regime_timeframe) >= _DAY:
            raise ValueError(
                f"hmm.standardise_by is {self.standardise_by!r}, but bars of hmm.regime_timeframe "
                f"{self.regime_timeframe} have no slot of the day; set it to none"
            )
        return self

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


class DetectorsParams(Settings):
    """Detectors that are compared with the chosen model, and their settings."""

    compare: Annotated[
        list[Literal["jump", "mixture", "threshold", "markov"]], BeforeValidator(split_or_none)
    ]
    n_states: Annotated[int, Field(ge=1, le=20)] | None
    jump_penalty: Annotated[float, Field(ge=0)]
    volatility_decay: Annotated[float, Field(gt=0, lt=1)] | None
    volatility_window: Positive | None

    @model_validator(mode="after")
    def _one_volatility(self) -> "DetectorsParams":
        if (self.volatility_decay is None) == (self.volatility_window is None):
            raise ValueError(
                f"detectors.volatility_decay is {self.volatility_decay} and "
                f"detectors.volatility_window {self.volatility_window}; give one of them and set "
                "the other to null"
            )
        return self

    @model_validator(mode="after")
    def _each_once(self) -> "DetectorsParams":
        if len(set(self.compare)) < len(self.compare):
            raise ValueError(f"detectors.compare {self.compare} names one twice")
        return self


class ApplyParams(Settings):
    """What `apply_hmm` is given, and what it answers for."""

    source: Literal["bars", "features"]
    last: Positive | None
    tolerance: Annotated[float, Field(gt=0, lt=1)]
    uncertified: Literal["keep", "drop", "refuse"]
    stale_model: Literal["warn", "refuse"]


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
    seed: Seed

    @model_validator(mode="after")
    def _strategy_is_a_rule(self) -> "BacktestParams":
        if self.strategy is not None and self.strategy not in self.rules:
            raise ValueError(
                f"backtest.strategy {self.strategy!r} is not among backtest.rules {self.rules}"
            )
        return self


class HonestyParams(Settings):
    """What the regime honesty card measures, and on how many draws and simulated bars."""

    horizon: Positive
    drawdown_depth: Annotated[float, Field(gt=0, lt=1)]
    large_drawdown: Annotated[float, Field(gt=0, lt=1)]
    overlap_windows: Annotated[int, Field(ge=2)]
    overlap_bars: Positive
    simulated_runs: Positive
    simulated_bars: Annotated[int, Field(ge=400)]
    simulated_stay: Annotated[float, Field(gt=0, lt=1)]
    n_draws: Positive
    n_shifts: Positive
    seed: Seed


class ReportParams(Settings):
    """How much the report shows."""

    last_bars: Positive
    max_points: Annotated[int, Field(ge=200)]


PARAMETERS: dict[str, type[BaseModel]] = {
    "market": MarketParams,
    "ingest": IngestParams,
    "quality": GateLimits,
    "zones": ZonesParams,
    "features": FeaturesParams,
    "macro": MacroParams,
    "macro_regimes": MacroRegimesParams,
    "hmm": HmmParams,
    "detectors": DetectorsParams,
    "apply": ApplyParams,
    "backtest": BacktestParams,
    "honesty": HonestyParams,
    "labels": LabelsParams,
    "model_input": ModelInputParams,
    "report": ReportParams,
}
"""Every top-level parameter of the project and its model."""

GLOBALS = (
    "env", "data", "bars_path", "features_path", "macro_files", "dtype", "in_memory_rows", "seed",
)  # fmt: skip
"""Every name that globals.yml may hold."""

RUN_ARGUMENTS = (
    "bars_path", "apply_path", "features_path", "macro_files", "dtype", "in_memory_rows",
)  # fmt: skip
"""What ``--params`` may set besides the parameters: files, and how tables are stored."""
