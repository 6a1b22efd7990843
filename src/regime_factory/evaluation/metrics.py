"""Return and risk figures of one series of simple returns, each with its convention stated."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def as_returns(ret: ArrayLike) -> NDArray[np.float64]:
    """Check a series of simple returns and give it as a float array.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar (0.01 = 1 %).

    Returns
    -------
    numpy.ndarray, shape (n_bars,)

    Raises
    ------
    ValueError
        If the series is not one-dimensional or holds a NaN or an infinity.

    Examples
    --------
    >>> as_returns([0.01, -0.02])
    array([ 0.01, -0.02])
    """
    values = np.asarray(ret, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"returns have shape {values.shape}; give one series, shape (n_bars,)")
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise ValueError(
            f"returns hold {wrong.size} values that are not finite, the first at row {wrong[0]}; "
            "drop these bars or repair the prices first"
        )
    return values


def excess_returns(
    ret: ArrayLike, periods_per_year: float, risk_free: float = 0.0
) -> NDArray[np.float64]:
    """Returns above the risk-free rate, bar by bar.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.
    periods_per_year : float
        Bars in a year.
    risk_free : float, default=0.0
        Annual rate (0.02 = 2 % a year), compounded over the bars of a year.

    Returns
    -------
    numpy.ndarray, shape (n_bars,)

    Examples
    --------
    >>> excess_returns([0.01, 0.02], 1, risk_free=0.01).round(6).tolist()
    [-0.0, 0.01]
    """
    if not periods_per_year > 0:
        raise ValueError(f"periods_per_year is {periods_per_year}; give a positive number")
    return as_returns(ret) - ((1.0 + risk_free) ** (1.0 / periods_per_year) - 1.0)


def sharpe_ratio(ret: ArrayLike, periods_per_year: float, *, risk_free: float = 0.0) -> float:
    """Annualised Sharpe ratio.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.
    periods_per_year : float
        Bars in a year; 1 gives the ratio per bar.
    risk_free : float, default=0.0
        Annual risk-free rate.

    Returns
    -------
    float
        Mean over standard deviation (ddof=1) times the root of ``periods_per_year``; NaN for
        fewer than two returns or returns that never vary.

    Notes
    -----
    Sharpe (1994), with no correction for autocorrelation.

    Examples
    --------
    >>> round(sharpe_ratio([0.01, -0.01, 0.02, 0.0], periods_per_year=252), 4)
    6.1482
    """
    excess = excess_returns(ret, periods_per_year, risk_free)
    if excess.size < 2 or np.ptp(excess) == 0.0:
        return math.nan
    return float(excess.mean() / excess.std(ddof=1) * math.sqrt(periods_per_year))


def sortino_ratio(ret: ArrayLike, periods_per_year: float, *, risk_free: float = 0.0) -> float:
    """Annualised Sortino ratio.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.
    periods_per_year : float
        Bars in a year.
    risk_free : float, default=0.0
        Annual rate; also the target below which a return counts as a loss.

    Returns
    -------
    float
        Mean excess return over the downside deviation, annualised; NaN without a losing bar.

    Notes
    -----
    The downside deviation is the root of the mean of ``min(excess, 0) ** 2`` over *all* bars
    (Sortino and van der Meer 1991).

    Examples
    --------
    >>> round(sortino_ratio([0.02, -0.01, 0.01, 0.0], periods_per_year=1), 4)
    1.0
    """
    excess = excess_returns(ret, periods_per_year, risk_free)
    downside = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2))) if excess.size else 0.0
    if downside == 0.0:
        return math.nan
    return float(excess.mean() / downside * math.sqrt(periods_per_year))


def annual_volatility(ret: ArrayLike, periods_per_year: float) -> float:
    """Standard deviation of returns (ddof=1), annualised by the root of time.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.
    periods_per_year : float
        Bars in a year.

    Returns
    -------
    float
        NaN for fewer than two returns.

    Examples
    --------
    >>> round(annual_volatility([0.01, -0.01], periods_per_year=4), 6)
    0.028284
    """
    values = as_returns(ret)
    if values.size < 2:
        return math.nan
    return float(values.std(ddof=1) * math.sqrt(periods_per_year))


def total_return(ret: ArrayLike) -> float:
    """Compound return of the whole series.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.

    Returns
    -------
    float

    Examples
    --------
    >>> round(total_return([0.10, -0.10]), 6)
    -0.01
    """
    return float(np.prod(1.0 + as_returns(ret)) - 1.0)


def cagr(ret: ArrayLike, periods_per_year: float) -> float:
    """Compound annual growth rate.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.
    periods_per_year : float
        Bars in a year; ``n_bars / periods_per_year`` is the length in years.

    Returns
    -------
    float
        -1 for an account that is gone, NaN for no returns.

    Examples
    --------
    >>> round(cagr([0.1, 0.1], periods_per_year=1), 6)
    0.1
    """
    values = as_returns(ret)
    if not values.size:
        return math.nan
    end = float(np.prod(1.0 + values))
    return end ** (periods_per_year / values.size) - 1.0 if end > 0.0 else -1.0


def calmar_ratio(ret: ArrayLike, periods_per_year: float) -> float:
    """Compound annual growth over the depth of the worst drawdown of the whole series.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.
    periods_per_year : float
        Bars in a year.

    Returns
    -------
    float
        NaN without a drawdown.

    Examples
    --------
    >>> round(calmar_ratio([0.5, -0.2, 0.0], periods_per_year=3), 6)
    1.0
    """
    depth = max_drawdown(ret)
    return cagr(ret, periods_per_year) / -depth if depth < 0.0 else math.nan


def drawdown_curve(ret: ArrayLike) -> NDArray[np.float64]:
    """Equity over its running maximum, minus one; the starting capital counts as a maximum.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.

    Returns
    -------
    numpy.ndarray, shape (n_bars,)
        Values in [-1, 0].

    Examples
    --------
    >>> drawdown_curve([0.0, -0.5, 1.0]).tolist()
    [0.0, -0.5, 0.0]
    """
    equity = np.cumprod(1.0 + as_returns(ret))
    return equity / np.maximum(np.maximum.accumulate(equity), 1.0) - 1.0


def max_drawdown(ret: ArrayLike) -> float:
    """Depth of the worst drawdown, as a number <= 0.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.

    Returns
    -------
    float
        NaN for no returns.

    Examples
    --------
    >>> max_drawdown([0.0, -0.5, 1.0])
    -0.5
    """
    curve = drawdown_curve(ret)
    return float(curve.min()) if curve.size else math.nan


def hit_rate(ret: ArrayLike, held: ArrayLike | None = None) -> float:
    """Share of bars with a positive return.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.
    held : array_like, shape (n_bars,), optional
        Weight held over each bar; bars with 0 are left out.

    Returns
    -------
    float
        NaN where no bar counts.

    Examples
    --------
    >>> hit_rate([0.01, -0.01, 0.0, 0.02], held=[1, 1, 0, 0])
    0.5
    """
    values = as_returns(ret)
    if held is not None:
        values = values[np.asarray(held) != 0]
    return float(np.mean(values > 0.0)) if values.size else math.nan
