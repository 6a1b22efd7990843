"""Drawdown risk: outcomes, walk-forward probabilities by state and by volatility, Brier skill."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.detector import read_rows
from regime_factory.regimes.risk.calibration import WARMUP, check_returns
from regime_factory.regimes.risk.variance import ewma_variance
from regime_factory.regimes.walk.refits import Refits

Matrix = NDArray[np.float64]
Outcome = pl.Series | Sequence[bool | None] | NDArray[np.bool_]
_PRIOR = 2.0  # independent observations at the unconditional frequency
_CHUNK = 4_000_000  # prices of windows held in memory at once


def drawdown_outcome(close: ArrayLike, horizon: int = 20, depth: float = 0.05) -> pl.Series:
    """Say whether a position opened at each close meets a drawdown before a horizon is over.

    Parameters
    ----------
    close : array_like, shape (T,)
        Closing prices, positive.
    horizon : int
        Bars the position is held.
    depth : float
        Drawdown that counts, as a share, in (0, 1).

    Returns
    -------
    polars.Series of Boolean
        True where some close of bars t + 1 to t + ``horizon`` lies at least ``depth`` below an
        earlier close from bar t on. Null in the last ``horizon`` rows, also where the drawdown
        has come already: to keep those alone would count drawdowns twice.

    Raises
    ------
    ValueError
        For prices that are not positive, or a setting out of range.

    Examples
    --------
    >>> drawdown_outcome([100.0, 104.0, 98.0, 99.0], horizon=2, depth=0.05).to_list()
    [True, True, None, None]
    """
    prices = np.asarray(close, dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(prices) & (prices > 0)))
    if prices.ndim != 1 or len(bad):
        where = f"{prices[bad[0]]} in row {bad[0]}" if len(bad) else f"shape {prices.shape}"
        raise ValueError(f"close has {where}; expected one positive price per bar")
    if horizon < 1 or not 0 < depth < 1:
        raise ValueError(
            f"horizon is {horizon} bars and depth {depth}; give 1 or more, and a share in (0, 1)"
        )
    n_known = max(0, len(prices) - horizon)
    fell = np.zeros(n_known, dtype=bool)
    step = max(1, _CHUNK // (horizon + 1))
    for first in range(0, n_known, step):
        last = min(first + step, n_known)
        windows = np.lib.stride_tricks.sliding_window_view(
            prices[first : last + horizon], horizon + 1
        )
        highest = np.maximum.accumulate(windows, axis=1)
        fell[first:last] = (windows <= (1 - depth) * highest).any(axis=1)
    known = pl.Series("outcome", fell, dtype=pl.Boolean)
    return known.extend(pl.Series("outcome", [None] * (len(prices) - n_known), dtype=pl.Boolean))


def drawdown_probabilities(
    refits: Refits,
    X: ArrayLike,
    close: ArrayLike,
    ts: Sequence[Any] | pl.Series | None = None,
    *,
    returns: ArrayLike | None = None,
    horizon: int = 20,
    depth: float = 0.05,
    n_buckets: int = 10,
) -> pl.DataFrame:
    """Forecast the drawdown of each scored row by state, by volatility and without condition.

    Parameters
    ----------
    refits : Refits
        Fitted models.
    X : array_like, shape (T, F)
        The observations they were fitted on, and any later ones.
    close : array_like, shape (T,)
        Close of each observed bar.
    ts : sequence, optional
        Stamp of each row; default: row numbers.
    returns : array_like, shape (T,), optional
        Return of each bar; default: the first column.
    horizon, depth
        As in :func:`drawdown_outcome`, in observed bars.
    n_buckets : int
        Buckets of EWMA volatility (decay .94), cut at equal shares of the training rows.

    Returns
    -------
    polars.DataFrame
        ``ts, outcome, by_state, by_volatility, unconditional``; the outcome is null where the
        horizon is not over.

    Raises
    ------
    ValueError
        For closes, returns or stamps of another length, or no training row whose horizon is over.

    Notes
    -----
    At a refit whose first scored row is s, only rows t with t + horizon < s count: their outcome
    was known before s. The frequency of a state (weighted by filtered probabilities) or of a
    bucket is shrunk to the unconditional one as by a Beta prior worth two independent
    observations, which are 2 x horizon overlapping rows; the unconditional frequency has
    Jeffreys' prior. A row's probability by state is the mean over its filtered probabilities.

    Examples
    --------
    >>> from regime_factory.regimes import GaussianHMM, fit_refits
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, s, (150, 1)) for s in (0.005, 0.02, 0.005, 0.02)])
    >>> settings = GaussianHMM(2, "diag", n_init=3, sticky=0.5)
    >>> refits = fit_refits(X, starts_at=400, refit_every=100, model=settings)
    >>> table = drawdown_probabilities(refits, X, 100 * np.exp(X[:, 0].cumsum()))
    >>> calm, stressed = table["by_state"][40], table["by_state"][190]
    >>> calm < stressed
    True
    """
    values = read_rows(refits[0].model, X)
    closes = np.asarray(close, dtype=np.float64)
    bar_returns = check_returns(values[:, 0] if returns is None else returns)
    stamps = pl.Series("ts", range(len(values)) if ts is None else ts)
    for name, given in (("close", closes), ("returns", bar_returns), ("ts", stamps)):
        if given.shape != (len(values),):
            raise ValueError(f"{len(values)} observations but {name} of shape {given.shape}")
    outcome = drawdown_outcome(closes, horizon, depth)
    fell = outcome.cast(pl.Float64).fill_null(0.0).to_numpy()
    volatility = ewma_variance(bar_returns)
    parts = []
    for refit, start, end in refits.blocks(len(values)):
        known = slice(0, start - horizon)
        if start - horizon <= WARMUP + n_buckets:
            raise ValueError(
                f"{start} rows lie before the first scored one, too few for a horizon of {horizon} "
                f"bars; give at least {horizon + WARMUP + n_buckets + 1}"
            )
        base = (fell[known].sum() + 0.5 * horizon) / start
        p = refit.model.filter(values[:end])
        by_state = _frequencies(p[known], fell[known], base, horizon)
        bucket = _buckets(volatility[:end], slice(WARMUP, start - horizon), n_buckets)
        inside = (bucket[WARMUP : start - horizon, None] == np.arange(n_buckets)).astype(np.float64)
        by_bucket = _frequencies(inside, fell[WARMUP : start - horizon], base, horizon)
        parts.append(
            pl.DataFrame(
                {
                    "by_state": p[start:] @ by_state,
                    "by_volatility": by_bucket[bucket[start:]],
                    "unconditional": np.full(end - start, base),
                }
            )
        )
    first = refits[0].first_row
    return pl.concat(parts).insert_column(0, stamps[first:]).insert_column(1, outcome[first:])


def state_drawdowns(
    states: ArrayLike,
    outcome: pl.Series,
    horizon: int = 20,
    names: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Count how often a drawdown followed each state, with an interval that knows the overlap.

    Parameters
    ----------
    states : array_like of int, shape (T,)
        State of each bar.
    outcome : polars.Series of Boolean, shape (T,)
        Of :func:`drawdown_outcome`; null rows are left out.
    horizon : int
        Bars that neighbouring outcomes share.
    names : sequence of str, optional
        Name of each state.

    Returns
    -------
    polars.DataFrame
        ``state, regime, bars, frequency, lower, upper``; figures are null for a state without
        known outcomes.

    Raises
    ------
    ValueError
        For series of different lengths.

    Notes
    -----
    Wilson (1927) interval at 95 % with the number of bars divided by ``horizon``, since that many
    neighbouring outcomes speak of the same bars.

    Examples
    --------
    >>> outcome = pl.Series([True, False, False, True, None])
    >>> state_drawdowns([0, 0, 1, 1, 1], outcome, horizon=1)["frequency"].to_list()
    [0.5, 0.5]
    """
    labels = np.asarray(states, dtype=np.int64)
    if labels.shape != (len(outcome),):
        raise ValueError(f"{len(outcome)} outcomes but states of shape {labels.shape}")
    known = outcome.is_not_null().to_numpy()
    fell = outcome.fill_null(value=False).to_numpy()
    titles = list(names) if names is not None else [f"State {k}" for k in range(labels.max() + 1)]
    rows = []
    for state, title in enumerate(titles):
        own = fell[known & (labels == state)]
        share = float(own.mean()) if len(own) else None
        bounds = (None, None) if share is None else _wilson(share, len(own) / horizon)
        rows.append((state, title, len(own), share, *bounds))
    schema = {
        "state": pl.Int16, "regime": pl.String, "bars": pl.Int64,
        "frequency": pl.Float64, "lower": pl.Float64, "upper": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def brier_skill(outcome: Outcome, p: ArrayLike, reference: ArrayLike) -> float:
    """Share by which a probability forecast lowers the Brier score of a reference.

    Parameters
    ----------
    outcome : polars.Series, sequence or ndarray of bool, shape (T,)
        What happened; null rows are left out.
    p, reference : array_like, shape (T,)
        Probability forecasts, for example by state and by volatility, or the unconditional
        frequency.

    Returns
    -------
    float
        1 is perfect, 0 no better than the reference, negative worse.

    Raises
    ------
    ValueError
        For probabilities outside [0, 1], no known outcome, or a reference that is always right.

    Notes
    -----
    Brier (1950); skill score of Murphy (1973).

    Examples
    --------
    >>> brier_skill([True, False, True, False], [1.0, 0.0, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5])
    0.5
    """
    found = pl.Series(outcome).cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = ~np.isnan(found)
    if not known.any():
        raise ValueError("no outcome is known; give rows whose horizon is over")
    said = _probabilities(p, known, "p")
    other = _probabilities(reference, known, "reference")
    score = float(((said - found[known]) ** 2).mean())
    yardstick = float(((other - found[known]) ** 2).mean())
    if yardstick == 0:
        raise ValueError("the reference forecast is always right; nothing can be better")
    return 1 - score / yardstick


def _probabilities(values: ArrayLike, known: NDArray[np.bool_], name: str) -> Matrix:
    given = np.asarray(values, dtype=np.float64)
    if given.shape != known.shape:
        raise ValueError(f"{len(known)} outcomes but {name} of shape {given.shape}")
    kept = given[known]
    bad = ~((kept >= 0) & (kept <= 1 + 1e-9))
    if bad.any():
        raise ValueError(f"{name} holds {kept[bad][0]}; expected probabilities between 0 and 1")
    return kept


def _frequencies(weights: Matrix, fell: Matrix, base: float, horizon: int) -> Matrix:
    """Frequency of each state or bucket, shrunk to the unconditional one."""
    prior = _PRIOR * horizon
    return (weights.T @ fell + prior * base) / (weights.sum(axis=0) + prior)


def _buckets(values: Matrix, known: slice, n_buckets: int) -> NDArray[np.int64]:
    edges = np.quantile(values[known], np.arange(1, n_buckets) / n_buckets)
    return np.searchsorted(edges, values, side="right")


def _wilson(share: float, n: float) -> tuple[float, float]:
    z = 1.959963984540054
    centre = share + z**2 / (2 * n)
    spread = z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    scale = 1 + z**2 / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
