"""Combinatorial purged cross-validation: every choice of test folds, recombined into paths."""

from datetime import timedelta
from itertools import combinations
from math import comb

import numpy as np

from regime_factory.splits.folds import Fold, fold_around
from regime_factory.splits.k_fold import cut
from regime_factory.splits.splitter import IntervalSplitter, check_count, check_gap
from regime_factory.splits.timeline import Positions, Timeline, read_timeline
from regime_factory.splits.times import Times


class CombinatorialPurgedCV(IntervalSplitter):
    """Every choice of test folds among the folds; for PBO and for choices within a zone.

    Parameters
    ----------
    n_folds : int, default=6
        Number of folds, cut on unique times as in `PurgedKFold`.
    n_test_folds : int, default=2
        Folds tested in each split, 1 to ``n_folds - 1``.
    purge : int or timedelta, default=0
        Unique times (bars), or length of time, that do not train on either side of a test block.
    embargo : int or timedelta, default=0
        The same after a test block only.

    Attributes
    ----------
    n_splits : int
        ``n_folds`` choose ``n_test_folds``.
    n_paths : int
        Backtest paths that the splits make: ``n_splits * n_test_folds / n_folds``.

    Raises
    ------
    ValueError
        If a setting is out of range; when splitting, if there are fewer times than folds or a
        split keeps nothing to train on.

    Notes
    -----
    Splits come in lexicographic order of their test folds. Adjacent test folds make one block, and
    rows beside each block are purged by the rule of `PurgedKFold`; a block whose labels reach past
    a later one purges behind that one too. Lopez de Prado [1]_, chapter 12.

    References
    ----------
    .. [1] M. Lopez de Prado (2018), Advances in Financial Machine Learning.

    Examples
    --------
    >>> cv = CombinatorialPurgedCV(3, 2, purge=1)
    >>> for train, test in cv.split(t0=range(12)):
    ...     print(train, test)
    [ 9 10 11] [0 1 2 3 4 5 6 7]
    [5 6] [ 0  1  2  3  8  9 10 11]
    [0 1 2] [ 4  5  6  7  8  9 10 11]
    >>> print(cv.draw(range(12)))
    0 TTTTTTTTp###
    1 TTTTp##pTTTT
    2 ###pTTTTTTTT
    >>> CombinatorialPurgedCV(6, 2).n_splits, CombinatorialPurgedCV(6, 2).n_paths
    (15, 5)
    """

    def __init__(
        self,
        n_folds: int = 6,
        n_test_folds: int = 2,
        *,
        purge: int | timedelta = 0,
        embargo: int | timedelta = 0,
    ) -> None:
        self.n_folds = n_folds
        self.n_test_folds = n_test_folds
        self.purge = purge
        self.embargo = embargo
        self._check_settings()

    @property
    def n_splits(self) -> int:  # pyrefly: ignore[bad-override] - follows from the others
        """Number of splits."""
        return comb(self.n_folds, self.n_test_folds)

    @property
    def n_paths(self) -> int:
        """Number of backtest paths."""
        return comb(self.n_folds - 1, self.n_test_folds - 1)

    def test_folds(self) -> list[tuple[int, ...]]:
        """Test folds of each split."""
        return list(combinations(range(self.n_folds), self.n_test_folds))

    def paths(self) -> Positions:
        """Tell which split predicts each fold of each path.

        Returns
        -------
        numpy.ndarray, shape (n_paths, n_folds)
            Number of the split whose test rows of fold f belong to path p. Every pair of a split
            and one of its test folds is used once: path p takes fold f from the p-th split that
            tests it.

        Examples
        --------
        >>> CombinatorialPurgedCV(4, 2).paths()
        array([[0, 0, 1, 2],
               [1, 3, 3, 4],
               [2, 4, 5, 5]])
        """
        splits: list[list[int]] = [[] for _ in range(self.n_folds)]
        for split, folds in enumerate(self.test_folds()):
            for fold in folds:
                splits[fold].append(split)
        return np.array(splits, dtype=np.int64).T

    def fold_of(self, t0: Times) -> Positions:
        """Tell which fold each row lies in.

        Parameters
        ----------
        t0 : array_like, shape (n_rows,)
            Decision times, in any order.

        Returns
        -------
        numpy.ndarray, shape (n_rows,)
            Fold numbers, in the order of the rows.

        Raises
        ------
        TypeError, ValueError
            As `split`.

        Examples
        --------
        Predictions of all splits, shape (n_splits, n_rows), become those of the paths:

        >>> cv = CombinatorialPurgedCV(4, 2)
        >>> predicted = np.repeat(np.arange(cv.n_splits), 8).reshape(-1, 8)  # each its own number
        >>> predicted[cv.paths()[:, cv.fold_of(range(8))], np.arange(8)]
        array([[0, 0, 0, 0, 1, 1, 2, 2],
               [1, 1, 3, 3, 3, 3, 4, 4],
               [2, 2, 4, 4, 5, 5, 5, 5]])
        """
        self._check_settings()
        timeline = read_timeline(t0)
        edges = timeline.starts[[stop for _, stop in cut(timeline, self.n_folds, "n_folds")]]
        sorted_folds = np.searchsorted(edges, np.arange(timeline.n_rows), side="right")
        folds = np.empty(timeline.n_rows, dtype=np.int64)
        folds[slice(None) if timeline.order is None else timeline.order] = sorted_folds
        return folds

    def _check_settings(self) -> None:
        check_count("n_folds", self.n_folds, 2)
        check_count("n_test_folds", self.n_test_folds, 1)
        if self.n_test_folds >= self.n_folds:
            raise ValueError(
                f"n_test_folds is {self.n_test_folds} of n_folds={self.n_folds}, which leaves no "
                "fold to train on; lower n_test_folds"
            )
        if self.n_splits > 100_000:
            raise ValueError(
                f"n_folds={self.n_folds} and n_test_folds={self.n_test_folds} make "
                f"{self.n_splits} splits, and each is a fit; give at most 100000, for instance "
                "with fewer folds"
            )
        check_gap("purge", self.purge)
        check_gap("embargo", self.embargo)

    def _folds(self, timeline: Timeline) -> list[Fold]:
        blocks = cut(timeline, self.n_folds, "n_folds")
        gaps = self._gaps(timeline)
        return [
            fold_around(timeline, [blocks[fold] for fold in folds], *gaps)
            for folds in self.test_folds()
        ]

    def _name(self, number: int) -> str:
        folds = ", ".join(map(str, self.test_folds()[number]))
        return f"split {number} of {self.n_splits}, test folds {folds}"

    def _advice(self) -> str:
        return "lower n_test_folds or n_folds, or use labels with a shorter horizon"
