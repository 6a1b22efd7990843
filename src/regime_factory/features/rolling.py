"""Windows over the last rows, each a function of the rows inside it and of no other."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import polars as pl

from regime_factory.features.steps import Once

_Rows = TypeVar("_Rows")
_TopAndAge = tuple[pl.Expr, pl.Expr]


def rolling_sum(once: Once, values: pl.Expr, window: int) -> pl.Expr:
    """Sum of the last `window` rows, null where one of them is.

    Parameters
    ----------
    once : Once
        Where shared steps go.
    values : pl.Expr
        Series to add up.
    window : int
        Rows, the current one included.

    Returns
    -------
    pl.Expr
        In the unit of `values`.

    Notes
    -----
    Sums of 1, 2, 4, 8 ... rows are made of two halves each and joined as the binary digits of
    `window` say. A running sum, which adds the new row and takes off the old one, keeps the
    rounding error of the largest value it ever held; here a value outside the window leaves no
    trace, so a lookback gives the same bits as the whole history.

    Examples
    --------
    >>> from regime_factory.features.steps import inline
    >>> frame = pl.DataFrame({"x": [1e300, 1.0, 2.0, 4.0]})
    >>> frame.select(rolling_sum(inline, pl.col("x"), 3)).to_series().to_list()
    [None, None, 1e+300, 7.0]
    """
    return _from_halves(values, window, lambda newer, older, lag: once(newer + older.shift(lag)))


def _from_halves(rows: _Rows, window: int, join: Callable[[_Rows, _Rows, int], _Rows]) -> _Rows:
    """Join single rows to windows of 2, 4, 8 ... rows, and those to one of `window` rows.

    `join` takes a newer and an older stretch and the rows by which the older one lies back.
    """
    part, length, digits = rows, 1, []
    while length <= window:
        if window & length:
            digits.append((part, length))
        if 2 * length <= window:
            part = join(part, part, length)
        length *= 2
    whole, covered = digits[0]
    for older, length in digits[1:]:
        whole = join(whole, older, covered)
        covered += length
    return whole


def rolling_mean(once: Once, values: pl.Expr, window: int) -> pl.Expr:
    """Mean of the last `window` rows, null where one of them is; see `rolling_sum`."""
    return once(rolling_sum(once, values, window) * (1 / window))


def rolling_std(once: Once, values: pl.Expr, window: int, ddof: int) -> pl.Expr:
    """Deviation of the last `window` rows; `ddof` 0 for population, 1 for sample.

    Notes
    -----
    Polars' own window, which is centred anew and holds no trace of earlier rows either.
    """
    return once(values.rolling_std(window, ddof=ddof))


def highest(once: Once, values: pl.Expr, window: int) -> pl.Expr:
    """Largest of the last `window` rows, null where one of them is."""
    return once(values.rolling_max(window))


def lowest(once: Once, values: pl.Expr, window: int) -> pl.Expr:
    """Smallest of the last `window` rows, null where one of them is."""
    return once(values.rolling_min(window))


def mean_deviation(once: Once, values: pl.Expr, window: int) -> pl.Expr:
    """Mean absolute distance of the last `window` rows from their mean.

    Notes
    -----
    The distances are taken one by one, so the work grows with the window.

    Examples
    --------
    >>> from regime_factory.features.steps import inline
    >>> frame = pl.DataFrame({"x": [9.0, 1.0, 2.0, 6.0]})
    >>> frame.select(mean_deviation(inline, pl.col("x"), 3)).to_series().to_list()
    [None, None, 3.333333333333333, 2.0]
    """
    values = once(values)
    mean = rolling_mean(once, values, window)
    distances = [(values.shift(lag) - mean).abs() for lag in range(window)]
    return once(_sum(distances) * (1 / window))


def _sum(terms: Sequence[pl.Expr]) -> pl.Expr:
    """Sum in pairs, which keeps expressions of wide windows shallow."""
    while len(terms) > 1:
        pairs = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = [*pairs, *terms[2 * len(pairs) :]]
    return terms[0]


def rows_since_highest(once: Once, values: pl.Expr, window: int) -> pl.Expr:
    """Rows since the largest of the last `window` rows, the earliest one where several are.

    Parameters
    ----------
    once : Once
        Where shared steps go.
    values : pl.Expr
        Series to search; negated for the smallest.
    window : int
        Rows, the current one included.

    Returns
    -------
    pl.Expr
        0 to `window - 1`, null where a row of the window is.

    Notes
    -----
    Found in the same halves as `rolling_sum`: the older half wins unless the newer one is higher.

    Examples
    --------
    >>> from regime_factory.features.steps import inline
    >>> frame = pl.DataFrame({"x": [1.0, 5.0, 2.0, 5.0, 4.0]})
    >>> frame.select(rows_since_highest(inline, pl.col("x"), 3)).to_series().to_list()
    [None, None, 1, 2, 1]
    """
    ages = once(pl.repeat(0, pl.len(), dtype=pl.Int32))
    return _from_halves((once(values), ages), window, partial(_older_unless_higher, once))[1]


def _older_unless_higher(once: Once, newer: _TopAndAge, older: _TopAndAge, lag: int) -> _TopAndAge:
    before = older[0].shift(lag)
    stays = once(before >= newer[0])
    top = pl.when(stays).then(before).when(~stays).then(newer[0])
    age = pl.when(stays).then(older[1].shift(lag) + lag).when(~stays).then(newer[1])
    return once(top), once(age)
