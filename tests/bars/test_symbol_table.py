"""A table on disk gives the rows of a table in memory, one symbol at a time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars import SymbolTable, fingerprint, map_symbols, per_symbol, table_builder
from regime_factory.bars.schema import Bars
from regime_factory.bars.symbol_table import SymbolTableBuilder
from regime_factory.bars.symbols import unique_stamps

from .reference import make_bars

SYMBOLS = st.sampled_from(["ES", "NQ", "a b", None])


def hourly(n, symbol):
    start = datetime(2021, 1, 4, tzinfo=UTC)
    return make_bars([start + timedelta(hours=i) for i in range(n)], symbol=symbol)


def stored(table, pieces=1):
    """The table on disk, in pieces in which every symbol is one block."""
    builder = SymbolTableBuilder()
    step = max(1, -(-table.height // pieces))
    for first in range(0, max(table.height, 1), step):
        builder.append(table.slice(first, step).sort("symbol", maintain_order=True))
    return builder.table()


@settings(max_examples=40, deadline=None)
@given(st.lists(SYMBOLS, max_size=12), st.integers(1, 4))
def test_each_symbol_keeps_its_rows_in_their_order(symbols, pieces):
    table = pl.DataFrame(
        {"symbol": symbols, "x": range(len(symbols))}, schema_overrides={"symbol": pl.String}
    )
    on_disk = stored(table, pieces)
    assert set(on_disk.symbols) == set(symbols)
    assert on_disk.height == table.height
    expected = {
        symbol: [x for x, own in enumerate(symbols) if own == symbol] for symbol in set(symbols)
    }
    assert {symbol: rows["x"].to_list() for symbol, rows in per_symbol(on_disk)} == expected
    assert {symbol: rows["x"].to_list() for symbol, rows in per_symbol(table)} == expected
    assert on_disk.collect()["x"].to_list() == [x for own in on_disk.symbols for x in expected[own]]


def test_rows_without_a_symbol_come_last():
    table = pl.DataFrame({"symbol": [None, "B", "A"], "x": [1, 2, 3]})
    assert stored(table).symbols[-1] is None


def test_numbers_stored_in_32_bits_are_given_in_64(tmp_path: Path):
    table = pl.DataFrame({"symbol": ["A", "A"], "x": [0.1, 2.0]})
    table.cast({"x": pl.Float32}).write_parquet(tmp_path / "a.parquet")
    on_disk = SymbolTable([tmp_path / "a.parquet"])
    assert on_disk.schema == {"symbol": pl.String, "x": pl.Float64}
    for made in (on_disk.rows("A"), on_disk.collect(), on_disk.lazy().collect()):
        assert made.schema == on_disk.schema
        assert made["x"].to_list() == [pytest.approx(0.1, rel=1e-7), 2.0]


def test_conditions_and_columns_are_read_alone():
    table = pl.DataFrame({"symbol": ["A", "B", "B"], "x": [1, 2, 3], "y": [4, 5, 6]})
    made = stored(table).collect(pl.col("y") > 4, ["symbol", "x"])
    assert made.rows() == [("B", 2), ("B", 3)]


def test_an_empty_table_keeps_its_columns():
    empty = pl.DataFrame(schema={"symbol": pl.String, "x": pl.Float64})
    on_disk = stored(empty)
    assert (on_disk.height, on_disk.symbols) == (0, [])
    assert on_disk.collect().equals(empty)


def test_parts_with_other_columns_are_refused():
    builder = SymbolTableBuilder()
    with pytest.raises(ValueError, match="needs the rows of at least one symbol, found none"):
        builder.table()
    builder.append(pl.DataFrame({"symbol": ["A"], "x": [1.0]}))
    with pytest.raises(ValueError, match="different columns: symbol String, x Int64 after symbol"):
        builder.append(pl.DataFrame({"symbol": ["B"], "x": [1]}))


def test_a_disk_that_cannot_be_written_is_named(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    builder = SymbolTableBuilder()
    with pytest.raises(OSError, match="No space left on device; the environment variable TMPDIR"):
        builder.append(pl.DataFrame({"symbol": ["A"]}))


def test_the_folder_goes_with_the_table():
    on_disk = stored(pl.DataFrame({"symbol": ["A"]}))
    folder = on_disk.files[0].parent
    assert folder.is_dir()
    del on_disk
    assert not folder.exists()


def test_work_by_symbol_is_the_same_in_memory_and_on_disk():
    table = pl.DataFrame({"symbol": ["B", "A", "B", "A"], "ts": [1, 1, 2, 2], "x": [1.0, 2, 3, 4]})
    last = map_symbols(table, lambda rows: rows.tail(1))
    on_disk = map_symbols(stored(table), lambda rows: rows.tail(1))
    assert isinstance(last, pl.DataFrame)
    assert isinstance(on_disk, SymbolTable)
    assert on_disk.collect().sort("symbol").equals(last.sort("symbol"))
    assert unique_stamps(table).equals(unique_stamps(stored(table)))
    assert isinstance(table_builder(on_disk), SymbolTableBuilder)


def test_the_fingerprint_does_not_depend_on_storage():
    bars = pl.concat(hourly(n, name) for n, name in ((5, "A"), (3, "B")))
    assert fingerprint(bars) == fingerprint(stored(bars))
    assert fingerprint(bars) != fingerprint(bars.with_columns(symbol=pl.lit("A")))
    swapped = bars.with_columns(open="close", close="open")
    assert fingerprint(bars) != fingerprint(swapped)


def test_a_schema_looks_at_every_symbol_of_a_table_on_disk():
    bars = pl.concat(hourly(4, name) for name in "AB")
    assert isinstance(Bars.validate(stored(bars)), SymbolTable)
    broken = bars.with_columns(low=pl.when(pl.int_range(pl.len()) == 6).then(-1.0).otherwise("low"))
    with pytest.raises(Exception, match="greater_than"):
        Bars.validate(stored(broken))
