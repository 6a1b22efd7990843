"""Would another fit say the same? Agreement, revision, switches and occupancy of the labels."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.describe.diagnostics import adjusted_rand, switches_per_year
from regime_factory.regimes.detector import Detector
from regime_factory.regimes.validation import check_observations

Matrix = NDArray[np.float64]
MIN_WINDOW = 200
"""Fewest rows of a window that a model is fitted on."""


def half_overlapping(
    n_rows: int, n_windows: int, max_rows: int | None = None
) -> list[tuple[int, int]]:
    """Cut rows into windows of one length, each shifted by half of it.

    Parameters
    ----------
    n_rows : int
        Rows there are.
    n_windows : int
        Windows, two or more.
    max_rows : int, optional
        Only the last rows are cut, this many.

    Returns
    -------
    list of (int, int)
        First row and end (exclusive); the last window ends with the rows.

    Raises
    ------
    ValueError
        For fewer than two windows.

    Examples
    --------
    >>> half_overlapping(1000, 4)
    [(0, 400), (200, 600), (400, 800), (600, 1000)]
    """
    if n_windows < 2:
        raise ValueError(f"n_windows is {n_windows}; two or more are needed to compare fits")
    used = n_rows if max_rows is None else min(n_rows, max_rows)
    half = used // (n_windows + 1)
    first = n_rows - half * (n_windows + 1)
    return [(first + k * half, first + (k + 2) * half) for k in range(n_windows)]


def overlap_agreement(
    model: Detector, X: ArrayLike, *, n_windows: int = 4, max_rows: int | None = 10_000
) -> list[float]:
    """Fit a detector anew on half-overlapping windows and compare the labels they give.

    Parameters
    ----------
    model : Detector
        Settings; its fitted parameters are not used.
    X : array_like, shape (T, F)
        Observations.
    n_windows : int, default=4
        Windows; one comparison fewer.
    max_rows : int, optional
        Only the last rows are used, this many.

    Returns
    -------
    list of float
        Adjusted Rand index of the filtered labels that two neighbouring fits give the rows they
        share: half of a window. 1 is the same grouping, 0 is chance. Empty where a window is too
        short, or the detector cannot be fitted on it, as to a column that stands still.

    Raises
    ------
    ValueError
        For fewer than two windows, or observations that are not finite.

    Notes
    -----
    Both fits filter from their own first row. Unlike refits on growing history, which share all
    but their latest rows, these share half of what they learned from.

    Examples
    --------
    >>> from regime_factory.regimes import GaussianHMM
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, s, (150, 1)) for s in (1, 6, 1, 6, 1, 6)])
    >>> agreements = overlap_agreement(GaussianHMM(2, "diag", n_init=3), X, n_windows=2)
    >>> len(agreements), agreements[0] > 0.9
    (1, True)
    """
    values = check_observations(X)
    windows = half_overlapping(len(values), n_windows, max_rows)
    if windows[0][1] - windows[0][0] < MIN_WINDOW:
        return []
    try:
        labels = [_labels(model, values[start:end]) for start, end in windows]
    except ValueError:  # a stretch that cannot be fitted on leaves the figure out, not the run
        return []
    half = len(labels[0]) // 2
    return [adjusted_rand(before[half:], after[:half]) for before, after in pairwise(labels)]


def stability_figures(
    raw: ArrayLike,
    states: ArrayLike,
    *,
    names: Sequence[str],
    metrics: Mapping[str, Any],
    overlap: Sequence[float],
    window: int | None,
    periods_per_year: float,
) -> dict[str, Any]:
    """Gather how stable the labels of a zone are.

    Parameters
    ----------
    raw : array_like of int, shape (T,)
        Most likely state of each observed bar, in the numbers of the refits.
    states : array_like of int, shape (T,)
        Confirmed state of each observed bar, numbered by name.
    names : sequence of str
        Name of each state, calmest first.
    metrics : mapping
        Figures of `model_metrics`: revision rate, agreement and counts of refits, switches a year
        of the confirmed label.
    overlap : sequence of float
        Agreements of :func:`overlap_agreement`.
    window : int or None
        Rows of its windows.
    periods_per_year : float
        Observed bars a year.

    Returns
    -------
    dict
        ``revision_rate, refit_agreement_mean, refit_agreement_worst, n_refits,
        n_ambiguous_refits, overlap_mean, overlap_worst, overlap_pairs, overlap_window,
        switches_raw, switches_confirmed`` (a year), ``occupancy`` (one ``regime, share`` per
        state), ``min_occupancy``.

    Examples
    --------
    >>> metrics = {"revision_rate": 0.1, "refit_agreement_mean": None, "n_refits": 1,
    ...     "refit_agreement_worst": None, "n_ambiguous_refits": 0, "switches_per_year": 2.0}
    >>> figures = stability_figures([0, 1, 0, 0], [0, 0, 0, 1], names=["Calm", "Stress"],
    ...     metrics=metrics, overlap=[], window=None, periods_per_year=4)
    >>> figures["switches_raw"], figures["min_occupancy"], figures["overlap_mean"]
    (2.0, 0.25, None)
    """
    confirmed = np.asarray(states)
    shares = [float((confirmed == state).mean()) for state in range(len(names))]
    taken = ("revision_rate", "refit_agreement_mean", "refit_agreement_worst", "n_refits",
             "n_ambiguous_refits")  # fmt: skip
    return {
        **{key: metrics[key] for key in taken},
        "overlap_mean": float(np.mean(overlap)) if len(overlap) else None,
        "overlap_worst": float(np.min(overlap)) if len(overlap) else None,
        "overlap_pairs": len(overlap),
        "overlap_window": window if len(overlap) else None,
        "switches_raw": switches_per_year(raw, periods_per_year),
        "switches_confirmed": metrics["switches_per_year"],
        "occupancy": [
            {"regime": name, "share": share} for name, share in zip(names, shares, strict=True)
        ],
        "min_occupancy": min(shares),
    }


def _labels(model: Detector, rows: Matrix) -> NDArray[np.int64]:
    """Filtered labels of a window by a fit that has seen this window alone."""
    return model.clone().fit(rows).filter(rows).argmax(axis=1)
