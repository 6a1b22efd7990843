"""What a user says about the file of a macro series: its columns, periods and publication."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from regime_factory.bars.macro.times import LagUnit, Period
from regime_factory.bars.sessions.clock import ClockTime, ZoneName

SeriesName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class MacroSeries(BaseModel):
    """How to read the macro series of one file, and when their values become known.

    Parameters
    ----------
    time
        The file's column of dates, whatever its case; a time of day in it is not used.
    values
        Series name to the file's column, e.g. ``{"treasury_2y": "DGS2"}``.
    date_format
        Format of dates written as text or numbers, in strptime terms; ``None`` reads ISO 8601.
    period
        What one value is about: a ``day``, ``week``, ``month`` or ``quarter``.
    stamp
        Whether the date is the period's ``start`` (a month's end is then the end of the calendar
        month, a week's six days on) or its ``end``.
    lag
        Days from the period's end to the day on which the value is known. None where the file
        says so itself (``release``).
    lag_unit
        ``business_days`` (Monday to Friday, without holidays) or ``calendar_days``.
    clock
        Local time of day ``HH:MM`` at which the value is known on that day.
    timezone
        IANA name of the zone of ``clock``, and of release times without an offset.
    release
        The file's column of release (vintage) dates; rows of one period with several releases are
        revisions. A release at midnight counts as a date and is known at ``clock``, but never
        before the moment that is written with an offset.
    max_staleness_days
        How long after it first became known the latest value is used, in days.

    Examples
    --------
    >>> vix = MacroSeries(values={"vix": "close"}, period="day", stamp="end", lag=0,
    ...     clock="16:15", timezone="America/New_York", max_staleness_days=7)
    >>> MacroSeries(**{**vix.model_dump(), "lag": None})
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for MacroSeries
      Value error, give either lag (days from the period's end until the value is known) or ...
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    time: str = "date"
    values: dict[SeriesName, str] = Field(min_length=1)
    date_format: str | None = None
    period: Period
    stamp: Literal["start", "end"]
    lag: Annotated[int, Field(ge=0)] | None = None
    lag_unit: LagUnit = "business_days"
    clock: ClockTime
    timezone: ZoneName
    release: str | None = None
    max_staleness_days: Annotated[float, Field(gt=0)]

    @field_validator("date_format")
    @classmethod
    def _dates_have_no_zone(cls, date_format: str | None) -> str | None:
        if date_format is not None and "%z" in date_format.lower():
            raise ValueError(
                f"date_format {date_format!r} has a zone; write the times in ISO 8601, or without "
                "a zone: a date is taken as written, a release time is one of timezone"
            )
        return date_format

    @model_validator(mode="after")
    def _known_by_lag_or_release(self) -> "MacroSeries":
        if (self.lag is None) == (self.release is None):
            raise ValueError(
                "give either lag (days from the period's end until the value is known) or release "
                f"(the file's column of release dates); found lag={self.lag}, "
                f"release={self.release!r}"
            )
        return self


def series_specs(sources: Mapping[str, MacroSeries]) -> dict[str, MacroSeries]:
    """Give the description of each series by its name.

    Parameters
    ----------
    sources
        Descriptions by name of the file.

    Returns
    -------
    dict of str to MacroSeries

    Raises
    ------
    ValueError
        Where two files name the same series.

    Examples
    --------
    >>> bond = MacroSeries(values={"baa": "BAA", "aaa": "AAA"}, period="month", stamp="start",
    ...     lag=5, clock="16:15", timezone="America/New_York", max_staleness_days=60)
    >>> list(series_specs({"spread": bond}))
    ['baa', 'aaa']
    """
    found: dict[str, MacroSeries] = {}
    for source, spec in sources.items():
        for name in spec.values:
            if name in found:
                raise ValueError(
                    f"the series {name!r} is named by the file {source!r} and by one before it; "
                    "give each series a name of its own"
                )
            found[name] = spec
    return found
