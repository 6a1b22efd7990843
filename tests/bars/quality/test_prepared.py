"""Bars in the columns and types of the gate; what is refused is tested with the gate too."""

from datetime import UTC, datetime

import polars as pl
import pytest

from regime_factory.bars import BAR_COLUMNS
from regime_factory.bars.quality.prepared import one_timeframe, prepare

from ..reference import make_bars

BARS = make_bars([datetime(2021, 1, 4, hour, tzinfo=UTC) for hour in (1, 2, 3)])
ADDED = ["adj_close", "split", "dividend", "file", "row", "fault"]


def test_columns_that_are_not_given_are_filled_in():
    made = prepare(BARS)
    assert made.columns == [*BAR_COLUMNS, *ADDED]
    assert made["row"].to_list() == [1, 2, 3]
    assert sum(made[name].null_count() for name in ADDED) == 5 * 3
    assert prepare(made).equals(made)


def test_whole_numbers_and_empty_columns_are_taken():
    made = prepare(BARS.with_columns(pl.col("high").cast(pl.Int64), volume=None, split=2))
    assert made.schema["high"] == made.schema["volume"] == made.schema["split"] == pl.Float64
    assert made["split"].to_list() == [2.0] * 3


@pytest.mark.parametrize("name", ["close", "split"])
def test_text_is_no_number(name):
    with pytest.raises(ValueError, match=f"bars hold text in {name}; read them with standardise"):
        prepare(BARS.with_columns(pl.lit("5").alias(name)))


def test_one_timeframe_is_expected():
    assert one_timeframe(BARS, "1H") == "1H"
    with pytest.raises(ValueError, match="bars have timeframe '1H', expected '4H'"):
        one_timeframe(BARS, "4H")
    with pytest.raises(ValueError, match=r"takes bars of one timeframe, found \[None\]"):
        one_timeframe(BARS.with_columns(timeframe=pl.lit(None, dtype=pl.String)), None)
