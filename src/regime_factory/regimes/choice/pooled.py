"""Choosing one model for several symbols."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from numpy.typing import ArrayLike

from regime_factory.regimes.choice.criteria import Criterion, Requirements
from regime_factory.regimes.choice.grid import (
    Progress,
    Sample,
    fit_grid,
    grid_cells,
    without_too_large,
)
from regime_factory.regimes.choice.selection import HMMSelection, Judgement, check_choice
from regime_factory.regimes.describe.statistics import volatility_order
from regime_factory.regimes.pooling import Pool, common_cut, rows_before


def select_pooled(
    frames: Mapping[str, ArrayLike],
    stamps: Mapping[str, pl.Series],
    *,
    returns: Mapping[str, ArrayLike],
    n_states: Sequence[int] = (2, 3),
    covariance_types: Sequence[str] = ("diag", "full"),
    emissions: Sequence[str] = ("gaussian",),
    criterion: Criterion = "bic",
    train_fraction: float = 0.7,
    min_occupancy: float = 0.02,
    min_dwell: float = 5.0,
    min_agreement: float = 0.7,
    label_threshold: float = 0.95,
    seed: int = 0,
    feature_names: Sequence[str] | None = None,
    profile_n_states: Sequence[int] = (),
    by_slot: bool = False,
    n_jobs: int = 1,
    progress: Progress | None = None,
    **fit_settings: Any,
) -> dict[str, HMMSelection]:
    """Fit a grid of models to all symbols together and choose one for them all.

    Parameters
    ----------
    frames : mapping of str to array_like, shape (T, F)
        Observations of the selection zone by symbol, the same columns each.
    stamps : mapping of str to polars.Series
        Stamp of each row.
    returns : mapping of str to array_like, shape (T,)
        Return of each row; orders the states by return volatility, calmest first.
    train_fraction : float
        Share of the distinct stamps of all symbols before the one date that cuts them all; rows
        from that date on validate.
    feature_names : sequence of str, optional
        Names of the observed columns, without the slot, for the configuration.
    fit_settings
        Further settings of :class:`GaussianHMM`: ``n_init, n_iter, tol, sticky, shrinkage``.
    n_states, covariance_types, emissions, criterion, min_occupancy, min_dwell, min_agreement, \
label_threshold, seed, profile_n_states, by_slot, n_jobs, progress
        As in :func:`~regime_factory.regimes.choice.selection.select_hmm`.

    Returns
    -------
    dict of str to HMMSelection
        For each symbol the model in its own units; table, profile and choice are the same for all.

    Raises
    ------
    ValueError
        As `select_hmm`; for a symbol that has too few rows before the cut.

    Notes
    -----
    Every symbol is a sequence of its own: no transition leads from one to the next. In the grid a
    symbol's columns are standardised on its rows before the cut, in the final fit on all its rows.
    Likelihoods are those of the bars in their own units, summed over the symbols.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> wild = np.repeat([1.0, 4.0, 1.0, 4.0, 1.0, 4.0], 60)
    >>> frames = {s: rng.normal(0, size * wild)[:, None] for s, size in (("A", 1), ("B", 9))}
    >>> stamps = {s: pl.Series(range(360)) for s in frames}
    >>> chosen = select_pooled(frames, stamps, returns=frames, n_states=(1, 2), n_init=3)
    >>> [(own.model.n_components, own.config["n_train"]) for own in chosen.values()]
    [(2, 252), (2, 252)]
    """
    check_choice(criterion, train_fraction)
    cells = grid_cells(n_states, covariance_types, emissions, profile_n_states)
    settings = {"sticky": 0.5, **fit_settings, "random_state": seed}
    before = rows_before(stamps, common_cut(stamps, train_fraction))
    samples = {
        kind: _sample(frames, before, kind, by_slot, label_threshold) for kind in covariance_types
    }
    cells = without_too_large(cells, samples)
    rows = fit_grid(cells, samples, settings, n_jobs=n_jobs, progress=progress)
    asked = Requirements(min_occupancy, min_dwell, min_agreement)
    judged = Judgement.of(cells, rows, criterion, asked)
    kind = judged.cell.covariance_type
    every = {symbol: len(stamp) for symbol, stamp in stamps.items()}
    pool = Pool.of(frames, every, covariance_type=kind, by_slot=by_slot)
    model = pool.fit(samples[kind].new_model(judged.cell, {**settings, "n_jobs": n_jobs}))
    order = volatility_order(model, pool.values, pool.scaled_returns(returns))
    model.set_params(n_jobs=1).reorder(order)
    shared = {
        **judged.config(feature_names),
        "train_fraction": train_fraction,
        **{name: value for name, value in model.get_params().items() if name in settings},
    }
    return {
        symbol: HMMSelection(
            own,
            judged.table,
            judged.profile,
            {**shared, "n_rows": every[symbol], "n_train": before[symbol]},
            judged.identified,
        )
        for symbol, own in pool.own_models(model).items()
    }


def _sample(
    frames: Mapping[str, ArrayLike],
    before: Mapping[str, int],
    covariance_type: str,
    by_slot: bool,
    label_threshold: float,
) -> Sample:
    """Standardised rows of all symbols, as the cells of one covariance type see them."""
    pool = Pool.of(frames, before, covariance_type=covariance_type, by_slot=by_slot)
    return Sample(
        pool.values,
        pool.lengths,
        list(before.values()),
        pool.names,
        log_scale=pool.log_scale,
        label_threshold=label_threshold,
    )
