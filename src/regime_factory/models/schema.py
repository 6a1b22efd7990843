"""The pandera model of the table that models learn from, for the catalog."""

from typing import Annotated

import pandera.polars as pa
import polars as pl

from regime_factory.bars.schema import SymbolSchema


class ModelInput(SymbolSchema):
    """Keys, zone, numbers that are all there, and targets with their ends `t1_*`.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> ts, end = (datetime(2024, 1, day, tzinfo=UTC) for day in (1, 3))
    >>> row = {"symbol": "X", "ts": ts, "zone": "selection", "rsi_1D": 0.5, "up": 1, "t1_up": end}
    >>> ModelInput.validate(pl.DataFrame([row], schema_overrides={
    ...     "ts": pl.Datetime("us", "UTC"), "t1_up": pl.Datetime("us", "UTC")})).height
    1
    """

    symbol: str
    ts: Annotated[pl.Datetime, "us", "UTC"]
    zone: str = pa.Field(isin=["selection", "evaluation"])

    @pa.dataframe_check(error="stamps increase within a symbol")
    def increasing(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 - pandera makes class methods
        """Each `ts` is later than the previous one of its symbol."""
        step = pl.col("ts").diff().over("symbol").dt.total_microseconds()
        return data.lazyframe.select((step > 0).fill_null(True))

    @pa.dataframe_check(error="numbers are finite")
    def finite(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 - as above
        """No NaN and no infinity."""
        values = pl.selectors.float()
        return data.lazyframe.select(pl.all_horizontal(values.is_finite().fill_null(True)))

    @pa.dataframe_check(error="every target ends after its row, and has a value where it ends")
    def ends_later(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 - as above
        """`t1_c` is later than `ts`; it is null exactly where `c` is."""
        columns = data.lazyframe.collect_schema().names()
        ends = {name: f"t1_{name}" for name in columns if f"t1_{name}" in columns}
        later = [(pl.col(end) > pl.col("ts")).fill_null(True) for end in ends.values()]
        whole = [pl.col(c).is_null() == pl.col(end).is_null() for c, end in ends.items()]
        return data.lazyframe.select(pl.all_horizontal(pl.lit(True), *later, *whole))

    @pa.dataframe_check(error="features have no gaps")
    def no_gaps(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 - as above
        """Whatever belongs to no target has a value in every row."""
        columns = data.lazyframe.collect_schema().names()
        targets = {name for name in columns if f"t1_{name}" in columns} | {"ret_net"}
        others = [c for c in columns if c not in targets and not c.startswith("t1_")]
        return data.lazyframe.select(pl.all_horizontal(pl.col(others).is_not_null()))
