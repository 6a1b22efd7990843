"""The validator of releases lets right tables through and no others."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from pandera.errors import SchemaError

from regime_factory.bars.macro.read import read_macro_files
from regime_factory.bars.macro.schema import MacroReleases

UTC = ZoneInfo("UTC")
RIGHT = pl.DataFrame(
    {
        "series": ["a", "a", "b"],
        "period_end": [date(2020, 1, 31), date(2020, 2, 29), date(2020, 1, 31)],
        "available_at": [datetime(2020, month, 5, tzinfo=UTC) for month in (2, 3, 1)],
        "value": [1.0, 2.0, 3.0],
    },
    schema_overrides={"available_at": pl.Datetime("us", "UTC")},
)


def test_right_tables_pass():
    assert MacroReleases.validate(RIGHT).equals(RIGHT)
    assert MacroReleases.validate(read_macro_files({}, {})).height == 0


@pytest.mark.parametrize(
    "wrong",
    [
        RIGHT.with_columns(value=pl.Series([1.0, float("nan"), 3.0])),
        RIGHT.with_columns(value=pl.Series([1.0, None, 3.0])),
        RIGHT.with_columns(value=pl.Series([1.0, float("inf"), 3.0])),
        RIGHT[[1, 0, 2]],
        pl.concat([RIGHT, RIGHT[2:]]),
        RIGHT.with_columns(more=1),
        RIGHT.drop("available_at"),
        RIGHT.with_columns(pl.col("available_at").dt.replace_time_zone(None)),
    ],
)
def test_wrong_tables_do_not(wrong):
    with pytest.raises(SchemaError):
        MacroReleases.validate(wrong)
