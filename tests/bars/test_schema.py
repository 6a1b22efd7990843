"""Catalog validators of bars, zones and quarantine."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from pandera.errors import SchemaError, SchemaErrors

from regime_factory.bars import resolve_zones
from regime_factory.bars.schema import Bars, Quarantine, Zones

from .reference import make_bars

START = datetime(2021, 1, 4, tzinfo=UTC)
REFUSED = (SchemaError, SchemaErrors)


def hourly(n=4):
    return make_bars([START + timedelta(hours=i) for i in range(n)])


def test_good_bars_of_two_timeframes_pass():
    both = pl.concat([hourly(), make_bars([START], "1D")])
    assert Bars.validate(both).equals(both)


@pytest.mark.parametrize(
    "change",
    [
        pl.lit(0.0).alias("low"),
        pl.lit(None, dtype=pl.Float64).alias("close"),
        pl.lit(float("nan")).alias("close"),
        pl.lit(float("inf")).alias("high"),
        pl.col("low").alias("high"),
        (pl.col("high") + 1).alias("open"),
        (pl.col("low") - 1).alias("close"),
        pl.lit(0.0).alias("volume"),
        pl.lit(0, dtype=pl.UInt32).alias("n_base"),
        pl.lit(1, dtype=pl.Int64).alias("n_base"),
        pl.col("ts").dt.replace_time_zone(None),
        pl.col("ts").reverse(),
        pl.col("ts").first(),
        pl.lit(1).alias("extra"),
    ],
)
def test_bad_bars_are_refused(change):
    with pytest.raises(REFUSED):
        Bars.validate(hourly().with_columns(change))


def test_a_missing_column_is_refused():
    with pytest.raises(REFUSED):
        Bars.validate(hourly().drop("n_base"))


def test_zones_must_follow_each_other():
    zones = resolve_zones(hourly(30)["ts"], selection_end=0.5, evaluation_end=0.8, min_bars=1)
    assert Zones.validate(zones).equals(zones)
    for wrong in (
        zones.reverse(),
        zones.with_columns(start=pl.col("start").first()),
        zones.with_columns(zone=pl.lit("selection")),
        zones.with_columns(pl.col("zone").replace("holdout", "test")),
    ):
        with pytest.raises(REFUSED):
            Zones.validate(wrong)


def test_a_quarantined_row_needs_a_reason():
    rows = hourly().with_columns(
        pl.lit(None, dtype=pl.Float64).alias("adj_close"),
        pl.lit(2.0).alias("split"),
        pl.lit(0.0).alias("dividend"),
        pl.lit("pieces/2021.csv").alias("file"),
        row=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32),
        reason=pl.lit("close is missing"),
    )
    rows = rows.with_columns(close=pl.lit(None, dtype=pl.Float64))
    assert Quarantine.validate(rows).equals(rows)
    assert Quarantine.validate(rows.clear()).is_empty()
    with pytest.raises(REFUSED):
        Quarantine.validate(rows.with_columns(reason=pl.lit("")))
