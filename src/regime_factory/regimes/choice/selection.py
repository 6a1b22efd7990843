"""Choosing state count and covariance type inside the selection zone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.describe.statistics import volatility_order
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.labels import name_states
from regime_factory.regimes.validation import check_observations, column_names

Matrix = NDArray[np.float64]
Progress = Callable[[Sequence[Any]], Iterable[Any]]
_SAME_BIC = 1e-6
_SCHEMA = {
    "n_states": pl.Int64,
    "covariance_type": pl.String,
    "n_parameters": pl.Int64,
    "loglik_train": pl.Float64,
    "loglik_validation": pl.Float64,
    "aic": pl.Float64,
    "bic": pl.Float64,
    "n_iter": pl.Int64,
    "converged": pl.Boolean,
    "hit_rate": pl.Float64,
    "min_occupancy": pl.Float64,
    "selected": pl.Boolean,
}


@dataclass(frozen=True)
class HMMSelection:
    """Outcome of a model choice.

    Attributes
    ----------
    model : GaussianHMM
        Chosen cell, fitted again on all rows given; states ordered by volatility.
    table : polars.DataFrame
        One row per cell: likelihoods in nats (validation: filtered, given the training rows),
        AIC and BIC of the training rows, share of starts that hit the best optimum, smallest
        share of training rows held by a state, and which row was selected.
    profile : polars.DataFrame
        The same columns for further state counts, fitted only to see whether BIC has an inner
        minimum; never selected.
    config : dict
        Settings of the choice and of the chosen cell, plain values.
    """

    model: GaussianHMM
    table: pl.DataFrame
    profile: pl.DataFrame
    config: dict[str, Any]

    @property
    def scaler(self) -> dict[str, list[Any]]:
        """Columns, mean and scale that the chosen model standardises its observations with.

        Returns
        -------
        dict
            ``columns, mean, scale``: one value per observed column.
        """
        return {
            "columns": list(self.config["feature_names"] or []),
            "mean": self.model.offset_.tolist(),
            "scale": self.model.scale_.tolist(),
        }


def select_hmm(
    X: ArrayLike,
    *,
    returns: ArrayLike | None = None,
    n_states: Sequence[int] = (2, 3),
    covariance_types: Sequence[str] = ("diag", "full"),
    train_fraction: float = 0.7,
    n_init: int = 10,
    n_iter: int = 500,
    tol: float = 1e-7,
    sticky: float = 0.5,
    shrinkage: float = 1.0,
    min_occupancy: float = 0.02,
    seed: int = 0,
    feature_names: Sequence[str] | None = None,
    volatility_column: int = 0,
    profile_n_states: Sequence[int] = (),
    progress: Progress | None = None,
) -> HMMSelection:
    """Fit a grid of models and choose the lowest BIC.

    Parameters
    ----------
    X : array_like, shape (T, F)
        Observations of the selection zone, in time order; an array or a frame.
    returns : array_like, shape (T,), optional
        Return of each row; orders the states by return volatility, calmest first.
    n_states, covariance_types : sequence
        The grid.
    train_fraction : float
        Share of rows each cell is fitted on; the rows after it validate by filtered likelihood.
    n_init, n_iter, tol, sticky, shrinkage
        As in :class:`GaussianHMM`.
    min_occupancy : float
        A cell with a state holding a smaller share of the training rows is not chosen, unless
        every cell has one; then the fullest cell wins.
    seed : int
        Seed of the starts.
    feature_names : sequence of str, optional
        Column names for the configuration and for messages.
    volatility_column : int
        Column whose standard deviation orders the states where no returns are given.
    profile_n_states : sequence of int
        Further state counts for :attr:`HMMSelection.profile`.
    progress : callable, optional
        Wraps the list of cells, for example ``tqdm``.

    Returns
    -------
    HMMSelection

    Raises
    ------
    ValueError
        For an empty grid, a fraction outside (0, 1), too few rows or unusable observations.

    Notes
    -----
    Schwarz (1978). Each cell standardises on its own training rows. Ties in BIC go to the better
    validation likelihood. The validation rows follow the training rows of the same filter run.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, s, (150, 1)) for s in (1, 4, 1, 4, 1, 4)])
    >>> chosen = select_hmm(X, n_states=(1, 2), covariance_types=("diag",), n_init=3)
    >>> chosen.model.n_components
    2
    """
    names = list(feature_names) if feature_names is not None else column_names(X)
    values = check_observations(X, names=names)
    if not n_states or not covariance_types:
        raise ValueError("the grid is empty; give at least one state count and covariance type")
    if not 0 < train_fraction < 1:
        raise ValueError(f"train_fraction must lie between 0 and 1, found {train_fraction}")
    n_train = round(train_fraction * len(values))
    shared = {
        "n_init": n_init,
        "n_iter": n_iter,
        "tol": tol,
        "sticky": sticky,
        "shrinkage": shrinkage,
        "random_state": seed,
    }
    cells = [(k, kind, False) for kind in covariance_types for k in n_states]
    cells += [(k, kind, True) for kind in covariance_types for k in profile_n_states]
    rows: list[dict[str, Any]] = []
    extra: list[dict[str, Any]] = []
    for k, kind, only_profile in progress(cells) if progress is not None else cells:
        model = GaussianHMM(k, kind, **shared).fit(_named(values[:n_train], names))
        (extra if only_profile else rows).append(_cell_row(model, values, n_train))
    chosen = _choose(rows, min_occupancy)
    rows[chosen]["selected"] = True
    cell = GaussianHMM(rows[chosen]["n_states"], rows[chosen]["covariance_type"], **shared)
    model = cell.fit(_named(values, names))
    model.reorder(volatility_order(model, values, returns, volatility_column))
    config = {
        "n_states": model.n_components,
        "covariance_type": model.covariance_type,
        "state_names": name_states(range(model.n_components)),
        "feature_names": names,
        "n_rows": len(values),
        "n_train": n_train,
        "train_fraction": train_fraction,
        "min_occupancy": min_occupancy,
        "occupancy_ok": rows[chosen]["min_occupancy"] >= min_occupancy,
        **shared,
    }
    return HMMSelection(model, pl.DataFrame(rows, _SCHEMA), pl.DataFrame(extra, _SCHEMA), config)


def _named(values: Matrix, names: Sequence[str] | None) -> Matrix | pl.DataFrame:
    return values if names is None else pl.DataFrame(values, schema=list(names))


def _cell_row(model: GaussianHMM, values: Matrix, n_train: int) -> dict[str, Any]:
    loglik = model.score_rows(values)
    train = float(loglik[:n_train].sum())
    n_parameters = model.n_parameters()
    return {
        "n_states": model.n_components,
        "covariance_type": model.covariance_type,
        "n_parameters": n_parameters,
        "loglik_train": train,
        "loglik_validation": float(loglik[n_train:].sum()),
        "aic": 2 * n_parameters - 2 * train,
        "bic": n_parameters * float(np.log(n_train)) - 2 * train,
        "n_iter": model.n_iter_,
        "converged": model.converged_,
        "hit_rate": model.hit_rate_,
        "min_occupancy": float(model.filter(values[:n_train]).mean(axis=0).min()),
        "selected": False,
    }


def _choose(rows: Sequence[dict[str, Any]], min_occupancy: float) -> int:
    usable = [i for i, row in enumerate(rows) if row["min_occupancy"] >= min_occupancy]
    if not usable:
        return max(range(len(rows)), key=lambda i: rows[i]["min_occupancy"])
    lowest = min(rows[i]["bic"] for i in usable)
    tied = [i for i in usable if rows[i]["bic"] <= lowest + _SAME_BIC]
    return max(tied, key=lambda i: rows[i]["loglik_validation"])
