"""Symbols beside each other: who starts late or ends early."""

from datetime import UTC, datetime, timedelta

import polars as pl

from regime_factory.bars import check_bars, combine_reports

from ..reference import make_bars

START = datetime(2021, 1, 4, tzinfo=UTC)


def days(symbol, first, last):
    return make_bars([START + timedelta(days=i) for i in range(first, last)], "1D", symbol)


def spans(*tables):
    report = check_bars(pl.concat(tables)).report["symbols"]
    return {
        name: next(check for check in line["checks"] if check["check"] == "span")
        for name, line in report.items()
        if line["kept"]
    }


def test_a_single_symbol_has_no_others():
    assert spans(days("A", 0, 50))["A"]["result"] == "the only symbol"


def test_late_starts_and_early_ends_are_named():
    found = spans(days("A", 0, 200), days("B", 0, 200), days("C", 40, 200), days("D", 0, 160))
    assert {name for name, line in found.items() if line["severity"] == "warn"} == {"C", "D"}
    assert found["C"]["result"] == "starts 2021-02-13, most others 2021-01-04"
    assert found["D"]["result"] == "ends 2021-06-12, most others 2021-07-22"
    assert found["C"]["first"].startswith("2021-02-13")


def test_of_two_symbols_the_shorter_one_is_named():
    found = spans(days("A", 0, 200), days("B", 40, 200))
    assert (found["A"]["severity"], found["B"]["severity"]) == ("ok", "warn")


def test_reports_of_single_symbols_make_the_report_of_all():
    tables = [days("A", 0, 200), days("B", 0, 200), days("C", 40, 200)]
    rows_without = tables[0][:1].with_columns(symbol=pl.lit(None, dtype=pl.String))
    tables.append(rows_without)
    together = check_bars(pl.concat(tables)).report
    apart = combine_reports([check_bars(table).report for table in tables], 30.0)
    assert apart == together
    assert combine_reports([together], 30.0) == together


def test_one_long_history_makes_the_others_neither_late_nor_early():
    long, *others = (days("A", 0, 300), *(days(name, 100, 200) for name in "BCD"))
    found = spans(long, *others)
    assert {line["severity"] for line in found.values()} == {"ok"}
