"""The catalog validator of feature tables."""

import polars as pl
import pytest
from pandera.errors import SchemaError, SchemaErrors

from regime_factory.features import build_features, describe_features
from regime_factory.features.schema import Description, Features


@pytest.fixture
def table(make_bars):
    both = pl.concat([make_bars(30, symbol="A"), make_bars(30, symbol="B", seed=1)])
    return build_features(both, "v2", ["1H", "4H"])


def test_a_built_table_passes(table):
    assert Features.validate(table).equals(table)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_not_finite_fails(table, bad):
    row = pl.int_range(pl.len()) == 7
    name = "close_logret_current_1H"
    broken = table.with_columns(pl.when(row).then(bad).otherwise(name).alias(name))
    with pytest.raises((SchemaError, SchemaErrors), match="finite"):
        Features.validate(broken)


def test_a_column_that_is_not_float64_fails(table):
    with pytest.raises((SchemaError, SchemaErrors), match="Float64"):
        Features.validate(table.with_columns(extra=pl.lit("text")))
    with pytest.raises((SchemaError, SchemaErrors), match="Float64"):
        Features.validate(table.with_columns(pl.col("close_logret_current_1H").cast(pl.Float32)))


def test_stamps_that_repeat_fail(table):
    with pytest.raises((SchemaError, SchemaErrors), match="increase"):
        Features.validate(pl.concat([table.head(1), table]))


def test_a_naive_stamp_fails(table):
    with pytest.raises((SchemaError, SchemaErrors)):
        Features.validate(table.with_columns(pl.col("ts").dt.replace_time_zone(None)))


def test_the_description_passes_and_a_repeated_column_fails():
    frame = describe_features("v2", ["1H", "1D"])
    assert Description.validate(frame).equals(frame)
    with pytest.raises((SchemaError, SchemaErrors), match="column"):
        Description.validate(pl.concat([frame, frame.head(1)]))
