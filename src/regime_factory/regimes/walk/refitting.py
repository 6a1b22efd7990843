"""Periodic refits of one model on growing history, each aligned to the one before it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.choice.selection import Progress
from regime_factory.regimes.describe.statistics import (
    names_by_figures,
    state_statistics,
    volatility_order,
)
from regime_factory.regimes.detector import Detector, read_rows
from regime_factory.regimes.labels import Alignment, NamingScheme, align_states
from regime_factory.regimes.walk.refits import Refit, Refits

Matrix = NDArray[np.float64]
_STATISTICS = ("share", "mean", "vol", "next_mean", "next_vol")


class RefitStep(NamedTuple):
    """A model fitted after another one.

    Attributes
    ----------
    model : Detector
        States in the order of the model before.
    alignment : Alignment
        How they were matched.
    fresh : bool
        Whether a drawn start replaced the warm one.
    """

    model: Detector
    alignment: Alignment
    fresh: bool


def fit_refits(
    X: ArrayLike,
    ts: Sequence[Any] | pl.Series | None = None,
    *,
    starts_at: int,
    refit_every: int,
    model: Detector,
    returns: ArrayLike | None = None,
    n_fresh: int = 2,
    fresh_gain: float = 0.01,
    min_train: int = 100,
    seed: int = 0,
    naming: NamingScheme = "volatility",
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
    model : Detector
        Settings of any detector; if fitted, also the start of the first refit and the order of
        its states. Then it must have been fitted on no more than ``starts_at`` rows.
    returns : array_like, shape (T,), optional
        Return of each bar for the state statistics; default: the first column.
    n_fresh : int
        Drawn starts tried at each refit besides the warm one, where the detector draws starts.
    fresh_gain : float
        A drawn start replaces the warm one only if better by this many nats per bar.
    min_train : int
        Fewest training rows of the first refit.
    seed : int
        Seed of the drawn starts; each refit has its own stream.
    naming : {"volatility", "market"}
        Scheme of the names, as in `name_states`; by the figures of each refit's training rows.
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
    values = read_rows(model, X)
    bar_returns = values[:, 0] if returns is None else np.asarray(returns, dtype=np.float64)
    if bar_returns.shape != (len(values),):
        raise ValueError(f"{len(values)} observations but returns of shape {bar_returns.shape}")
    check_schedule(len(values), starts_at, refit_every, min_train, model)
    first_rows = list(range(starts_at, len(values), refit_every))
    items: list[Refit] = []
    previous = model
    for row in progress(first_rows) if progress is not None else first_rows:
        refit_id = len(items)
        step = fit_next(
            values[:row],
            bar_returns[:row],
            previous,
            n_fresh=n_fresh,
            fresh_gain=fresh_gain,
            seed=seed + refit_id,
        )
        stamp = None if ts is None else stamp_text(ts[row])
        items.append(
            measure_refit(step, refit_id, stamp, values[:row], bar_returns[:row], naming=naming)
        )
        previous = step.model
    return Refits(tuple(items))


def measure_refit(
    step: RefitStep,
    refit_id: int,
    first_ts: str | None,
    X: Matrix,
    returns: Matrix,
    *,
    naming: NamingScheme = "volatility",
) -> Refit:
    """Measure and name the states of a refit on its own training rows.

    Parameters
    ----------
    step : RefitStep
        The fitted model and how its states were matched.
    refit_id : int
        Number of the refit.
    first_ts : str or None
        Stamp of the first row it scores.
    X : ndarray, shape (T, F)
        Its training rows.
    returns : ndarray, shape (T,)
        Their returns.
    naming : {"volatility", "market"}
        As in `name_states`.

    Returns
    -------
    Refit
    """
    figures = state_statistics(step.model.filter(X), returns)
    return Refit(
        refit_id,
        len(X),
        first_ts,
        step.model,
        getattr(step.model, "state_names", None) or names_by_figures(figures, naming),
        {name: figures[name].to_list() for name in _STATISTICS},
        step.alignment.distance,
        step.alignment.ambiguous,
        step.fresh,
    )


def check_schedule(
    n_rows: int, starts_at: int, refit_every: int, min_train: int, model: Detector
) -> None:
    """Refuse a walk that has no rows to fit on, none to score, or a start that saw later rows.

    Parameters
    ----------
    n_rows : int
        Rows of the observations.
    starts_at : int
        First scored row.
    refit_every : int
        Rows between refits.
    min_train : int
        Fewest training rows of the first refit.
    model : Detector
        Settings, or the start of the first refit.

    Raises
    ------
    ValueError
        Saying which.
    """
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
    n_fitted = getattr(model, "n_rows_", 0)
    if n_fitted > starts_at:
        raise ValueError(
            f"the model was fitted on {n_fitted} rows but shall score from row {starts_at}; "
            "pass model.clone() so that no later row enters the start"
        )


def fit_next(
    X: Matrix,
    returns: Matrix,
    previous: Detector,
    *,
    n_fresh: int,
    fresh_gain: float,
    seed: int,
    lengths: Sequence[int] | None = None,
) -> RefitStep:
    """Fit warm and fresh, keep the better, align its states to the previous model.

    Parameters
    ----------
    X : ndarray, shape (T, F)
        Training rows.
    returns : ndarray, shape (T,)
        Their returns, which order the states of a first fit.
    previous : Detector
        Model before; unfitted settings for a first fit.
    n_fresh, fresh_gain, seed
        As in :func:`fit_refits`.
    lengths : sequence of int, optional
        Rows of each independent sequence.

    Returns
    -------
    RefitStep
    """
    if not previous.is_fitted():
        first = previous.clone().fit(X, lengths)
        if not hasattr(first, "state_names"):
            first.reorder(volatility_order(first, X, returns))
        return RefitStep(first, Alignment(np.arange(first.n_components), 0.0, False), True)
    chosen, fresh = previous.clone().fit(X, lengths, start=previous), False
    if n_fresh > 0 and "n_init" in previous.get_params():
        settings = {"n_init": n_fresh, "random_state": seed}
        drawn = previous.clone().set_params(**settings).fit(X, lengths)
        fresh = bool(drawn.objective() > chosen.objective() + fresh_gain)
        if fresh:
            chosen = drawn.set_params(**previous.get_params())
    alignment = align_states(previous.moments(), chosen.moments())
    if hasattr(chosen, "state_names"):
        alignment = _in_own_order(alignment)
    return RefitStep(chosen.reorder(alignment.order), alignment, fresh)


def _in_own_order(alignment: Alignment) -> Alignment:
    """Leave states where they are that are ordered by meaning; ambiguous if another order fits."""
    own = np.arange(len(alignment.order))
    moved = bool((alignment.order != own).any())
    return Alignment(own, alignment.distance, alignment.ambiguous or moved)


def stamp_text(stamp: Any) -> str:
    """Write the stamp of a row as text: ISO 8601 for times."""
    return stamp.isoformat() if hasattr(stamp, "isoformat") else str(stamp)
