"""The variance that a regime model forecasts, so that it can be judged as a volatility model."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.detector import read_rows
from regime_factory.regimes.risk.calibration import walk_variance
from regime_factory.regimes.walk.refits import Refit, Refits

Matrix = NDArray[np.float64]


def regime_variance(refits: Refits, X: ArrayLike, returns: ArrayLike | None = None) -> Matrix:
    """Forecast the variance of each next bar from the filtered states, walked forward.

    Parameters
    ----------
    refits : Refits
        Fitted models.
    X : array_like, shape (T, F)
        The observations they were fitted on, and any later ones.
    returns : array_like, shape (T,), optional
        Return of each bar, the ones that the refits were given; default: the first column.

    Returns
    -------
    ndarray, shape (T,)
        Variance of bar t + 1 from bars up to t; NaN before the first refit.

    Raises
    ------
    ValueError
        For returns of another length, and as in `walk_variance`.

    Notes
    -----
    Sum over states of P(state at t + 1 | bars to t) times the mean squared return of the state,
    both from the refit in force: the probabilities by its transition matrix, the squared returns
    on its own training rows, weighted by its filtered probabilities. A detector without a
    transition matrix gives the filtered probabilities of bar t times the mean squared return of
    the following bar. The forecast is then calibrated as every other one (`walk_variance`).

    Examples
    --------
    >>> from regime_factory.regimes import GaussianHMM, fit_refits
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, s, (150, 1)) for s in (1, 4, 1, 4)])
    >>> settings = GaussianHMM(2, "diag", n_init=3, sticky=0.5)
    >>> refits = fit_refits(X, starts_at=400, refit_every=100, model=settings)
    >>> calm, stressed = regime_variance(refits, X)[[440, 590]]
    >>> bool(calm < 4 < 8 < stressed)
    True
    """
    values = read_rows(refits[0].model, X)
    bar_returns = values[:, 0] if returns is None else np.asarray(returns, dtype=np.float64)
    if bar_returns.shape != (len(values),):
        raise ValueError(f"{len(values)} observations but returns of shape {bar_returns.shape}")
    by_row = {refit.first_row: refit for refit in refits}
    first_rows = [refit.first_row for refit in refits]

    def raw(start: int, end: int) -> Matrix:
        return state_forecast(by_row[start], values[:end])

    return walk_variance(bar_returns, first_rows, raw)


def state_forecast(refit: Refit, X: Matrix) -> Matrix:
    """Forecast the squared return of each next bar by one refit, not calibrated.

    Parameters
    ----------
    refit : Refit
        Fitted model with its statistics.
    X : ndarray, shape (T, F)
        Observations from the first training row on.

    Returns
    -------
    ndarray, shape (T,)
    """
    p = refit.model.filter(X)
    transmat = getattr(refit.model, "transmat_", None)
    if transmat is None:
        return p @ _mean_squares(refit, "next_mean", "next_vol")
    return (p @ transmat) @ _mean_squares(refit, "mean", "vol")


def _mean_squares(refit: Refit, mean: str, vol: str) -> Matrix:
    """Mean squared return of each state; one without training rows takes the largest known."""
    pairs = zip(refit.statistics[mean], refit.statistics[vol], strict=True)
    squares = [None if m is None or v is None else m**2 + v**2 for m, v in pairs]
    known = [value for value in squares if value is not None]
    if not known:
        raise ValueError(f"refit {refit.refit_id} has no statistics; fit the refits again")
    return np.array([max(known) if value is None else value for value in squares])
