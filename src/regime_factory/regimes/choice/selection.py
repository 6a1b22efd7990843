"""Choosing state count, covariance type and emission inside the selection zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from numpy.typing import ArrayLike

from regime_factory.regimes.choice.criteria import (
    CRITERIA,
    Choice,
    Criterion,
    Requirements,
    choose_cell,
)
from regime_factory.regimes.choice.grid import (
    TABLE,
    Cell,
    Progress,
    Sample,
    fit_grid,
    grid_cells,
    without_too_large,
)
from regime_factory.regimes.choice.identification import identification
from regime_factory.regimes.describe.statistics import volatility_order
from regime_factory.regimes.hmm.by_slot import SlotHMM
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.labels import name_states
from regime_factory.regimes.validation import check_lengths, check_observations, column_names

__all__ = ["HMMSelection", "Progress", "select_hmm"]


@dataclass(frozen=True)
class HMMSelection:
    """Outcome of a model choice.

    Attributes
    ----------
    model : GaussianHMM
        Chosen cell, fitted again on all rows given; states ordered by volatility.
    table : polars.DataFrame
        One row per cell: likelihoods in nats (validation: filtered, given the training rows), the
        same per validation bar, AIC, BIC and ICL of the training rows, share of starts that hit
        the best optimum, smallest share of training rows held by a state, shortest median spell of
        a state's label in bars, agreement of the most likely states across refits inside the
        training rows, and which row was selected.
    profile : polars.DataFrame
        The same columns for further state counts, fitted only to see whether the criteria have an
        inner optimum; never selected, and without agreement.
    config : dict
        Settings of the choice and of the chosen cell, plain values; ``met`` says whether the cell
        holds what was required and ``why`` why it was chosen.
    identified : dict
        Whether the data say how many states there are: ``identified``, ``sentence``, ``best``
        (see :func:`~regime_factory.regimes.choice.identification.identification`).
    """

    model: GaussianHMM
    table: pl.DataFrame
    profile: pl.DataFrame
    config: dict[str, Any]
    identified: dict[str, Any]

    @property
    def scaler(self) -> dict[str, Any]:
        """Columns, mean and scale that the chosen model standardises its observations with.

        Returns
        -------
        dict
            ``columns, mean, scale``: one value per observed column. A model by slot adds
            ``slots``: ``slot, mean, scale`` with one row per slot of the day.
        """
        found = {
            "columns": list(self.config["feature_names"] or []),
            "mean": self.model.offset_.tolist(),
            "scale": self.model.scale_.tolist(),
        }
        if isinstance(self.model, SlotHMM):
            moments = self.model.slots_
            found["slots"] = {
                "slot": moments.slots.tolist(),
                "mean": moments.means[:-1].tolist(),
                "scale": moments.stds[:-1].tolist(),
            }
        return found


def select_hmm(
    X: ArrayLike,
    *,
    returns: ArrayLike | None = None,
    lengths: Sequence[int] | None = None,
    n_states: Sequence[int] = (2, 3),
    covariance_types: Sequence[str] = ("diag", "full"),
    emissions: Sequence[str] = ("gaussian",),
    criterion: Criterion = "bic",
    train_fraction: float = 0.7,
    n_init: int = 30,
    n_iter: int = 500,
    tol: float = 1e-7,
    sticky: float = 0.5,
    shrinkage: float = 1.0,
    min_occupancy: float = 0.02,
    min_dwell: float = 5.0,
    min_agreement: float = 0.7,
    label_threshold: float = 0.95,
    seed: int = 0,
    feature_names: Sequence[str] | None = None,
    volatility_column: int = 0,
    profile_n_states: Sequence[int] = (),
    by_slot: bool = False,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> HMMSelection:
    """Fit a grid of models and choose one by a criterion.

    Parameters
    ----------
    X : array_like, shape (T, F)
        Observations of the selection zone, in time order; an array or a frame.
    returns : array_like, shape (T,), optional
        Return of each row; orders the states by return volatility, calmest first.
    lengths : sequence of int, optional
        Rows of each independent sequence.
    n_states, covariance_types, emissions : sequence
        The grid.
    criterion : {"bic", "heldout", "icl", "stable"}
        As in :func:`~regime_factory.regimes.choice.criteria.choose_cell`.
    train_fraction : float
        Share of each sequence's rows that the cells are fitted on; the rows after them validate by
        filtered likelihood.
    n_init, n_iter, tol, sticky, shrinkage
        As in :class:`GaussianHMM`.
    min_occupancy : float
        A cell with a state holding a smaller share of the training rows is not chosen, unless
        every cell has one; then the fullest cell wins.
    min_dwell : float
        Criterion `stable`: smallest median spell of a state's label, in bars.
    min_agreement : float
        Criterion `stable`: smallest mean adjusted Rand of the labels of consecutive fits on 60, 70,
        .. 100 % of the training rows, each on the rows that both have seen.
    label_threshold : float
        Filtered probability at which the label of a bar switches, for the spells.
    seed : int
        Seed of the starts.
    feature_names : sequence of str, optional
        Column names for the configuration and for messages.
    volatility_column : int
        Column whose standard deviation orders the states where no returns are given.
    profile_n_states : sequence of int
        Further state counts for :attr:`HMMSelection.profile`.
    by_slot : bool
        Whether the first column is the slot of the day, by which the others are standardised:
        the models are :class:`~regime_factory.regimes.hmm.by_slot.SlotHMM`.
    n_jobs : int
        Threads that share the cells, -1 for all cores; the outcome does not depend on it.
    progress : callable, optional
        Wraps the list of cells, for example ``tqdm``.

    Returns
    -------
    HMMSelection

    Raises
    ------
    ValueError
        For an empty grid, an unknown criterion, a fraction outside (0, 1), too few rows or unusable
        observations.

    Notes
    -----
    Each cell standardises on its own training rows. The validation rows follow the training rows of
    the same filter run.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, s, (150, 1)) for s in (1, 4, 1, 4, 1, 4)])
    >>> chosen = select_hmm(X, n_states=(1, 2), covariance_types=("diag",), n_init=3)
    >>> chosen.model.n_components, chosen.config["why"]
    (2, 'the lowest BIC of 2 models with states of at least 2% of the bars')
    """
    names = list(feature_names) if feature_names is not None else column_names(X)
    values = check_observations(X, names=names)
    parts = check_lengths(lengths, len(values))
    check_choice(criterion, train_fraction)
    n_train = [round(train_fraction * length) for length in parts]
    sample = Sample(values, parts, n_train, names, by_slot, label_threshold=label_threshold)
    cells = grid_cells(n_states, covariance_types, emissions, profile_n_states)
    settings = {
        "n_init": n_init,
        "n_iter": n_iter,
        "tol": tol,
        "sticky": sticky,
        "shrinkage": shrinkage,
        "random_state": seed,
    }
    samples = dict.fromkeys(covariance_types, sample)
    cells = without_too_large(cells, samples)
    rows = fit_grid(cells, samples, settings, n_jobs=n_jobs, progress=progress)
    asked = Requirements(min_occupancy, min_dwell, min_agreement)
    judged = Judgement.of(cells, rows, criterion, asked)
    model = sample.new_model(judged.cell, {**settings, "n_jobs": n_jobs})
    model.fit(sample.named(values), parts).set_params(n_jobs=1)
    model.reorder(volatility_order(model, values, returns, volatility_column))
    config = {
        **judged.config(names[1:] if names is not None and by_slot else names),
        "n_rows": len(values),
        "n_train": sum(n_train),
        "train_fraction": train_fraction,
        **settings,
    }
    return HMMSelection(model, judged.table, judged.profile, config, judged.identified)


def check_choice(criterion: str, train_fraction: float) -> None:
    """Refuse settings of a choice before anything is fitted.

    Parameters
    ----------
    criterion : str
        One of the criteria.
    train_fraction : float
        Above 0 and below 1.

    Raises
    ------
    ValueError
        Naming the setting, what was found and what is allowed.
    """
    if criterion not in CRITERIA:
        raise ValueError(f"unknown criterion {criterion!r}; use one of {CRITERIA}")
    if not 0 < train_fraction < 1:
        raise ValueError(f"train_fraction must lie between 0 and 1, found {train_fraction}")


@dataclass(frozen=True)
class Judgement:
    """The measured grid and what follows from it.

    Attributes
    ----------
    cell : Cell
        The chosen cell.
    choice : Choice
        Why it was chosen.
    table, profile : polars.DataFrame
        As in :class:`HMMSelection`.
    identified : dict
        As in :class:`HMMSelection`.
    criterion : str
    requirements : Requirements
    """

    cell: Cell
    choice: Choice
    table: pl.DataFrame
    profile: pl.DataFrame
    identified: dict[str, Any]
    criterion: str
    requirements: Requirements

    @classmethod
    def of(
        cls,
        cells: Sequence[Cell],
        rows: Sequence[dict[str, Any]],
        criterion: str,
        requirements: Requirements,
    ) -> "Judgement":
        """Choose among measured cells.

        Parameters
        ----------
        cells : sequence of Cell
            The grid.
        rows : sequence of dict
            What was measured of each cell.
        criterion : str
            One of the criteria.
        requirements : Requirements
            What the states of a chosen model have to hold.

        Returns
        -------
        Judgement
        """
        inside = [i for i, cell in enumerate(cells) if not cell.only_profile]
        choice = choose_cell([rows[i] for i in inside], criterion, requirements)
        marked = [{**row, "selected": i == inside[choice.index]} for i, row in enumerate(rows)]
        return cls(
            cells[inside[choice.index]],
            choice,
            pl.DataFrame([marked[i] for i in inside], TABLE),
            pl.DataFrame([row for i, row in enumerate(marked) if i not in inside], TABLE),
            identification(marked),
            criterion,
            requirements,
        )

    def config(self, feature_names: Sequence[str] | None) -> dict[str, Any]:
        """Give the part of the configuration that follows from the choice.

        Parameters
        ----------
        feature_names : sequence of str or None
            Observed columns, without the slot.

        Returns
        -------
        dict
        """
        row = self.table.row(self.choice.index, named=True)
        return {
            "n_states": self.cell.n_states,
            "covariance_type": self.cell.covariance_type,
            "emission": self.cell.emission,
            "state_names": name_states(range(self.cell.n_states)),
            "feature_names": None if feature_names is None else list(feature_names),
            "criterion": self.criterion,
            "why": self.choice.sentence,
            "met": self.choice.met,
            **self.requirements._asdict(),
            "occupancy_ok": row["min_occupancy"] >= self.requirements.min_occupancy,
            "identified": self.identified,
        }
