"""Files whose times are damaged: formats, zones, clock changes, order, gaps, grids, sessions."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from regime_factory.bars import Session
from regime_factory.bars.sessions.schedule import scheduled_stamps

from .damaged import (
    DAILY,
    IN_SESSION,
    NEW_YORK,
    Corpus,
    File,
    Row,
    changed,
    csv_file,
    daily,
    hourly,
    hours,
    sound,
    trading_days,
    written,
)

TIMES = Corpus()
EASTERN = ZoneInfo("America/New_York")
SORTED = {"ingest": {"sort": True}}


def zone(name: str, **more: object) -> dict[str, dict[str, object]]:
    return {"ingest": {"timezone": name, **more}}


@TIMES.file(ingest={"date_format": "%m/%d/%Y %H:%M"})
def month_first() -> File:
    return csv_file(hourly(form="%m/%d/%Y %H:%M"))


@TIMES.file(error="no usable row for 'X'.*Set ingest.date_format to how the file writes its times")
def month_first_without_a_format() -> File:
    return csv_file(hourly(form="%m/%d/%Y %H:%M"))


def _mixed_dates() -> list[Row]:
    american, european = (hourly(600, form=form) for form in ("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"))
    return american[:300] + european[300:]


@TIMES.file(
    error=r"bars for 'X' go back in time at .* \(row \d+\); sort by ts or set ingest.sort: true",
    ingest={"date_format": "%m/%d/%Y %H:%M"},
)
def month_first_and_day_first() -> File:
    return csv_file(_mixed_dates()[:400] + _mixed_dates()[250:])


@TIMES.file(
    finds={"readable cells": ("bad", 300)},
    quarantined=300,
    ingest={"date_format": "%m/%d/%Y %H:%M"},
)
def day_first_in_the_second_half() -> File:
    return csv_file(_mixed_dates())


@TIMES.file(error="10 digits are most often epoch_s")
def epoch_seconds_without_a_format() -> File:
    return csv_file(sound([str(int(moment.timestamp())) for moment in hours(400)]))


@TIMES.file(ingest={"date_format": "epoch_s"})
def epoch_seconds() -> File:
    return csv_file(sound([str(int(moment.timestamp())) for moment in hours(400)]))


@TIMES.file(error="13 digits are most often epoch_ms", ingest={"date_format": "epoch_s"})
def epoch_milliseconds_read_as_seconds() -> File:
    return csv_file(sound([str(1000 * int(moment.timestamp())) for moment in hours(400)]))


@TIMES.file(
    error="mostly 3 seconds apart .* times in 1970 mean that ingest.date_format counts",
    ingest={"date_format": "epoch_ms"},
)
def epoch_seconds_read_as_milliseconds() -> File:
    return csv_file(sound([str(int(moment.timestamp())) for moment in hours(400)]))


@TIMES.file(error="The times are digits: set ingest.date_format")
def spreadsheet_serials() -> File:
    return csv_file(sound([str(45_292 + i) for i in range(400)]))


@TIMES.file(finds={"readable cells": ("bad", 16), "gaps": ("warn", 16)}, quarantined=16)
def hour_24() -> File:
    return csv_file(changed(hourly(), range(23, 400, 24), time=_hour_24))


def _hour_24(text: str) -> str:
    before = datetime.fromisoformat(text) - timedelta(days=1)
    return f"{before:%Y-%m-%d} 24:00"


def _local(moments: list[datetime]) -> list[str]:
    return [f"{moment.astimezone(EASTERN):%Y-%m-%d %H:%M}" for moment in moments]


@TIMES.file(finds={"readable cells": ("warn", 2)}, quarantined=2, **zone("America/New_York"))
def local_hour_that_happens_twice() -> File:
    return csv_file(sound(_local(hours(400, datetime(2024, 10, 28, tzinfo=UTC)))))


@TIMES.file(finds={"readable cells": ("warn", 1)}, quarantined=1, **zone("America/New_York"))
def local_hour_that_does_not_exist() -> File:
    rows = sound(_local(hours(400, datetime(2024, 3, 4, tzinfo=UTC))))
    place = next(i for i, row in enumerate(rows) if row["time"] == "2024-03-10 03:00")
    skipped = changed(rows[place - 1 : place], [0], time="2024-03-10 02:00")
    return csv_file(rows[:place] + skipped + rows[place:])


@TIMES.file()
def offsets_of_several_zones() -> File:
    zones = (UTC, EASTERN, ZoneInfo("Asia/Tokyo"))
    moments = [moment.astimezone(zones[i % 3]) for i, moment in enumerate(hours(400))]
    return csv_file(sound([moment.isoformat() for moment in moments]))


@TIMES.file(error=r"bars for 'X' go back in time at 2024-01-02 06:00 UTC \(row 7\)")
def rows_out_of_order() -> File:
    rows = hourly()
    return csv_file([*rows[:5], rows[6], rows[5], *rows[7:]])


@TIMES.file(finds={"order": ("warn", 1)}, **SORTED)
def rows_out_of_order_and_sorted() -> File:
    rows = hourly()
    return csv_file([*rows[:5], rows[6], rows[5], *rows[7:]])


@TIMES.file(error=r"bars for 'X' go back in time at .* \(row 2\)")
def newest_first() -> File:
    return csv_file(hourly()[::-1])


@TIMES.file(finds={"order": ("warn", 399)}, **SORTED)
def newest_first_and_sorted() -> File:
    return csv_file(hourly()[::-1])


@TIMES.file(finds={"repeated rows": ("bad", 30)}, quarantined=30)
def each_row_twice() -> File:
    return csv_file([row for i, row in enumerate(hourly()) for _ in range(1 + (i < 30))])


@TIMES.file(finds={"conflicting rows": ("warn", 2)}, quarantined=2)
def two_closes_for_one_time() -> File:
    rows = hourly()
    other = changed(rows[50:52], range(2), close=lambda text: f"{float(text) + 0.01:.2f}",
                    high=lambda text: f"{float(text) + 0.01:.2f}")  # fmt: skip
    return csv_file([*rows[:51], other[0], rows[51], other[1], *rows[52:]])


@TIMES.file(finds={"repeated rows": ("bad", 100), "order": ("warn", 1)}, quarantined=100, **SORTED)
def files_that_overlap() -> File:
    return csv_file(hourly()[:250] + hourly()[150:])


@TIMES.file(error=r"bars for 'X' go back in time at 2024-01-08 07:00 UTC \(row 251\)")
def files_that_overlap_unsorted() -> File:
    return csv_file(hourly()[:250] + hourly()[150:])


@TIMES.file(finds={"gaps": ("warn", 20)})
def gap_of_a_day() -> File:
    return csv_file(hourly()[:100] + hourly()[120:])


@TIMES.file(finds={"gaps": ("warn", 600), "longest gap": ("warn", 2)})
def gap_of_a_month() -> File:
    return csv_file(hourly(1000)[:200] + hourly(1000)[800:])


@TIMES.file(finds={"on grid": ("warn", 3)})
def stamps_off_the_grid() -> File:
    return csv_file(changed(hourly(), [50, 60, 70], time=lambda text: text + ":07"))


@TIMES.file(finds={"on grid": ("warn", 60)})
def quarter_hours_among_hours() -> File:
    rows = hourly()
    extra = sound(written([moment - timedelta(minutes=m) for moment in hours(120)[100:]
                           for m in (45, 30, 15)]), price=float(rows[100]["close"]))  # fmt: skip
    return csv_file(sorted(rows + extra, key=lambda row: row["time"]))


@TIMES.file(finds={"gaps": ("warn", 80)})
def days_among_hours() -> File:
    rows = hourly()
    return csv_file([row for i, row in enumerate(rows) if i < 300 or i % 24 == 23])


@TIMES.file(error="bars of 'X' are mostly 1 hour apart .*, but market.timeframe is 1D",
            market={"timeframe": "1D", "timeframes": ["1D"]})  # fmt: skip
def hours_called_days() -> File:
    return csv_file(hourly())


@TIMES.file(error="the times are dates without a time of day.*set stamp: session_close",
            market=DAILY["market"])  # fmt: skip
def dates_called_closes() -> File:
    return csv_file(daily())


@TIMES.file(finds={"plausible times": ("warn", 3)}, quarantined=3)
def times_in_the_future() -> File:
    return csv_file(changed(hourly(), [397, 398, 399], time=lambda text: "21" + text[2:]))


@TIMES.file(finds={"plausible times": ("warn", 2)}, quarantined=2)
def years_of_two_digits() -> File:
    return csv_file(changed(hourly(), [100, 101], time=lambda text: "00" + text[2:]))


@TIMES.file(error=r"bars for 'X' go back in time at 1970-01-01 00:00 UTC \(row 201\)")
def time_zero_in_the_middle() -> File:
    return csv_file(changed(hourly(), [200], time="1970-01-01 00:00"))


@TIMES.file(finds={"gaps": ("warn", 473_377), "longest gap": ("warn", 2), "order": ("warn", 1)},
            **SORTED)  # fmt: skip
def time_zero_sorted_to_the_front() -> File:
    return csv_file(changed(hourly(), [200], time="1970-01-01 00:00"))


def _session_hours(first: int = 2) -> list[datetime]:
    span = datetime(2024, 1, first, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)
    return scheduled_stamps(*span, "1H", Session(**NEW_YORK), "00:00").to_list()


@TIMES.file(**IN_SESSION)
def hours_of_a_session() -> File:
    return csv_file(sound(written(_session_hours())))


@TIMES.file(finds={"incomplete sessions": ("warn", 2), "gaps": ("warn", 6)}, **IN_SESSION)
def sessions_that_lack_bars() -> File:
    rows = sound(written(_session_hours()))
    return csv_file([row for i, row in enumerate(rows) if i not in {71, 72, 73, 74, 140, 141}])


@TIMES.file(
    finds={
        "session hours": ("warn", 61),
        "gaps": ("warn", 60),
        "incomplete sessions": ("warn", 60),
    },
    **IN_SESSION,
)
def opens_called_closes() -> File:
    opens = [stamp - timedelta(hours=1) for stamp in _session_hours()]
    return csv_file(sound(written(opens)))


@TIMES.file(finds={"session hours": ("warn", 40)}, **IN_SESSION)
def bars_of_the_weekend() -> File:
    saturday = [datetime(2024, 1, 6, hour, tzinfo=UTC) + timedelta(weeks=week)
                for week in range(10) for hour in (15, 16, 17, 18)]  # fmt: skip
    return csv_file(sound(written(sorted([*_session_hours(), *saturday]))))


@TIMES.file(finds={"on grid": ("warn", 2)}, **DAILY)
def days_on_a_weekend() -> File:
    days = [day.isoformat() for day in trading_days(300)] + ["2020-02-01", "2020-02-02"]
    return csv_file(sound(sorted(days)))


@TIMES.file(finds={"gaps": ("warn", 30), "longest gap": ("warn", 2)}, **DAILY)
def days_missing() -> File:
    return csv_file(daily()[:200] + daily()[230:])


@TIMES.file(finds={"span": ("warn", 0)}, ingest={"symbol": None})
def symbol_that_ends_early() -> File:
    lengths = {"A": 2000, "B": 2000, "C": 400}
    return csv_file([row | {"symbol": name} for name, n in lengths.items() for row in hourly(n)])
