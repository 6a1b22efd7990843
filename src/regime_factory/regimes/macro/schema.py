"""Pandera schema of the macro observations, used as catalog validator."""

from typing import Annotated, ClassVar

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData


class MacroObservations(pa.DataFrameModel):
    """What the macro detector observes: keys, the bar's return, and values that may be missing."""

    symbol: str
    ts: Annotated[pl.Datetime, "us", "UTC"]
    ret: float = pa.Field(gt=-1)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol and time."""

        unique: ClassVar[list[str]] = ["symbol", "ts"]

    @pa.dataframe_check(error="observed values are finite or null")
    @classmethod
    def _finite_or_null(cls, data: PolarsData) -> pl.LazyFrame:
        observed = pl.exclude("symbol", "ts", "ret")
        return data.lazyframe.select(pl.all_horizontal(observed.is_finite().fill_null(True)))

    @pa.dataframe_check(error="every row has a value")
    @classmethod
    def _something_is_known(cls, data: PolarsData) -> pl.LazyFrame:
        observed = pl.exclude("symbol", "ts", "ret")
        return data.lazyframe.select(pl.any_horizontal(observed.is_not_null()))
