"""Purged k-fold: every row is tested once, by a model that trains on both sides of it."""

from datetime import timedelta
from itertools import pairwise

from regime_factory.splits.folds import Block, Fold, fold_around
from regime_factory.splits.splitter import IntervalSplitter, check_count, check_gap
from regime_factory.splits.timeline import Timeline


class PurgedKFold(IntervalSplitter):
    """K folds of neighbouring times, each tested once; for choices, never for reported figures.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds. The unique times are cut into folds of equal length, the first ones one
        longer where they do not divide.
    purge : int or timedelta, default=0
        Unique times (bars), or length of time, that do not train on either side of a test fold,
        whatever their labels.
    embargo : int or timedelta, default=0
        The same after a test fold only.

    Raises
    ------
    ValueError
        If a setting is out of range; when splitting, if there are fewer times than folds or a
        fold keeps nothing to train on.

    Notes
    -----
    Labels are intervals [t0, t1], closed at both ends. Beside a test fold with times a to b whose
    labels end by T, a row trains iff ``t1 < a`` or ``t0 > T``, and its time does not lie within
    ``purge`` before a, nor within ``purge`` or ``embargo`` after b. Both are counted from b: the
    larger one holds, and neither reaches further than T unless it is longer than the test labels.
    Lopez de Prado [1]_ counts the embargo from T in his code: add the horizon to ``embargo`` for
    that. ``purge=n`` counts n unique times, a timedelta takes times up to and including that
    distance.

    A model that trains on rows after its test block has seen what came later: use such folds to
    compare settings within the selection zone, and `WalkForward` for all that is reported.

    References
    ----------
    .. [1] M. Lopez de Prado (2018), Advances in Financial Machine Learning, chapter 7.

    Examples
    --------
    Labels over [t, t + 5]: before the test fold [50, 60) the rows 45 to 49 are purged, after it
    60 to 64.

    >>> import numpy as np
    >>> t0 = np.arange(100)
    >>> train, test = list(PurgedKFold(10).split(t0=t0, t1=t0 + 5))[5]
    >>> np.setdiff1d(t0, np.union1d(train, test)).tolist()
    [45, 46, 47, 48, 49, 60, 61, 62, 63, 64]

    >>> t0 = np.arange(12)
    >>> for train, test in PurgedKFold(3, embargo=2).split(t0=t0, t1=t0 + 1):
    ...     print(train, test)
    [ 6  7  8  9 10 11] [0 1 2 3]
    [ 0  1  2 10 11] [4 5 6 7]
    [0 1 2 3 4 5 6] [ 8  9 10 11]
    >>> print(PurgedKFold(3, embargo=2).draw(t0, t0 + 1))
    0 TTTTpe######
    1 ###pTTTTpe##
    2 #######pTTTT
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        purge: int | timedelta = 0,
        embargo: int | timedelta = 0,
    ) -> None:
        self.n_splits = n_splits
        self.purge = purge
        self.embargo = embargo
        self._check_settings()

    def _check_settings(self) -> None:
        check_count("n_splits", self.n_splits, 2)
        check_gap("purge", self.purge)
        check_gap("embargo", self.embargo)

    def _folds(self, timeline: Timeline) -> list[Fold]:
        blocks = cut(timeline, self.n_splits, "n_splits")
        return [fold_around(timeline, [block], *self._gaps(timeline)) for block in blocks]

    def _name(self, number: int) -> str:
        return f"fold {number} of {self.n_splits}"


def cut(timeline: Timeline, parts: int, name: str, first: int = 0) -> list[Block]:
    """Cut the times from `first` on into parts of equal length, longer ones in front.

    Raises
    ------
    ValueError
        If there are fewer times than parts.
    """
    length = timeline.n_times - first
    if length < parts:
        raise ValueError(
            f"{name}={parts} needs at least as many different times, found {length}; lower {name} "
            "or bring more rows"
        )
    short, longer = divmod(length, parts)
    edges = [first + k * short + min(k, longer) for k in range(parts + 1)]
    return list(pairwise(edges))
