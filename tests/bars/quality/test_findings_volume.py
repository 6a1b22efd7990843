"""Report line on volume."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from regime_factory.bars.quality.findings_volume import volume_finding

DAYS = [datetime(2021, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(40)]


def line(*volume):
    values = pl.Series(volume, dtype=pl.Float64)
    return volume_finding(values, pl.Series(DAYS[: len(values)]))


def test_all_or_no_volume_is_no_fault():
    assert line(1.0, 2.0)["result"] == "present"
    none = line(None, None)
    assert (none["severity"], none["result"]) == ("ok", "no volume in the data")


def test_volume_that_is_not_positive_counts_as_missing():
    found = line(-1.0, 0.0, float("nan"), float("inf"), None, 3.0)
    assert (found["severity"], found["rows"]) == ("warn", 5)
    assert found["result"] == (
        "5 of 6 bars have no volume above zero, 1 of them a negative one, "
        "1 of them one that is not a number"
    )


def test_the_spans_without_volume_are_named():
    found = line(None, 1.0, None, None, 1.0)
    assert "2021-01-01 (1 bar), 2021-01-03 to 2021-01-04 (2 bars)." in found["note"]
    assert (found["first"], found["last"]) == (
        "2021-01-01T00:00:00+00:00", "2021-01-04T00:00:00+00:00",
    )  # fmt: skip


@pytest.mark.parametrize("spans", [3, 5])
def test_only_the_longest_spans_are_named_in_time_order(spans):
    volume = []
    for length in range(1, spans + 1):
        volume += [None] * length + [1.0]
    said = line(*volume)["note"]
    lengths = [f"({n} bar{'s' if n > 1 else ''})" for n in range(spans - 2, spans + 1)]
    places = [said.index(text) for text in lengths]
    assert places == sorted(places)
    assert ("and 2 shorter spans" in said) == (spans == 5)
