"""The grid of candidate models: which cells there are, and what is measured of each."""

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.describe.diagnostics import adjusted_rand
from regime_factory.regimes.hmm.by_slot import SlotHMM
from regime_factory.regimes.hmm.emission import count_parameters
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.labels import confirm_labels

LOG = logging.getLogger(__name__)
Matrix = NDArray[np.float64]
Progress = Callable[[Sequence[Any]], Iterable[Any]]
REFIT_SHARES = (0.6, 0.7, 0.8, 0.9)  # of the training rows; the cell itself is fitted on all
TABLE = {
    "n_states": pl.Int64,
    "covariance_type": pl.String,
    "emission": pl.String,
    "n_parameters": pl.Int64,
    "loglik_train": pl.Float64,
    "loglik_validation": pl.Float64,
    "heldout_per_bar": pl.Float64,
    "aic": pl.Float64,
    "bic": pl.Float64,
    "icl": pl.Float64,
    "n_iter": pl.Int64,
    "converged": pl.Boolean,
    "hit_rate": pl.Float64,
    "min_occupancy": pl.Float64,
    "median_dwell": pl.Float64,
    "stability": pl.Float64,
    "selected": pl.Boolean,
}
"""Columns of the selection table and their types."""


@dataclass(frozen=True)
class Cell:
    """One candidate.

    Attributes
    ----------
    n_states : int
    covariance_type : str
    emission : str
    only_profile : bool
        Fitted to show where the criteria go, never chosen; without label agreement.
    """

    n_states: int
    covariance_type: str
    emission: str
    only_profile: bool


@dataclass(frozen=True)
class Sample:
    """Rows of the selection zone, cut into training and validation rows.

    Attributes
    ----------
    values : ndarray, shape (T, F)
        Observations, one sequence after the other.
    lengths : sequence of int
        Rows of each sequence.
    n_train : sequence of int
        Training rows of each sequence: its first ones; the others validate.
    names : list of str or None
        Column names for messages.
    by_slot : bool
        Whether the first column is the slot of the day, by which the others are standardised.
    log_scale : ndarray, shape (T,), or float
        Added to the log density of each row: the logarithm of what its values were divided by,
        negative, where they were brought to other units than the user's.
    label_threshold : float
        Filtered probability at which the label of a bar switches.
    """

    values: Matrix
    lengths: Sequence[int]
    n_train: Sequence[int]
    names: list[str] | None = None
    by_slot: bool = False
    log_scale: Matrix | float = 0.0
    label_threshold: float = 0.95

    @property
    def trained(self) -> NDArray[np.bool_]:
        """Whether each row is a training row.

        Returns
        -------
        ndarray of bool, shape (T,)
        """
        parts = zip(self.lengths, self.n_train, strict=True)
        return np.concatenate([np.arange(length) < count for length, count in parts])

    def first(self, share: float = 1.0) -> tuple[pl.DataFrame | Matrix, list[int]]:
        """Give the first share of each sequence's training rows, and their lengths.

        Parameters
        ----------
        share : float
            Of the training rows, above 0 and up to 1.

        Returns
        -------
        rows : ndarray or polars.DataFrame, shape (N, F)
        lengths : list of int
        """
        counts = [round(share * count) for count in self.n_train]
        starts = np.cumsum([0, *self.lengths[:-1]])
        rows = np.concatenate([self.values[a : a + n] for a, n in zip(starts, counts, strict=True)])
        return self.named(rows), counts

    def named(self, rows: Matrix) -> pl.DataFrame | Matrix:
        """Give rows their column names, where there are any, for messages.

        Parameters
        ----------
        rows : ndarray, shape (N, F)

        Returns
        -------
        ndarray or polars.DataFrame
        """
        return rows if self.names is None else pl.DataFrame(rows, schema=self.names)

    def new_model(self, cell: Cell, settings: Mapping[str, Any]) -> GaussianHMM:
        """Give the unfitted model of a cell.

        Parameters
        ----------
        cell : Cell
        settings : mapping
            Further settings of :class:`GaussianHMM`.

        Returns
        -------
        GaussianHMM
        """
        kind = SlotHMM if self.by_slot else GaussianHMM
        return kind(cell.n_states, cell.covariance_type, emission=cell.emission, **settings)


def grid_cells(
    n_states: Sequence[int],
    covariance_types: Sequence[str],
    emissions: Sequence[str],
    profile_n_states: Sequence[int] = (),
) -> list[Cell]:
    """List the cells of a grid, those of the profile last.

    Parameters
    ----------
    n_states, covariance_types, emissions : sequence
        The grid.
    profile_n_states : sequence of int
        Further state counts, with the same covariances and emissions.

    Returns
    -------
    list of Cell

    Raises
    ------
    ValueError
        For an empty grid.

    Examples
    --------
    >>> [cell.n_states for cell in grid_cells((2, 3), ("diag",), ("gaussian",), (4,))]
    [2, 3, 4]
    """
    if not n_states or not covariance_types or not emissions:
        raise ValueError(
            "the grid is empty; give at least one state count, covariance type and emission"
        )
    return [
        Cell(k, kind, emission, only_profile)
        for counts, only_profile in ((n_states, False), (profile_n_states, True))
        for emission, kind, k in product(emissions, covariance_types, counts)
    ]


def fit_grid(
    cells: Sequence[Cell],
    samples: Mapping[str, Sample],
    settings: Mapping[str, Any],
    *,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Fit every cell and measure it, in threads.

    Parameters
    ----------
    cells : sequence of Cell
        The grid.
    samples : mapping of str to Sample
        The observations by covariance type.
    settings : mapping
        Further settings of :class:`GaussianHMM`.
    n_jobs : int
        Threads, -1 for all cores. Each cell has its own starts, so the figures do not depend on it.
    progress : callable, optional
        Wraps the list of cells.

    Returns
    -------
    list of dict
        One row of the table per cell, in order.
    """
    alone = len(cells) == 1
    own = {**settings, "n_jobs": n_jobs if alone else 1}
    with ThreadPoolExecutor(1 if alone else _n_threads(n_jobs)) as pool:
        rows = pool.map(lambda cell: measure_cell(cell, samples[cell.covariance_type], own), cells)
        shown = progress(cells) if progress is not None else cells
        return [row for _, row in zip(shown, rows, strict=True)]


def without_too_large(cells: Sequence[Cell], samples: Mapping[str, Sample]) -> list[Cell]:
    """Leave cells of the profile out that have more parameters than there are training rows.

    Parameters
    ----------
    cells : sequence of Cell
        The grid.
    samples : mapping of str to Sample
        The observations by covariance type.

    Returns
    -------
    list of Cell
        All candidates, and what of the profile can be fitted.
    """
    kept = [
        cell
        for cell in cells
        if not cell.only_profile or _is_fittable(cell, samples[cell.covariance_type])
    ]
    if len(kept) < len(cells):
        LOG.warning(
            "%d models of hmm.n_states_profile_max are left out: they have more parameters than "
            "there are rows to fit them to",
            len(cells) - len(kept),
        )
    return kept


def _is_fittable(cell: Cell, sample: Sample) -> bool:
    n_features = sample.values.shape[1] - int(sample.by_slot)
    free = count_parameters(cell.covariance_type, cell.n_states, n_features, cell.emission)
    return free <= sum(sample.n_train)


def _n_threads(n_jobs: int) -> int:
    return (os.cpu_count() or 1) if n_jobs == -1 else n_jobs


def measure_cell(cell: Cell, sample: Sample, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Fit one cell on the training rows and measure it.

    Parameters
    ----------
    cell : Cell
        The candidate.
    sample : Sample
        Its observations.
    settings : mapping
        Further settings of :class:`GaussianHMM`.

    Returns
    -------
    dict
        The columns of :data:`TABLE`.
    """
    rows, lengths = sample.first()
    model = sample.new_model(cell, settings).fit(rows, lengths)
    trained = sample.trained
    loglik = model.score_rows(sample.values, sample.lengths) + sample.log_scale
    train, later = float(loglik[trained].sum()), loglik[~trained]
    scaling = float(np.broadcast_to(sample.log_scale, trained.shape)[trained].sum())
    p = model.filter(rows, lengths)
    cost = model.n_parameters() * float(np.log(trained.sum()))
    return {
        "n_states": cell.n_states,
        "covariance_type": cell.covariance_type,
        "emission": cell.emission,
        "n_parameters": model.n_parameters(),
        "loglik_train": train,
        "loglik_validation": float(later.sum()),
        "heldout_per_bar": float(later.mean()) if len(later) else None,
        "aic": 2 * model.n_parameters() - 2 * train,
        "bic": cost - 2 * train,
        "icl": cost - 2 * (model.decode(rows, lengths)[0] + scaling),
        "n_iter": model.n_iter_,
        "converged": model.converged_,
        "hit_rate": model.hit_rate_,
        "min_occupancy": float(p.mean(axis=0).min()),
        "median_dwell": shortest_median_dwell(
            _confirmed(p, lengths, sample.label_threshold), cell.n_states, lengths
        ),
        "stability": None if cell.only_profile else _stability(model, cell, sample, settings),
        "selected": False,
    }


def shortest_median_dwell(
    states: ArrayLike, n_states: int, lengths: Sequence[int] | None = None
) -> float:
    """Return the median spell of the state whose spells are shortest.

    Parameters
    ----------
    states : array_like of int, shape (T,)
        State of each bar.
    n_states : int
        Number of states; one that never occurs counts with 0 bars.
    lengths : sequence of int, optional
        Rows of each sequence; no spell goes on over an end.

    Returns
    -------
    float
        Bars.

    Examples
    --------
    >>> shortest_median_dwell([0, 0, 0, 1, 0, 1, 1], 2)
    1.5
    """
    labels = np.asarray(states)
    ends = np.cumsum([len(labels)] if lengths is None else lengths)[:-1]
    changed = labels[1:] != labels[:-1]
    changed[ends - 1] = True
    edges = np.concatenate([[0], np.flatnonzero(changed) + 1, [len(labels)]])
    owner, spells = labels[edges[:-1]], np.diff(edges)
    medians = [float(np.median(spells[owner == k])) for k in range(n_states) if (owner == k).any()]
    return min(medians) if len(medians) == n_states else 0.0


def _confirmed(p: Matrix, lengths: Sequence[int], threshold: float) -> NDArray[np.int64]:
    parts = np.split(p, np.cumsum(lengths)[:-1])
    return np.concatenate([confirm_labels(part, threshold) for part in parts])


def _stability(
    model: GaussianHMM, cell: Cell, sample: Sample, settings: Mapping[str, Any]
) -> float | None:
    """Mean adjusted Rand of consecutive refits on the rows both have seen."""
    try:
        refits = [
            sample.new_model(cell, settings).fit(*sample.first(share)) for share in REFIT_SHARES
        ]
    except ValueError:  # the first stretch has too few rows, or a column is constant in it
        return None
    found = []
    for share, (before, after) in zip(REFIT_SHARES, pairwise([*refits, model]), strict=True):
        rows, lengths = sample.first(share)
        pair = [fitted.filter(rows, lengths).argmax(axis=1) for fitted in (before, after)]
        found.append(adjusted_rand(*pair))
    return float(np.mean(found))
