"""The pandera model of a feature table, for the catalog; imported where it is needed only."""

from typing import Annotated

import pandera.polars as pa
import polars as pl

from regime_factory.bars.schema import SymbolSchema


class Features(SymbolSchema):
    """Feature table: `symbol`, `ts`, then Float64 columns that are finite or null.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> table = pl.DataFrame(
    ...     {"symbol": ["X"], "ts": [datetime(2024, 1, 1, tzinfo=UTC)], "a_1H": [0.5]}
    ... )
    >>> Features.validate(table).height
    1
    """

    symbol: str
    ts: Annotated[pl.Datetime, "us", "UTC"]

    @pa.dataframe_check(error="feature columns hold Float64 values only")
    def only_floats(cls, data: pa.PolarsData) -> bool:  # noqa: N805 - pandera makes class methods
        """Every column but `symbol` and `ts` is Float64."""
        schema = data.lazyframe.collect_schema()
        return all(
            dtype == pl.Float64 for name, dtype in schema.items() if name not in {"symbol", "ts"}
        )

    @pa.dataframe_check(error="feature values are finite or null")
    def finite_or_null(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 - as above
        """No NaN and no infinity."""
        values = pl.selectors.float()
        return data.lazyframe.select(pl.all_horizontal(values.is_finite().fill_null(True)))

    @pa.dataframe_check(error="stamps increase within a symbol")
    def increasing(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 - as above
        """Each `ts` is later than the previous one of its symbol."""
        step = pl.col("ts").diff().over("symbol").dt.total_microseconds()
        return data.lazyframe.select((step > 0).fill_null(True))


class Description(pa.DataFrameModel):
    """What each feature column is: formula, window, unit, source and the bars it needs."""

    column: str = pa.Field(unique=True)
    formula: str
    window: str
    unit: str
    source: str
    warmup_bars: int = pa.Field(ge=1)
    lookback_bars: int = pa.Field(ge=1)
    sets: str
    needs_volume: bool


class MacroDescription(pa.DataFrameModel):
    """What each macro column is: formula, windows in observations, unit, series and its absence."""

    column: str = pa.Field(unique=True)
    formula: str
    window: int = pa.Field(ge=1)
    warmup: int = pa.Field(ge=1)
    observation: str
    unit: str
    series: str = pa.Field(nullable=True)
    max_staleness_days: float = pa.Field(nullable=True)
    missing: str = pa.Field(nullable=True)
