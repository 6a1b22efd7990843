"""How late and how often wrong labels are, measured where the true states are known."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.labels import confirm_labels
from regime_factory.regimes.validation import check_observations

Labels = NDArray[np.int64]


def detection_delays(truth: ArrayLike, labels: ArrayLike) -> list[int | None]:
    """Bars from each true switch until the label is in the new state.

    Parameters
    ----------
    truth, labels : array_like of int, shape (T,)
        True state and label of each bar, in the same numbers.

    Returns
    -------
    list of (int or None)
        One per true switch: 0 where the label has the new state on its first bar already, None
        where it never has it before the next true switch or the end.

    Raises
    ------
    ValueError
        If lengths differ.

    Examples
    --------
    >>> detection_delays([0, 0, 1, 1, 1, 0, 1], [0, 0, 0, 1, 1, 1, 1])
    [1, None, 0]
    """
    states, said = _same_length(truth, labels)
    switches = np.flatnonzero(states[1:] != states[:-1]) + 1
    ends = np.append(switches[1:], states.size)[: switches.size]
    delays: list[int | None] = []
    for start, end in zip(switches, ends, strict=True):
        hits = np.flatnonzero(said[start:end] == states[start])
        delays.append(int(hits[0]) if hits.size else None)
    return delays


def score_labels(truth: ArrayLike, labels: ArrayLike) -> dict[str, Any]:
    """Count what labels get right, late and wrong.

    Parameters
    ----------
    truth, labels : array_like of int, shape (T,)
        True state and label of each bar, in the same numbers.

    Returns
    -------
    dict
        ``bars, hits`` (bars whose label is true), ``true_switches, switches`` (of the label),
        ``false_switches`` (label switches into a state that is not the true one on any bar until
        the next switch),
        ``delays`` of :func:`detection_delays`.

    Examples
    --------
    >>> found = score_labels([0, 0, 0, 1, 1], [0, 1, 0, 0, 1])
    >>> found["hits"], found["switches"], found["false_switches"], found["delays"]
    (3, 3, 1, [1])
    """
    states, said = _same_length(truth, labels)
    switched = np.flatnonzero(said[1:] != said[:-1]) + 1
    return {
        "bars": int(states.size),
        "hits": int((states == said).sum()),
        "true_switches": int((states[1:] != states[:-1]).sum()),
        "switches": int(switched.size),
        "false_switches": int(sum(not hit.any() for hit in np.split(said == states, switched)[1:])),
        "delays": detection_delays(states, said),
    }


def score_on_truth(
    model: GaussianHMM, X: ArrayLike, truth: ArrayLike, *, n_train: int, label_threshold: float
) -> dict[str, dict[str, Any]]:
    """Fit a model to the first bars of a simulated series and score its labels of the others.

    Parameters
    ----------
    model : GaussianHMM
        Settings; fitted parameters are not used.
    X : array_like, shape (T, F)
        Observations.
    truth : array_like of int, shape (T,)
        True state of each bar.
    n_train : int
        Bars that the model is fitted on.
    label_threshold : float
        Filtered probability that confirms a switch.

    Returns
    -------
    dict
        :func:`score_labels` of ``filtered``, ``confirmed`` and ``smoothed`` labels of the bars
        after the training ones. The smoothed ones know all bars.

    Notes
    -----
    The states of the fit take the numbers of the true ones that they share the most training bars
    with, one to one.
    """
    values, states = check_observations(X), np.asarray(truth, dtype=np.int64)
    fitted = model.clone().fit(values[:n_train])
    n_states = fitted.n_components
    p = fitted.filter(values)
    names = _matched(p[:n_train].argmax(axis=1), states[:n_train], n_states)
    labels = {
        "filtered": p.argmax(axis=1),
        "confirmed": confirm_labels(p, label_threshold),
        "smoothed": fitted.smooth(values).argmax(axis=1),
    }
    return {
        kind: score_labels(states[n_train:], names[found][n_train:])
        for kind, found in labels.items()
    }


def detection_figures(runs: Sequence[dict[str, dict[str, Any]]], n_states: int) -> dict[str, Any]:
    """Pool the scores of several simulated series.

    Parameters
    ----------
    runs : sequence of dict
        Outputs of :func:`score_on_truth`.
    n_states : int
        States of the simulated market.

    Returns
    -------
    dict
        ``n_states, runs, bars, true_switches`` and, for ``filtered``, ``confirmed`` and
        ``smoothed`` each: ``accuracy, median_delay`` (bars within which half of the true switches
        are seen, None where fewer ever are), ``missed_share`` (true switches not seen before the
        next one), ``switches_per_true``, ``false_share`` (of the label's switches). None where
        there is nothing to divide by.
    """
    kinds = ("filtered", "confirmed", "smoothed")
    pooled = {kind: _pooled([run[kind] for run in runs]) for kind in kinds}
    return {
        "n_states": n_states,
        "runs": len(runs),
        "bars": sum(run["filtered"]["bars"] for run in runs),
        "true_switches": sum(run["filtered"]["true_switches"] for run in runs),
        **pooled,
    }


def _pooled(scores: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    bars, hits, true_switches, switches, false_switches = (
        sum(score[key] for score in scores)
        for key in ("bars", "hits", "true_switches", "switches", "false_switches")
    )
    delays = [delay for score in scores for delay in score["delays"]]
    waited = np.array([np.inf if delay is None else delay for delay in delays])
    median = float(np.median(waited)) if delays else np.inf
    return {
        "accuracy": hits / bars,
        "median_delay": median if np.isfinite(median) else None,
        "missed_share": _share(delays.count(None), len(delays)),
        "switches_per_true": _share(switches, true_switches),
        "false_share": _share(false_switches, switches),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _matched(found: Labels, truth: Labels, n_states: int) -> Labels:
    """True number of each fitted state, by the training bars they share."""
    from scipy.optimize import linear_sum_assignment

    shared = np.zeros((n_states, max(n_states, int(truth.max()) + 1)))
    np.add.at(shared, (found, truth), 1)
    return linear_sum_assignment(-shared)[1]


def _same_length(truth: ArrayLike, labels: ArrayLike) -> tuple[Labels, Labels]:
    states, said = np.asarray(truth, dtype=np.int64), np.asarray(labels, dtype=np.int64)
    if states.shape != said.shape or states.ndim != 1 or not states.size:
        raise ValueError(f"{states.size} true states but {said.size} labels; give one per bar")
    return states, said
