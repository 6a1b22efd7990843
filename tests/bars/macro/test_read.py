"""Rows of macro files to releases: what is read, what is left out, what is refused."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from pydantic import ValidationError

from regime_factory.bars.macro.read import read_macro, read_macro_files
from regime_factory.bars.macro.spec import MacroSeries, series_specs

UTC = ZoneInfo("UTC")
DAILY = {
    "values": {"vix": "close"},
    "period": "day",
    "stamp": "end",
    "lag": 0,
    "clock": "16:15",
    "timezone": "America/New_York",
    "max_staleness_days": 7,
}
MONTHLY = {**DAILY, "values": {"baa": "BAA"}, "period": "month", "stamp": "start", "lag": 6}
VINTAGES = {**DAILY, "values": {"gdp": "value"}, "period": "quarter", "stamp": "start"} | {
    "lag": None,
    "release": "vintage",
}


def spec(**settings) -> MacroSeries:
    return MacroSeries(**settings)


def test_a_daily_close_is_known_at_its_own_clock():
    raw = pl.DataFrame({"Date": [date(2021, 3, 12), date(2021, 3, 15)], "close": [20.7, 20.0]})
    made = read_macro(raw, spec(**DAILY))
    assert made.rows() == [
        ("vix", date(2021, 3, 12), datetime(2021, 3, 12, 21, 15, tzinfo=UTC), 20.7),
        ("vix", date(2021, 3, 15), datetime(2021, 3, 15, 20, 15, tzinfo=UTC), 20.0),
    ]


def test_a_month_is_known_business_days_after_its_end():
    raw = pl.DataFrame({"date": ["2008-08-01", "2008-09-01"], "BAA": ["7.15", "7.31"]})
    made = read_macro(raw, spec(**MONTHLY))
    assert made["period_end"].to_list() == [date(2008, 8, 31), date(2008, 9, 30)]
    # Monday 1 September is Labor Day and counts as a business day: six from there is Monday 8.
    assert made["available_at"].to_list() == [
        datetime(2008, 9, 8, 20, 15, tzinfo=UTC),
        datetime(2008, 10, 8, 20, 15, tzinfo=UTC),
    ]


def test_empty_cells_are_left_out_whatever_way_they_are_written():
    texts = ["1.5", "", ".", "ND", "NaN", None, " n/a ", "2.5"]
    raw = pl.DataFrame({"date": [f"2020-01-{day:02}" for day in range(1, 9)], "close": texts})
    assert read_macro(raw, spec(**DAILY))["value"].to_list() == [1.5, 2.5]
    numbers = raw.with_columns(close=pl.Series([1.5, None, float("nan"), *[None] * 4, 2.5]))
    assert read_macro(numbers, spec(**DAILY)).equals(read_macro(raw, spec(**DAILY)))


def test_a_row_without_any_value_may_lack_its_date():
    raw = pl.DataFrame({"date": ["2020-01-02", "Source: somebody"], "close": ["1.5", None]})
    assert read_macro(raw, spec(**DAILY)).height == 1


def test_two_series_of_one_file_are_read_apart():
    raw = pl.DataFrame(
        {"date": ["2020-01-02", "2020-01-03"], "DGS2": [1.5, None], "DGS10": [1.8, 1.9]}
    )
    both = read_macro(raw, spec(**{**DAILY, "values": {"two": "DGS2", "ten": "dgs10"}}))
    assert both.select("series", "value").rows() == [("two", 1.5), ("ten", 1.8), ("ten", 1.9)]


def test_rows_may_come_in_any_order():
    raw = pl.DataFrame({"date": ["2020-01-03", "2020-01-02"], "close": [2, 1]})
    assert read_macro(raw, spec(**DAILY))["value"].to_list() == [1.0, 2.0]


def test_releases_are_kept_with_every_revision():
    raw = pl.DataFrame(
        {
            "date": ["2020-01-01", "2020-01-01", "2020-04-01", "2020-01-01"],
            "vintage": ["2020-04-29", "2020-05-28 08:30", "2020-07-30T08:30-04:00", "2020-07-30"],
            "value": [-4.8, -5.0, -32.9, -5.1],
        }
    )
    made = read_macro(raw, spec(**{**VINTAGES, "clock": "12:00"}))
    assert made.select("period_end", "available_at", "value").rows() == [
        (date(2020, 3, 31), datetime(2020, 4, 29, 16, 0, tzinfo=UTC), -4.8),
        (date(2020, 3, 31), datetime(2020, 5, 28, 12, 30, tzinfo=UTC), -5.0),
        (date(2020, 6, 30), datetime(2020, 7, 30, 12, 30, tzinfo=UTC), -32.9),
        (date(2020, 3, 31), datetime(2020, 7, 30, 16, 0, tzinfo=UTC), -5.1),
    ]


@pytest.mark.parametrize(
    ("vintage", "zone", "clock", "known"),
    [
        ("2020-04-29T00:00Z", "Asia/Tokyo", "08:50", "2020-04-29 00:00"),
        (datetime(2020, 4, 29, tzinfo=UTC), "Asia/Tokyo", "08:50", "2020-04-29 00:00"),
        ("2020-04-29T00:00+09:00", "Asia/Tokyo", "08:50", "2020-04-28 23:50"),
        ("2020-04-29 00:00", "Asia/Tokyo", "08:50", "2020-04-28 23:50"),
        ("2020-04-29T00:00Z", "UTC", "12:00", "2020-04-29 12:00"),
    ],
)
def test_a_release_at_midnight_is_known_neither_before_it_nor_before_the_clock(
    vintage, zone, clock, known
):
    raw = pl.DataFrame({"date": ["2020-01-01"], "vintage": [vintage], "value": [-4.8]})
    made = read_macro(raw, spec(**{**VINTAGES, "timezone": zone, "clock": clock}))
    assert made["available_at"].dt.to_string("%Y-%m-%d %H:%M").to_list() == [known]


@pytest.mark.parametrize(
    ("settings", "columns", "message"),
    [
        (
            DAILY,
            {"when": ["2020-01-02"], "close": [1.0]},
            "'date', named in time, is not in the fi",
        ),
        (DAILY, {"date": ["2020-01-02"], "last": [1.0]}, "'close', named in values.vix, is not in"),
        (
            DAILY,
            {"date": ["2020-01-02"], "CLOSE": [1.0], "Close": [1.0]},
            "may be CLOSE or Close; name one of its columns there: date, CLOSE, Close",
        ),
        (DAILY, {"date": ["2020-01-02", "x"], "close": [1, 2]}, "row 2 of the column 'date' is no"),
        (DAILY, {"date": ["2020-01-02", None], "close": [1, 2]}, "row 2 of the column 'date' is e"),
        (DAILY, {"date": ["2020-01-02"], "close": ["1,5"]}, "row 1 .* not a finite number: '1,5'"),
        (DAILY, {"date": ["2020-01-02"], "close": [float("inf")]}, "not a finite number: 'inf'"),
        (DAILY, {"date": ["2020-01-02"], "close": [True]}, "'close' holds Boolean, not numbers"),
        (DAILY, {"date": [True], "close": [1.0]}, "'date' holds Boolean, not dates"),
        (
            DAILY,
            {"date": ["2020-01-02", "2020-01-03", "2020-01-02"], "close": [1, 2, 1]},
            r"series vix: 2 values for the day that ends on 2020-01-02 \(rows 1 and 3\); keep one",
        ),
        (
            {**MONTHLY, "stamp": "end"},
            {"date": ["2020-01-01", "2020-02-01"], "BAA": [1, 2]},
            "series baa: every date is the first day of a month, which no month ends on; set st",
        ),
        (
            VINTAGES,
            {"date": ["2020-01-01"], "vintage": ["2020-03-30"], "value": [1]},
            "row 1 was released at 2020-03-30, before its quarter ended on 2020-03-31",
        ),
        (
            VINTAGES,
            {"date": ["2020-01-01"], "vintage": [None], "value": [1]},
            "row 1 of the column 'vintage' is empty",
        ),
        (
            VINTAGES,
            {"date": ["2020-01-01"] * 2, "vintage": ["2020-04-29"] * 2, "value": [1, 2]},
            "one release in the column 'vintage'; keep one",
        ),
    ],
)
def test_what_cannot_be_relied_on_is_refused(settings, columns, message):
    with pytest.raises(ValueError, match=message):
        read_macro(pl.DataFrame(columns), spec(**settings))


def test_only_a_table_is_read():
    with pytest.raises(TypeError, match=r"raw macro series must be a polars.DataFrame"):
        read_macro([1], spec(**DAILY))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lag": None}, "give either lag"),
        ({"release": "vintage"}, "give either lag"),
        ({"lag": -1}, "greater than or equal to 0"),
        ({"date_format": "%Y-%m-%d %Z"}, "has a zone"),
        ({"values": {}}, "at least 1 item"),
        ({"values": {"Bad name": "x"}}, "should match pattern"),
        ({"timezone": "New York"}, "time zone 'New York' is unknown"),
        ({"clock": "4pm"}, "is not a time of day"),
        ({"stamp": "open"}, "should be 'start' or 'end'"),
        ({"max_staleness_days": 0}, "greater than 0"),
        ({"lags": 3}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_description_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        spec(**{**DAILY, **changes})


def test_files_are_read_into_one_table():
    raw = {
        "vix": pl.DataFrame({"date": ["2020-01-02"], "close": [12.5]}),
        "spread": pl.DataFrame({"date": ["2019-12-01"], "BAA": [3.88]}),
    }
    sources = {"spread": spec(**MONTHLY), "vix": spec(**DAILY), "absent": spec(**VINTAGES)}
    made = read_macro_files(raw, sources)
    assert made["series"].to_list() == ["baa", "vix"]
    with pytest.raises(ValueError, match=r"macro_files has a file 'vix' that macro.sources does n"):
        read_macro_files(raw, {"spread": spec(**MONTHLY)})
    broken = {**raw, "spread": raw["spread"].rename({"BAA": "Aaa"})}
    with pytest.raises(ValueError, match=r"macro.sources.spread: column 'BAA', named in values.b"):
        read_macro_files(broken, sources)


def test_a_series_has_one_home():
    with pytest.raises(ValueError, match="series 'vix' is named by the file 'b' and by one before"):
        series_specs({"a": spec(**DAILY), "b": spec(**DAILY)})
