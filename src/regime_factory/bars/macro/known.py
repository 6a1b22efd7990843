"""What was known of a macro series at a moment: its releases until then, and no later ones."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

Values = NDArray[np.float64]
_KEYS = ("period_end", "available_at")
_NEEDED = (*_KEYS, "value")


class Measure(NamedTuple):
    """A figure of the last observations of a series.

    Parameters
    ----------
    length
        How many observations it needs.
    evaluate
        Function of an array (moments, length), the newest observation last, to one figure for each
        moment.
    """

    length: int
    evaluate: Callable[[Values], Values]


def newest(values: Values) -> Values:
    """Give the newest observation: the evaluation of a plain level."""
    return values[:, -1]


LEVEL = {"value": Measure(1, newest)}


def known_values(releases: pl.DataFrame, measures: Mapping[str, Measure] = LEVEL) -> pl.DataFrame:
    """Figures of a series at each moment at which something new about it became known.

    Parameters
    ----------
    releases
        ``period_end``, ``available_at`` and ``value`` of one series, each pair of period and
        moment once, in any order.
    measures
        Figures by column name; the level alone where left out.

    Returns
    -------
    pl.DataFrame
        ``ts`` (moment, increasing), ``since`` (when the latest period known then was first known)
        and a column for each measure: null until it has its observations, and where it is not
        finite.

    Raises
    ------
    ValueError
        Where a column is missing or a period has two values at one moment.

    Notes
    -----
    The series as known at a moment holds, for every period released until then, the latest release
    until then; its observations are ordered by period. A release of an older period changes what
    looks back on that period, from the release on; the level stays that of the newest period.

    Examples
    --------
    >>> from datetime import UTC, date, datetime
    >>> releases = pl.DataFrame({
    ...     "period_end": [date(2020, 1, 31), date(2020, 2, 29), date(2020, 1, 31)],
    ...     "available_at": [datetime(2020, month, 5, tzinfo=UTC) for month in (2, 3, 4)],
    ...     "value": [1.0, 5.0, 2.0]})
    >>> change = Measure(2, lambda values: values[:, -1] - values[:, 0])
    >>> known = known_values(releases, {"level": Measure(1, newest), "change": change})
    >>> known.select(pl.col("ts").dt.month(), "level", "change").rows()
    [(2, 1.0, None), (3, 5.0, 4.0), (4, 5.0, 3.0)]
    """
    _check_releases(releases)
    ordered = releases.sort("available_at", "period_end")
    longest = max(measure.length for measure in measures.values())
    since, windows = _windows(ordered, min(longest, ordered["period_end"].n_unique()))
    table = pl.DataFrame(
        {"ts": ordered["available_at"].unique(maintain_order=True), "since": since}
    )
    return table.with_columns(
        pl.Series(name, _evaluated(measure, windows), nan_to_null=True, dtype=pl.Float64)
        for name, measure in measures.items()
    )


def as_of(rows: pl.DataFrame, known: pl.DataFrame, *, max_staleness: timedelta) -> pl.DataFrame:
    """Join to each row what was known at its moment (backward as-of join).

    Parameters
    ----------
    rows
        Table with ``ts`` (Datetime in microseconds, UTC), not decreasing.
    known
        Table of `known_values`.
    max_staleness
        The figures are null where their latest period was first known longer ago than this.

    Returns
    -------
    pl.DataFrame
        The rows with the figures of `known` behind their columns. What became known exactly at
        ``ts`` counts as known; what is exactly `max_staleness` old is still used.

    Raises
    ------
    ValueError
        Where the rows go back in time.

    Examples
    --------
    >>> from datetime import UTC, date, datetime
    >>> releases = pl.DataFrame({"period_end": [date(2020, 1, 31)], "value": [1.5],
    ...     "available_at": [datetime(2020, 2, 3, tzinfo=UTC)]}).cast({"available_at":
    ...     pl.Datetime("us", "UTC")})
    >>> rows = pl.DataFrame({"ts": [datetime(2020, 2, day, tzinfo=UTC) for day in (2, 3, 5, 6)]})
    >>> as_of(rows, known_values(releases), max_staleness=timedelta(days=2))["value"].to_list()
    [None, 1.5, 1.5, None]
    """
    if not rows["ts"].is_sorted():
        raise ValueError("the rows go back in time; sort them by ts, symbol by symbol")
    columns = [name for name in known.columns if name not in {"ts", "since"}]
    joined = rows.join_asof(known, on="ts", strategy="backward")
    fresh = pl.col("ts") - pl.col("since") <= max_staleness
    return joined.with_columns(pl.when(fresh).then(pl.col(columns))).drop("since")


def difference(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Releases of the difference of two series, period by period.

    Parameters
    ----------
    left, right
        Releases as `known_values` takes them; the difference is left minus right.

    Returns
    -------
    pl.DataFrame
        ``period_end``, ``available_at``, ``value``: a period's difference is known from the moment
        when both its values are, and changes when one of them is revised.

    Raises
    ------
    ValueError
        Where the series have no period in common.

    Examples
    --------
    >>> from datetime import date, datetime
    >>> ten, two = (pl.DataFrame({"period_end": [date(2020, 1, 3)], "value": [value],
    ...     "available_at": [datetime(2020, 1, day)]}) for value, day in ((1.75, 4), (1.5, 6)))
    >>> difference(ten, two).select(pl.col("available_at").dt.day(), "value").row(0)
    (6, 0.25)
    """
    both = pl.concat([left.select(_KEYS), right.select(_KEYS)]).unique().sort("available_at")
    for name, side in (("left", left), ("right", right)):
        leg = side.select(*_KEYS, pl.col("value").alias(name)).sort("available_at")
        both = both.join_asof(leg, on="available_at", by="period_end", check_sortedness=False)
    both = both.drop_nulls()
    if both.is_empty() and left.height and right.height:
        raise ValueError(
            "two series whose difference is asked for have no period in common; both need the "
            "same kind of period and of stamp"
        )
    return both.select(*_KEYS, value=pl.col("left") - pl.col("right"))


def _check_releases(releases: pl.DataFrame) -> None:
    missing = [name for name in _NEEDED if name not in releases.columns]
    if missing:
        raise ValueError(f"releases lack {missing}; expected {list(_NEEDED)}")
    repeated = releases.filter(pl.struct(_KEYS).is_duplicated())
    if repeated.height:
        period, moment = repeated.select(_KEYS).row(0)
        raise ValueError(
            f"the period that ends on {period} has two values known at {moment}; keep one"
        )


def _windows(ordered: pl.DataFrame, length: int) -> tuple[pl.Series, Values]:
    """The last observations as known at each moment (NaN where there are fewer), and since when."""
    periods = ordered["period_end"].to_physical().to_numpy()
    values = ordered["value"].to_numpy()
    moments = ordered["available_at"].to_physical().to_numpy()
    ends = np.searchsorted(moments, np.unique(moments), side="right")
    windows = np.full((ends.size, length), np.nan)
    since = np.empty(ends.size, dtype=np.int64)
    known = _KnownSeries(periods.size)
    done = 0
    for place, end in enumerate(ends):
        for row in range(done, end):
            known.release(periods[row], moments[row], values[row])
        done = end
        newest_ones = known.values[max(0, known.count - length) : known.count]
        windows[place, length - newest_ones.size :] = newest_ones
        since[place] = known.first_known[known.count - 1]
    return pl.Series(since).cast(ordered.schema["available_at"]), windows


class _KnownSeries:
    """A series as known at a moment: one value for each period, ordered by period."""

    def __init__(self, capacity: int) -> None:
        self.count = 0
        self.periods = np.empty(capacity, dtype=np.int64)
        self.first_known = np.empty(capacity, dtype=np.int64)
        self.values = np.empty(capacity)

    def release(self, period: int, moment: int, value: float) -> None:
        """Take in the value of a period: a new one in its place, a revision over the old one."""
        place = self.count
        if self.count and period <= self.periods[self.count - 1]:
            place = int(np.searchsorted(self.periods[: self.count], period))
            if self.periods[place] == period:
                self.values[place] = value
                return
            for column in (self.periods, self.first_known, self.values):
                column[place + 1 : self.count + 1] = column[place : self.count].copy()
        self.periods[place], self.first_known[place] = period, moment
        self.values[place] = value
        self.count += 1


def _evaluated(measure: Measure, windows: Values) -> Values:
    """Figure of each window; NaN where observations are missing or the figure is not finite."""
    if measure.length > windows.shape[1]:
        return np.full(len(windows), np.nan)
    own = windows[:, windows.shape[1] - measure.length :]
    with np.errstate(all="ignore"):
        figure = measure.evaluate(own)
    return np.where(np.isfinite(figure) & ~np.isnan(own).any(axis=1), figure, np.nan)
