"""Draws the values of some rows anew, far from where they were."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Rows = NDArray[np.int64]
_FEW_VALUES = 5  # integers with no more than these are codes: other ones may have no meaning


def alter_rows(
    samples: pl.DataFrame,
    outside: pl.Series,
    rng: np.random.Generator,
    *,
    ends: str | Sequence[str] | None = None,
) -> pl.DataFrame:
    """Draw the values of some rows anew, far from where they were.

    Parameters
    ----------
    samples : polars.DataFrame
        The table.
    outside : polars.Series of bool, shape (n_rows,)
        Rows to alter.
    rng : numpy.random.Generator
        Source of the draws.
    ends : str or sequence of str, optional
        Columns that hold the ends of labels, as stamps or numbers; default: those whose names
        start with ``t1``.

    Returns
    -------
    polars.DataFrame
        The same rows and columns.

        - Floats and decimals get another level, a wider spread, no nulls, and a value beyond the
          range of the column. They stay positive where the column is. All columns follow one
          hidden factor, so that correlations change too.
        - Integers with more than five values: half of them move beyond the range of the column,
          and stay positive, or zero and more, where the column is.
        - Integers with fewer values, booleans, texts, categories, times of day: drawn from the
          values of the other rows, some more often than before. No value is new to the column.
        - Ends of labels move later, durations get longer. Missing ones count as the longest.
        - Lists, arrays and structs: their values by these rules; lists keep their lengths.
        - Other stamps and the column ``symbol`` stay.

    Raises
    ------
    TypeError
        If a column holds Python objects, or one of `ends` neither stamps nor numbers.
    ValueError
        If one of `ends` is no column, or its integers leave no room for later ones.

    Examples
    --------
    >>> table = pl.DataFrame({"symbol": ["A", "B", "C"], "x": [1.0, 2.0, None]})
    >>> altered = alter_rows(table, pl.Series([False, True, True]), np.random.default_rng(0))
    >>> altered["symbol"].to_list(), altered["x"].round(2).to_list()
    (['A', 'B', 'C'], [1.0, 10.29, 0.12])
    """
    rows = outside.arg_true().to_numpy().astype(np.int64)
    if not len(rows):
        return samples
    check_columns(samples)
    names = _end_columns(samples, ends)
    factor = rng.normal(size=len(rows))
    changed = []
    for column in samples.iter_columns():
        if column.name == "symbol":
            continue
        if column.name in names:
            altered = _replaced(column, rows, _later(column, rows, rng))
        else:
            altered = _altered(column, rows, factor, rng)
        if altered is not None:
            changed.append(altered)
    return samples.with_columns(changed)


def check_columns(samples: pl.DataFrame) -> None:
    """Refuse columns of Python objects, which can be neither altered nor compared."""
    for name, dtype in samples.schema.items():
        if dtype == pl.Object:
            raise TypeError(
                f"column {name} holds Python objects, which can be neither altered nor compared; "
                "cast it to a type of Polars or leave it out"
            )


def _end_columns(samples: pl.DataFrame, ends: str | Sequence[str] | None) -> list[str]:
    if ends is None:
        return [
            name
            for name, dtype in samples.schema.items()
            if name.startswith("t1") and _holds_ends(dtype)
        ]
    names = [ends] if isinstance(ends, str) else list(ends)
    for name in names:
        if name not in samples.columns:
            raise ValueError(f"ends names {name!r}, which is no column of {samples.columns}")
        if not _holds_ends(samples.schema[name]):
            raise TypeError(
                f"ends names {name!r}, which holds {samples.schema[name]}; give columns of stamps, "
                "integers, floats or durations"
            )
    return names


def _holds_ends(dtype: pl.DataType) -> bool:
    return dtype in (pl.Date, pl.Datetime, pl.Duration) or dtype.is_float() or _native(dtype)


def _native(dtype: pl.DataType) -> bool:
    """Whether numpy has these integers."""
    return dtype.is_integer() and not str(dtype).endswith("128")


def _altered(
    column: pl.Series, rows: Rows, factor: NDArray[np.float64], rng: np.random.Generator
) -> pl.Series | None:
    """The column with other values in some rows; None where it stays."""
    if isinstance(column.dtype, pl.Struct):
        return _altered_struct(column, rows, factor, rng)
    if isinstance(column.dtype, pl.List | pl.Array):
        return _altered_lists(column, rows, rng)
    return _replaced(column, rows, _drawn(column, rows, factor, rng))


def _replaced(column: pl.Series, rows: Rows, drawn: pl.Series | None) -> pl.Series | None:
    if drawn is None:
        return None
    values = pl.concat([column, drawn.cast(column.dtype).alias(column.name)])
    places = np.arange(len(column))
    places[rows] = len(column) + np.arange(len(rows))
    return values.gather(places)


def _altered_struct(
    column: pl.Series, rows: Rows, factor: NDArray[np.float64], rng: np.random.Generator
) -> pl.Series | None:
    columns = column.struct.unnest().iter_columns()
    changed = [_altered(one, rows, factor, rng) for one in columns]
    found = column.struct.unnest().with_columns([one for one in changed if one is not None])
    drawn = found.to_struct(column.name).gather(rows)
    return _replaced(column, rows, drawn) if any(one is not None for one in changed) else None


def _altered_lists(column: pl.Series, rows: Rows, rng: np.random.Generator) -> pl.Series | None:
    lists = column.arr.to_list() if isinstance(column.dtype, pl.Array) else column
    lengths = lists.list.len().fill_null(0).to_numpy()
    owners = np.repeat(np.arange(len(lists)), lengths)
    inner = np.flatnonzero(np.isin(owners, rows))
    if not len(inner):
        return None
    values = lists.filter(pl.Series(lengths > 0)).explode()
    values = _altered(values, inner, rng.normal(size=len(inner)), rng)
    if values is None:
        return None
    table = pl.DataFrame({"row": owners, "new": values})
    table = table.group_by("row", maintain_order=True).agg("new")
    whole = pl.DataFrame({"row": np.arange(len(lists)), "old": lists})
    whole = whole.join(table, on="row", how="left", maintain_order="left")
    found = whole.select(pl.coalesce("new", "old").alias(column.name)).to_series()
    return _replaced(column, rows, found.gather(rows))


def _drawn(
    column: pl.Series, rows: Rows, factor: NDArray[np.float64], rng: np.random.Generator
) -> pl.Series | None:
    """New values for some rows; None for columns that stay."""
    loading = rng.uniform(-1.0, 1.0)
    noise = rng.normal(size=len(factor))
    score = loading * factor + np.sqrt(1.0 - loading**2) * noise
    dtype = column.dtype
    if dtype.is_float():
        return pl.Series(_wide(column, score, rng))
    if dtype.is_decimal():  # what its digits cannot hold becomes the largest that there is
        wide = pl.Series(_wide(column.cast(pl.Float64), score, rng)).cast(dtype, strict=False)
        return wide.fill_null(column.max())
    if dtype == pl.Duration:
        return _later(column, rows, rng)
    if dtype in (pl.Date, pl.Datetime):
        return None
    drawn = _resampled(column, rows, score, rng)
    if drawn is not None and _native(dtype) and column.drop_nulls().n_unique() > _FEW_VALUES:
        return _stretched(column.drop_nulls(), drawn, rng)
    return drawn


def _resampled(
    column: pl.Series, rows: Rows, score: NDArray[np.float64], rng: np.random.Generator
) -> pl.Series | None:
    """Values that the other rows hold, or the column where they hold none."""
    others = np.ones(len(column), dtype=bool)
    others[rows] = False
    known = column.filter(pl.Series(others)).drop_nulls().unique(maintain_order=True)
    if known.is_empty():
        known = column.drop_nulls().unique(maintain_order=True)
    if known.is_empty():
        return None
    rank = (np.argsort(np.argsort(score)) + 0.5) / len(score)
    order = rng.permutation(len(known))
    return known.gather(order[(rank ** rng.uniform(1.5, 4.0) * len(known)).astype(int)])


def _stretched(known: pl.Series, drawn: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Integers of which half lie beyond the range of `known`, on both sides if there is room."""
    integers = known.to_numpy()
    low, high, limits = int(integers.min()), int(integers.max()), np.iinfo(integers.dtype)
    above = min(high - low + 1, limits.max - high)
    below = min(high - low + 1, low - limits.min if low < 0 else max(low - 1, 0))
    values = drawn.to_numpy().copy()
    moved = rng.permutation(len(values))[: (len(values) + 1) // 2]
    up, down = (moved[::2], moved[1::2]) if above and below else (moved, moved[:0])
    if not above:
        up, down = down, up
    values[up[:1]], values[down[:1]] = high, low
    values[up], values[down] = _plus(values[up], above), _plus(values[down], -below)
    return pl.Series(values)


def _plus(values: NDArray[Any], offset: Any) -> NDArray[Any]:
    """Integers moved by what their type has room for; modular sums cannot overflow on the way."""
    offsets = np.asarray(offset).astype(np.uint64)
    return (values.astype(np.uint64) + offsets).astype(values.dtype)


def _later(column: pl.Series, rows: Rows, rng: np.random.Generator) -> pl.Series | None:
    """Ends moved by up to the length of the column; missing ones count as its last."""
    ends = column.to_physical()
    ends = ends.fill_nan(None) if ends.dtype.is_float() else ends
    if ends.null_count() == len(ends):
        return None
    known = ends.drop_nulls().to_numpy()
    first, last = known.min().item(), known.max().item()
    values = ends.fill_null(strategy="max").gather(rows).to_numpy()
    if ends.dtype.is_float():
        return pl.Series(values + max(last - first, abs(last), 1.0) * (1.0 - rng.random(len(rows))))
    longest = last - first + 1
    if column.dtype == pl.Duration:
        longest = max(longest, abs(first), abs(last))
    longest = min(longest, np.iinfo(values.dtype).max - last)
    if longest < 1:
        raise ValueError(
            f"the ends in column {column.name} reach the largest {column.dtype}, so that none can "
            "be later; cast it to a wider type, or replace that end by a real one"
        )
    return pl.Series(_plus(values, rng.integers(1, longest, len(rows), np.uint64, endpoint=True)))


def _wide(
    column: pl.Series, score: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Floats of another level and a wider spread, one of them beyond each end of the range."""
    known = column.drop_nulls().to_numpy().astype(np.float64)
    known = known[np.isfinite(known)]
    if len(known) and known.min() > 0:
        found = np.median(known) * np.exp(rng.choice([-1, 1]) * 2.0 + np.clip(score, -3, 3))
        return _beyond(found, known.min() / 8, 8 * known.max(), known)
    spread = float(known.std()) if len(known) else 1.0
    spread = spread * 10 ** rng.uniform(0.5, 1.5) or 1.0
    level = float(known.mean()) if len(known) else 0.0
    found = level + spread * (rng.choice([-1, 1]) + score)
    if not len(known):
        return found
    return _beyond(found, known.min() - spread, known.max() + spread, known)


def _beyond(
    values: NDArray[np.float64], low: float, high: float, known: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values whose extremes lie beyond those of the column; a single one lies on either side."""
    if values.max() <= known.max() and (len(values) > 1 or values.min() >= known.min()):
        values[values.argmax()] = high
    if len(values) > 1 and values.min() >= known.min():
        values[values.argmin()] = low
    return values
