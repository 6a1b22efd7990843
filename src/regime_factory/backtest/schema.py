"""Pandera schemas of the tables of this room, used as validators in the catalog."""

from typing import Annotated, ClassVar

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData

_Utc = Annotated[pl.Datetime, "us", "UTC"]


class Positions(pa.DataFrameModel):
    """Target weights, one row per symbol, strategy and close."""

    symbol: str
    ts: _Utc
    strategy_: str = pa.Field(alias="strategy")  # the plain name is a method of the model
    position: float

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column."""

        strict = True
        unique: ClassVar[list[str]] = ["symbol", "strategy", "ts"]

    @pa.dataframe_check(error="positions are finite")
    @classmethod
    def _positions_are_finite(cls, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("position").is_finite())


class Equity(pa.DataFrameModel):
    """Return, cost and equity of every bar and strategy."""

    symbol: str
    ts: _Utc
    strategy_: str = pa.Field(alias="strategy")  # the plain name is a method of the model
    held: float
    target: float
    ret: float = pa.Field(ge=-1)
    ret_gross: float
    turnover: float = pa.Field(ge=0)
    cost: float = pa.Field(ge=0)
    equity: float = pa.Field(ge=0)
    drawdown: float = pa.Field(ge=-1, le=0)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column."""

        strict = True
        unique: ClassVar[list[str]] = ["symbol", "strategy", "ts"]

    @pa.dataframe_check(error="net return plus cost is the return before costs")
    @classmethod
    def _costs_add_up(cls, data: PolarsData) -> pl.LazyFrame:
        gap = pl.col("ret") + pl.col("cost") - pl.col("ret_gross")
        return data.lazyframe.select(gap.abs() < 1e-9)


class Trades(pa.DataFrameModel):
    """Round trips; exit columns are null while a trade is open."""

    symbol: str
    strategy_: str = pa.Field(alias="strategy")  # the plain name is a method of the model
    entry_ts: _Utc
    exit_ts: _Utc = pa.Field(nullable=True)
    side: pl.Int8 = pa.Field(isin=[-1, 1])
    weight: float
    entry_price: float = pa.Field(gt=0)
    exit_price: float = pa.Field(gt=0, nullable=True)
    cost: float = pa.Field(ge=0)
    pnl: float
    n_bars: int = pa.Field(ge=0)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column."""

        strict = True


class StrategySelection(pa.DataFrameModel):
    """Every candidate tried in the selection zone; one is selected per symbol."""

    symbol: str
    strategy_: str = pa.Field(alias="strategy")  # the plain name is a method of the model
    start: _Utc
    end: _Utc
    sharpe: float = pa.Field(nullable=True)
    cagr: float
    max_drawdown: float = pa.Field(ge=-1, le=0)
    turnover_per_year: float = pa.Field(ge=0)
    n_trials: int = pa.Field(ge=1)
    trial_sharpe_variance: float = pa.Field(ge=0)
    selected: bool

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column."""

        strict = True
        unique: ClassVar[list[str]] = ["symbol", "strategy"]

    @pa.dataframe_check(error="one strategy is selected for each symbol")
    @classmethod
    def _one_is_selected(cls, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("selected").sum().over("symbol") == 1)


class Bands(pa.DataFrameModel):
    """5 % and 95 % quantile of the equity of randomly shifted positions."""

    symbol: str
    ts: _Utc
    lower: float = pa.Field(ge=0)
    upper: float = pa.Field(ge=0)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """No other column."""

        strict = True
        unique: ClassVar[list[str]] = ["symbol", "ts"]

    @pa.dataframe_check(error="lower is at most upper")
    @classmethod
    def _edges_in_order(cls, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("lower") <= pl.col("upper"))
