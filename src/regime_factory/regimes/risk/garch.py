"""GARCH(1,1): parameters by `arch`, filtered through the rows that follow."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.risk.calibration import check_returns, walk_variance

Matrix = NDArray[np.float64]
_BACKCAST_ROWS, _BACKCAST_DECAY = 75, 0.94  # how `arch` starts its recursion


@dataclass(frozen=True)
class GarchParameters:
    """Parameters of v(t+1) = omega + alpha r(t)^2 + beta v(t).

    Attributes
    ----------
    omega : float
        In squared returns.
    alpha, beta : float
    converged : bool
        False where the optimiser gave up and these parameters came from elsewhere.
    """

    omega: float
    alpha: float
    beta: float
    converged: bool


def fit_garch(returns: ArrayLike, previous: GarchParameters | None = None) -> GarchParameters:
    """Estimate GARCH(1,1) with zero mean by Gaussian quasi-maximum likelihood.

    Parameters
    ----------
    returns : array_like, shape (T,)
        Return of each bar.
    previous : GarchParameters, optional
        Used where the optimiser does not converge. Without them: alpha .05, beta .90 and the
        omega that gives the mean squared return.

    Returns
    -------
    GarchParameters

    Raises
    ------
    ValueError
        For returns that are not finite, or all zero.

    Notes
    -----
    Bollerslev (1986). Returns are scaled to unit variance before the fit, so that the result does
    not depend on their unit.

    Examples
    --------
    >>> returns = np.random.default_rng(0).normal(scale=0.01, size=600)
    >>> found = fit_garch(returns)
    >>> found.converged, found.alpha + found.beta < 1
    (True, True)
    """
    from arch.univariate import GARCH, ZeroMean

    values = check_returns(returns)
    level = float((values**2).mean())
    if level == 0:
        raise ValueError(f"all {len(values)} returns are zero; give moving prices")
    model = ZeroMean(values / level**0.5, volatility=GARCH(1, 0, 1), rescale=False)
    result = model.fit(disp="off", show_warning=False)
    omega, alpha, beta = (float(value) for value in np.asarray(result.params))
    if result.convergence_flag == 0 and np.isfinite(omega + alpha + beta):
        return GarchParameters(omega * level, alpha, beta, converged=True)
    if previous is not None:
        return GarchParameters(previous.omega, previous.alpha, previous.beta, converged=False)
    return GarchParameters(0.05 * level, 0.05, 0.90, converged=False)


def filter_garch(returns: ArrayLike, parameters: GarchParameters) -> Matrix:
    """Run the recursion through all rows with fixed parameters.

    Parameters
    ----------
    returns : array_like, shape (T,)
        Return of each bar.
    parameters : GarchParameters
        Fixed parameters.

    Returns
    -------
    ndarray, shape (T,)
        Variance of bar t + 1 from bars up to t.

    Notes
    -----
    The variance before the first bar is the exponentially weighted mean square of the first 75
    returns (decay .94), as in `arch`; rows before the 75th therefore know later ones, and no
    forecast is made from them.

    Examples
    --------
    >>> filter_garch(np.ones(3), GarchParameters(0.1, 0.1, 0.8, True)).tolist()
    [1.0, 1.0, 1.0]
    """
    from scipy.signal import lfilter

    squared = check_returns(returns) ** 2
    weights = _BACKCAST_DECAY ** np.arange(min(_BACKCAST_ROWS, len(squared)))
    before = float(squared[: len(weights)] @ weights / weights.sum())
    first = parameters.omega + (parameters.alpha + parameters.beta) * before
    driven = parameters.omega + parameters.alpha * squared
    return lfilter([1.0], [1.0, -parameters.beta], driven, zi=[parameters.beta * first])[0]


def garch_variance(returns: ArrayLike, first_rows: Sequence[int]) -> Matrix:
    """Forecast the variance of each next bar by GARCH(1,1), refitted at each first row.

    Parameters
    ----------
    returns : array_like, shape (T,)
        Return of each bar.
    first_rows : sequence of int
        First row of each refit; parameters come from the rows before it and are then fixed.

    Returns
    -------
    ndarray, shape (T,)
        Variance of bar t + 1, scaled as in `walk_variance`; NaN before the first refit.

    Raises
    ------
    ValueError
        As in `walk_variance`.

    Warns
    -----
    RuntimeWarning
        Naming the refits where the optimiser did not converge and the parameters of the refit
        before stayed in force.

    Examples
    --------
    >>> returns = np.random.default_rng(0).normal(scale=0.01, size=400)
    >>> bool(np.isfinite(garch_variance(returns, [300])[300:]).all())
    True
    """
    values = check_returns(returns)
    fits: dict[int, GarchParameters] = {}

    def raw(start: int, end: int) -> Matrix:
        previous = fits[max(fits)] if fits else None
        fits[start] = fit_garch(values[:start], previous)
        return filter_garch(values[:end], fits[start])

    forecast = walk_variance(values, first_rows, raw)
    failed = [start for start, found in fits.items() if not found.converged]
    if failed:
        warnings.warn(
            f"GARCH did not converge at {len(failed)} of {len(fits)} refits (first rows "
            f"{failed[:5]}); the parameters of the refit before them were used",
            RuntimeWarning,
            stacklevel=2,
        )
    return forecast
