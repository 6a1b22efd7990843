"""Markets of known variance for the tests of risk figures."""

import numpy as np
import polars as pl

from regime_factory.regimes import GaussianHMM, Refits, fit_refits

STARTS_AT, EVERY, ROWS = 900, 150, 1500


def two_volatilities(seed: int, n_rows: int = ROWS) -> np.ndarray:
    """Returns of 0.6 % and 2 % volatility in spells of about a hundred bars."""
    rng = np.random.default_rng(seed)
    state = np.cumsum(rng.random(n_rows) < 0.01) % 2
    return rng.normal(size=n_rows) * np.where(state, 0.02, 0.006)


def constant(seed: int, n_rows: int = ROWS) -> np.ndarray:
    """Returns of constant volatility."""
    return np.random.default_rng(seed).normal(scale=0.01, size=n_rows)


def rows_of(returns: np.ndarray) -> pl.DataFrame:
    """Rows of `variance_forecasts` without a range."""
    return pl.DataFrame({"ts": range(len(returns)), "ret": returns})


def ranges_of(returns: np.ndarray, seed: int) -> pl.DataFrame:
    """Rows with a high and a low, from random walks inside each bar."""
    rng = np.random.default_rng(seed)
    scale = np.abs(returns) + 0.004
    width = scale * (1 + rng.random(len(returns)))
    return rows_of(returns).with_columns(high=100 * np.exp(width), low=100 * np.exp(-width))


def refits_of(returns: np.ndarray) -> Refits:
    """Refits of a small model on one column."""
    settings = GaussianHMM(2, "diag", n_init=3, sticky=0.5, tol=1e-6)
    return fit_refits(returns[:, None], starts_at=STARTS_AT, refit_every=EVERY, model=settings)
