"""Slow plain-Python rules of publication and of what was known when, to compare with."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
Release = tuple[date, datetime, float]


def last_day(stamp: date, period: str) -> date:
    """Last day of the period that begins at (or holds) a stamp."""
    end = stamp
    if period == "week":
        return stamp + 6 * DAY
    while period != "day" and not (
        (end + DAY).day == 1 and (period == "month" or end.month % 3 == 0)
    ):
        end += DAY
    return end


def known_on(day: date, lag: int, unit: str) -> date:
    """Day that lies so many days behind another."""
    if unit == "calendar_days":
        return day + lag * DAY
    for _ in range(lag):
        day += DAY
        while day.weekday() > 4:
            day += DAY
    while day.weekday() > 4:
        day += DAY
    return day


def moment(day: date, clock: str, zone: str) -> datetime:
    """UTC moment of a wall clock: the later one where the clock shows it twice, that of an hour
    later on the clock where it never shows it."""
    naive = datetime.combine(day, time.fromisoformat(clock))
    utc = naive.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(ZoneInfo("UTC"))
    if utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != naive:
        later = (naive + timedelta(hours=1)).replace(tzinfo=ZoneInfo(zone))
        return later.astimezone(ZoneInfo("UTC"))
    return utc


def series_at(releases: list[Release], ts: datetime) -> tuple[list[float], datetime | None]:
    """Values by period as known at a moment, and when the newest period was first known."""
    known = [item for item in releases if item[1] <= ts]
    values, first = {}, {}
    for period, moment_, value in sorted(known, key=lambda item: item[1]):
        values[period] = value
        first.setdefault(period, moment_)
    if not values:
        return [], None
    return [values[period] for period in sorted(values)], first[max(values)]


def as_known(
    releases: list[Release], ts: datetime, max_staleness: timedelta, length: int = 1
) -> list[float] | None:
    """The last observations as known at a moment, or None where there are fewer or all are old."""
    values, since = series_at(releases, ts)
    if since is None or ts - since > max_staleness or len(values) < length:
        return None
    return values[-length:]


def difference_of(left: list[Release], right: list[Release]) -> list[Release]:
    """Releases of left minus right, period by period."""
    found = []
    for period in {item[0] for item in left} & {item[0] for item in right}:
        for at in {item[1] for item in left + right if item[0] == period}:
            sides = [
                series_at([r for r in side if r[0] == period], at)[0] for side in (left, right)
            ]
            if all(sides):
                found.append((period, at, sides[0][0] - sides[1][0]))
    return found
