"""What returns look like in each state: training statistics and the table of characteristics."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.detector import Detector
from regime_factory.regimes.labels import NamingScheme, name_states

Matrix = NDArray[np.float64]
_CHUNK = 2_000_000  # bootstrap draws held in memory at once


def state_statistics(
    p_or_states: ArrayLike, returns: ArrayLike, n_states: int | None = None
) -> pl.DataFrame:
    """Measure returns per state, of the same bar and of the next one.

    Parameters
    ----------
    p_or_states : array_like, shape (T, K) or (T,)
        Filtered probabilities (used as weights) or hard states.
    returns : array_like, shape (T,)
        Return of each bar.
    n_states : int, optional
        Number of states when hard states are given.

    Returns
    -------
    polars.DataFrame
        ``state i16, share, mean, vol, next_mean, next_vol`` per bar; null where a state has no
        weight. The last row has no next bar and enters only the same-bar figures.

    Examples
    --------
    >>> state_statistics([0, 0, 1, 1], [0.1, 0.3, -0.2, 0.0])["next_mean"].to_list()
    [0.04999999999999999, 0.0]
    """
    weights = _weights(p_or_states, n_states)
    values = np.asarray(returns, dtype=np.float64)
    if values.shape != (len(weights),):
        raise ValueError(f"{len(weights)} rows of states but returns of shape {values.shape}")
    mean, vol = _weighted_moments(weights, values)
    next_mean, next_vol = _weighted_moments(weights[:-1], values[1:])
    frame = pl.DataFrame(
        {
            "state": np.arange(weights.shape[1], dtype=np.int16),
            "share": weights.mean(axis=0),
            "mean": mean,
            "vol": vol,
            "next_mean": next_mean,
            "next_vol": next_vol,
        }
    )
    return frame.fill_nan(None)


def names_by_figures(figures: pl.DataFrame, scheme: NamingScheme = "volatility") -> list[str]:
    """Name states by what was measured on their rows.

    Parameters
    ----------
    figures : polars.DataFrame
        Table of :func:`state_statistics`.
    scheme : {"volatility", "market"}
        As in `name_states`.

    Returns
    -------
    list of str
        One name per state; a state without rows counts as the most volatile one with the lowest
        mean return.

    Examples
    --------
    >>> figures = state_statistics([0, 0, 1, 1], [0.1, 0.3, -0.9, 0.0])
    >>> names_by_figures(figures), names_by_figures(figures, "market")
    (['Calm', 'Stress'], ['Bull', 'Bear'])
    """
    volatility = figures["vol"].fill_null(np.inf).to_numpy()
    return name_states(volatility, figures["mean"].fill_null(-np.inf).to_numpy(), scheme)


def volatility_order(
    model: Detector, X: ArrayLike, returns: ArrayLike | None, column: int = 0
) -> NDArray[np.int64]:
    """Order the states of a model calmest first.

    Parameters
    ----------
    model : Detector
        Fitted detector.
    X : array_like, shape (T, F)
        The rows it was fitted on.
    returns : array_like, shape (T,), optional
        Return of each row: states are ordered by their volatility, weighted by the filtered
        probabilities. Without returns, by the fitted standard deviation of one column.
    column : int
        That column.

    Returns
    -------
    ndarray of int64, shape (K,)
        Old numbers of the new states 0, 1, ...
    """
    if returns is None:
        return np.argsort(model.moments().covars[:, column, column], kind="stable")
    volatility = state_statistics(model.filter(X), returns)["vol"].fill_null(np.inf)
    return np.argsort(volatility.to_numpy(), kind="stable")


def _weights(p_or_states: ArrayLike, n_states: int | None) -> Matrix:
    values = np.asarray(p_or_states)
    if values.ndim == 2:
        return values.astype(np.float64)
    count = n_states if n_states is not None else int(values.max()) + 1
    return (values[:, None] == np.arange(count)).astype(np.float64)


def _weighted_moments(weights: Matrix, values: Matrix) -> tuple[Matrix, Matrix]:
    known = np.isfinite(values)
    w, v = weights[known], values[known]
    total = w.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(total > 1e-6, w.T @ v / total, np.nan)
        variance = (w * (v[:, None] - mean) ** 2).sum(axis=0) / total
    return mean, np.where(total > 1e-6, np.sqrt(variance), np.nan)


def state_characteristics(
    regimes: pl.DataFrame,
    returns: pl.DataFrame,
    periods_per_year: float,
    n_draws: int = 1000,
    seed: int = 0,
    *,
    names: Sequence[str] | None = None,
    transmat: ArrayLike | None = None,
    bars_per_step: float = 1.0,
) -> list[dict[str, Any]]:
    """Describe each confirmed state of one symbol by the return of the following bar.

    Parameters
    ----------
    regimes : polars.DataFrame
        Output of ``filter_refits`` of one symbol.
    returns : polars.DataFrame
        ``ts, ret``: simple return of each bar.
    periods_per_year : float
        Bars per year.
    n_draws : int
        Bootstrap draws of the interval (independent draws, 95 %).
    seed : int
        Seed of the draws.
    names : sequence of str, optional
        Name of each state; default: the name each state had last.
    transmat : array_like, shape (K, K), optional
        Transition matrix for ``expected_bars`` = ``bars_per_step`` / (1 - stay); default: mean
        spell length.
    bars_per_step : float
        Rows of ``regimes`` per step of ``transmat``: 24 for a daily model on hourly bars.

    Returns
    -------
    list of dict
        ``state, regime, share, mean_annual, mean_lower, mean_upper, vol_annual, median_bars,
        longest_bars, expected_bars, spells, now``; figures that do not exist are None. ``now`` is
        the filtered probability of the last row.
    """
    ordered = regimes.sort("ts")
    joined = ordered.join(returns.select("ts", "ret").sort("ts"), on="ts", how="left")
    states = ordered["confirmed_state"].to_numpy()
    following = joined["ret"].cast(pl.Float64).fill_null(np.nan).to_numpy()[1:]
    n_states = sum(name.startswith("p_state_") for name in ordered.columns)
    now = ordered.select(f"p_state_{state}" for state in range(n_states)).row(-1)
    titles = list(names) if names is not None else _last_names(ordered, n_states)
    rng = np.random.default_rng(seed)
    out = []
    for state in range(n_states):
        after = following[states[:-1] == state]
        figures = _annual_figures(after[np.isfinite(after)], periods_per_year, n_draws, rng)
        lengths = _spell_lengths(states == state)
        stay = None if transmat is None else float(np.asarray(transmat)[state, state])
        out.append(
            {
                "state": state,
                "regime": titles[state],
                "share": float((states == state).mean()),
                **figures,
                "median_bars": float(np.median(lengths)) if len(lengths) else None,
                "longest_bars": int(lengths.max()) if len(lengths) else None,
                "expected_bars": _expected_bars(lengths, stay, bars_per_step),
                "spells": len(lengths),
                "now": now[state],
            }
        )
    return out


def _last_names(regimes: pl.DataFrame, n_states: int) -> list[str]:
    """Name each state had last; states never seen are numbered."""
    seen: dict[int, str] = {}
    for state, name in (("confirmed_state", "confirmed_regime"), ("state", "regime")):
        last = regimes.group_by(state, maintain_order=True).agg(pl.col(name).last())
        seen |= dict(last.iter_rows())
    return [seen.get(state, f"State {state + 1}") for state in range(n_states)]


def _annual_figures(
    returns: Matrix, periods_per_year: float, n_draws: int, rng: np.random.Generator
) -> dict[str, float | None]:
    keys = ("mean_annual", "mean_lower", "mean_upper", "vol_annual")
    if len(returns) < 2:
        return dict.fromkeys(keys)
    means = _bootstrap_means(returns, n_draws, rng)
    lower, upper = np.quantile(means, [0.025, 0.975]) * periods_per_year
    volatility = float(returns.std(ddof=1)) * periods_per_year**0.5
    values = (float(returns.mean()) * periods_per_year, float(lower), float(upper), volatility)
    return dict(zip(keys, values, strict=True))


def _bootstrap_means(returns: Matrix, n_draws: int, rng: np.random.Generator) -> Matrix:
    size = max(1, _CHUNK // len(returns))
    means = [
        returns[rng.integers(len(returns), size=(min(size, n_draws - done), len(returns)))].mean(1)
        for done in range(0, n_draws, size)
    ]
    return np.concatenate(means)


def _spell_lengths(inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    edges = np.diff(np.concatenate([[0], inside.astype(np.int8), [0]]))
    return np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)


def _expected_bars(
    lengths: NDArray[np.int64], stay: float | None, bars_per_step: float
) -> float | None:
    if stay is not None:
        return bars_per_step / (1 - stay) if stay < 1 else None
    return float(lengths.mean()) if len(lengths) else None
