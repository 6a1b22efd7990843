"""A symbol that ends long before the others was delisted; one alone never is."""

from datetime import timedelta

import polars as pl
import pytest

from regime_factory.labels import delisted_symbols

from .markets import random_bars

PANEL = pl.concat(
    [random_bars(100, symbol="A"), random_bars(60, symbol="B"), random_bars(98, symbol="C")]
)


@pytest.mark.parametrize(
    ("days", "expected"), [(0, {"B", "C"}), (1, {"B", "C"}), (2, {"B"}), (39, {"B"}), (40, set())]
)
def test_symbols_that_end_early(days, expected):
    assert delisted_symbols(PANEL, timedelta(days=days)) == expected
    assert delisted_symbols(PANEL.sort("ts"), timedelta(days=days)) == expected


def test_a_symbol_alone_was_not_delisted():
    assert delisted_symbols(random_bars(60), timedelta(0)) == frozenset()


def test_a_negative_length_of_time_is_refused():
    with pytest.raises(ValueError, match="give a positive length of time"):
        delisted_symbols(PANEL, timedelta(days=-1))
