"""The one interval rule: which rows may train beside a test block."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from regime_factory.splits.lengths import span_of
from regime_factory.splits.timeline import Positions, Timeline
from regime_factory.splits.times import within_range

Block = tuple[int, int]
"""Numbers of a test block's first time and of the time after its last."""


@dataclass(frozen=True)
class Gap:
    """A distance from a test block: unique times to count, or a span of time.

    Parameters
    ----------
    bars : int
        Unique times to count.
    span : int or None
        Distance in the unit of the times; takes the place of `bars`.
    """

    bars: int = 0
    span: int | None = None

    def before(self, timeline: Timeline, first: int) -> int:
        """Number of the earliest time within the gap before time `first`."""
        if self.span is None:
            return max(first - self.bars, 0)
        edge = within_range(int(timeline.times[first]) - self.span)
        return min(int(np.searchsorted(timeline.times, edge, side="left")), first)

    def after(self, timeline: Timeline, stop: int) -> int:
        """Number of the first time beyond the gap after time ``stop - 1``."""
        if self.span is None:
            return min(stop + self.bars, timeline.n_times)
        edge = within_range(int(timeline.times[stop - 1]) + self.span)
        return int(np.searchsorted(timeline.times, edge, side="right"))

    def edge(self, timeline: Timeline, first: int) -> Any:
        """The time that lies a gap before time `first`; None where the data do not reach it."""
        if self.span is not None:
            return within_range(int(timeline.times[first]) - self.span)
        return timeline.times[first - self.bars] if first >= self.bars else None


@dataclass(frozen=True)
class Stretch:
    """Rows that train: times `first` to ``stop - 1``, labels that end before `before`.

    Parameters
    ----------
    first, stop : int
        Numbers of the first time and of the time after the last; ``stop <= first`` holds nothing.
    before : number or None
        Labels must end earlier than this; None: any end.
    """

    first: int
    stop: int
    before: Any = None

    def times_left(self, timeline: Timeline) -> int:
        """Number of unique times that keep a row."""
        whole = self._whole(timeline)
        later = timeline.earliest[whole : self.stop]
        return whole - self.first + (0 if self.before is None else int((later < self.before).sum()))

    def rows(self, timeline: Timeline) -> Positions:
        """Sorted rows that train, ascending."""
        if self.stop <= self.first:
            return np.empty(0, dtype=np.int64)
        first, settled, stop = timeline.starts[[self.first, self._settled(timeline), self.stop]]
        whole = np.arange(first, settled, dtype=np.int64)
        if settled == stop:
            return whole
        return np.append(whole, settled + np.flatnonzero(timeline.t1[settled:stop] < self.before))

    def n_rows(self, timeline: Timeline) -> int:
        """Number of rows that train."""
        if self.stop <= self.first:
            return 0
        first, settled, stop = timeline.starts[[self.first, self._settled(timeline), self.stop]]
        if settled == stop:
            return int(stop - first)
        return int(settled - first + (timeline.t1[settled:stop] < self.before).sum())

    def latest(self, timeline: Timeline, n_times: int) -> "Stretch":
        """The part of the stretch with its last `n_times` times that keep a row."""
        if self.before is None:
            return Stretch(max(self.first, self.stop - n_times), self.stop)
        whole = self._whole(timeline)
        kept = whole + np.flatnonzero(timeline.earliest[whole : self.stop] < self.before)
        if len(kept) >= n_times:
            return Stretch(int(kept[len(kept) - n_times]), self.stop, self.before)
        return Stretch(max(self.first, whole - n_times + len(kept)), self.stop, self.before)

    def _whole(self, timeline: Timeline) -> int:
        """Number of the time up to which every time keeps a row, so that it needs no look."""
        return self._passed(timeline.earliest_so_far)

    def _settled(self, timeline: Timeline) -> int:
        """Number of the time up to which every row trains, so that it needs no look."""
        return self._passed(timeline.latest_so_far)

    def _passed(self, ends: Any) -> int:
        """Number of the time up to which the ascending `ends` lie before the edge."""
        passed = self.stop
        if self.before is not None:
            passed = min(passed, int(np.searchsorted(ends, self.before, side="left")))
        return max(passed, self.first)


@dataclass(frozen=True)
class Fold:
    """Test blocks and the stretches around them that train, by rule.

    Parameters
    ----------
    blocks : sequence of Block
        Test blocks, ascending, no two of them adjacent.
    train : sequence of Stretch
        What trains: stretch k lies before block k, a last one after the last block.
    purged, embargoed : sequence of Stretch
        The same after purging alone, and after purging and embargo but before a rolling window.
    """

    blocks: Sequence[Block]
    train: Sequence[Stretch]
    purged: Sequence[Stretch]
    embargoed: Sequence[Stretch]

    def train_rows(self, timeline: Timeline) -> Positions:
        """Positions in the table of the rows that train."""
        return timeline.positions(np.concatenate([part.rows(timeline) for part in self.train]))

    def test_rows(self, timeline: Timeline) -> Positions:
        """Positions in the table of the rows that are tested."""
        edges = timeline.starts[np.array(self.blocks)]
        return timeline.positions(np.concatenate([np.arange(*edge) for edge in edges]))

    def times_left(self, timeline: Timeline) -> int:
        """Number of unique times with a row that trains."""
        return sum(part.times_left(timeline) for part in self.train)

    def region(self, part: int, timeline: Timeline) -> Block:
        """Times between the blocks that stretch `part` lies in."""
        first = self.blocks[part - 1][1] if part else 0
        stop = self.blocks[part][0] if part < len(self.blocks) else timeline.n_times
        return first, stop


def read_gap(value: int | timedelta, name: str, dtype: pl.DataType) -> Gap:
    """Turn a setting into a gap.

    Parameters
    ----------
    value : int or timedelta
        Unique times, or a length of time where the times are moments.
    name : str
        What the setting is called in messages.
    dtype : polars.DataType
        Type of the times.

    Returns
    -------
    Gap

    Raises
    ------
    TypeError
        If a timedelta meets times that are numbers.
    ValueError
        If a timedelta is not a whole number of the unit of the times.
    """
    if not isinstance(value, timedelta | np.timedelta64):
        return Gap(bars=int(value))
    if not isinstance(dtype, pl.Datetime):
        raise TypeError(
            f"{name} is {value!r} while t0 holds plain numbers; give a number of unique times"
        )
    return Gap(span=span_of(value, name, dtype))


def fold_around(timeline: Timeline, blocks: Sequence[Block], purge: Gap, embargo: Gap) -> Fold:
    """Training rows before, between and after test blocks.

    Parameters
    ----------
    timeline : Timeline
        The rows.
    blocks : sequence of Block
        Test blocks, ascending; adjacent ones count as one.
    purge, embargo : Gap
        Distances kept on both sides, and after each block.

    Returns
    -------
    Fold

    Notes
    -----
    Intervals are closed at both ends. Beside a block whose times run from a to b and whose labels
    end by T, a row trains iff ``t1 < a`` or ``t0 > T``, and its time lies beyond the gaps, counted
    from a backwards and from b on. Before the first block that is a condition on t1; afterwards
    one on t0 as well, and an earlier block with long labels reaches past a later one.
    """
    joined = _joined(blocks)
    purged = _around(timeline, joined, purge, Gap())
    both = _around(timeline, joined, purge, embargo)
    return Fold(joined, both, purged, both)


def fold_before(
    timeline: Timeline, block: Block, purge: Gap, embargo: Gap, train_size: int | None
) -> Fold:
    """Training rows before one test block.

    Parameters
    ----------
    timeline : Timeline
        The rows.
    block : Block
        The test block.
    purge, embargo : Gap
        Distance of a row's time, and of its label's end, from the first time of the block.
    train_size : int or None
        Unique times to keep, the last ones that have a row left; None: all.

    Returns
    -------
    Fold
    """
    start = block[0]
    stop = purge.before(timeline, start)
    purged = Stretch(0, stop, timeline.times[start])
    edge = embargo.edge(timeline, start)
    embargoed = Stretch(0, 0) if edge is None else Stretch(0, stop, edge)
    train = embargoed if train_size is None else embargoed.latest(timeline, train_size)
    return Fold([block], [train], [purged], [embargoed])


def _joined(blocks: Sequence[Block]) -> list[Block]:
    joined: list[Block] = []
    for start, stop in blocks:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def _around(timeline: Timeline, blocks: Sequence[Block], purge: Gap, embargo: Gap) -> list[Stretch]:
    stretches = []
    free = 0
    for start, stop in blocks:
        stretches.append(Stretch(free, purge.before(timeline, start), timeline.times[start]))
        end = timeline.latest[start:stop].max()
        beyond = int(np.searchsorted(timeline.times, end, side="right"))
        gaps = [gap.after(timeline, stop) for gap in (purge, embargo)]
        free = max(free, stop, beyond, *gaps)
    return [*stretches, Stretch(free, timeline.n_times)]
