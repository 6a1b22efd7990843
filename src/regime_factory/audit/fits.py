"""Change the rows outside a training set, fit again, and look for fitted values that move."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.audit.fit_states import count, flat, moved
from regime_factory.audit.row_changes import alter_rows, check_columns

Fit = Callable[[pl.DataFrame, NDArray[np.int64]], Any]
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
    unaltered : list of str
        Columns that no fold altered: a fit that reads them outside its training set is not seen.
    """

    leaks: list[FitLeak] = field(default_factory=list)
    folds: int = 0
    values: int = 0
    unaltered: list[str] = field(default_factory=list)

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
    ends: str | Sequence[str] | None = None,
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
    ends : str or sequence of str, optional
        Columns that hold the ends of labels, which `alter_rows` moves later; default: those whose
        names start with ``t1``. Other stamps stay.
    seed : int, default=0
        Seed of the alterations; each split draws anew.

    Returns
    -------
    FitAudit

    Raises
    ------
    TypeError
        If a state holds something that cannot be compared, `samples` is no Polars table or holds
        Python objects, or `splits` are no pairs of row positions.
    ValueError
        If a state is empty or two of its values have one path, positions do not fit the table, a
        fit is not repeatable, or an alteration changed training rows or nothing.

    Notes
    -----
    States must be identical bit for bit. Where they are not, the fold is fitted once more on the
    unaltered table, so that a fit without a seed is told from a leak. The alterations are drawn at
    random and wide apart from the data: a fit that moves depends on them for certain, one that
    does not may still, where it takes hard decisions.

    Not seen is a fit that depends on the number of other rows, on stamps such as ``ts`` or on
    another column in ``FitAudit.unaltered``, or on which of few values a column holds, where the
    training rows hold all of them. For such, give an `alter` of your own.

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
    _check_samples(samples)
    if alter is not None and ends is not None:
        raise ValueError("ends are for alter_rows, and alter takes its place; give one of them")
    alter = alter or partial(alter_rows, ends=ends)
    leaks: list[FitLeak] = []
    altered: set[str] = set()
    n_folds = n_values = 0
    for fold, split in enumerate(_pairs(splits)):
        rows = _positions(split, samples.height, fold)
        outside = np.ones(samples.height, dtype=bool)
        outside[rows] = False
        if not outside.any():
            continue
        changed = alter(samples, pl.Series(outside), np.random.default_rng([seed, fold]))
        altered |= _check_alteration(samples, changed, rows, fold)
        state = flat(fit(samples, rows.copy()), fold)
        found = moved(state, flat(_refit(fit, changed, rows, fold), fold))
        if found:
            _check_repeatable(fit, samples, rows, state, fold)
        leaks += [FitLeak(fold, path, size) for path, size in found]
        n_folds += 1
        n_values += count(state)
    unaltered = [name for name in samples.columns if name not in altered]
    return FitAudit(leaks, n_folds, n_values, unaltered)


def _check_samples(samples: Any) -> None:
    if not isinstance(samples, pl.DataFrame):
        kind = f"{type(samples).__module__.split('.')[0]} {type(samples).__name__}"
        raise TypeError(
            f"samples is a {kind}; give a polars.DataFrame (collect() a LazyFrame, "
            "polars.from_pandas() a table of pandas)"
        )
    check_columns(samples)


def _pairs(splits: Any) -> Iterable[Any]:
    if not isinstance(splits, Iterable):
        raise TypeError(
            f"splits is a {type(splits).__name__}; give pairs (train, test), such as "
            "splitter.split(t0=..., t1=...) makes"
        )
    return splits


def _positions(split: Any, n_rows: int, fold: int) -> NDArray[np.int64]:
    if not isinstance(split, tuple | list) or len(split) != 2 or np.ndim(split[0]) == 0:
        raise TypeError(
            f"split {fold} is a {type(split).__name__}, not a pair (train, test) of row positions; "
            "give a list of pairs, such as list(splitter.split(t0=..., t1=...))"
        )
    rows = np.asarray(split[0])
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
) -> set[str]:
    """Names of the columns that were altered."""
    if changed.height != samples.height or not changed[rows].equals(samples[rows]):
        raise ValueError(
            f"the alteration for split {fold} changed training rows, their order or their "
            "columns; it may change the rows marked in `outside` only"
        )
    altered = {name for name in samples.columns if not changed[name].equals(samples[name])}
    if not altered:
        raise ValueError(
            f"the alteration for split {fold} changed nothing; give columns of numbers, or an "
            "`alter` of your own"
        )
    return altered


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
    again = moved(state, flat(fit(samples, rows.copy()), fold))
    if again:
        raise ValueError(
            f"the fit of split {fold} is not repeatable: {again[0][0]} differs between two fits on "
            "the same rows; give its model a seed and one thread"
        )
