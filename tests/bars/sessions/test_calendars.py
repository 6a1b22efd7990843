"""Trading days of exchanges: the packaged table, the library behind the others, and its limits."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from regime_factory.bars import embedded_bars, read_source
from regime_factory.bars.sessions import calendars
from regime_factory.bars.sessions.calendars import covered_days, exchange_days, known_calendar

SPAN = (date(1970, 1, 1), date(2049, 12, 31))


def from_library(code):
    """Days, late opens, early closes and late closes from `exchange_calendars`, day by day."""
    import exchange_calendars

    start, end = (day.isoformat() for day in covered_days(code))
    calendar = exchange_calendars.get_calendar(code, start=start, end=end)
    opens, closes = (
        calendar.schedule[name].dt.tz_convert(calendar.tz).dt.strftime("%H:%M")
        for name in ("open", "close")
    )
    return [day.date() for day in calendar.schedule.index], opens.to_list(), closes.to_list()


def packaged_text(code):
    """What the packaged file has to hold: weekdays without a session, and early closes."""
    days, _, closes = from_library(code)
    ordinary = max(set(closes), key=closes.count)
    lines = {day: close for day, close in zip(days, closes, strict=True) if close != ordinary}
    weekdays = pl.date_range(*SPAN, eager=True)
    weekdays = set(weekdays.filter(weekdays.dt.weekday() <= 5))
    lines |= dict.fromkeys(weekdays - set(days), "")
    return "day,close\n" + "".join(f"{day},{lines[day]}\n" for day in sorted(lines))


def test_the_packaged_table_equals_the_library():
    path = Path(calendars.__file__).parent / "exchange_days" / "XNYS.csv"
    # where the library has learnt of a new holiday: write packaged_text("XNYS") to the file
    assert path.read_text("utf-8") == packaged_text("XNYS")


@pytest.mark.parametrize("code", ["XNYS", "XLON", "XASX", "XSAU", "CMES", "BVMF", "XKRX"])
def test_days_and_special_hours_equal_the_library(code):
    days, opens, closes = from_library(code)
    made = exchange_days(code, *covered_days(code))
    assert made["day"].to_list() == days
    special = made.select(
        pl.any_horizontal(pl.col("late_open", "early_close", "late_close").is_not_null())
    ).to_series()
    hours = list(zip(opens, closes, strict=True))
    for i, unusual in enumerate(special):
        around = hours[max(i - 10, 0) : i + 11]
        prevailing = [max(set(part), key=part.count) for part in zip(*around, strict=True)]
        if unusual:
            assert list(hours[i]) != prevailing
        elif around.count(hours[i]) == 1:
            assert hours[i] == tuple(prevailing)


def test_the_moments_of_special_hours():
    late = exchange_days("BVMF", date(2022, 3, 2), date(2022, 3, 3))
    assert late["late_open"].dt.to_string("%H:%M").to_list() == ["16:00", None]
    exam = exchange_days("XKRX", date(2020, 12, 3), date(2020, 12, 3))
    assert exam["late_close"].dt.to_string("%H:%M").to_list() == ["07:30"]
    assert exam["early_close"].to_list() == [None]


def test_the_ordinary_close_of_the_time():
    def closes(code, first, last):
        local = pl.col("ordinary_close").dt.convert_time_zone(zones[code]).dt.to_string("%H:%M")
        return exchange_days(code, first, last).select(local).to_series().to_list()

    zones = {"XNYS": "America/New_York", "XTKS": "Asia/Tokyo"}
    assert closes("XNYS", date(2024, 11, 27), date(2024, 12, 2)) == ["16:00"] * 3
    assert closes("XTKS", date(2024, 10, 31), date(2024, 11, 6)) == ["15:00"] * 2 + ["15:30"] * 2
    assert closes("XNYS", date(1969, 12, 30), date(1970, 1, 2)) == [None, None, "16:00"]


def test_a_market_from_sunday_to_thursday():
    week = exchange_days("XSAU", date(2023, 1, 1), date(2023, 1, 7))["day"]
    assert week.dt.to_string("%a").to_list() == ["Sun", "Mon", "Tue", "Wed", "Thu"]


def test_without_a_code_and_outside_of_a_calendar_every_weekday_trades():
    weekdays = exchange_days(None, date(2049, 12, 27), date(2050, 1, 4))
    assert weekdays["day"].dt.day().to_list() == [27, 28, 29, 30, 31, 3, 4]
    across = exchange_days("XNYS", date(2049, 12, 23), date(2050, 1, 4))
    assert across["day"].dt.day().to_list() == [23, 27, 28, 29, 30, 31, 3, 4]
    before = exchange_days("XNYS", date(1969, 12, 24), date(1970, 1, 5))
    assert before["day"].dt.day().to_list() == [24, 25, 26, 29, 30, 31, 2, 5]
    assert exchange_days("XNYS", date(1960, 7, 4), date(1960, 7, 4)).height == 1
    assert exchange_days("XNYS", date(2021, 7, 5), date(2021, 7, 5)).is_empty()


def test_what_a_calendar_covers():
    assert covered_days("XNYS") == SPAN
    assert covered_days("XSAU") == (date(2021, 1, 1), date(2029, 12, 31))


def test_unknown_codes_name_the_nearest():
    assert known_calendar("XLON") == "XLON"
    with pytest.raises(ValueError, match=r"'xnys' is unknown .did you mean XNYS.*null for Monday"):
        known_calendar("xnys")
    with pytest.raises(ValueError, match="'Frankfurt stocks' is unknown; give a code of"):
        known_calendar("Frankfurt stocks")


def test_a_calendar_that_the_library_cannot_build_says_so(monkeypatch):
    import exchange_calendars

    def broken(*_, **__):
        raise ValueError("special dates are no sessions")

    monkeypatch.setattr(exchange_calendars, "get_calendar", broken)
    with pytest.raises(ValueError, match=r"'XWAR' cannot be built .* \(special dates are no sess"):
        exchange_days("XWAR", date(2021, 1, 1), date(2021, 2, 1))


def test_a_missing_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    with pytest.raises(ValueError, match="'XPAR' needs the package exchange_calendars; install it"):
        known_calendar("XPAR")


def test_new_york_needs_neither_the_library_nor_pandas():
    code = (
        "import sys; from datetime import date;"
        "from regime_factory.bars import Session;"
        "from regime_factory.bars.sessions.session import *;"
        "s = Session(timezone='America/New_York', close='16:00', calendar='XNYS');"
        "session_days(date(2021, 1, 1), date(2021, 2, 1), s);"
        "print([m for m in ('pandas', 'exchange_calendars') if m in sys.modules])"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"


def test_every_embedded_bar_is_on_a_day_of_new_york_and_none_is_missing():
    bars = embedded_bars().select("symbol", day=pl.col("Date").str.to_date("%m/%d/%Y"))
    assert bars.height == 10_062
    for (symbol,), frame in bars.group_by("symbol"):
        days = exchange_days("XNYS", frame["day"].min(), frame["day"].max())["day"]
        assert frame["day"].to_list() == days.to_list(), symbol


@pytest.mark.parametrize("name", ["SPY_1d_1998_2021", "MSFT_1d_1990_2022", "SPX_1d_1990_2022"])
def test_daily_stock_files_have_every_day_of_new_york(shared_data, name):
    days = read_source(shared_data / "equity" / f"{name}.parquet")["date"].cast(pl.Date)
    assert days.to_list() == exchange_days("XNYS", days[0], days[-1])["day"].to_list()


@pytest.mark.parametrize("name", ["ES", "NQ"])
def test_index_futures_trade_four_more_days_than_new_york(shared_data, name):
    file = shared_data / "futures" / f"{name}_1d_2010_2020.parquet"
    days = read_source(file)["date"].cast(pl.Date)
    stocks = exchange_days("XNYS", days[0], days[-1])["day"].to_list()
    assert set(stocks) <= set(days)
    assert [day.isoformat() for day in days if day not in set(stocks)] == [
        "2012-04-06",  # Good Friday with an employment report
        "2012-10-29",  # Hurricane Sandy closed the floor only
        "2012-10-30",
        "2015-04-03",
    ]
