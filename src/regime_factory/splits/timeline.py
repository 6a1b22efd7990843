"""Label intervals of rows in any order: their unique times, and which rows belong to each."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.splits.times import Readable, Times, read_times, to_common_unit

Positions = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Timeline:
    """Rows with label intervals [t0, t1], sorted by t0 and numbered by unique time.

    Parameters
    ----------
    times : numpy.ndarray, shape (n_times,)
        Unique t0, ascending: microseconds, nanoseconds, or plain numbers.
    starts : numpy.ndarray, shape (n_times + 1,)
        Rows of time ``k`` are the sorted rows ``starts[k]`` to ``starts[k + 1] - 1``.
    order : numpy.ndarray or None
        Position of each sorted row in the table; None where the table is sorted already.
    t1 : numpy.ndarray, shape (n_rows,)
        Label ends of the sorted rows, in the unit of `times`.
    dtype : polars.DataType
        Type that times are shown in.
    """

    times: NDArray[Any]
    starts: Positions
    order: Positions | None
    t1: NDArray[Any]
    dtype: pl.DataType

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.t1)

    @property
    def n_times(self) -> int:
        """Number of unique times."""
        return len(self.times)

    @cached_property
    def earliest(self) -> NDArray[Any]:
        """Smallest t1 of each unique time."""
        return np.minimum.reduceat(self.t1, self.starts[:-1])

    @cached_property
    def latest(self) -> NDArray[Any]:
        """Largest t1 of each unique time."""
        return np.maximum.reduceat(self.t1, self.starts[:-1])

    @cached_property
    def latest_so_far(self) -> NDArray[Any]:
        """Largest t1 of each unique time and of all times before it."""
        return np.maximum.accumulate(self.latest)

    @cached_property
    def earliest_so_far(self) -> NDArray[Any]:
        """Running maximum of `earliest`: up to here every time has a row that ends by then."""
        return np.maximum.accumulate(self.earliest)

    def rows_between(self, first: int, stop: int) -> int:
        """Number of rows whose time has a number from `first` to ``stop - 1``."""
        return int(self.starts[stop] - self.starts[first]) if stop > first else 0

    def positions(self, sorted_rows: Positions) -> Positions:
        """Positions in the table, ascending, of ascending sorted rows."""
        if self.order is None:
            return sorted_rows
        found = self.order[sorted_rows]
        if 16 * len(found) < self.n_rows:
            return np.sort(found)
        chosen = np.zeros(self.n_rows, dtype=bool)
        chosen[found] = True
        return np.flatnonzero(chosen)

    def shown(self, values: NDArray[Any] | list[Any]) -> pl.Series:
        """Times as a Polars series of the type they came in."""
        return pl.Series(np.asarray(values, dtype=self.times.dtype)).cast(self.dtype)

    def text(self, value: Any) -> str:
        """One time, for messages."""
        shown = self.shown([value])[0]
        if not isinstance(self.dtype, pl.Datetime):
            return f"{shown:g}" if isinstance(shown, float) else str(shown)
        return f"{shown:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def read_timeline(t0: Times | None, t1: Times | None = None) -> Timeline:
    """Check label intervals and sort them by time.

    Parameters
    ----------
    t0 : array_like, shape (n_rows,)
        Decision times, in any order, with repeats where several rows share a moment.
    t1 : array_like, shape (n_rows,), optional
        Ends of the labels, ``t1 >= t0``; default: the decision times, labels of no length.

    Returns
    -------
    Timeline

    Raises
    ------
    TypeError
        If t0 is missing, or values are neither moments nor numbers.
    ValueError
        If there are no rows, the lengths differ, values are missing, or a label ends before it
        starts.

    Examples
    --------
    >>> read_timeline([3, 1, 1], [4, 2, 9]).latest.tolist()
    [9, 4]
    """
    if t0 is None:
        raise TypeError(
            "splits need the decision times of the rows: split(X, y, t0=..., t1=...); for "
            "scikit-learn pass cv=splitter.bound(t0, t1)"
        )
    start = read_times(t0, "t0")
    end = start if t1 is None else read_times(t1, "t1")
    start, end = to_common_unit(start, end)
    _check(start, end)
    values = start.values
    order = None if (values[1:] >= values[:-1]).all() else np.argsort(values, kind="stable")
    ordered = values if order is None else values[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return Timeline(
        times=ordered[first],
        starts=np.append(first, len(ordered)).astype(np.int64),
        order=order,
        t1=end.values if order is None else end.values[order],
        dtype=start.dtype,
    )


def _check(start: Readable, end: Readable) -> None:
    if len(start.values) == 0:
        raise ValueError("t0 is empty; there are no rows to split")
    if len(start.values) != len(end.values):
        raise ValueError(
            f"t0 has {len(start.values)} rows and t1 has {len(end.values)}; give both from the "
            "same table"
        )
    early = end.values < start.values
    if early.any():
        row = int(early.argmax())
        raise ValueError(
            f"{int(early.sum())} labels end before they start, the first in row {row}: t0 is "
            f"{start.text(row)}, t1 is {end.text(row)}; t1 is the moment the outcome is known"
        )
