"""What was known when, against the slow reference: revisions, ties, staleness, both edges."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars.macro.known import Measure, as_of, difference, known_values, newest
from tests.bars.macro_reference import as_known, difference_of

UTC = ZoneInfo("UTC")
START = datetime(2020, 1, 1, tzinfo=UTC)
SCHEMA = {
    "period_end": pl.Date,
    "available_at": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
}
HOUR = timedelta(hours=1)
# Few periods and few moments, so that revisions, ties and late old periods are common.
RELEASES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 30), st.integers(-5, 5)),
    max_size=25,
    unique_by=lambda item: item[:2],
).map(lambda items: [(date(2019, 1, 1 + p), START + m * HOUR, float(v)) for p, m, v in items])
HOURS = st.lists(st.integers(-2, 60), min_size=1, max_size=20).map(sorted)


def table(releases) -> pl.DataFrame:
    return pl.DataFrame(releases, schema=SCHEMA, orient="row")


def at(hours) -> pl.DataFrame:
    stamps = [START + hour * HOUR for hour in hours]
    return pl.DataFrame({"ts": stamps}, schema={"ts": pl.Datetime("us", "UTC")})


@settings(deadline=None, max_examples=300)
@given(releases=RELEASES, hours=HOURS, stale=st.integers(1, 20), length=st.integers(1, 5))
def test_rows_get_what_was_known_then(releases, hours, stale, length):
    measures = {
        "level": Measure(1, newest),
        "sum": Measure(length, lambda values: values.sum(axis=1)),
        "oldest": Measure(length, lambda values: values[:, 0]),
    }
    known = known_values(table(releases), measures)
    made = as_of(at(hours), known, max_staleness=stale * HOUR)
    for row in made.iter_rows(named=True):
        one = as_known(releases, row["ts"], stale * HOUR)
        assert row["level"] == (one[-1] if one else None)
        window = as_known(releases, row["ts"], stale * HOUR, length)
        assert row["sum"] == (sum(window) if window else None)
        assert row["oldest"] == (window[0] if window else None)


@settings(deadline=None)
@given(left=RELEASES, right=RELEASES, hours=HOURS)
def test_a_difference_is_one_of_values_known_then(left, right, hours):
    expected = difference_of(left, right)
    if left and right and not expected:
        with pytest.raises(ValueError, match="no period in common"):
            difference(table(left), table(right))
        return
    made = difference(table(left), table(right))
    found = {(row[0], row[1]): row[2] for row in made.iter_rows()}
    assert found == {(period, moment): value for period, moment, value in expected}


@settings(deadline=None)
@given(releases=RELEASES, cut=st.integers(0, 40), change=st.sampled_from(["remove", "replace"]))
def test_later_releases_change_nothing_before_them(releases, cut, change):
    """Bit for bit: a row knows nothing of what is released after it."""
    measures = {"mean": Measure(3, lambda v: v.mean(axis=1)), "std": Measure(3, lambda v: v.std(1))}
    moment = START + cut * HOUR
    kept = [item for item in releases if item[1] <= moment]
    later = [(p, m, 7.0 * v + 1) for p, m, v in releases if m > moment]
    altered = kept + (later if change == "replace" else [])
    rows = at(range(cut + 1))
    made, again = (
        as_of(rows, known_values(table(each), measures), max_staleness=9 * HOUR)
        for each in (releases, altered)
    )
    assert made.equals(again)


def test_a_value_is_known_at_its_very_moment_and_used_to_its_very_last():
    known = known_values(table([(date(2019, 12, 31), START, 1.0)]))
    edge = timedelta(microseconds=1)
    stamps = [START - edge, START, START + 3 * HOUR, START + 3 * HOUR + edge]
    rows = pl.DataFrame({"ts": stamps}, schema={"ts": pl.Datetime("us", "UTC")})
    assert as_of(rows, known, max_staleness=3 * HOUR)["value"].to_list() == [None, 1.0, 1.0, None]


def test_of_two_releases_at_one_moment_the_later_period_counts():
    both = [(date(2020, 2, 29), START, 2.0), (date(2020, 1, 31), START, 1.0)]
    known = known_values(table(both), {"value": Measure(2, lambda v: v[:, 1] - v[:, 0])})
    assert known.height == 1
    assert known["value"].to_list() == [1.0]


def test_a_late_revision_changes_windows_and_not_the_level():
    history = [
        (date(2020, 1, 31), START, 1.0),
        (date(2020, 2, 29), START + HOUR, 2.0),
        (date(2020, 1, 31), START + 2 * HOUR, 9.0),
    ]
    measures = {
        "level": Measure(1, newest),
        "change": Measure(2, lambda values: values[:, 1] - values[:, 0]),
    }
    known = known_values(table(history), measures)
    assert known["level"].to_list() == [1.0, 2.0, 2.0]
    assert known["change"].to_list() == [None, 1.0, -7.0]


def test_a_revision_does_not_make_an_old_period_young():
    history = [(date(2020, 1, 31), START, 1.0), (date(2020, 1, 31), START + 5 * HOUR, 2.0)]
    rows = at([4, 5, 6, 7])
    made = as_of(rows, known_values(table(history)), max_staleness=6 * HOUR)
    assert made["value"].to_list() == [1.0, 2.0, 2.0, None]


def test_a_figure_that_is_not_finite_is_null():
    history = [
        (date(2020, 1, day), START + day * HOUR, value) for day, value in ((1, 0.0), (2, 4.0))
    ]
    measures = {
        "ratio": Measure(2, lambda values: values[:, 1] / values[:, 0]),
        "log": Measure(1, lambda values: np.log(values[:, 0])),
    }
    known = known_values(table(history), measures)
    assert known["ratio"].to_list() == [None, None]
    assert known["log"].to_list() == [None, pytest.approx(1.386294, abs=1e-6)]


def test_a_series_without_releases_gives_nulls():
    made = as_of(at([1, 2]), known_values(table([])), max_staleness=HOUR)
    assert made["value"].to_list() == [None, None]
    assert made.schema["value"] == pl.Float64


def test_rows_have_to_be_in_order():
    known = known_values(table([(date(2020, 1, 31), START, 1.0)]))
    with pytest.raises(ValueError, match="rows go back in time"):
        as_of(at([2, 1]), known, max_staleness=HOUR)


@pytest.mark.parametrize(
    ("releases", "message"),
    [
        (table([]).drop("value"), "releases lack \\['value'\\]"),
        (table([(date(2020, 1, 31), START, 1.0)] * 2), "2020-01-31 has two values known at 2020"),
    ],
)
def test_unusable_releases_are_refused(releases, message):
    with pytest.raises(ValueError, match=message):
        known_values(releases)


def test_a_window_longer_than_the_series_is_empty_and_costs_nothing():
    releases = table([(date(2020, 1, 1 + day), START + day * HOUR, 1.0) for day in range(9)])
    endless = Measure(10**12, lambda values: values[:, 0])
    known = known_values(releases, {"endless": endless, "level": Measure(1, newest)})
    assert known["endless"].null_count() == 9
    assert known["level"].null_count() == 0
