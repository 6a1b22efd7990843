"""Pandera schema of the table of labels, used as a validator in the catalog."""

from typing import Annotated, ClassVar

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData

from regime_factory.bars.schema import SymbolSchema
from regime_factory.labels.barriers import BARRIERS

_Utc = Annotated[pl.Datetime, "us", "UTC"]
_TARGETS = {"ret_net": "label", "barrier": "label"}  # columns that share another target's end


class Labels(SymbolSchema):
    """Targets and their ends; a target and its end are known or missing together.

    Beyond the fixed columns there may be pairs of a number and its end, ``up_1pct`` and
    ``t1_up_1pct``.
    """

    symbol: str
    ts: _Utc
    label: pl.Int8 = pa.Field(isin=[-1, 0, 1], nullable=True)
    t1_label: _Utc = pa.Field(nullable=True)
    ret_net: float = pa.Field(nullable=True)
    barrier: str = pa.Field(isin=list(BARRIERS), nullable=True)

    class Config:  # pyrefly: ignore[bad-override] - pandera's own way to set options
        """One row per symbol and decision."""

        unique: ClassVar[list[str]] = ["symbol", "ts"]

    @pa.dataframe_check(error="every target has its end t1_<target>, of type Datetime[us, UTC]")
    @classmethod
    def _targets_have_ends(cls, data: PolarsData) -> bool:
        schema = data.lazyframe.collect_schema()
        values = {name for name in schema if name not in ("symbol", "ts") and name[:3] != "t1_"}
        ends = {name for name in schema if name[:3] == "t1_"}
        wanted = {f"t1_{_TARGETS.get(name, name)}" for name in values}
        typed = all(schema[name] == pl.Datetime("us", "UTC") for name in ends)
        numbers = all(schema[name].is_numeric() for name in values - {"barrier"})
        return wanted == ends and typed and numbers

    @pa.dataframe_check(error="a target and its end are known or missing together")
    @classmethod
    def _known_together(cls, data: PolarsData) -> pl.LazyFrame:
        pairs = [
            pl.col(name).is_null() == pl.col(f"t1_{_TARGETS.get(name, name)}").is_null()
            for name in _values(data)
        ]
        return data.lazyframe.select(pl.all_horizontal(pairs))

    @pa.dataframe_check(error="an outcome lies after its decision: t1 > ts")
    @classmethod
    def _ends_after_decisions(cls, data: PolarsData) -> pl.LazyFrame:
        later = [
            (pl.col(name) > pl.col("ts")).fill_null(value=True)
            for name in data.lazyframe.collect_schema()
            if name[:3] == "t1_"
        ]
        return data.lazyframe.select(pl.all_horizontal(later))

    @pa.dataframe_check(error="the label is not 0 where, and only where, ret_net is above 0")
    @classmethod
    def _labels_follow_returns(cls, data: PolarsData) -> pl.LazyFrame:
        agree = (pl.col("label") != 0) == (pl.col("ret_net") > 0)
        return data.lazyframe.select(agree.fill_null(value=True))


def _values(data: PolarsData) -> list[str]:
    """Targets whose end is there; the others are another check's business."""
    names = data.lazyframe.collect_schema().names()
    return [
        name
        for name in names
        if name not in ("symbol", "ts")
        and name[:3] != "t1_"
        and f"t1_{_TARGETS.get(name, name)}" in names
    ]
