"""Pandera schemas of the tables of this room, used as validators in the catalog."""

from typing import Annotated, Any, ClassVar

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData

from regime_factory.bars.symbol_table import SymbolTable
from regime_factory.bars.symbols import per_symbol

_Utc = Annotated[pl.Datetime, "us", "UTC"]
_PRICES = ("open", "high", "low", "close")


class SymbolSchema(pa.DataFrameModel):
    """A schema that a table on disk is held against one symbol at a time."""

    @classmethod
    def validate(cls, check_obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the table, or raise pandera's error about its first fault."""
        if not isinstance(check_obj, SymbolTable):
            return super().validate(check_obj, *args, **kwargs)
        for _, rows in per_symbol(check_obj):
            super().validate(rows, *args, **kwargs)
        return check_obj


class Bars(SymbolSchema):
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


class Adjustments(pa.DataFrameModel):
    """Factors in force from a bar on, where something happened; may be empty."""

    symbol: str
    ts: _Utc
    split_factor: float = pa.Field(gt=0)
    dividend_factor: float = pa.Field(gt=0)
    factor: float = pa.Field(gt=0)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column; one row per symbol and time."""

        strict = True
        unique: ClassVar[list[str]] = ["symbol", "ts"]


class FileRows(SymbolSchema):
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
    adj_close: float = pa.Field(nullable=True)
    split: float = pa.Field(nullable=True)
    dividend: float = pa.Field(nullable=True)
    file: str = pa.Field(nullable=True)
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
