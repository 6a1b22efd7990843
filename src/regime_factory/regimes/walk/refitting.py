"""Periodic refits of one model on growing history, each aligned to the one before it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.choice.selection import Progress
from regime_factory.regimes.describe.statistics import state_statistics, volatility_order
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.labels import Alignment, align_states, name_states
from regime_factory.regimes.validation import check_observations, column_names
from regime_factory.regimes.walk.refits import Refit, Refits

Matrix = NDArray[np.float64]
_STATISTICS = ("share", "mean", "vol", "next_mean", "next_vol")


def fit_refits(
    X: ArrayLike,
    ts: Sequence[Any] | pl.Series | None = None,
    *,
    starts_at: int,
    refit_every: int,
    model: GaussianHMM,
    returns: ArrayLike | None = None,
    n_fresh: int = 2,
    fresh_gain: float = 0.01,
    min_train: int = 100,
    seed: int = 0,
    progress: Progress | None = None,
) -> Refits:
    """Fit a model again and again on growing history, never on rows it will score.

    Parameters
    ----------
    X : array_like, shape (T, F)
        Observations in time order.
    ts : sequence, optional
        Stamp of each row; the stamp of each refit's first scored row is kept.
    starts_at : int
        First scored row; the first refit is fitted on the rows before it.
    refit_every : int
        Rows between refits.
    model : GaussianHMM
        Settings; if fitted, also the start of the first refit and the order of its states. Then
        it must have been fitted on no more than ``starts_at`` rows.
    returns : array_like, shape (T,), optional
        Return of each bar for the state statistics; default: the first column.
    n_fresh : int
        Drawn starts tried at each refit besides the warm one.
    fresh_gain : float
        A drawn start replaces the warm one only if better by this many nats per bar.
    min_train : int
        Fewest training rows of the first refit.
    seed : int
        Seed of the drawn starts; each refit has its own stream.
    progress : callable, optional
        Wraps the list of refits, for example ``tqdm``.

    Returns
    -------
    Refits

    Raises
    ------
    ValueError
        For rows that do not suffice, or a model fitted on rows it would score.

    Notes
    -----
    Statistics and names of a refit come from filtered probabilities over its own training rows;
    next-bar figures use only rows whose next row is a training row too.
    """
    names = column_names(X)
    values = check_observations(X, names=names)
    bar_returns = values[:, 0] if returns is None else np.asarray(returns, dtype=np.float64)
    if bar_returns.shape != (len(values),):
        raise ValueError(f"{len(values)} observations but returns of shape {bar_returns.shape}")
    _check_schedule(len(values), starts_at, refit_every, min_train, model)
    first_rows = list(range(starts_at, len(values), refit_every))
    items: list[Refit] = []
    previous = model
    for row in progress(first_rows) if progress is not None else first_rows:
        refit_id = len(items)
        fitted, alignment, fresh = _fit_one(
            values[:row],
            bar_returns[:row],
            previous,
            n_fresh=n_fresh,
            fresh_gain=fresh_gain,
            seed=seed + refit_id,
        )
        figures = state_statistics(fitted.filter(values[:row]), bar_returns[:row])
        items.append(
            Refit(
                refit_id,
                row,
                None if ts is None else stamp_text(ts[row]),
                fitted,
                name_states(figures["vol"].fill_null(np.inf).to_numpy()),
                {name: figures[name].to_list() for name in _STATISTICS},
                alignment.distance,
                alignment.ambiguous,
                fresh,
            )
        )
        previous = fitted
    return Refits(tuple(items))


def _check_schedule(
    n_rows: int, starts_at: int, refit_every: int, min_train: int, model: GaussianHMM
) -> None:
    if refit_every < 1:
        raise ValueError(f"refit_every must be at least 1 bar, found {refit_every}")
    if starts_at < min_train:
        raise ValueError(
            f"{starts_at} observed bars lie before the first scored one, expected at least "
            f"{min_train} to fit on; give more bars, let the scored span begin later, or observe "
            "a finer timeframe"
        )
    if starts_at >= n_rows:
        raise ValueError(
            f"no observed bar is left to score: the span begins at row {starts_at} of {n_rows}; "
            "give more bars, or let the scored span begin earlier"
        )
    if getattr(model, "n_rows_", 0) > starts_at:
        raise ValueError(
            f"the model was fitted on {model.n_rows_} rows but shall score from row {starts_at}; "
            "pass model.clone() so that no later row enters the start"
        )


def _fit_one(
    X: Matrix,
    returns: Matrix,
    previous: GaussianHMM,
    *,
    n_fresh: int,
    fresh_gain: float,
    seed: int,
) -> tuple[GaussianHMM, Alignment, bool]:
    """Fit warm and fresh, keep the better, align its states to the previous model."""
    if not previous.is_fitted():
        first = previous.clone().fit(X)
        first.reorder(volatility_order(first, X, returns))
        return first, Alignment(np.arange(first.n_components), 0.0, False), True
    chosen, fresh = previous.clone().fit(X, start=previous), False
    if n_fresh > 0:
        drawn = previous.clone().set_params(n_init=n_fresh, random_state=seed).fit(X)
        fresh = bool(drawn.objective() > chosen.objective() + fresh_gain)
        if fresh:
            chosen = drawn.set_params(**previous.get_params())
    alignment = align_states(previous.moments(), chosen.moments())
    return chosen.reorder(alignment.order), alignment, fresh


def stamp_text(stamp: Any) -> str:
    """Write the stamp of a row as text: ISO 8601 for times."""
    return stamp.isoformat() if hasattr(stamp, "isoformat") else str(stamp)
