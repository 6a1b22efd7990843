"""Pandera schemas of tables of trials, used as validators in the catalog."""

from typing import Annotated, ClassVar

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData

_Utc = Annotated[pl.Datetime, "us", "UTC"]


class Trials(pa.DataFrameModel):
    """Every trial with its setting and its metric; a ledger adds when and with which code."""

    trial_id: str = pa.Field(unique=True, str_matches=r"^[0-9a-f]{32}$")
    source: str = pa.Field(str_length={"min_value": 1})
    symbol: str = pa.Field(str_length={"min_value": 1})
    zone: str = pa.Field(isin=["selection", "evaluation", "holdout"])
    parameters: str = pa.Field(str_startswith="{")
    metric_name: str = pa.Field(str_length={"min_value": 1})
    metric: float = pa.Field(nullable=True)
    data: str = pa.Field(str_length={"min_value": 1})
    returns: str = pa.Field(nullable=True)

    @pa.dataframe_check(error="metrics are finite, or null where nothing was measured")
    @classmethod
    def _metrics_are_finite(cls, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("metric").is_finite().fill_null(value=True))


class TrialReturns(pa.DataFrameModel):
    """Net return of each bar of the trials that trade."""

    trial_id: str
    ts: _Utc
    ret: float = pa.Field(ge=-1)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column."""

        strict = True
        unique: ClassVar[list[str]] = ["trial_id", "ts"]
