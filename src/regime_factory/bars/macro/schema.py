"""Pandera schema of the table of macro releases, used as validator in the catalog."""

from typing import Annotated, ClassVar

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData


class MacroReleases(pa.DataFrameModel):
    """Every release of every macro series; may be empty."""

    series: str
    period_end: pl.Date
    available_at: Annotated[pl.Datetime, "us", "UTC"]
    value: float

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column; one value for each period and moment of release."""

        strict = True
        unique: ClassVar[list[str]] = ["series", "period_end", "available_at"]

    @pa.dataframe_check(error="values are finite")
    @classmethod
    def _values_are_finite(cls, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("value").is_finite())

    @pa.dataframe_check(error="releases of a series are in the order in which they became known")
    @classmethod
    def _moments_do_not_decrease(cls, data: PolarsData) -> pl.LazyFrame:
        step = pl.col("available_at").diff().over("series")
        return data.lazyframe.select(step.dt.total_microseconds().fill_null(0) >= 0)
