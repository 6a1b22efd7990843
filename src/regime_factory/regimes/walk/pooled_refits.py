"""Refits of one model for several symbols, at common dates on the rows of all before them."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from regime_factory.regimes.choice.grid import Progress
from regime_factory.regimes.hmm.by_slot import SlotHMM
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.labels import NamingScheme
from regime_factory.regimes.pooling import Pool, pooled_model, rows_before
from regime_factory.regimes.validation import check_observations, column_names
from regime_factory.regimes.walk.refits import Refit, Refits
from regime_factory.regimes.walk.refitting import (
    RefitStep,
    check_schedule,
    fit_next,
    measure_refit,
    stamp_text,
)


def fit_pooled_refits(
    frames: Mapping[str, ArrayLike],
    stamps: Mapping[str, pl.Series],
    *,
    starts_at: datetime,
    refit_every: int,
    models: Mapping[str, GaussianHMM],
    returns: Mapping[str, ArrayLike],
    n_fresh: int = 2,
    fresh_gain: float = 0.01,
    min_train: int = 100,
    seed: int = 0,
    naming: NamingScheme = "volatility",
    progress: Progress | None = None,
) -> dict[str, Refits]:
    """Fit one model to all symbols again and again, never on rows at or after its date.

    Parameters
    ----------
    frames : mapping of str to array_like, shape (T, F)
        Observations by symbol, in time order, the same columns each.
    stamps : mapping of str to polars.Series
        Stamp of each row.
    starts_at : datetime
        Moment from which rows are scored; the first refit is fitted on the rows before it.
    refit_every : int
        Distinct stamps of all symbols between refits.
    models : mapping of str to GaussianHMM
        Settings by symbol, all the same; if fitted, the models of
        :func:`~regime_factory.regimes.choice.pooled.select_pooled`, which start the first refit.
    returns : mapping of str to array_like, shape (T,)
        Return of each bar for the state statistics.
    n_fresh, fresh_gain, min_train, seed, naming, progress
        As in :func:`~regime_factory.regimes.walk.refitting.fit_refits`.

    Returns
    -------
    dict of str to Refits
        For each symbol the refits that score one of its rows, models in its own units. States have
        the same numbers in all symbols, names come from the symbol's own training rows.

    Raises
    ------
    ValueError
        For a symbol with too few rows before the first date, or none to score.

    Notes
    -----
    Each refit standardises every symbol anew, on the symbol's rows before the refit's date.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> wild = np.repeat([1.0, 4.0, 1.0, 4.0, 1.0, 4.0], 60)
    >>> frames = {s: rng.normal(0, size * wild)[:, None] for s, size in (("A", 1), ("B", 9))}
    >>> stamps = {s: pl.Series(range(360)) for s in frames}
    >>> models = dict.fromkeys(frames, GaussianHMM(2, n_init=3, sticky=0.5))
    >>> refits = fit_pooled_refits(
    ...     frames, stamps, starts_at=200, refit_every=80, models=models, returns=frames)
    >>> [refit.first_row for refit in refits["B"]]
    [200, 280]
    """
    moments = pl.concat(list(stamps.values())).unique().sort()
    dates = moments.filter(moments >= starts_at).gather_every(max(refit_every, 1)).to_list()
    given = next(iter(models.values()))
    by_slot = isinstance(given, SlotHMM)
    for symbol, before in rows_before(stamps, starts_at).items():
        check_schedule(len(stamps[symbol]), before, refit_every, min_train, models[symbol])
    previous = pooled_model(given) if given.is_fitted() else GaussianHMM(**given.get_params())
    values = {symbol: np.asarray(own, dtype=np.float64).ravel() for symbol, own in returns.items()}
    items: dict[str, list[Refit]] = {symbol: [] for symbol in frames}
    observed = {
        symbol: check_observations(frame, names=column_names(frame))
        for symbol, frame in frames.items()
    }
    for number, date in enumerate(progress(dates) if progress is not None else dates):
        trained = rows_before(stamps, date)
        pool = Pool.of(
            {symbol: rows[: trained[symbol]] for symbol, rows in observed.items()},
            trained,
            covariance_type=given.covariance_type,
            by_slot=by_slot,
        )
        own_returns = {symbol: own[: trained[symbol]] for symbol, own in values.items()}
        step = fit_next(
            pool.values,
            pool.scaled_returns(own_returns),
            previous,
            n_fresh=n_fresh,
            fresh_gain=fresh_gain,
            seed=seed + number,
            lengths=pool.lengths,
        )
        end = dates[number + 1] if number + 1 < len(dates) else None
        for symbol, model in pool.own_models(cast("GaussianHMM", step.model)).items():
            first = trained[symbol]
            if not _scores_a_row(stamps[symbol], first, end):
                continue
            items[symbol].append(
                measure_refit(
                    RefitStep(model, step.alignment, step.fresh),
                    len(items[symbol]),
                    stamp_text(stamps[symbol][first]),
                    pool.rows[symbol],
                    own_returns[symbol],
                    naming=naming,
                )
            )
        previous = step.model
    return {symbol: Refits(tuple(own)) for symbol, own in items.items()}


def _scores_a_row(ts: pl.Series, first: int, end: datetime | None) -> bool:
    """Whether a symbol has a row from a refit's date to the next one."""
    return first < len(ts) and (end is None or ts[first] < end)
