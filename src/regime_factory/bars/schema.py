"""Pandera schemas of the tables of this room, used as validators in the catalog."""

from typing import Annotated, ClassVar

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData

_Utc = Annotated[pl.Datetime, "us", "UTC"]
_PRICES = ("open", "high", "low", "close")


class Bars(pa.DataFrameModel):
    """Canonical bars: positive consistent prices, unique and increasing times per symbol."""

    symbol: str
    timeframe: str
    ts: _Utc
    open: float = pa.Field(gt=0)
    high: float = pa.Field(gt=0)
    low: float = pa.Field(gt=0)
    close: float = pa.Field(gt=0)
    volume: float = pa.Field(gt=0, nullable=True)
    n_base: pl.UInt32 = pa.Field(ge=1)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column; one row per symbol, timeframe and time."""

        strict = True
        unique: ClassVar[list[str]] = ["symbol", "timeframe", "ts"]

    @pa.dataframe_check(error="prices are finite")
    @classmethod
    def _prices_are_finite(cls, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.all_horizontal(pl.col(_PRICES).is_finite()))

    @pa.dataframe_check(error="open and close lie within low and high")
    @classmethod
    def _prices_are_consistent(cls, data: PolarsData) -> pl.LazyFrame:
        inside = [
            pl.col(name).is_between(pl.col("low"), pl.col("high")) for name in ("open", "close")
        ]
        return data.lazyframe.select(pl.all_horizontal(inside))

    @pa.dataframe_check(error="ts increases within each symbol and timeframe")
    @classmethod
    def _times_increase(cls, data: PolarsData) -> pl.LazyFrame:
        step = pl.col("ts").diff().over("symbol", "timeframe")
        return data.lazyframe.select(step.dt.total_microseconds().fill_null(1) > 0)


class Zones(pa.DataFrameModel):
    """The three zones in order, each with its first and last bar stamp."""

    zone: str = pa.Field(isin=["selection", "evaluation", "holdout"], unique=True)
    start: _Utc
    end: _Utc

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column."""

        strict = True

    @pa.dataframe_check(error="each zone starts after the one before it has ended")
    @classmethod
    def _zones_follow_each_other(cls, data: PolarsData) -> pl.LazyFrame:
        after = (pl.col("start") > pl.col("end").shift(1)).fill_null(value=True)
        return data.lazyframe.select((pl.col("start") <= pl.col("end")) & after)


class FileRows(pa.DataFrameModel):
    """Rows as a file gives them: cells that could not be read are null."""

    symbol: str = pa.Field(nullable=True)
    timeframe: str
    ts: _Utc = pa.Field(nullable=True)
    open: float = pa.Field(nullable=True)
    high: float = pa.Field(nullable=True)
    low: float = pa.Field(nullable=True)
    close: float = pa.Field(nullable=True)
    volume: float = pa.Field(nullable=True)
    n_base: pl.UInt32
    row: pl.UInt32 = pa.Field(ge=1)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column."""

        strict = True


class BarsRead(FileRows):
    """Rows in canonical form, with what could not be read."""

    fault: str = pa.Field(nullable=True)


class Quarantine(FileRows):
    """Rejected rows, with the reason."""

    reason: str = pa.Field(str_length={"min_value": 1})
