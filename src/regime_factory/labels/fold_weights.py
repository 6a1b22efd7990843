"""Sample weights of the training rows of one fold, made after purging."""

import logging
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.labels.columns import Column, numbers_of, read_column, read_series
from regime_factory.labels.uniqueness import Floats, Ints, mean_one, read_returns, span_sums

LOG = logging.getLogger(__name__)

WeightKind = Literal["uniqueness", "attribution", "none"]
WEIGHT_KINDS = ("uniqueness", "attribution", "none")


def fold_weights(
    t0: ArrayLike,
    t1: ArrayLike,
    *,
    returns: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    bars: ArrayLike | None = None,
    kind: WeightKind = "uniqueness",
) -> Floats:
    """Weigh the training rows of a fold by how much of their outcome is their own.

    Parameters
    ----------
    t0, t1 : array_like, shape (n_rows,)
        Decision and end of each row's label, as times or as bar numbers, in any order. Give the
        rows that are left after purging and no others: overlap with a row that is not trained on
        must not count, and the mean is taken over the rows given.
    returns : array_like of float, shape (n_rows,), optional
        Return of each row over its label, for ``kind="attribution"``.
    groups : array_like, shape (n_rows,), optional
        Symbol of each row; rows of different groups do not overlap. One group where left out, and
        a warning is logged where a decision repeats.
    bars : array_like, shape (n_bars,), optional
        Stamps of all bars of the market, in any order, repeats allowed (``bars["ts"]`` of one
        timeframe, of a panel too). Give them wherever ``t0`` and ``t1`` are times.
    kind : {"uniqueness", "attribution", "none"}, default="uniqueness"
        ``uniqueness``: average uniqueness. ``attribution``: that times the size of the row's
        return, as if it were earned evenly over the label. ``none``: all 1.

    Returns
    -------
    numpy.ndarray, shape (n_rows,)
        Above or equal to 0, mean 1, in the order of the rows.

    Raises
    ------
    TypeError
        If a column is no column, holds neither times nor numbers, or holds values of several types.
    ValueError
        If lengths differ, a value is missing, a label ends at or before its start, the kind is
        unknown, returns are needed and missing or not finite, or ``bars`` lack a row's decision or
        every bar of its label.

    Notes
    -----
    A label covers (t0, t1], and each bar of it counts once. What a bar is:

    - with ``bars``: a stamp among the sorted unique ones, so that stamps and the bar numbers that
      go with them give the same weights on any rows;
    - without, where ``t0`` and ``t1`` are whole numbers: a number, they are positions of bars;
    - without, else: the stretch between two neighbouring stamps among the ``t0`` and ``t1`` given.
      That differs from bars as soon as rows are missing, as they are after purging.

    The weights follow from the rows given and the stamps in ``bars`` alone.

    Examples
    --------
    >>> fold_weights([-1, 1, 3], [2, 3, 5]).round(4).tolist()  # bars [0, 3), [2, 4), [4, 6)
    [0.9677, 0.871, 1.1613]
    >>> fold_weights([0, 1], [2, 3], returns=[0.01, -0.03], kind="attribution").tolist()
    [0.5, 1.5]
    >>> t0, t1, stamps = [10.0, 10.5], [10.5, 14.0], [10.0, 10.5, 11.0, 12.0, 14.0]
    >>> fold_weights(t0, t1, bars=stamps, returns=[1, 1], kind="attribution").tolist()
    [1.0, 1.0]
    """
    if kind not in WEIGHT_KINDS:
        raise ValueError(f"kind is {kind!r}; choose one of {', '.join(WEIGHT_KINDS)}")
    decided, ended = read_column("t0", t0), read_column("t1", t1)
    starts, ends = _checked_labels(decided, ended)
    if kind == "none" or not len(starts):
        return np.ones(len(starts))
    if bars is None:
        begin, stop, widths = _stretches(starts, ends, decided.are_moments)
    else:
        begin, stop, widths = _bars_of_labels(decided, ended, read_column("bars", bars))
    unique = np.empty(len(starts))
    for rows in _groups(groups, starts):
        unique[rows] = _uniqueness(begin[rows], stop[rows], widths)
    if kind == "uniqueness":
        return mean_one(unique)
    return mean_one(unique * np.abs(_checked_returns(returns, len(starts))))


def _checked_labels(t0: Column, t1: Column) -> tuple[NDArray[Any], NDArray[Any]]:
    if len(t0.values) != len(t1.values):
        raise ValueError(
            f"t0 has {len(t0.values)} rows and t1 has {len(t1.values)}; give one of each"
        )
    if not len(t0.values):
        return np.empty(0), np.empty(0)
    starts, ends = numbers_of([t0, t1])
    for row in np.flatnonzero(ends <= starts)[:1]:
        raise ValueError(
            f"the label of row {row} ends at {t1.values[int(row)]}, not after its start "
            f"{t0.values[int(row)]}; an outcome lies after its decision"
        )
    return starts, ends


def _groups(groups: ArrayLike | None, starts: NDArray[Any]) -> list[Ints]:
    if groups is None:
        if len(np.unique(starts)) < len(starts):
            LOG.warning(
                "decisions repeat among the rows that fold_weights got and no groups were given: "
                "all rows count as one market; give groups, e.g. the symbols, for a panel"
            )
        return [np.arange(len(starts))]
    column = read_series("groups", groups, "symbols")
    if len(column) != len(starts):
        raise ValueError(f"groups have {len(column)} rows, t0 has {len(starts)}; give one per row")
    if column.null_count():
        raise ValueError(
            f"groups are missing in row {column.is_null().arg_true()[0]}; fill them in"
        )
    codes = column.rank("dense").to_numpy()
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _stretches(
    starts: NDArray[Any], ends: NDArray[Any], are_moments: bool
) -> tuple[Ints, Ints, Floats]:
    """Labels as spans of the stretches between the stamps that occur, and the bars of each."""
    stamps, places = np.unique(np.concatenate((starts, ends)), return_inverse=True)
    lengths = np.diff(stamps)
    are_positions = not are_moments and np.issubdtype(stamps.dtype, np.integer)
    widths = lengths.astype(np.float64) if are_positions else np.ones(len(lengths))
    return places[: len(starts)], places[len(starts) :], widths


def _bars_of_labels(t0: Column, t1: Column, bars: Column) -> tuple[Ints, Ints, Floats]:
    """Labels as spans of the market's bars."""
    if not len(bars.values):
        raise ValueError("bars are empty; give the stamps of all bars of the market")
    starts, ends, stamps = numbers_of([t0, t1, bars])
    grid = np.unique(stamps)
    begin, stop = (np.searchsorted(grid, times, side="right") for times in (starts, ends))
    unknown = (begin > 0) & (grid[begin - 1] != starts)
    for row in np.flatnonzero(unknown)[:1]:
        raise ValueError(
            f"the decision of row {row}, {t0.values[int(row)]}, is no stamp in bars; give the "
            "stamps of all bars of the market, of the timeframe that the labels were made of"
        )
    for row in np.flatnonzero(begin == stop)[:1]:
        raise ValueError(
            f"no bar lies after {t0.values[int(row)]} and up to {t1.values[int(row)]}, the label "
            f"of row {row}; give the stamps of all bars of the market"
        )
    return begin, stop, np.ones(len(grid))


def _uniqueness(begin: Ints, stop: Ints, widths: Floats) -> Floats:
    """Average uniqueness of spans, over the stretches that they reach."""
    first, last = begin.min(), stop.max()
    begin, stop, widths = begin - first, stop - first, widths[first:last]
    n_edges = len(widths) + 1
    changes = np.bincount(begin, minlength=n_edges) - np.bincount(stop, minlength=n_edges)
    shares = widths / np.maximum(np.cumsum(changes)[:-1], 1)
    return np.minimum(span_sums(shares, begin, stop) / span_sums(widths, begin, stop), 1.0)


def _checked_returns(returns: ArrayLike | None, n_rows: int) -> Floats:
    if returns is None:
        raise ValueError('kind="attribution" needs the return of each row; give returns')
    values = read_returns(returns)
    if values.shape != (n_rows,):
        raise ValueError(f"returns have shape {values.shape}, expected ({n_rows},)")
    broken = np.flatnonzero(~np.isfinite(values))
    if broken.size:
        raise ValueError(f"the return of row {broken[0]} is {values[broken[0]]}; drop the row")
    return values
