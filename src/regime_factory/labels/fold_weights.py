"""Sample weights of the training rows of one fold, made after purging."""

from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.labels.uniqueness import Floats, Ints, mean_one, span_sums

WeightKind = Literal["uniqueness", "attribution", "none"]
WEIGHT_KINDS = ("uniqueness", "attribution", "none")


def fold_weights(
    t0: ArrayLike,
    t1: ArrayLike,
    *,
    returns: ArrayLike | None = None,
    groups: ArrayLike | None = None,
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
        Symbol of each row; rows of different groups do not overlap. One group where left out.
    kind : {"uniqueness", "attribution", "none"}, default="uniqueness"
        ``uniqueness``: average uniqueness. ``attribution``: that times the size of the row's
        return, as if it were earned evenly over the label. ``none``: all 1.

    Returns
    -------
    numpy.ndarray, shape (n_rows,)
        Above or equal to 0, mean 1, in the order of the rows.

    Raises
    ------
    ValueError
        If lengths differ, a time is missing, a label ends at or before its start, the kind is
        unknown, or returns are needed and missing or not finite.

    Notes
    -----
    A label covers (t0, t1]. Whole numbers are bar numbers and each bar counts once. Of times only
    those that occur among the rows are known, so each stretch between two of them counts once: the
    same wherever the rows are those of neighbouring bars.

    Examples
    --------
    >>> fold_weights([-1, 1, 3], [2, 3, 5]).round(4).tolist()  # bars [0, 3), [2, 4), [4, 6)
    [0.9677, 0.871, 1.1613]
    >>> fold_weights([0, 1], [2, 3], returns=[0.01, -0.03], kind="attribution").tolist()
    [0.5, 1.5]
    """
    if kind not in WEIGHT_KINDS:
        raise ValueError(f"kind is {kind!r}; choose one of {', '.join(WEIGHT_KINDS)}")
    starts, ends = _column("t0", t0), _column("t1", t1)
    _check_labels(starts, ends)
    if kind == "none" or not len(starts):
        return np.ones(len(starts))
    unique = np.empty(len(starts))
    for rows in _groups(groups, len(starts)):
        unique[rows] = _uniqueness(starts.gather(rows), ends.gather(rows))
    if kind == "uniqueness":
        return mean_one(unique)
    return mean_one(unique * np.abs(_checked_returns(returns, len(starts))))


def _as_series(values: Any) -> pl.Series:
    """Make a Polars series of a sequence of any kind, pandas included."""
    return values if isinstance(values, pl.Series) else pl.Series(values)


def _column(name: str, values: ArrayLike) -> pl.Series:
    column = _as_series(values).alias(name)
    if column.dtype.is_float() or column.dtype.is_temporal() or column.dtype.is_integer():
        return column
    if not len(column):
        return column.cast(pl.Int64)
    raise ValueError(f"{name} holds {column.dtype}; give times or bar numbers")


def _check_labels(starts: pl.Series, ends: pl.Series) -> None:
    if len(starts) != len(ends):
        raise ValueError(f"t0 has {len(starts)} rows and t1 has {len(ends)}; give one of each")
    for column in (starts, ends):
        missing = column.is_null() | (column.is_nan() if column.dtype.is_float() else False)
        if missing.any():
            raise ValueError(f"{column.name} is missing in row {missing.arg_true()[0]}; drop it")
    if starts.dtype != ends.dtype and not (starts.dtype.is_numeric() and ends.dtype.is_numeric()):
        raise ValueError(f"t0 holds {starts.dtype} and t1 {ends.dtype}; give the same type")
    wrong = (ends <= starts).arg_true()
    if len(wrong):
        row = wrong[0]
        raise ValueError(
            f"the label of row {row} ends at {ends[row]}, not after its start {starts[row]}; an "
            "outcome lies after its decision"
        )


def _groups(groups: ArrayLike | None, n_rows: int) -> list[Ints]:
    if groups is None:
        return [np.arange(n_rows)]
    column = _as_series(groups)
    if len(column) != n_rows:
        raise ValueError(f"groups have {len(column)} rows, t0 has {n_rows}; give one per row")
    if column.null_count():
        raise ValueError(
            f"groups are missing in row {column.is_null().arg_true()[0]}; fill them in"
        )
    codes = column.rank("dense").to_numpy()
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _uniqueness(starts: pl.Series, ends: pl.Series) -> Floats:
    """Average uniqueness of (t0, t1] on the stretches between the stamps that occur."""
    whole = starts.dtype.is_integer() and ends.dtype.is_integer()
    first, last = _numbers(starts), _numbers(ends)
    grid, places = np.unique(np.concatenate((first, last)), return_inverse=True)
    begin, stop = places[: len(first)], places[len(first) :]
    bars = np.diff(grid).astype(np.float64) if whole else np.ones(len(grid) - 1)
    changes = np.bincount(begin, minlength=len(grid)) - np.bincount(stop, minlength=len(grid))
    counts = np.cumsum(changes)[:-1]
    shares = bars / np.maximum(counts, 1)
    return np.minimum(span_sums(shares, begin, stop) / span_sums(bars, begin, stop), 1.0)


def _numbers(column: pl.Series) -> NDArray[np.generic]:
    return column.to_physical().to_numpy()


def _checked_returns(returns: ArrayLike | None, n_rows: int) -> Floats:
    if returns is None:
        raise ValueError('kind="attribution" needs the return of each row; give returns')
    values = np.asarray(returns, dtype=np.float64)
    if values.shape != (n_rows,):
        raise ValueError(f"returns have shape {values.shape}, expected ({n_rows},)")
    broken = np.flatnonzero(~np.isfinite(values))
    if broken.size:
        raise ValueError(f"the return of row {broken[0]} is {values[broken[0]]}; drop the row")
    return values
