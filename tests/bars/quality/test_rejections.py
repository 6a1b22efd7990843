"""What is said where a symbol keeps no row: counts by rule, and what to set."""

import polars as pl
import pytest

from regime_factory.bars import SourceSpec, check_bars, standardise

CELLS = {"open": "1", "high": "2", "low": "1", "close": "1.5"}
LAYOUT = {"columns": {"ts": "time"}, "stamp": "close", "timezone": "UTC", "timeframe": "1H"}


def message(times, date_format=None, **cells):
    raw = pl.DataFrame({"time": times} | CELLS | cells)
    layout = SourceSpec(**LAYOUT, symbol="X", date_format=date_format)
    with pytest.raises(ValueError, match="no usable row for 'X': all") as caught:
        check_bars(standardise(raw, layout))
    return str(caught.value)


def test_rows_are_counted_by_rule_and_one_reason_is_shown():
    days = [f"2021-01-04 1{i}:00" for i in range(4)]
    said = message(days, close=["-1", "-2", "-3", ""], low=["1", "3", "1", "1"])
    assert "all 4 rows are rejected (3 by the rule 'positive prices', " in said
    assert "1 by the rule 'no missing cells'" in said
    assert "1 by the rule 'high not below low'" in said
    assert "row 1: close is not positive: -1.0" in said
    assert "Zero and negative prices have no logarithm" in said


@pytest.mark.parametrize(
    ("times", "date_format", "hint"),
    [
        (["1577836800", "1577840400"], None, "10 digits are most often epoch_s"),
        (["1577836800000"], None, "13 digits are most often epoch_ms"),
        (["1577836800000"], "epoch_s", "13 digits are most often epoch_ms"),
        (["1577836800000000"], None, "16 digits are most often epoch_us"),
        (["1577836800.0"], None, "10 digits are most often epoch_s"),
        (["20210104"], None, r"epoch_us, or e.g. to '%Y%m%d' for dates."),
        (["01/04/2021 10:00"], None, "set ingest.date_format to how the file writes its times"),
        (["4. Jan 2021"], None, "'%m/%d/%Y %H:%M' or '%d.%m.%Y'"),
        (["2021-01-04 10:00"], "%d.%m.%Y", "set ingest.date_format to how the file writes"),
    ],
)
def test_times_that_cannot_be_read_point_to_the_date_format(times, date_format, hint):
    said = message(times, date_format)
    assert f"all {len(times)} rows are rejected ({len(times)} by the rule 'readable cells')" in said
    assert hint.lower() in said.lower()
    assert "decimal" not in said


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("1,25", "decimal commas and thousands separators are not read"),
        ("1,250.5", "decimal commas and thousands separators are not read"),
        ("$1", "text and currency signs are not read"),
    ],
)
def test_numbers_that_cannot_be_read_point_to_how_to_write_them(cell, hint):
    said = message(["2021-01-04 10:00", "2021-01-04 11:00"], close=cell)
    assert "Write numbers with a decimal point and nothing else" in said
    assert hint in said
    assert "ingest.date_format" not in said


def test_times_and_numbers_are_both_named():
    said = message(["01/04/2021"], close="1,5")
    assert "ingest.date_format" in said
    assert "decimal commas" in said


def test_times_out_of_range_name_the_units_of_epoch_numbers():
    said = message(["9000000000"], "epoch_s")
    assert "1 by the rule 'plausible times'" in said
    assert "epoch_ms milliseconds" in said
