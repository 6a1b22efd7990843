"""The answer sentences on stability, delay and use of the labels, each number from the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report.answers_honesty import NOT_DISTINGUISHABLE
from regime_factory.report.formats import chance, counted, interval, listed, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DETECTORS = {
    "hmm": "the run's hidden Markov model",
    "jump": "the jump model",
    "mixture": "the Gaussian mixture",
    "threshold": "the volatility threshold",
    "markov": "the Markov regression",
}
SPA_NEEDED = 0.05


def stability_answer(figures: Mapping[str, Any]) -> str:
    """Say how far fits on other bars agree, and how much of a live label is revised.

    Parameters
    ----------
    figures
        ``stability`` of the card.

    Returns
    -------
    str
    """
    revised = percent(figures["revision_rate"], 1)
    switches = number(figures["switches_confirmed"], 1)
    rest = (
        f"later bars revise {revised} of the live labels, and the label switches "
        f"{switches} times a year."
    )
    if figures["overlap_mean"] is None:
        return f"There are too few bars for windows that share half of them; {rest}"
    return (
        f"Fits on windows that share half of their bars agree {number(figures['overlap_mean'])} on "
        f"average and {number(figures['overlap_worst'])} at worst (1 is identical, 0 is chance); "
        f"{rest}"
    )


def trading_answer(figures: Mapping[str, Any]) -> str:
    """Say how the run's strategy differs from buy and hold and from an EWMA target.

    Parameters
    ----------
    figures
        ``trading`` of the card.

    Returns
    -------
    str
    """
    labels, timing = figures["labels"], figures["random_timing"]
    parts = [
        f"{number(row['sharpe_difference'], sign=True)} against {_named(labels[row['name']])} "
        f"({_sharpe_bounds(row)})"
        for row in figures["others"]
    ]
    said = f'The net Sharpe of "{labels[figures["name"]]}" differs by {listed(parts)}'
    if timing.get("p_value") is None:
        return f"{said}."
    return f"{said}; random shifts of its positions give p = {chance(timing['p_value'])}."


def churn_answer(figures: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Say what it costs to trade every change of the most likely state.

    Parameters
    ----------
    figures
        ``churn`` of the card.
    labels
        Readable name of each strategy.

    Returns
    -------
    str
    """
    raw, confirmed = figures["raw"], figures["confirmed"]
    return (
        f"Confirmation takes the label's switches from {number(raw['switches_per_year'], 1)} to "
        f"{number(confirmed['switches_per_year'], 1)} a year, and the cost of trading them "
        f'("{labels[figures["rule"]]}") from {percent(raw["cost_per_year"], 2)} to '
        f"{percent(confirmed['cost_per_year'], 2)} a year."
    )


def tried_answer(figures: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Say how much was tried, and whether the best of all beats buy and hold.

    Parameters
    ----------
    figures
        ``tried`` of the card.
    labels
        Readable name of each strategy.

    Returns
    -------
    str
    """
    total = figures["models"] + figures["strategies"]
    mappings = figures["strategies"]
    said = (
        f"{counted(total, 'configuration')} were tried before these bars: "
        f"{counted(figures['models'], 'model')} and "
        f"{mappings} {'strategy' if mappings == 1 else 'strategies'}"
    )
    if figures["p_value"] is None:
        return f"{said}; none of them differs from buy & hold."
    verb = "beats" if figures["p_value"] <= SPA_NEEDED else "does not beat"
    return (
        f"{said}; the best mean return of the {figures['n_compared']} strategies and baselines, "
        f'"{labels[figures["best"]]}", {verb} buy & hold once all are counted: '
        f"SPA p = {chance(figures['p_value'])}."
    )


def truth_answer(figures: Mapping[str, Any]) -> str:
    """Say how late and how often wrong labels are where the true states are known.

    Parameters
    ----------
    figures
        ``truth`` of the card.

    Returns
    -------
    str
    """
    label, states = figures["confirmed"], counted(figures["n_states"], "known state")
    right = (
        f"{percent(label['accuracy'], 1)} of the labels are right, "
        f"{percent(figures['filtered']['accuracy'], 1)} before confirmation and "
        f"{percent(figures['smoothed']['accuracy'], 1)} with hindsight"
    )
    if not figures["true_switches"]:
        return f"In simulated markets of {states} {right}."
    within = (
        "fewer than half of the switches are seen before the next one"
        if label["median_delay"] is None
        else f"half of the {figures['true_switches']} switches are seen within "
        f"{counted(round(label['median_delay']), 'bar')}"
    )
    return (
        f"In simulated markets of {states} {within}, {percent(label['missed_share'])} are missed "
        f"and {percent(label['false_share'])} of the label's switches are false; {right}."
    )


def detectors_answer(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say which detector forecasts variance best and how far their switching lies apart.

    Parameters
    ----------
    rows
        ``detectors`` of the card, one per detector.

    Returns
    -------
    str

    Examples
    --------
    >>> detectors_answer([{"detector": "hmm", "qlike": 2.0, "switches_per_year": 3.0},
    ...                   {"detector": "jump", "qlike": 1.5, "switches_per_year": 9.0}])
    "Of 2 detectors on the same bars, the jump model has the lowest QLIKE (1.500; the run's hidden \
Markov model 2.000), and labels switch 3.0 to 9.0 times a year."
    """
    scored = [row for row in rows if row["qlike"] is not None]
    switches = [row["switches_per_year"] for row in rows]
    said = f"Of {counted(len(rows), 'detector')} on the same bars, "
    if scored:
        best = min(scored, key=lambda row: row["qlike"])
        ours = [row for row in scored if row["detector"] == "hmm" and row is not best]
        beside = "".join(f"; {detector_name('hmm')} {number(row['qlike'], 3)}" for row in ours)
        said += f"{detector_name(best['detector'])} has the lowest QLIKE "
        said += f"({number(best['qlike'], 3)}{beside}), and "
    return f"{said}labels switch {interval((min(switches), max(switches)), 1)} times a year."


def detector_name(name: str) -> str:
    """Name a detector in the middle of a sentence.

    Parameters
    ----------
    name
        As in the comparison of detectors.

    Returns
    -------
    str

    Examples
    --------
    >>> detector_name("mixture"), detector_name("mine")
    ('the Gaussian mixture', 'mine')
    """
    return DETECTORS.get(name, name)


def _sharpe_bounds(row: Mapping[str, Any]) -> str:
    bounds = interval((row["lower"], row["upper"]), sign=True)
    return bounds if row["distinguishable"] is not False else f"{bounds}, {NOT_DISTINGUISHABLE}"


def _named(label: str) -> str:
    """A baseline's label in the middle of a sentence."""
    return "buy & hold" if label == "Buy & hold" else f"the {label}"
