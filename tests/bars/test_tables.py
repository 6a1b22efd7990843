"""Tables of another library, or not collected, are refused with what to do."""

import polars as pl
import pytest

from regime_factory.bars.tables import require_table


def test_an_eager_table_passes():
    require_table(pl.DataFrame(), "bars")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "bars must be a polars.DataFrame, found None; make one with"),
        ([1], "found list; make one with standardise"),
        (pl.LazyFrame(), r"found polars LazyFrame; call \.collect\(\) on it"),
        (pl.Series(), "found Series"),
    ],
)
def test_other_things_are_named(value, message):
    with pytest.raises(TypeError, match=message):
        require_table(value, "bars")


def test_a_pandas_table_is_pointed_to_the_conversion():
    frame = type("DataFrame", (), {"__module__": "pandas.core.frame"})()
    with pytest.raises(TypeError, match=r"found pandas DataFrame; convert it with polars\.from_"):
        require_table(frame, "bars")
