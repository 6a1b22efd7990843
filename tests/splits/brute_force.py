"""The rules of the splits, row against row, written as they are said."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import combinations

import numpy as np

Split = tuple[list[int], list[int]]


class Rows:
    """Label intervals as plain numbers, and their unique times."""

    def __init__(self, t0: Iterable[int], t1: Iterable[int]) -> None:
        self.t0, self.t1 = [int(t) for t in t0], [int(t) for t in t1]
        self.times = sorted(set(self.t0))

    def at(self, block: list[int]) -> list[int]:
        """Rows of the times of a block."""
        return [row for row, t0 in enumerate(self.t0) if t0 in block]

    def near(self, row: int, block: list[int], gap: int | timedelta, side: str) -> bool:
        """Whether a row's time lies within the gap before or after a block."""
        t0, first, last = self.t0[row], block[0], block[-1]
        if isinstance(gap, timedelta):
            length = gap / timedelta(seconds=1)
            return first - length <= t0 < first if side == "before" else last < t0 <= last + length
        between = [u for u in self.times if (t0 < u < first if side == "before" else last < u < t0)]
        return (t0 < first if side == "before" else t0 > last) and len(between) < gap

    def meets(self, row: int, other: int) -> bool:
        """Whether two closed label intervals share a moment."""
        return self.t0[row] <= self.t1[other] and self.t1[row] >= self.t0[other]


def cut(times: list[int], parts: int) -> list[list[int]]:
    return [list(part) for part in np.array_split(times, parts)]


def around(rows: Rows, blocks: list[list[int]], purge, embargo) -> Split:
    """Training rows on all sides of test blocks."""
    test = [row for block in blocks for row in rows.at(block)]
    train = [
        row
        for row in range(len(rows.t0))
        if row not in test
        and not any(rows.meets(row, other) for other in test)
        and not any(
            rows.near(row, block, purge, "before")
            or rows.near(row, block, purge, "after")
            or rows.near(row, block, embargo, "after")
            for block in blocks
        )
    ]
    return train, sorted(test)


def purged_k_fold(rows: Rows, n_splits: int, purge=0, embargo=0) -> list[Split]:
    return [around(rows, [block], purge, embargo) for block in cut(rows.times, n_splits)]


def combinatorial(rows: Rows, n_folds: int, n_test_folds: int, purge=0, embargo=0) -> list[Split]:
    splits = []
    folds = cut(rows.times, n_folds)
    for chosen in combinations(range(n_folds), n_test_folds):
        blocks: list[list[int]] = []
        for fold in chosen:
            if fold - 1 in chosen:
                blocks[-1] = blocks[-1] + folds[fold]
            else:
                blocks.append(folds[fold])
        splits.append(around(rows, blocks, purge, embargo))
    return splits


def walk_forward(
    rows: Rows, start: int, *, step: int, train_size=None, test_size=None, purge=0, embargo=0
) -> list[Split]:
    splits = []
    tested = [u for u in rows.times if u >= start]
    for begin in range(0, len(tested), step):
        block = tested[begin : begin + (test_size or step)]
        train = [
            row
            for row in range(len(rows.t0))
            if rows.t1[row] < block[0]
            and not rows.near(row, block, purge, "before")
            and _ends_before_gap(rows, row, block[0], embargo)
        ]
        if train_size is not None:
            kept = sorted({rows.t0[row] for row in train})[-train_size:]
            train = [row for row in train if rows.t0[row] in kept]
        splits.append((train, rows.at(block)))
    return splits


def _ends_before_gap(rows: Rows, row: int, first: int, gap: int | timedelta) -> bool:
    if isinstance(gap, timedelta):
        return rows.t1[row] < first - gap / timedelta(seconds=1)
    return sum(rows.t1[row] < u < first for u in rows.times) >= gap
