"""Detectors walked forward over the same bars and refits as the chosen model, with one table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.choice.selection import Progress
from regime_factory.regimes.describe.diagnostics import refit_agreement, switches_per_year
from regime_factory.regimes.detector import Detector
from regime_factory.regimes.detectors.markov import MarkovRegression
from regime_factory.regimes.risk.regime_variance import regime_variance
from regime_factory.regimes.risk.scores import qlike
from regime_factory.regimes.validation import check_observations
from regime_factory.regimes.walk.refits import Refit, Refits
from regime_factory.regimes.walk.refitting import fit_next, measure_refit
from regime_factory.regimes.walk.walk_forward import filter_refits

Matrix = NDArray[np.float64]
COMPARISON = {
    "detector": pl.String,
    "n_states": pl.Int64,
    "bars": pl.Int64,
    "min_occupancy": pl.Float64,
    "switches_per_year": pl.Float64,
    "median_dwell": pl.Float64,
    "agreement_mean": pl.Float64,
    "agreement_worst": pl.Float64,
    "loglik_per_bar": pl.Float64,
    "qlike": pl.Float64,
}
"""Columns of :func:`compare_detectors`."""


def compare_detectors(
    refits: Refits,
    X: ArrayLike,
    detectors: Mapping[str, Detector],
    *,
    periods_per_year: float,
    returns: ArrayLike | None = None,
    observed: ArrayLike | None = None,
    n_fresh: int = 2,
    fresh_gain: float = 0.01,
    label_threshold: float = 0.95,
    seed: int = 0,
    name: str = "hmm",
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Walk detectors forward beside refits that exist, and measure all of them alike.

    Parameters
    ----------
    refits : Refits
        Refits of the chosen model; all others are fitted on the same rows before the same bars.
    X : array_like, shape (T, F)
        The observations the refits were fitted on.
    detectors : mapping of str to Detector
        Unfitted detectors by name; may be empty.
    periods_per_year : float
        Rows of ``X`` per year.
    returns : array_like, shape (T,), optional
        Return of each bar; default: the first observed column.
    observed : array_like, shape (T, F), optional
        What the other detectors observe, where ``X`` has a column for the chosen model alone (a
        slot of the day); default: ``X``.
    n_fresh, fresh_gain, seed
        As in :func:`fit_refits`.
    label_threshold : float
        As in :func:`filter_refits`.
    name : str
        Name of the chosen model in the table.
    progress : callable, optional
        Wraps the list of detectors, for example ``tqdm``.

    Returns
    -------
    polars.DataFrame
        One row per detector, the chosen model first; scored rows only.
        ``detector``, ``n_states``, ``bars``;
        ``min_occupancy``: smallest share of the bars in one confirmed state;
        ``switches_per_year``, ``median_dwell``: of the confirmed label, dwell in bars;
        ``agreement_mean``, ``agreement_worst``: adjusted Rand of consecutive refits, null for one
        refit; ``loglik_per_bar``: filtered log density of all columns in nats, null for a
        detector without one; ``qlike``: mean score of the variance forecast of the next bar.

    Raises
    ------
    ValueError
        For observations that do not fit each other, or a name given twice.

    Notes
    -----
    Labels of all detectors follow one rule: a probability that passes ``label_threshold``. The
    variance forecast is that of :func:`regime_variance`: the states' mean squared returns on each
    refit's own training rows. Nothing here is chosen by the outcome.

    Examples
    --------
    >>> from regime_factory.regimes import GaussianHMM, VolatilityThreshold, fit_refits
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, s, (150, 1)) for s in (1, 4, 1, 4)])
    >>> settings = GaussianHMM(2, "diag", n_init=3, sticky=0.5)
    >>> refits = fit_refits(X, starts_at=350, refit_every=100, model=settings)
    >>> others = {"threshold": VolatilityThreshold(2)}
    >>> table = compare_detectors(refits, X, others, periods_per_year=252)
    >>> table.select("detector", "n_states", "bars").rows()
    [('hmm', 2, 250), ('threshold', 2, 250)]
    """
    values = check_observations(X)
    seen = values if observed is None else check_observations(observed)
    bar_returns = seen[:, 0] if returns is None else np.asarray(returns, dtype=np.float64)
    if len(seen) != len(values) or bar_returns.shape != (len(values),):
        raise ValueError(
            f"{len(values)} observations of the chosen model, but {len(seen)} of the others and "
            f"returns of shape {bar_returns.shape}"
        )
    if name in detectors:
        raise ValueError(f"detector {name!r} has the name of the chosen model; rename it")
    rows = [{"detector": name, **_figures(refits, values, bar_returns, label_threshold)}]
    for other, detector in progress(list(detectors.items())) if progress else detectors.items():
        try:
            own = refit_alike(
                refits, seen, detector, bar_returns,
                n_fresh=n_fresh, fresh_gain=fresh_gain, seed=seed,
            )  # fmt: skip
            figures = _figures(own, seen, bar_returns, label_threshold)
        except ValueError as error:
            raise ValueError(f"detector {other!r}: {error}; or compare without it") from error
        rows.append({"detector": other, **figures})
    yearly = pl.col("switches_per_year") * periods_per_year
    return pl.DataFrame(rows, schema=COMPARISON).with_columns(yearly)


def refit_alike(
    refits: Refits,
    X: ArrayLike,
    detector: Detector,
    returns: ArrayLike,
    *,
    n_fresh: int = 2,
    fresh_gain: float = 0.01,
    seed: int = 0,
) -> Refits:
    """Fit a detector at the dates of refits that exist, each time on earlier rows only.

    Parameters
    ----------
    refits : Refits
        Whose dates are taken.
    X : array_like, shape (T, F)
        Observations.
    detector : Detector
        Settings.
    returns : array_like, shape (T,)
        Return of each bar.
    n_fresh, fresh_gain, seed
        As in :func:`fit_refits`.

    Returns
    -------
    Refits
    """
    values, bar_returns = check_observations(X), np.asarray(returns, dtype=np.float64)
    items: list[Refit] = []
    previous = detector.clone()
    for at in refits:
        rows, own = values[: at.first_row], bar_returns[: at.first_row]
        step = fit_next(
            rows, own, previous, n_fresh=n_fresh, fresh_gain=fresh_gain, seed=seed + len(items)
        )
        items.append(measure_refit(step, at.refit_id, at.first_ts, rows, own))
        previous = step.model
    return Refits(tuple(items))


def _figures(refits: Refits, X: Matrix, returns: Matrix, label_threshold: float) -> dict[str, Any]:
    n_states, first = refits[0].model.n_components, refits[0].first_row
    labels = filter_refits(refits, X, label_threshold=label_threshold)["confirmed_state"].to_numpy()
    mean, worst = refit_agreement(refits, X)
    return {
        "n_states": n_states,
        "bars": len(X) - first,
        "min_occupancy": float((np.bincount(labels, minlength=n_states) / len(labels)).min()),
        "switches_per_year": switches_per_year(labels, 1.0),
        "median_dwell": median_dwell(labels),
        "agreement_mean": mean,
        "agreement_worst": worst,
        "loglik_per_bar": loglik_per_bar(refits, X),
        "qlike": variance_score(refits, X, returns),
    }


def median_dwell(labels: ArrayLike) -> float:
    """Return the median number of bars between two changes of a label.

    Parameters
    ----------
    labels : array_like, shape (T,)
        One label per bar; the first and the last spell count as long as they are seen.

    Returns
    -------
    float

    Examples
    --------
    >>> median_dwell([0, 0, 1, 1, 1, 0])
    2.0
    """
    values = np.asarray(labels)
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    return float(np.median(np.diff(np.concatenate([[0], changes, [len(values)]]))))


def loglik_per_bar(refits: Refits, X: ArrayLike) -> float | None:
    """Return the mean log density of the scored rows, each by the refit in force.

    Parameters
    ----------
    refits : Refits
        Fitted detectors.
    X : array_like, shape (T, F)
        Observations.

    Returns
    -------
    float or None
        Nats; None where the detector has no density of all columns.
    """
    values = check_observations(X)
    total = 0.0
    for refit, start, end in refits.blocks(len(values)):
        score_rows = getattr(refit.model, "score_rows", None)
        conditional = isinstance(refit.model, MarkovRegression) and values.shape[1] > 1
        if score_rows is None or conditional:
            return None
        total += float(score_rows(values[:end])[start:].sum())
    return total / (len(values) - refits[0].first_row)


def variance_score(refits: Refits, X: ArrayLike, returns: ArrayLike) -> float | None:
    """Return the mean QLIKE of the regime-conditional variance forecast of the next bar.

    Parameters
    ----------
    refits : Refits
        Fitted detectors.
    X : array_like, shape (T, F)
        Observations.
    returns : array_like, shape (T,)
        Return of each bar; its square is the variance proxy.

    Returns
    -------
    float or None
        Lower is better; None where no scored row has a next one.
    """
    bar_returns = np.asarray(returns, dtype=np.float64)
    first = refits[0].first_row
    if len(bar_returns) < first + 2:
        return None
    forecast = regime_variance(refits, X, bar_returns)
    return float(qlike(bar_returns[first + 1 :] ** 2, forecast[first:-1]).mean())
