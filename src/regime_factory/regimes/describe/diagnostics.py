"""What a fitted model says about its states, and how far its labels can be trusted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.describe.importance import explained_variance, feature_importance
from regime_factory.regimes.detector import read_rows
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.labels import name_states
from regime_factory.regimes.walk.refits import Refits

Matrix = NDArray[np.float64]


def stationary_distribution(transmat: ArrayLike) -> Matrix:
    """Return the long-run share of bars in each state.

    Parameters
    ----------
    transmat : array_like, shape (K, K)
        Transition matrix, rows sum to one.

    Returns
    -------
    ndarray, shape (K,)

    Examples
    --------
    >>> stationary_distribution([[0.9, 0.1], [0.3, 0.7]]).round(6).tolist()
    [0.75, 0.25]
    """
    A = np.asarray(transmat, dtype=np.float64)
    system = np.vstack([A.T - np.eye(len(A)), np.ones(len(A))])
    right = np.append(np.zeros(len(A)), 1.0)
    solution = np.clip(np.linalg.lstsq(system, right, rcond=None)[0], 0.0, None)
    return solution / solution.sum()


def diagnostics(
    model: GaussianHMM,
    feature_names: Sequence[str] | None = None,
    state_names: Sequence[str] | None = None,
    shares: ArrayLike | None = None,
) -> dict[str, Any]:
    """Describe a fitted model in plain numbers.

    Parameters
    ----------
    model : GaussianHMM
        Fitted model.
    feature_names : sequence of str, optional
        Names of the observation columns.
    state_names : sequence of str, optional
        Names of the states; default: by the standard deviation of the first column.
    shares : array_like, shape (K,), optional
        Share of the training rows in each state, the weights of the importance; default: the
        stationary distribution.

    Returns
    -------
    dict
        ``feature_names, state_names``; ``transmat, stationary, expected_bars`` (1 / (1 - stay);
        None for a state never left); ``means, stds, covars, correlations`` in the user's units,
        as nested lists; ``dofs`` (degrees of freedom of each state's Student-t emission, None for
        Gaussian emission); ``shares``; ``explained`` (what each state adds to the share of each
        column's variance that lies between states, K x F) and ``importance`` (F, sums to one);
        ``n_parameters, converged, n_iter, hit_rate, loglik`` of the fit.
    """
    current, moments = model.parameters(), model.moments()
    covars = moments.covars
    stds = np.sqrt(np.diagonal(covars, axis1=1, axis2=2))
    stay = np.diagonal(current.transmat)
    n_features = current.means.shape[1]
    columns = feature_names or [f"x{i}" for i in range(n_features)]
    stationary = stationary_distribution(current.transmat)
    weights = stationary if shares is None else np.asarray(shares, dtype=np.float64)
    return {
        "feature_names": list(columns),
        "state_names": list(state_names or name_states(stds[:, 0])),
        "transmat": current.transmat.tolist(),
        "stationary": stationary.tolist(),
        "expected_bars": [float(1 / (1 - p)) if p < 1 else None for p in stay],
        "means": current.means.tolist(),
        "stds": stds.tolist(),
        "covars": covars.tolist(),
        "correlations": (covars / (stds[:, :, None] * stds[:, None, :])).tolist(),
        "dofs": None if current.dofs is None else current.dofs.tolist(),
        "shares": weights.tolist(),
        "explained": explained_variance(moments, weights).tolist(),
        "importance": feature_importance(moments, weights).tolist(),
        "n_parameters": model.n_parameters(),
        "converged": getattr(model, "converged_", None),
        "n_iter": getattr(model, "n_iter_", None),
        "hit_rate": getattr(model, "hit_rate_", None),
        "loglik": getattr(model, "loglik_", None),
    }


def adjusted_rand(a: ArrayLike, b: ArrayLike) -> float:
    """Return the agreement of two labelings, corrected for chance; 1 is the same grouping.

    Parameters
    ----------
    a, b : array_like of int, shape (T,)
        Labels; their numbers need not match.

    Returns
    -------
    float

    Notes
    -----
    Hubert and Arabie (1985).

    Examples
    --------
    >>> adjusted_rand([0, 0, 1, 1], [1, 1, 0, 0])
    1.0
    """
    first = np.unique(np.asarray(a), return_inverse=True)[1]
    second = np.unique(np.asarray(b), return_inverse=True)[1]
    if first.shape != second.shape or first.size < 2:
        raise ValueError(f"labels of {first.size} and {second.size} rows; give two or more each")
    table = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(table, (first, second), 1)
    pairs, rows, columns = (_pairs(x) for x in (table, table.sum(axis=1), table.sum(axis=0)))
    expected = rows * columns / _pairs(np.array([float(first.size)]))
    largest = 0.5 * (rows + columns)
    return 1.0 if largest == expected else float((pairs - expected) / (largest - expected))


def _pairs(counts: Matrix) -> float:
    return float((counts * (counts - 1)).sum() / 2)


def revision_rate(refits: Refits, X: ArrayLike) -> float | None:
    """Return the share of scored rows whose label changes once later bars are known.

    Parameters
    ----------
    refits : Refits
        Fitted models.
    X : array_like, shape (T, F)
        Observations.

    Returns
    -------
    float or None
        Share of scored rows where the smoothed most likely state, over the rows up to the end of
        the refit's block, differs from the filtered one; None for a detector that cannot smooth.
    """
    values = read_rows(refits[0].model, X)
    changed = total = 0
    for refit, start, end in refits.blocks(len(values)):
        smooth = getattr(refit.model, "smooth", None)
        if smooth is None:
            return None
        live = refit.model.filter(values[:end])[start:].argmax(axis=1)
        smoothed = smooth(values[:end])[start:].argmax(axis=1)
        changed += int((live != smoothed).sum())
        total += end - start
    return changed / total


def refit_agreement(refits: Refits, X: ArrayLike) -> tuple[float | None, float | None]:
    """Return how well consecutive refits agree on the rows both have seen.

    Parameters
    ----------
    refits : Refits
        Fitted models.
    X : array_like, shape (T, F)
        Observations.

    Returns
    -------
    mean, worst : float or None
        Adjusted Rand of the filtered states over the earlier refit's training rows; None with
        fewer than two refits.
    """
    values = read_rows(refits[0].model, X)
    agreements = []
    for before, after in zip(refits.items[:-1], refits.items[1:], strict=True):
        rows = values[: before.trained_on]
        pair = [refit.model.filter(rows).argmax(axis=1) for refit in (before, after)]
        agreements.append(adjusted_rand(*pair))
    if not agreements:
        return None, None
    return float(np.mean(agreements)), float(np.min(agreements))


def switches_per_year(states: ArrayLike, periods_per_year: float) -> float:
    """Return how often a label changes in a year.

    Parameters
    ----------
    states : array_like, shape (T,)
        Labels, one per bar.
    periods_per_year : float
        Bars per year.

    Returns
    -------
    float

    Examples
    --------
    >>> switches_per_year([0, 0, 1, 1], 252)
    63.0
    """
    values = np.asarray(states)
    return float((values[1:] != values[:-1]).sum() / len(values) * periods_per_year)


def honesty_figures(
    refits: Refits, X: ArrayLike, regimes: pl.DataFrame, periods_per_year: float
) -> dict[str, float | None]:
    """Return the figures that say how far the labels can be trusted.

    Parameters
    ----------
    refits : Refits
        Fitted models.
    X : array_like, shape (T, F)
        Observations.
    regimes : polars.DataFrame
        Output of ``filter_refits``.
    periods_per_year : float
        Rows of ``X`` per year.

    Returns
    -------
    dict
        ``revision_rate, refit_agreement_mean, refit_agreement_worst, switches_per_year`` (of the
        confirmed label).
    """
    mean, worst = refit_agreement(refits, X)
    return {
        "revision_rate": revision_rate(refits, X),
        "refit_agreement_mean": mean,
        "refit_agreement_worst": worst,
        "switches_per_year": switches_per_year(
            regimes["confirmed_state"].to_numpy(), periods_per_year
        ),
    }
