"""Walk-forward: models train on what was known before the rows they are tested on."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from regime_factory.splits.folds import Block, Fold, fold_before
from regime_factory.splits.k_fold import cut
from regime_factory.splits.splitter import IntervalSplitter, check_count, check_gap
from regime_factory.splits.timeline import Timeline
from regime_factory.splits.times import Times, check_moment, read_moment


class WalkForward(IntervalSplitter):
    """Test blocks in time order, each after the outcomes of all that its model trained on.

    Parameters
    ----------
    n_splits : int, default=5
        Number of test blocks; without effect where `step` is given.
    start : datetime, date, str, numpy.datetime64 or number, optional
        Earliest moment that is tested: the first test row is the first one from there on. Text is
        an ISO date or time; without a time zone it is UTC.
    step : int, optional
        Refit every `step` unique times (bars), to the end of the data: the last block may be
        shorter.
    train_size : int, optional
        Rolling window: the last `train_size` unique times that purging leaves; default: all
        (expanding).
    min_train : int, default=1
        Least number of unique times that every fold must keep to train on.
    test_size : int, optional
        Unique times in a test block; default: `step`, or what `n_splits` makes of the data.
        Longer than `step` tests rows several times, shorter leaves rows out.
    purge : int or timedelta, default=0
        Unique times (bars), or length of time, right before a test block that do not train.
    embargo : int or timedelta, default=0
        The gap that training labels keep: they must end more than that before the test block.

    Raises
    ------
    TypeError
        When splitting, if `start` and t0 are not of one kind.
    ValueError
        If a setting is out of range; when splitting, if the data are too short, `start` lies
        after them, or a fold keeps fewer than `min_train` times.

    Notes
    -----
    A row trains for a test block that starts at a iff ``t1 < a``, its time lies outside ``purge``
    before a, and t1 lies more than ``embargo`` before a. Counted in bars, the time ``embargo``
    bars before a is the one that t1 must lie before. Nothing trains that is decided at a test
    time or later, so that there is nothing to purge after the block.

    Where the first block starts:

    - `start` given: at the first time from `start` on;
    - `step` without `start`: as soon as `min_train` times are left to train on;
    - neither: so that `n_splits` blocks of `test_size` end with the data. Default length:
      ``n_times // (n_splits + 1)``. That is scikit-learn's ``TimeSeriesSplit``, counted in times.

    With `start` and `n_splits`, the times from `start` on are cut into `n_splits` blocks, or
    `n_splits` blocks of `test_size` follow on `start`.

    With `start` and `step`, later rows move no earlier block: folds of a run are found again,
    with the same training rows, in a run on more data.

    Rows without an outcome yet, such as the last bars before now, can be tested but not trained
    on: give them the last time of the table as t1. That holds for this splitter alone: the others
    also train on rows after their test blocks, so drop such rows there.

    Examples
    --------
    Labels over [t, t + 1], tested from 6 on, refitted every 3 bars:

    >>> t0 = np.arange(13)
    >>> for train, test in WalkForward(start=6, step=3).split(t0=t0, t1=t0 + 1):
    ...     print(train, test)
    [0 1 2 3 4] [6 7 8]
    [0 1 2 3 4 5 6 7] [ 9 10 11]
    [ 0  1  2  3  4  5  6  7  8  9 10] [12]
    >>> print(WalkForward(start=6, step=3).draw(t0, t0 + 1))
    0 #####pTTT....
    1 ########pTTT.
    2 ###########pT

    A rolling window of four bars, with a gap of two:

    >>> print(WalkForward(3, train_size=4, embargo=2).draw(t0, t0 + 1))
    0 #eepTTT......
    1 ####eepTTT...
    2 ...####eepTTT

    Two symbols that trade at different times: rows of one moment stay together.

    >>> t0 = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-01", "2024-01-03"]
    >>> days = np.array(t0, dtype="datetime64[D]")
    >>> for train, test in WalkForward(start="2024-01-02", step=1).split(t0=days):
    ...     print(train, test)
    [0 3] [1]
    [0 1 3] [2 4]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        start: datetime | date | str | np.datetime64 | float | None = None,
        step: int | None = None,
        train_size: int | None = None,
        min_train: int = 1,
        test_size: int | None = None,
        purge: int | timedelta = 0,
        embargo: int | timedelta = 0,
    ) -> None:
        self.n_splits = n_splits
        self.start = start
        self.step = step
        self.train_size = train_size
        self.min_train = min_train
        self.test_size = test_size
        self.purge = purge
        self.embargo = embargo
        self._check_settings()

    def get_n_splits(
        self,
        X: Any = None,
        y: Any = None,
        groups: Any = None,
        *,
        t0: Times | None = None,
        t1: Times | None = None,
    ) -> int:
        """Number of splits.

        Parameters
        ----------
        X, y, groups
            Not looked at.
        t0, t1 : array_like, shape (n_rows,)
            As in `split`; needed where `step` is given, since the data then decide.

        Returns
        -------
        int

        Raises
        ------
        TypeError
            If the times are needed and missing.
        """
        del X, y, groups
        if self.step is None:
            return self.n_splits
        return len(self._blocks(self._timeline(t0, t1)))

    def _check_settings(self) -> None:
        check_moment(self.start, "start")
        check_count("n_splits", self.n_splits, 1)
        check_count("min_train", self.min_train, 1)
        for name in ("step", "train_size", "test_size"):
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name), 1)
        if self.train_size is not None and self.train_size < self.min_train:
            raise ValueError(
                f"train_size is {self.train_size}, less than min_train={self.min_train}; lower "
                "min_train or raise train_size"
            )
        check_gap("purge", self.purge)
        check_gap("embargo", self.embargo)

    def _folds(self, timeline: Timeline) -> list[Fold]:
        return [self._fold(timeline, block) for block in self._blocks(timeline)]

    def _fold(self, timeline: Timeline, block: Block) -> Fold:
        return fold_before(timeline, block, *self._gaps(timeline), self.train_size)

    def _blocks(self, timeline: Timeline) -> list[Block]:
        first = None if self.start is None else self._first_tested(timeline)
        if self.step is None:
            return self._counted(timeline, first)
        if first is None:
            first = self._first_trainable(timeline)
        length, n_times = self.test_size or self.step, timeline.n_times
        starts = range(first, n_times, self.step)
        return [(start, min(start + length, n_times)) for start in starts]

    def _counted(self, timeline: Timeline, first: int | None) -> list[Block]:
        if first is not None and self.test_size is None:
            return cut(timeline, self.n_splits, "n_splits", first)
        n_times = timeline.n_times
        length = self.test_size or n_times // (self.n_splits + 1)
        if first is None:
            first = n_times - self.n_splits * length
        if length < 1 or first < 1 or first + self.n_splits * length > n_times:
            raise ValueError(
                f"n_splits={self.n_splits} blocks"
                + (f" of test_size={self.test_size}" if self.test_size else "")
                + f" and something to train on do not fit into {n_times} different times"
                + ("" if self.start is None else f", {n_times - first} of them from start on")
                + "; lower n_splits or test_size"
            )
        starts = range(first, first + self.n_splits * length, length)
        return [(start, start + length) for start in starts]

    def _first_tested(self, timeline: Timeline) -> int:
        """Number of the first time from `start` on."""
        start = read_moment(self.start, "start", timeline.dtype)
        first = int(np.searchsorted(timeline.times, start, side="left"))
        if first == timeline.n_times:
            raise ValueError(
                f"start is {self.start}, after the last time {timeline.text(timeline.times[-1])}; "
                "move start to an earlier time or bring later rows"
            )
        return first

    def _first_trainable(self, timeline: Timeline) -> int:
        """Number of the first time that has `min_train` times to train on."""
        low, high = 0, timeline.n_times - 1
        while low < high:
            middle = (low + high) // 2
            left = self._fold(timeline, (middle, middle + 1)).times_left(timeline)
            low, high = (low, middle) if left >= self.min_train else (middle + 1, high)
        return low

    def _name(self, number: int) -> str:
        return f"fold {number}"

    def _least_times(self) -> int:
        return self.min_train

    def _advice(self) -> str:
        return "move start to a later time, lower min_train, or use labels with a shorter horizon"
