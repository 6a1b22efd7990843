"""Scores of variance forecasts, and whether one forecast is better than another."""

import math
from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]
Realised = pl.Series | Sequence[float | None] | NDArray[np.float64]


def qlike(realised: ArrayLike, forecast: ArrayLike) -> Matrix:
    """Score each variance forecast; lower is better.

    Parameters
    ----------
    realised : array_like, shape (T,)
        Variance proxy, zero or more.
    forecast : array_like, shape (T,)
        Variance forecast, above zero.

    Returns
    -------
    ndarray, shape (T,)
        ``log(forecast) + realised / forecast``: minus twice the Gaussian log density of a return
        whose square is ``realised``, without its constant.

    Raises
    ------
    ValueError
        For other shapes, a proxy that is negative or not finite, or a forecast that is not above
        zero.

    Notes
    -----
    Patton (2011): the ranking by this loss is robust to noise in an unbiased proxy.

    Examples
    --------
    >>> qlike([0.0, 1.0], [1.0, 1.0]).tolist()
    [0.0, 1.0]
    """
    found, said = np.asarray(realised, dtype=np.float64), np.asarray(forecast, dtype=np.float64)
    if found.shape != said.shape or found.ndim != 1:
        raise ValueError(
            f"realised has shape {found.shape} and forecast {said.shape}; give one value per bar"
        )
    for name, bad in (
        ("realised", ~(np.isfinite(found) & (found >= 0))),
        ("forecast", ~(np.isfinite(said) & (said > 0))),
    ):
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            value = (found if name == "realised" else said)[row]
            raise ValueError(f"{name} variance is {value} in row {row}; drop such rows first")
    return np.log(said) + found / said


def newey_west_t(differences: ArrayLike, lags: int | None = None) -> tuple[float, float]:
    """Mean of a series and its t statistic, robust to autocorrelation and changing variance.

    Parameters
    ----------
    differences : array_like, shape (T,)
        For example score differences of two forecasts.
    lags : int, optional
        Autocovariances that count; default: the whole part of 4 (T / 100)^(2/9).

    Returns
    -------
    mean, t : float
        A mean of zero has t zero; a constant other than zero has infinite t.

    Raises
    ------
    ValueError
        For fewer than two rows, values that are not finite, or negative lags.

    Notes
    -----
    Newey and West (1987), Bartlett weights; the default number of lags is that of Newey and West
    (1994). On score differences it is the test of Diebold and Mariano (1995).

    Examples
    --------
    >>> mean, t = newey_west_t([1.0, 2.0, 3.0, 2.0], lags=0)
    >>> mean, round(t, 4)
    (2.0, 5.6569)
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(
            f"differences of shape {values.shape}; expected two or more finite values, one per bar"
        )
    n = len(values)
    count = int(4 * (n / 100) ** (2 / 9)) if lags is None else lags
    if count < 0:
        raise ValueError(f"lags is {lags}; give 0 or more")
    mean = float(values.mean())
    centred = values - mean
    variance = float(centred @ centred) / n
    for lag in range(1, min(count, n - 1) + 1):
        weight = 1 - lag / (count + 1)
        variance += 2 * weight * float(centred[lag:] @ centred[:-lag]) / n
    if variance <= 1e-30 * mean**2:
        return mean, math.copysign(math.inf, mean) if mean else 0.0
    return mean, mean / math.sqrt(variance / n)


def compare_forecasts(
    forecasts: Mapping[str, ArrayLike] | pl.DataFrame,
    realised: Realised,
    *,
    lags: int | None = None,
) -> pl.DataFrame:
    """Score every forecast and compare each pair on the same bars.

    Parameters
    ----------
    forecasts : mapping of str to array_like of shape (T,), or polars.DataFrame
        Variance forecasts by name.
    realised : polars.Series, sequence or ndarray, shape (T,)
        Variance proxy of the forecast bar; rows where it is null or NaN are left out.
    lags : int, optional
        As in :func:`newey_west_t`.

    Returns
    -------
    polars.DataFrame
        ``forecast, other, qlike, difference, t, bars``: mean QLIKE of the forecast, less that of
        the other, and the t statistic of the difference. Below zero, the forecast is better than
        the other. One row per ordered pair, best forecast first.

    Raises
    ------
    ValueError
        For fewer than two forecasts or two known bars, and as in :func:`qlike`.

    Examples
    --------
    >>> said = {"right": [1.0, 4.0, 1.0, 4.0], "flat": [2.5, 2.5, 2.5, 2.5]}
    >>> compare_forecasts(said, [1.1, 3.9, 0.8, 4.4]).select("forecast", "other").row(0)
    ('right', 'flat')
    """
    columns = forecasts.to_dict() if isinstance(forecasts, pl.DataFrame) else dict(forecasts)
    if len(columns) < 2:
        raise ValueError(f"{len(columns)} forecasts given; a comparison needs two or more")
    found = pl.Series(realised).cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = ~np.isnan(found)
    scores = {
        name: qlike(found[known], np.asarray(column, dtype=np.float64)[known])
        for name, column in columns.items()
    }
    ranked = sorted(scores, key=lambda name: float(scores[name].mean()))
    rows = []
    for name, other in permutations(ranked, 2):
        difference, t = newey_west_t(scores[name] - scores[other], lags)
        rows.append((name, other, float(scores[name].mean()), difference, t, int(known.sum())))
    return pl.DataFrame(
        rows, schema=["forecast", "other", "qlike", "difference", "t", "bars"], orient="row"
    )
