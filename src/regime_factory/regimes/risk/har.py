"""Heterogeneous autoregression of log variance: the volatility forecast that is hard to beat."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.base import SettingsMixin
from regime_factory.regimes.validation import NotFittedError

Matrix = NDArray[np.float64]
_FLOOR = (
    1e-3  # of the mean training proxy; the logarithm of a bar without a range is minus infinity
)


def parkinson_variance(high: ArrayLike, low: ArrayLike) -> Matrix:
    """Estimate the variance of each bar from its range.

    Parameters
    ----------
    high, low : array_like, shape (T,)
        Prices.

    Returns
    -------
    ndarray, shape (T,)
        Variance of the log return within the bar; gaps between bars are not in it.

    Raises
    ------
    ValueError
        For prices that are not positive, or a high below its low.

    Notes
    -----
    Parkinson (1980): squared log range over 4 ln 2.

    Examples
    --------
    >>> parkinson_variance([np.e], [1.0]).round(4).tolist()
    [0.3607]
    """
    top, bottom = np.asarray(high, dtype=np.float64), np.asarray(low, dtype=np.float64)
    bad = np.flatnonzero(~((bottom > 0) & (top >= bottom) & np.isfinite(top)))
    if len(bad):
        raise ValueError(
            f"row {bad[0]} has high {top[bad[0]]} and low {bottom[bad[0]]}; expected positive "
            "prices, high at or above low"
        )
    return np.log(top / bottom) ** 2 / (4 * np.log(2))


class LogHAR(SettingsMixin):
    """Log variance of the next bar from its averages over a bar, a week and a month.

    Parameters
    ----------
    windows : sequence of int
        Bars of the averages.

    Attributes
    ----------
    intercept_ : float
    coef_ : ndarray, shape (len(windows),)
    residual_variance_ : float
        Of the log variance; rows less coefficients in the denominator.
    floor_ : float
        Smallest proxy value that enters a logarithm.

    Notes
    -----
    Corsi (2009), equation 8, on logarithms, by least squares. The forecast is the mean of a
    log-normal variable, exp(fitted + residual variance / 2).

    Examples
    --------
    >>> proxy = np.exp(np.random.default_rng(0).normal(size=500))
    >>> LogHAR().fit(proxy).forecast(proxy).shape
    (500,)
    """

    def __init__(self, windows: Sequence[int] = (1, 5, 22)) -> None:
        self.windows = windows

    def fit(self, proxy: ArrayLike) -> Self:
        """Fit to the variance proxy of consecutive bars.

        Parameters
        ----------
        proxy : array_like, shape (T,)
            Non-negative variance proxy, for example :func:`parkinson_variance`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For too few rows, negative or non-finite values, or values that are all zero.
        """
        values = _checked(proxy)
        first, fewest = max(self.windows) - 1, max(self.windows) + 2 * len(self.windows) + 2
        if len(values) < fewest:
            raise ValueError(f"{len(values)} bars cannot fit a HAR, expected at least {fewest}")
        self.floor_ = _FLOOR * float(values.mean())
        if self.floor_ == 0:
            raise ValueError(f"all {len(values)} variance proxies are zero; give moving prices")
        logs = np.log(np.maximum(values, self.floor_))
        design = self._design(logs)[first:-1]
        beta = np.linalg.lstsq(design, logs[first + 1 :], rcond=None)[0]
        residuals = logs[first + 1 :] - design @ beta
        self.intercept_, self.coef_ = float(beta[0]), beta[1:]
        self.residual_variance_ = float(residuals @ residuals / (len(design) - len(beta)))
        return self

    def forecast(self, proxy: ArrayLike) -> Matrix:
        """Forecast the proxy of the next bar.

        Parameters
        ----------
        proxy : array_like, shape (T,)
            Variance proxy; averages over the first bars are over those there are.

        Returns
        -------
        ndarray, shape (T,)
            Row t speaks of bar t + 1 and has seen bars up to t.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        """
        if not hasattr(self, "coef_"):
            raise NotFittedError("this LogHAR is not fitted; call fit(proxy) first")
        logs = np.log(np.maximum(_checked(proxy), self.floor_))
        beta = np.concatenate([[self.intercept_], self.coef_])
        return np.exp((self._design(logs) * beta).sum(axis=1) + 0.5 * self.residual_variance_)

    def _design(self, logs: Matrix) -> Matrix:
        return np.column_stack(
            [np.ones(len(logs)), *(trailing_mean(logs, window) for window in self.windows)]
        )


def trailing_mean(values: Matrix, window: int) -> Matrix:
    """Average the last values of each row; the first rows average what there is.

    Parameters
    ----------
    values : ndarray, shape (T,)
        Any series.
    window : int
        Rows of the average, the current one included.

    Returns
    -------
    ndarray, shape (T,)

    Notes
    -----
    Each window is summed by itself, in one order: no later row can change a bit of it.

    Examples
    --------
    >>> trailing_mean(np.array([1.0, 3.0, 5.0]), 2).tolist()
    [1.0, 2.0, 4.0]
    """
    total = np.zeros(len(values))
    for lag in range(min(window, len(values))):
        total[lag:] += values[: len(values) - lag]
    return total / np.minimum(np.arange(1, len(values) + 1), window)


def _checked(proxy: ArrayLike) -> Matrix:
    values = np.asarray(proxy, dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if values.ndim != 1 or len(bad):
        where = f"{values[bad[0]]} in row {bad[0]}" if len(bad) else f"shape {values.shape}"
        raise ValueError(f"variance proxy has {where}; expected one non-negative value per bar")
    return values
