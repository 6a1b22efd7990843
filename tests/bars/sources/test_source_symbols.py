"""Where the symbol of a row comes from, and what is said where it cannot be told."""

import polars as pl
import pytest

from regime_factory.bars import SourceSpec, standardise
from regime_factory.bars.sources.source_files import FILE_COLUMN

PRICES = dict.fromkeys(("open", "high", "low", "close"), pl.lit(1.0))


def spec(**settings):
    given = {"columns": {"ts": "time"}, "stamp": "close", "timezone": "UTC", "timeframe": "1H"}
    return SourceSpec(**(given | settings))


def raw(*files, **columns):
    times = [f"2021-01-04 {hour:02}:00" for hour in range(len(files))]
    return pl.DataFrame({"time": times, FILE_COLUMN: files}).with_columns(**PRICES, **columns)


def test_the_pattern_looks_at_the_name_of_the_file_alone():
    table = raw("GC/ES_1h.csv", "GC/NQ_1h.csv")
    made = standardise(table, spec(symbol_pattern="([A-Z]{2})"))
    assert made.select("symbol", "file").rows() == [("ES", "GC/ES_1h.csv"), ("NQ", "GC/NQ_1h.csv")]


@pytest.mark.parametrize(
    ("table", "settings", "message"),
    [
        (raw("1.csv", "2.csv"), {"symbol_pattern": "([A-Z]+)"}, r"finds no symbol in .* 1\.csv, 2"),
        (raw("1.csv").drop(FILE_COLUMN), {"symbol_pattern": "(.)"}, "were not read from files"),
        (
            raw("ES.csv", symbol=pl.lit("ES")),
            {"symbol_pattern": "(ES)"},
            "the file's column 'symbol' names the symbols; set one of them to null",
        ),
        (raw("ES.csv"), {}, "no symbol is given; set ingest.symbol .* ingest.symbol_pattern"),
        (raw("ES.csv"), {"symbol": "ES", "symbols": ["NQ"]}, "symbol NQ is not in the data"),
        (raw("ES.csv", symbol=pl.lit(" ")), {}, "no row has a symbol"),
    ],
)
def test_a_symbol_that_cannot_be_told_is_an_error(table, settings, message):
    with pytest.raises(ValueError, match=message):
        standardise(table, spec(**settings))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"symbol_pattern": "([A-Z]+"}, "is not a regular expression"),
        ({"symbol_pattern": "[A-Z]+"}, "has 0 groups; put brackets around the symbol"),
        ({"symbol_pattern": "([A-Z])([a-z])"}, "has 2 groups"),
        ({"symbol_pattern": "(ES)", "symbol": "ES"}, "symbol and symbol_pattern are both given"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        spec(**settings)
