"""Tables and text pictures of splits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from regime_factory.splits.folds import Fold, Stretch
from regime_factory.splits.timeline import Timeline

_FATES = "Tpe#."  # the one further left is shown where a character stands for several
_TESTED, _PURGED, _EMBARGOED, _TRAINS, _UNUSED = range(5)
_STAMPS = ("train_start", "train_end", "test_start", "test_end", "test_t1")


def describe_folds(timeline: Timeline, folds: Sequence[Fold]) -> pl.DataFrame:
    """One row per fold and test block; see `IntervalSplitter.describe`."""
    records = [record for k, fold in enumerate(folds) for record in _records(timeline, k, fold)]
    table = pl.DataFrame(records, orient="row", infer_schema_length=None)
    stamps = []
    for name in _STAMPS:
        known = table[name].is_not_null()
        shown = timeline.shown(table[name].fill_null(0).to_numpy())
        stamps.append(pl.when(known).then(shown).alias(name))
    return table.with_columns(stamps)


def draw_folds(timeline: Timeline, folds: Sequence[Fold], width: int) -> str:
    """One line per fold; see `IntervalSplitter.draw`."""
    edges = np.linspace(0, timeline.n_times, min(width, timeline.n_times) + 1).astype(int)
    digits = len(str(len(folds) - 1))
    lines = []
    for number, fold in enumerate(folds):
        shown = np.minimum.reduceat(_fates(timeline, fold), edges[:-1])
        lines.append(f"{number:>{digits}} " + "".join(_FATES[fate] for fate in shown))
    return "\n".join(lines)


def _records(timeline: Timeline, number: int, fold: Fold) -> list[dict[str, Any]]:
    purged, embargoed = _removed(timeline, fold)
    kept = [_span(timeline, part) for part in fold.train if part.n_rows(timeline)]
    train = {
        "train_start": kept[0][0] if kept else None,
        "train_end": kept[-1][1] if kept else None,
        "train_rows": sum(part.n_rows(timeline) for part in fold.train),
    }
    return [
        {
            "split": number,
            "block": k,
            **train,
            "test_start": timeline.times[start].item(),
            "test_end": timeline.times[stop - 1].item(),
            "test_t1": timeline.latest[start:stop].max().item(),
            "test_rows": timeline.rows_between(start, stop),
            "purged_rows": purged[k],
            "embargoed_rows": embargoed[k],
        }
        for k, (start, stop) in enumerate(fold.blocks)
    ]


def _span(timeline: Timeline, part: Stretch) -> tuple[Any, Any]:
    """First and last time that keep a row."""
    within = slice(part.first, part.stop)
    times, ends = timeline.times[within], timeline.earliest[within]
    kept = times if part.before is None else times[ends < part.before]
    return kept[0].item(), kept[-1].item()


def _removed(timeline: Timeline, fold: Fold) -> tuple[list[int], list[int]]:
    """Rows that each block's labels and purge took, and those its embargo took besides."""
    purged, embargoed = [0] * len(fold.blocks), [0] * len(fold.blocks)
    for k, (after_purge, after_both) in enumerate(zip(fold.purged, fold.embargoed, strict=True)):
        first, stop = fold.region(k, timeline)
        free = min(max(after_purge.first, first), stop)  # what lies before it, the block left took
        kept = after_purge.n_rows(timeline)
        if k:
            purged[k - 1] += timeline.rows_between(first, free)
        if k < len(fold.blocks):
            purged[k] += timeline.rows_between(free, stop) - kept
        # The embargo follows a block; before the only block of a walk-forward fold it is a gap.
        embargoed[max(k - 1, 0)] += kept - after_both.n_rows(timeline)
    return purged, embargoed


def _fates(timeline: Timeline, fold: Fold) -> np.ndarray:
    """What becomes of each unique time: of its rows that get furthest."""
    fates = np.full(timeline.n_times, _UNUSED)
    for k, part in enumerate(fold.train):
        fates[slice(*fold.region(k, timeline))] = _PURGED
        fates[_kept(timeline, fold.purged[k])] = _EMBARGOED
        fates[_kept(timeline, fold.embargoed[k])] = _UNUSED
        fates[_kept(timeline, part)] = _TRAINS
    for start, stop in fold.blocks:
        fates[start:stop] = _TESTED
    return fates


def _kept(timeline: Timeline, part: Stretch) -> np.ndarray:
    """Numbers of the times that keep a row."""
    if part.before is None:
        return np.arange(part.first, part.stop)
    return part.first + np.flatnonzero(timeline.earliest[part.first : part.stop] < part.before)
