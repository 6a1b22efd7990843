"""Volatility forecasts that a regime has to stand beside: EWMA, HAR, GARCH and a threshold rule."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.risk.calibration import (
    WARMUP,
    check_returns,
    refit_blocks,
    walk_variance,
)
from regime_factory.regimes.risk.garch import garch_variance
from regime_factory.regimes.risk.har import LogHAR, parkinson_variance, trailing_mean

Matrix = NDArray[np.float64]
BASELINES = ("ewma", "har", "garch", "threshold")
"""Columns of `variance_forecasts` that hold a forecast."""


def ewma_variance(returns: ArrayLike, decay: float = 0.94) -> Matrix:
    """Exponentially weighted variance: the forecast of the next bar, known at each bar.

    Parameters
    ----------
    returns : array_like, shape (T,)
        Return of each bar.
    decay : float
        Weight that the last variance keeps per bar, in (0, 1).

    Returns
    -------
    ndarray, shape (T,)
        Variance of bar t + 1 from bars up to t, not calibrated.

    Raises
    ------
    ValueError
        For returns that are not finite, or a decay outside (0, 1).

    Notes
    -----
    RiskMetrics (1996): zero mean, started with the first squared return.

    Examples
    --------
    >>> ewma_variance([1.0, 2.0], decay=0.5).tolist()
    [1.0, 2.5]
    """
    from scipy.signal import lfilter

    if not 0 < decay < 1:
        raise ValueError(f"decay is {decay}; give a number between 0 and 1, .94 for daily bars")
    squared = check_returns(returns) ** 2
    return lfilter([1 - decay], [1.0, -decay], squared, zi=[decay * squared[0]])[0]


def threshold_variance(
    returns: ArrayLike, first_row: int, n_rows: int, *, window: int = 20, n_buckets: int = 3
) -> Matrix:
    """Mean squared next return by bucket of trailing volatility, measured before a row.

    Parameters
    ----------
    returns : array_like, shape (T,)
        Return of each bar.
    first_row : int
        Buckets and their means come from the rows before it.
    n_rows : int
        Rows to forecast from.
    window : int
        Bars of the trailing volatility.
    n_buckets : int
        Buckets, cut at equal shares of the training rows.

    Returns
    -------
    ndarray, shape (n_rows,)
        Variance of bar t + 1 from bars up to t, not calibrated.

    Examples
    --------
    >>> returns = np.repeat([0.01, 0.03], 100) * np.tile([1, -1], 100)
    >>> threshold_variance(returns, 200, 200, n_buckets=2)[[60, 190]].round(6).tolist()
    [0.000313, 0.0009]
    """
    squared = check_returns(returns) ** 2
    trailing = trailing_mean(squared, window)[:n_rows]
    known = trailing[WARMUP : first_row - 1]
    edges = np.quantile(known, np.arange(1, n_buckets) / n_buckets)
    after = squared[WARMUP + 1 : first_row]
    bucket = np.searchsorted(edges, known, side="right")
    counts = np.bincount(bucket, minlength=n_buckets)
    sums = np.bincount(bucket, weights=after, minlength=n_buckets)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), after.mean())
    return means[np.searchsorted(edges, trailing, side="right")]


def variance_forecasts(
    rows: pl.DataFrame,
    first_rows: Sequence[int],
    *,
    decay: float = 0.94,
    window: int = 20,
    n_buckets: int = 3,
) -> pl.DataFrame:
    """Forecast the variance of each next bar by every baseline, walked forward.

    Parameters
    ----------
    rows : polars.DataFrame
        Bars of one symbol in time order: ``ts, ret`` (simple return) and, where known, ``high,
        low``. All of them, training rows included.
    first_rows : sequence of int
        First row of each refit, as ``refit.first_row`` of the regime model beside it.
    decay : float
        Of the EWMA.
    window, n_buckets : int
        Of the volatility threshold, as in :func:`threshold_variance`.

    Returns
    -------
    polars.DataFrame
        ``ts, realised, ewma, har, garch, threshold``, one row per row from the first refit on.
        Row t forecasts the squared return of bar t + 1 from bars up to t; ``realised`` is that
        squared return, null in the last row.

    Raises
    ------
    ValueError
        For missing columns, returns that are not finite, or too few rows before the first refit.

    Notes
    -----
    Parameters are estimated at each first row on the rows before it. The HAR runs on Parkinson's
    variance where ``high`` and ``low`` are known, else on squared returns. All forecasts pass
    through the same calibration to squared returns (`walk_variance`). A squared return is a noisy
    but unbiased proxy of the variance, and under QLIKE such a proxy ranks forecasts as the true
    variance would (Patton 2011).

    Examples
    --------
    >>> returns = np.random.default_rng(0).normal(scale=0.01, size=400)
    >>> rows = pl.DataFrame({"ts": range(400), "ret": returns})
    >>> forecasts = variance_forecasts(rows, [300, 350])
    >>> forecasts.columns, forecasts.height
    (['ts', 'realised', 'ewma', 'har', 'garch', 'threshold'], 100)
    """
    missing = [name for name in ("ts", "ret") if name not in rows.columns]
    if missing:
        raise ValueError(f"rows lack {', '.join(missing)}; they have {', '.join(rows.columns)}")
    values = check_returns(rows["ret"].cast(pl.Float64).fill_null(np.nan).to_numpy())
    start = refit_blocks(first_rows, len(values))[0][0]
    ewma = ewma_variance(values, decay)
    proxy = _proxy(rows, values)
    forecasts = {
        "ewma": walk_variance(values, first_rows, lambda _, end: ewma[:end]),
        "har": walk_variance(
            values, first_rows, lambda first, end: LogHAR().fit(proxy[:first]).forecast(proxy[:end])
        ),
        "garch": garch_variance(values, first_rows),
        "threshold": walk_variance(
            values,
            first_rows,
            lambda first, end: threshold_variance(
                values[:end], first, end, window=window, n_buckets=n_buckets
            ),
        ),
    }
    columns = {name: forecasts[name][start:] for name in BASELINES}
    realised = next_squared(values)[start:]
    return pl.DataFrame({"ts": rows["ts"][start:], "realised": realised, **columns})


def next_squared(returns: ArrayLike) -> pl.Series:
    """Squared return of the next bar; null in the last row.

    Parameters
    ----------
    returns : array_like, shape (T,)
        Return of each bar.

    Returns
    -------
    polars.Series

    Examples
    --------
    >>> next_squared([0.1, 0.2]).round(6).to_list()
    [0.04, None]
    """
    return pl.Series(check_returns(returns) ** 2).shift(-1)


def _proxy(rows: pl.DataFrame, returns: Matrix) -> Matrix:
    if {"high", "low"} <= set(rows.columns):
        return parkinson_variance(rows["high"].to_numpy(), rows["low"].to_numpy())
    return returns**2
