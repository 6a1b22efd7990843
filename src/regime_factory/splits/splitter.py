"""What the splitters share: the scikit-learn protocol, checks, and tables of the splits."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sized
from copy import copy
from datetime import timedelta
from numbers import Integral
from typing import Any, Self

import numpy as np
import polars as pl

from regime_factory.splits.drawing import describe_folds, draw_folds
from regime_factory.splits.folds import Fold, Gap, read_gap
from regime_factory.splits.lengths import nanoseconds_of
from regime_factory.splits.timeline import Positions, Timeline, read_timeline
from regime_factory.splits.times import Times

Split = tuple[Positions, Positions]


class IntervalSplitter(ABC):
    """A splitter that keeps training labels apart from test labels."""

    n_splits: int
    purge: int | timedelta
    embargo: int | timedelta

    def split(
        self,
        X: Any = None,
        y: Any = None,
        groups: Any = None,
        *,
        t0: Times | None = None,
        t1: Times | None = None,
    ) -> Iterator[Split]:
        """Split rows into training and test rows.

        Parameters
        ----------
        X, y, groups : array_like, shape (n_rows, ...), optional
            Only their lengths are looked at. Folds are cut on time, so that a panel needs no
            groups.
        t0 : array_like, shape (n_rows,)
            Decision times, in any order: polars or pandas series, numpy arrays or sequences of
            moments, integers or floats. Rows of one time are never parted.
        t1 : array_like, shape (n_rows,), optional
            Ends of the labels, ``t1 >= t0``; default: the decision times.

        Returns
        -------
        iterator of (train, test)
            Row positions, int64, ascending.

        Raises
        ------
        TypeError, ValueError
            If times cannot be read or settings do not fit them, or a fold keeps nothing to train
            on. All folds are checked before the first is handed out.
        """
        timeline = self._timeline(t0, t1)
        _check_lengths(timeline, X=X, y=y, groups=groups)
        return rows_of(self, timeline)

    def get_n_splits(
        self,
        X: Any = None,
        y: Any = None,
        groups: Any = None,
        *,
        t0: Times | None = None,
        t1: Times | None = None,
    ) -> int:
        """Number of splits; the arguments are not looked at."""
        del X, y, groups, t0, t1
        return self.n_splits

    def bound(self, t0: Times, t1: Times | None = None) -> "BoundSplitter":
        """The splitter with its times, as scikit-learn's ``cv=`` takes it.

        Parameters
        ----------
        t0, t1 : array_like, shape (n_rows,)
            As in `split`.

        Returns
        -------
        BoundSplitter
            With ``split(X, y, groups)`` and ``get_n_splits(X, y, groups)``.
        """
        return BoundSplitter(self, t0, t1)

    def describe(self, t0: Times, t1: Times | None = None) -> pl.DataFrame:
        """Tabulate the splits.

        Parameters
        ----------
        t0, t1 : array_like, shape (n_rows,)
            As in `split`.

        Returns
        -------
        polars.DataFrame
            One row per split and test block, adjacent test folds being one block: ``split,
            block``; first and last t0 and number of rows of all that trains in the split
            (``train_start, train_end, train_rows``); the same of the block, with its latest t1
            (``test_start, test_end, test_t1, test_rows``); rows that this block's labels and
            ``purge`` took (``purged_rows``), and those that ``embargo`` took besides
            (``embargoed_rows``).

        Notes
        -----
        Except for `WalkForward`, ``train_rows`` and the sums of the other three over the blocks
        of a split add up to all rows.
        """
        timeline = self._timeline(t0, t1)
        return describe_folds(timeline, self._checked(timeline))

    def draw(self, t0: Times, t1: Times | None = None, *, width: int = 60) -> str:
        """Draw the splits as text, one line each, time running to the right.

        Parameters
        ----------
        t0, t1 : array_like, shape (n_rows,)
            As in `split`.
        width : int, default=60
            Most characters of a line; where there are more unique times, each stands for several.

        Returns
        -------
        str
            ``#`` trains, ``T`` is tested, ``p`` is purged, ``e`` is under embargo, ``.`` is not
            used. A character that stands for several fates shows the one that comes first in
            ``T p e # .``.
        """
        check_count("width", width, 1)
        timeline = self._timeline(t0, t1)
        return draw_folds(timeline, self._checked(timeline), width)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Settings by name, as scikit-learn's ``clone`` asks for them."""
        del deep
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Change settings by name.

        Parameters
        ----------
        **params
            New values.

        Returns
        -------
        IntervalSplitter
            This splitter.

        Raises
        ------
        ValueError
            If there is no such setting, or a value is out of range; nothing is changed then.
        """
        unknown = sorted(set(params) - set(self.get_params()))
        if unknown:
            raise ValueError(
                f"{type(self).__name__} has no setting {unknown[0]!r}; it has "
                f"{', '.join(self.get_params())}"
            )
        changed = copy(self)
        vars(changed).update(params)
        changed._check_settings()
        vars(self).update(params)
        return self

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({settings})"

    @abstractmethod
    def _check_settings(self) -> None:
        """Raise for settings that no data could fit."""

    @abstractmethod
    def _folds(self, timeline: Timeline) -> list[Fold]:
        """All folds, before they are checked."""

    @abstractmethod
    def _name(self, number: int) -> str:
        """What a fold is called in messages."""

    def _least_times(self) -> int:
        """Unique times that every fold must keep to train on."""
        return 1

    def _advice(self) -> str:
        """What to change where a fold keeps too little to train on."""
        return "lower n_splits, or use labels with a shorter horizon"

    def _timeline(self, t0: Times | None, t1: Times | None) -> Timeline:
        self._check_settings()
        return read_timeline(t0, t1)

    def _gaps(self, timeline: Timeline) -> tuple[Gap, Gap]:
        return (
            read_gap(self.purge, "purge", timeline.dtype),
            read_gap(self.embargo, "embargo", timeline.dtype),
        )

    def _checked(self, timeline: Timeline) -> list[Fold]:
        folds = self._folds(timeline)
        for number, fold in enumerate(folds):
            left = fold.times_left(timeline)
            if left < self._least_times():
                raise ValueError(self._too_little(timeline, number, fold, left))
        return folds

    def _too_little(self, timeline: Timeline, number: int, fold: Fold, left: int) -> str:
        rows = describe_folds(timeline, [fold])
        first, last = timeline.times[fold.blocks[0][0]], timeline.times[fold.blocks[-1][1] - 1]
        found = (
            f"training rows at {left} times, fewer than min_train={self._least_times()}"
            if left
            else "no training rows left"
        )
        return (
            f"{self._name(number)} (tested from {timeline.text(first)} to {timeline.text(last)}) "
            f"has {found}: {rows['purged_rows'].sum()} rows were purged, because their labels "
            f"meet the test labels or by purge={self.purge!r}, and "
            f"{rows['embargoed_rows'].sum()} fell under embargo={self.embargo!r}; lower purge or "
            f"embargo, {self._advice()}"
        )


class BoundSplitter:
    """A splitter together with the times of the rows that it splits.

    Parameters
    ----------
    splitter : PurgedKFold, WalkForward or CombinatorialPurgedCV
        The splitter.
    t0, t1 : array_like, shape (n_rows,)
        Decision times and, optionally, label ends.

    Raises
    ------
    TypeError, ValueError
        If the times cannot be read.

    Notes
    -----
    The rows of ``X`` have to be the rows of the times. For a search within a fold, bind the inner
    splitter to that fold's training rows: ``inner.bound(t0[train], t1[train])``.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from sklearn.model_selection import cross_val_score
    >>> from regime_factory.splits import PurgedKFold
    >>> cv = PurgedKFold(3).bound(t0=np.arange(9), t1=np.arange(9) + 1)
    >>> len(cross_val_score(DummyRegressor(), np.ones((9, 1)), np.arange(9), cv=cv))
    3
    """

    def __init__(self, splitter: IntervalSplitter, t0: Times, t1: Times | None = None) -> None:
        self.splitter = splitter
        self.t0 = t0
        self.t1 = t1
        self._timeline = read_timeline(t0, t1)

    def split(self, X: Any = None, y: Any = None, groups: Any = None) -> Iterator[Split]:
        """Split rows as the splitter does.

        Parameters
        ----------
        X, y, groups : array_like, shape (n_rows, ...), optional
            The rows that the times belong to.

        Returns
        -------
        iterator of (train, test)
            Row positions, int64, ascending.

        Raises
        ------
        ValueError
            If the numbers of rows differ, or as the splitter does.
        """
        _check_lengths(self._timeline, X=X, y=y, groups=groups)
        return rows_of(self.splitter, self._timeline)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of splits; the arguments are not looked at."""
        del X, y, groups
        self.splitter._check_settings()
        return self.splitter.get_n_splits(t0=self.t0, t1=self.t1)

    def __repr__(self) -> str:
        return f"{self.splitter!r}.bound({self._timeline.n_rows} rows)"


def rows_of(splitter: IntervalSplitter, timeline: Timeline) -> Iterator[Split]:
    """Training and test rows of a splitter, fold by fold."""
    splitter._check_settings()
    folds = splitter._checked(timeline)
    return ((fold.train_rows(timeline), fold.test_rows(timeline)) for fold in folds)


def check_count(name: str, value: Any, least: int) -> None:
    """Refuse a setting that is not a whole number of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} is {value!r}; give a whole number of at least {least}")


def check_gap(name: str, value: Any) -> None:
    """Refuse a gap that is neither a count of times nor a length of time, or negative."""
    if isinstance(value, timedelta | np.timedelta64):
        fits = nanoseconds_of(value, name) >= 0
    else:
        fits = isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 0
    if not fits:
        raise ValueError(
            f"{name} is {value!r}; give a whole number of unique times (bars) or a "
            "datetime.timedelta, not negative"
        )


def _check_lengths(timeline: Timeline, **given: Any) -> None:
    for name, value in given.items():
        length = timeline.n_rows if value is None else _length(value, name)
        if length != timeline.n_rows:
            raise ValueError(
                f"{name} has {length} rows and t0 has {timeline.n_rows}; give the times of "
                "exactly these rows, for instance bound(t0[train], t1[train]) for a search "
                "within a fold"
            )


def _length(value: Any, name: str) -> int:
    shape = getattr(value, "shape", None)
    if shape:
        return shape[0]
    if shape == () or not isinstance(value, Sized):
        raise TypeError(
            f"{name} is a {type(value).__name__}, which has no number of rows; give an array or a "
            "table (collect a LazyFrame first)"
        )
    return len(value)
