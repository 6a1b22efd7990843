"""Typed settings of labels and of the table that models learn from."""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from regime_factory.params_types import Multiple, Positive, Settings, split, split_or_none


class LabelsParams(Settings):
    """What a decision is judged by: barriers, thresholds and forward returns."""

    horizon: Positive
    upper: Multiple
    lower: Multiple
    atr_window: Positive
    thresholds: Annotated[list[Annotated[float, Field(gt=0, lt=1)]], BeforeValidator(split_or_none)]
    threshold_horizon: Positive
    forward_horizons: Annotated[list[Positive], BeforeValidator(split_or_none)]
    slippage_ticks: Annotated[float, Field(ge=0)] | None
    commission: Annotated[float, Field(ge=0)] | None
    shift_barriers: bool | None
    delisted_after_days: Annotated[float, Field(gt=0)] | None

    @model_validator(mode="after")
    def _each_target_once(self) -> "LabelsParams":
        for name in ("thresholds", "forward_horizons"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"labels.{name} {values} names one twice")
        return self

    @model_validator(mode="after")
    def _both_costs_of_a_contract(self) -> "LabelsParams":
        if (self.slippage_ticks is None) != (self.commission is None):
            raise ValueError(
                f"labels.slippage_ticks is {self.slippage_ticks} and labels.commission is "
                f"{self.commission}; give both, or null for both to take backtest's basis points"
            )
        return self


class ModelInputParams(Settings):
    """Which columns models learn from, and what they are to predict."""

    columns: Annotated[list[str], Field(min_length=1), BeforeValidator(split)] | None
    regime_features: bool
    targets: Annotated[list[str], Field(min_length=1), BeforeValidator(split)] | None

    @model_validator(mode="after")
    def _each_column_once(self) -> "ModelInputParams":
        for name in ("columns", "targets"):
            values = getattr(self, name) or []
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"model_input.{name} names {', '.join(twice)} twice")
        return self
