"""How far a Sharpe ratio can be trusted: probabilistic and deflated Sharpe, track record length."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from regime_factory.evaluation.metrics import as_returns

_NORMAL = NormalDist()
_EULER_MASCHERONI = 0.5772156649015329
DEFLATED_SHARPE_VARIANT = "Bailey and Lopez de Prado 2014"


def skewness(ret: ArrayLike) -> float:
    """Population skewness (third standardised moment).

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.

    Returns
    -------
    float
        0 for returns that never vary.

    Examples
    --------
    >>> round(skewness([0.0, 0.0, 0.0, 1.0]), 4)
    1.1547
    """
    return _standardised_moment(ret, 3, 0.0)


def kurtosis(ret: ArrayLike) -> float:
    """Population kurtosis, *not* in excess of the normal: 3 for normal returns.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.

    Returns
    -------
    float
        3 for returns that never vary.

    Examples
    --------
    >>> kurtosis([-1.0, 1.0])
    1.0
    """
    return _standardised_moment(ret, 4, 3.0)


def _standardised_moment(ret: ArrayLike, order: int, constant: float) -> float:
    values = as_returns(ret)
    centred = values - values.mean()
    deviation = float(np.sqrt(np.mean(centred**2)))
    if deviation == 0.0:
        return constant
    return float(np.mean((centred / deviation) ** order))


def probabilistic_sharpe_ratio(
    sharpe: float,
    *,
    n_obs: float,
    skew: float = 0.0,
    kurtosis: float = 3.0,
    benchmark: float = 0.0,
) -> float:
    """Probability that the true Sharpe ratio exceeds a benchmark.

    Parameters
    ----------
    sharpe : float
        Observed Sharpe ratio *per bar*, not annualised.
    n_obs : float
        Number of returns.
    skew : float, default=0.0
        Skewness of the returns.
    kurtosis : float, default=3.0
        Kurtosis of the returns, not in excess (3 = normal).
    benchmark : float, default=0.0
        Sharpe ratio per bar to beat.

    Returns
    -------
    float
        Probability in [0, 1].

    Raises
    ------
    ValueError
        If ``n_obs`` is below 2.

    Notes
    -----
    Bailey and Lopez de Prado (2012), "The Sharpe ratio efficient frontier".

    Examples
    --------
    >>> round(probabilistic_sharpe_ratio(0.458, n_obs=24, skew=-2.448, kurtosis=10.164), 3)
    0.913
    """
    if n_obs < 2:
        raise ValueError(f"n_obs is {n_obs}; a Sharpe ratio needs at least 2 returns")
    spread = _estimator_variance(sharpe, skew, kurtosis)
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt((n_obs - 1) / spread))


def _estimator_variance(sharpe: float, skew: float, kurtosis: float) -> float:
    variance = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    if variance <= 0.0:
        raise ValueError(
            f"skew {skew} and kurtosis {kurtosis} cannot belong to one distribution: kurtosis "
            "must be at least skew squared plus 1; give the kurtosis that is 3 for normal returns"
        )
    return variance


def expected_maximum_sharpe(n_trials: int, trial_variance: float) -> float:
    """Sharpe ratio that the best of several skill-less trials is expected to show.

    Parameters
    ----------
    n_trials : int
        Independent trials.
    trial_variance : float
        Variance of the trials' Sharpe ratios *per bar*.

    Returns
    -------
    float
        Per bar; 0 for a single trial.

    Raises
    ------
    ValueError
        If there is no trial, or the variance is negative.

    Examples
    --------
    >>> round(expected_maximum_sharpe(100, 0.5 / 250), 6)
    0.113172
    """
    if n_trials < 1:
        raise ValueError(f"n_trials is {n_trials}; count every strategy tried, at least 1")
    if not trial_variance >= 0.0:
        raise ValueError(f"trial_variance is {trial_variance}; give a variance of 0 or more")
    if n_trials == 1:
        return 0.0
    first = _NORMAL.inv_cdf(1.0 - 1.0 / n_trials)
    second = _NORMAL.inv_cdf(1.0 - 1.0 / (n_trials * math.e))
    weight = _EULER_MASCHERONI
    return math.sqrt(trial_variance) * ((1.0 - weight) * first + weight * second)


def deflated_sharpe_ratio(
    sharpe: float,
    *,
    n_obs: float,
    n_trials: int,
    trial_variance: float,
    skew: float = 0.0,
    kurtosis: float = 3.0,
) -> float:
    """Probability that the true Sharpe ratio beats the luck of the best of several trials.

    Parameters
    ----------
    sharpe : float
        Observed Sharpe ratio *per bar*, not annualised.
    n_obs : float
        Number of returns.
    n_trials : int
        Strategies tried before this one was chosen, itself included.
    trial_variance : float
        Variance of the trials' Sharpe ratios *per bar*.
    skew : float, default=0.0
        Skewness of the returns.
    kurtosis : float, default=3.0
        Kurtosis of the returns, not in excess (3 = normal).

    Returns
    -------
    float
        Probability in [0, 1].

    Raises
    ------
    ValueError
        If a count or the variance is out of range.

    Notes
    -----
    The variant of Bailey and Lopez de Prado (2014), "The deflated Sharpe ratio".

    Examples
    --------
    >>> value = deflated_sharpe_ratio(2.5 / 250**0.5, n_obs=1250, n_trials=100,
    ...                               trial_variance=0.5 / 250, skew=-3, kurtosis=10)
    >>> round(value, 4)
    0.9004
    """
    return probabilistic_sharpe_ratio(
        sharpe,
        n_obs=n_obs,
        skew=skew,
        kurtosis=kurtosis,
        benchmark=expected_maximum_sharpe(n_trials, trial_variance),
    )


def minimum_track_record_length(
    sharpe: float,
    *,
    skew: float = 0.0,
    kurtosis: float = 3.0,
    benchmark: float = 0.0,
    confidence: float = 0.95,
) -> float:
    """Number of returns needed before a Sharpe ratio beats the benchmark with confidence.

    Parameters
    ----------
    sharpe : float
        Observed Sharpe ratio *per bar*.
    skew, kurtosis : float
        Of the returns; kurtosis not in excess.
    benchmark : float, default=0.0
        Sharpe ratio per bar to beat.
    confidence : float, default=0.95
        Probability wanted.

    Returns
    -------
    float
        Returns needed; infinity where the Sharpe ratio does not exceed the benchmark.

    Notes
    -----
    Bailey and Lopez de Prado (2012), the inverse of :func:`probabilistic_sharpe_ratio`.

    Examples
    --------
    >>> months = minimum_track_record_length(0.7079, skew=-0.2250, kurtosis=2.9570)
    >>> round(months / 12, 4)
    0.7152
    """
    if sharpe <= benchmark:
        return math.inf
    spread = _estimator_variance(sharpe, skew, kurtosis)
    return 1.0 + spread * (_NORMAL.inv_cdf(confidence) / (sharpe - benchmark)) ** 2
