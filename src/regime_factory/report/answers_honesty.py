"""The answer sentences of what the regimes are worth, each number taken from the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report.formats import chance, counted, interval, listed, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RULES = {
    "ewma": "EWMA",
    "har": "HAR",
    "garch": "GARCH(1,1)",
    "threshold": "the volatility threshold",
}
REFERENCES = {"unconditional": "the unconditional share", "volatility": "volatility deciles"}
NOT_DISTINGUISHABLE = "not distinguishable"


def worth_answer(card: Mapping[str, Any]) -> str:
    """Count the risk forecasts that the regimes beat, lose to and cannot be told from.

    Parameters
    ----------
    card
        The symbol's honesty card.

    Returns
    -------
    str
    """
    volatility, drawdowns = card["volatility"], card["drawdowns"]
    signs = [
        (row["distinguishable"], row["difference"] < 0)
        for row in (volatility["yardsticks"] if volatility else [])
    ]
    signs += [
        (row["distinguishable"], row["skill"] > 0)
        for row in (drawdowns["brier"].values() if drawdowns else [])
        if row["distinguishable"] is not None
    ]
    if not signs:
        return "There are too few bars to compare the regimes with simpler forecasts of risk."
    better, worse, unknown = (
        sum(beyond and won for beyond, won in signs),
        sum(beyond and not won for beyond, won in signs),
        sum(not beyond for beyond, _ in signs),
    )
    return (
        f"Against {counted(len(signs), 'simpler forecast')} of risk, the regimes are better beyond "
        f"the 95% interval in {better}, worse in {worse} and {NOT_DISTINGUISHABLE} in {unknown}."
    )


def volatility_answer(figures: Mapping[str, Any]) -> str:
    """Say which variance forecasts the regimes beat by QLIKE.

    Parameters
    ----------
    figures
        ``volatility`` of the card.

    Returns
    -------
    str

    Examples
    --------
    >>> row = {"name": "har", "difference": 0.0833, "t": 2.71, "distinguishable": True}
    >>> volatility_answer({"yardsticks": [row]})
    'The variance that the regimes forecast has a higher QLIKE than HAR (by 0.083, t = +2.7).'
    """
    groups: dict[str, list[str]] = {"lower": [], "higher": [], "same": []}
    for row in figures["yardsticks"]:
        gap, t = row["difference"], number(row["t"], 1, sign=True)
        kind = ("lower" if gap < 0 else "higher") if row["distinguishable"] else "same"
        by = number(abs(gap), 3) if kind != "same" else number(gap, 3, sign=True)
        groups[kind].append(
            f"{RULES[row['name']]} ({'by ' if kind != 'same' else ''}{by}, t = {t})"
        )
    parts = [f"a {kind} QLIKE than {listed(groups[kind])}" for kind in ("lower", "higher")
             if groups[kind]]  # fmt: skip
    if groups["same"]:
        parts.append(f"one {NOT_DISTINGUISHABLE} from {listed(groups['same'])}")
        if len(parts) == 1:
            parts = [f"a QLIKE {NOT_DISTINGUISHABLE} from {listed(groups['same'])}"]
    return f"The variance that the regimes forecast has {listed(parts)}."


def drawdown_answer(figures: Mapping[str, Any]) -> str:
    """Say how often a drawdown followed the top state, and what the states add as a forecast.

    Parameters
    ----------
    figures
        ``drawdowns`` of the card.

    Returns
    -------
    str
    """
    depth, horizon = percent(figures["depth"]), counted(figures["horizon"], "bar")
    if not figures["share"]:
        return f"No drawdown of {depth} within {horizon} followed any of these bars."
    shares = [
        f"{percent(row['share'])} of the bars in {row['regime']} "
        f"({interval((row['lower'], row['upper']), 0, share=True)})"
        for row in _ends(figures["states"])
        if row["bars"]
    ]
    said = f"A drawdown of {depth} within {horizon} followed {listed(shares)}"
    if figures["distinguishable"] is False:
        said += f", {NOT_DISTINGUISHABLE}"
    skills = [
        f"{percent(row['skill'], 1, sign=True)} against {REFERENCES[name]} ({_bounds(row, 1)})"
        for name, row in figures["brier"].items()
        if row["skill"] is not None
    ]
    return f"{said}; as a forecast their Brier skill is {listed(skills)}." if skills else f"{said}."


def return_answer(figures: Mapping[str, Any]) -> str:
    """Say whether the mean return after the top state differs from that after the calmest.

    Parameters
    ----------
    figures
        ``returns`` of the card.

    Returns
    -------
    str
    """
    means = [
        f"{percent(row['mean'], 1, sign=True)} after {row['regime']} "
        f"({interval((row['lower'], row['upper']), 1, sign=True, share=True)})"
        for row in _ends(figures["states"])
        if row["bars"]
    ]
    said = f"The mean return of the next {counted(figures['horizon'], 'bar')} was {listed(means)}"
    if figures["distinguishable"] is None:
        return f"{said}."
    gap = percent(figures["difference"], 1, sign=True)
    bounds = interval(
        (figures["difference_lower"], figures["difference_upper"]), 1, sign=True, share=True
    )
    if figures["distinguishable"]:
        return f"{said}: a difference of {gap} ({bounds})."
    return f"{said}: {NOT_DISTINGUISHABLE} (difference {gap}, {bounds})."


def reaction_answer(figures: Mapping[str, Any] | None) -> str:
    """Say how soon the label was in the top state when prices fell far.

    Parameters
    ----------
    figures
        ``reaction`` of the card, None for a model of one state.

    Returns
    -------
    str
    """
    if figures is None:
        return "The model has one state, so its label cannot react."
    size, episodes = percent(figures["size"]), figures["episodes"]
    if not episodes:
        return f"Prices never fell {size} below a high of these bars: nothing to react to."
    in_time = sum(row["in_time"] for row in episodes)
    return (
        f"The label was in {figures['regime']} before {size} were lost in {in_time} of "
        f"{counted(len(episodes), 'large drawdown')}, with a median of "
        f"{number(figures['median_bars'], 0)} bars from the start; randomly shifted labels were in "
        f"{percent(figures['shifted_in_time_share'])}, after "
        f"{number(figures['shifted_median_bars'], 0)} bars (p = {chance(figures['p_value'])})."
    )


def _ends(states: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The top state first, then the calmest; one row for a single state."""
    return [states[-1], states[0]] if len(states) > 1 else list(states)


def _bounds(row: Mapping[str, Any], decimals: int) -> str:
    bounds = interval((row["lower"], row["upper"]), decimals, sign=True, share=True)
    return bounds if row["distinguishable"] is not False else f"{bounds}, {NOT_DISTINGUISHABLE}"
