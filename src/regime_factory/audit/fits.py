"""Change the rows outside a training set, fit again, and look for fitted values that move."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, timedelta
from numbers import Number
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Fit = Callable[[pl.DataFrame, NDArray[np.int64]], Any]
_SINGLE = (str, bytes, Number, np.generic, date, timedelta, type(None))
Alter = Callable[[pl.DataFrame, pl.Series, np.random.Generator], pl.DataFrame]


@dataclass(frozen=True)
class FitLeak:
    """A fitted value that changed although its training rows had not.

    Parameters
    ----------
    fold : int
        Number of the split.
    path : str
        Where in the state, such as ``scaler.mean[2]``.
    size : float
        Largest absolute change; infinite where values cannot be subtracted.
    """

    fold: int
    path: str
    size: float


@dataclass(frozen=True)
class FitAudit:
    """Fitted values that moved, and how much was compared.

    Parameters
    ----------
    leaks : list of FitLeak
        One per fold and value of the state that moved.
    folds : int
        Splits compared, those with rows outside the training set.
    values : int
        Numbers and texts compared.
    """

    leaks: list[FitLeak] = field(default_factory=list)
    folds: int = 0
    values: int = 0

    @property
    def clean(self) -> bool:
        """Whether values were compared and none moved."""
        return self.values > 0 and not self.leaks


def audit_fits(
    fit: Fit,
    samples: pl.DataFrame,
    splits: Iterable[tuple[ArrayLike, ArrayLike]],
    *,
    alter: Alter | None = None,
    seed: int = 0,
) -> FitAudit:
    """Check that nothing fitted depends on rows outside its training set.

    Parameters
    ----------
    fit : callable
        ``fit(samples, train)`` gets the whole table and the positions of the training rows and
        returns all that it learnt: numbers, texts, arrays and Polars data in nested mappings,
        sequences and dataclasses. Everything that is fitted belongs in it: scaler, selected
        features, sample weights, calibrator, coefficients.
    samples : polars.DataFrame
        Features, targets, stamps; one row per sample.
    splits : iterable of (train, test)
        Row positions, as a splitter gives them. Every row outside ``train`` is altered, those that
        were purged as well as the test rows.
    alter : callable, optional
        ``alter(samples, outside, rng)`` returns the table with the rows marked in ``outside``, a
        Boolean series, changed; default: `alter_rows`.
    seed : int, default=0
        Seed of the alterations; each split draws anew.

    Returns
    -------
    FitAudit

    Raises
    ------
    TypeError
        If a state holds something that cannot be compared.
    ValueError
        If a state is empty, positions do not fit the table, a fit is not repeatable, or an
        alteration changed training rows.

    Notes
    -----
    States must be identical bit for bit. Where they are not, the fold is fitted once more on the
    unaltered table, so that a fit without a seed is told from a leak. The alterations are drawn at
    random and wide apart from the data: a fit that moves depends on them for certain, one that
    does not may still, where it takes hard decisions.

    Examples
    --------
    A mean over all rows is caught, one over the training rows passes.

    >>> samples = pl.DataFrame({"x": np.arange(10.0)})
    >>> splits = [(np.arange(6), np.arange(6, 10))]
    >>> audit_fits(lambda rows, train: {"mean": rows["x"].mean()}, samples, splits).leaks[0].path
    'mean'
    >>> audit_fits(lambda rows, train: {"mean": rows[train]["x"].mean()}, samples, splits).clean
    True
    """
    alter = alter or alter_rows
    leaks: list[FitLeak] = []
    n_folds = n_values = 0
    for fold, (train, _) in enumerate(splits):
        rows = _positions(train, samples.height, fold)
        outside = np.ones(samples.height, dtype=bool)
        outside[rows] = False
        if not outside.any():
            continue
        changed = alter(samples, pl.Series(outside), np.random.default_rng([seed, fold]))
        _check_alteration(samples, changed, rows, fold)
        state = _flat(fit(samples, rows.copy()), fold)
        found = _moved(state, _flat(_refit(fit, changed, rows, fold), fold))
        if found:
            _check_repeatable(fit, samples, rows, state, fold)
        leaks += [FitLeak(fold, path, size) for path, size in found]
        n_folds += 1
        n_values += _count(state)
    return FitAudit(leaks, n_folds, n_values)


def alter_rows(samples: pl.DataFrame, outside: pl.Series, rng: np.random.Generator) -> pl.DataFrame:
    """Draw the numbers of some rows anew, far from where they were.

    Parameters
    ----------
    samples : polars.DataFrame
        The table.
    outside : polars.Series of bool, shape (n_rows,)
        Rows to alter.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    polars.DataFrame
        The same rows and columns. Floats get another level, a wider spread and no nulls, and stay
        positive where the column is; all columns follow one hidden factor, so that correlations
        change too. Integers, booleans, texts and categories are drawn from the values of the
        column, some more often than before, except in a column ``symbol``. Label ends (stamps or
        integers in columns whose names start with ``t1``) move later. Other stamps stay.

    Examples
    --------
    >>> table = pl.DataFrame({"symbol": ["A", "B", "C"], "x": [1.0, 2.0, None]})
    >>> altered = alter_rows(table, pl.Series([False, True, True]), np.random.default_rng(0))
    >>> altered["symbol"].to_list(), altered["x"].round(2).to_list()
    (['A', 'B', 'C'], [1.0, 25.67, 16.96])
    """
    rows = outside.arg_true()
    factor = rng.normal(size=len(rows))
    changed = []
    for column in samples.iter_columns():
        drawn = _drawn(column, factor, rows, rng)
        if drawn is not None:
            changed.append(column.clone().scatter(rows, drawn.cast(column.dtype)))
    return samples.with_columns(changed)


def _drawn(
    column: pl.Series,
    factor: NDArray[np.float64],
    rows: pl.Series,
    rng: np.random.Generator,
) -> pl.Series | None:
    """New values for some rows; None for columns that stay."""
    loading = rng.uniform(-1.0, 1.0)
    noise = rng.normal(size=len(factor))
    score = loading * factor + np.sqrt(1.0 - loading**2) * noise
    if column.dtype.is_float():
        return pl.Series(_wide(column, score, rng))
    if column.name.startswith("t1") and (column.dtype.is_temporal() or column.dtype.is_integer()):
        return _later(column, rows, rng)
    if column.dtype.is_temporal():
        return None
    known = column.drop_nulls().unique(maintain_order=True)
    if column.name == "symbol" or column.dtype.is_nested() or known.is_empty():
        return None
    rank = (np.argsort(np.argsort(score)) + 0.5) / len(score)
    order = rng.permutation(len(known))
    return known.gather(order[(rank ** rng.uniform(1.5, 4.0) * len(known)).astype(int)])


def _later(column: pl.Series, rows: pl.Series, rng: np.random.Generator) -> pl.Series | None:
    """Stamps moved by up to the length of the column; missing ones count as its last."""
    if column.null_count() == len(column):
        return None
    stamps = column.to_physical().fill_null(strategy="max")
    return stamps.gather(rows) + rng.integers(1, int(np.ptp(stamps.to_numpy())) + 2, len(rows))


def _wide(
    column: pl.Series, score: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Floats of another level and a wider spread."""
    known = column.drop_nulls().to_numpy().astype(np.float64)
    known = known[np.isfinite(known)]
    if len(known) and known.min() > 0:
        return np.median(known) * np.exp(rng.choice([-1, 1]) * 2.0 + np.clip(score, -3, 3))
    spread = float(known.std()) if len(known) else 1.0
    spread = spread * 10 ** rng.uniform(0.5, 1.5) or 1.0
    level = float(known.mean()) if len(known) else 0.0
    return level + spread * (rng.choice([-1, 1]) + score)


def _positions(train: ArrayLike, n_rows: int, fold: int) -> NDArray[np.int64]:
    rows = np.asarray(train)
    if rows.ndim != 1 or not len(rows) or rows.dtype.kind not in "iu":
        raise ValueError(
            f"the training rows of split {fold} have type {rows.dtype} and shape {rows.shape}; "
            "expected row positions, at least one"
        )
    if rows.min() < 0 or rows.max() >= n_rows:
        raise ValueError(
            f"split {fold} trains on rows {rows.min()} to {rows.max()} of a table of {n_rows}; "
            "give the splits of this table"
        )
    return rows.astype(np.int64)


def _check_alteration(
    samples: pl.DataFrame, changed: pl.DataFrame, rows: NDArray[np.int64], fold: int
) -> None:
    if changed.height != samples.height or not changed[rows].equals(samples[rows]):
        raise ValueError(
            f"the alteration for split {fold} changed training rows, their order or their "
            "columns; it may change the rows marked in `outside` only"
        )
    if changed.equals(samples):
        raise ValueError(
            f"the alteration for split {fold} changed nothing; give columns of numbers, or an "
            "`alter` of your own"
        )


def _refit(fit: Fit, changed: pl.DataFrame, rows: NDArray[np.int64], fold: int) -> Any:
    try:
        return fit(changed, rows.copy())
    except Exception as error:
        error.add_note(
            f"raised in split {fold} after rows outside its training set had been altered, and "
            "not before: the fit looks at them, or needs an `alter` that keeps them valid"
        )
        raise


def _check_repeatable(
    fit: Fit, samples: pl.DataFrame, rows: NDArray[np.int64], state: dict[str, Any], fold: int
) -> None:
    again = _moved(state, _flat(fit(samples, rows.copy()), fold))
    if again:
        raise ValueError(
            f"the fit of split {fold} is not repeatable: {again[0][0]} differs between two fits on "
            "the same rows; give its model a seed and one thread"
        )


def _flat(state: Any, fold: int) -> dict[str, Any]:
    values = dict(_walk(state, ""))
    if not _count(values):
        raise ValueError(
            f"the state of split {fold} is empty ({type(state).__name__}); return all that was "
            "learnt, as numbers or arrays"
        )
    return values


def _count(values: dict[str, Any]) -> int:
    """Number of values that there are to compare."""
    return sum(int(np.size(value)) for value in values.values() if value is not None)


def _walk(state: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Leaves of a nested state with their paths."""
    if isinstance(state, pl.DataFrame):
        state = state.to_dict()
    elif is_dataclass(state) and not isinstance(state, type):
        state = {item.name: getattr(state, item.name) for item in fields(state)}
    if isinstance(state, pl.Series):
        yield path, state
    elif isinstance(state, Mapping):
        for key, value in state.items():
            yield from _walk(value, f"{path}.{key}" if path else str(key))
    elif isinstance(state, set | frozenset):
        yield path, tuple(sorted(map(repr, state)))
    elif isinstance(state, _SINGLE) or (isinstance(state, np.ndarray) and state.dtype != object):
        yield path, state
    elif isinstance(state, Sequence | np.ndarray):
        for position, value in enumerate(state):
            yield from _walk(value, f"{path}[{position}]")
    else:
        raise TypeError(
            f"the state holds a {type(state).__name__} at {path or 'its top'}, which cannot be "
            "compared; return what it learnt as numbers and arrays"
        )


def _moved(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, float]]:
    """Paths whose values are not the same bits, with the size of the change."""
    found = [(path, float("inf")) for path in before.keys() ^ after.keys()]
    found += [
        (path + _place(value, after[path]), _size(value, after[path]))
        for path, value in before.items()
        if path in after and not _identical(value, after[path])
    ]
    return sorted(found)


def _identical(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, pl.Series):
        return (
            one.dtype == other.dtype and one.equals(other, null_equal=True) and _signs(one, other)
        )
    if isinstance(one, str | bytes | tuple | date | timedelta | None):
        return one == other
    left, right = np.asarray(one), np.asarray(other)
    same_kind = left.dtype == right.dtype and left.shape == right.shape
    return same_kind and left.tobytes() == right.tobytes()


def _signs(one: pl.Series, other: pl.Series) -> bool:
    """Whether zeros have the same sign, which Polars' equality does not ask."""
    if not one.dtype.is_float():
        return True
    return bool((np.signbit(one.to_numpy()) == np.signbit(other.to_numpy())).all())


def _numbers(value: Any) -> NDArray[Any] | None:
    array = value.to_numpy() if isinstance(value, pl.Series) else np.asarray(value)
    return array.astype(np.complex128) if array.dtype.kind in "biufc" else None


def _size(one: Any, other: Any) -> float:
    left, right = _numbers(one), _numbers(other)
    if left is None or right is None or left.shape != right.shape:
        return float("inf")
    gap = np.abs(left - right)
    return float("inf") if np.isnan(gap).all() else float(np.nanmax(gap))


def _place(one: Any, other: Any) -> str:
    """Index of the first value that differs."""
    left, right = _numbers(one), _numbers(other)
    if left is None or right is None or left.shape != right.shape or not left.ndim:
        return ""
    differs = np.argwhere(left != right)
    return "" if not len(differs) else f"[{', '.join(map(str, differs[0]))}]"
