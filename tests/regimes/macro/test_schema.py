"""The table of macro observations as the catalog accepts it."""

import polars as pl
import pytest
from pandera.errors import SchemaError

from regime_factory.regimes.macro.schema import MacroObservations

from .worlds import COLUMNS, holed, macro_world


@pytest.fixture
def table() -> pl.DataFrame:
    rows = holed(macro_world(50)[0], COLUMNS[0], [3])
    return rows.with_columns(symbol=pl.lit("A"), ret=pl.lit(0.01))


def test_missing_values_are_accepted(table) -> None:
    assert MacroObservations.validate(table).height == 50


@pytest.mark.parametrize(
    "change",
    [
        {"macro_vix_level": pl.lit(float("inf"))},
        {"macro_vix_level": pl.lit(float("nan"))},
        {name: pl.lit(None, dtype=pl.Float64) for name in COLUMNS},
        {"ts": pl.col("ts").first()},
        {"ret": pl.lit(-1.0)},
    ],
    ids=["infinite", "NaN", "nothing known", "twice", "ruin"],
)
def test_what_is_wrong_is_refused(table, change) -> None:
    with pytest.raises(SchemaError):
        MacroObservations.validate(table.with_columns(**change))
