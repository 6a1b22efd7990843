"""The answer sentences of the regime blocks, each number taken from the payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.regimes.choice.identification import identification
from regime_factory.report.answers import count_word
from regime_factory.report.formats import counted, listed, number, percent
from regime_factory.report.verdict import (
    CLEAR_VOLATILITY_RATIO,
    intervals_overlap,
    volatility_ratio,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regime_factory.report.payload import Dwell, GridRow, Probabilities, StateRow, SymbolPage


def regimes_answer(states: Sequence[StateRow]) -> str:
    """Say whether the regimes differ in risk and in return.

    Parameters
    ----------
    states
        Regime rows, calmest first.

    Returns
    -------
    str
    """
    if not states:
        return "No regime figures were computed."
    n = count_word(len(states))
    vols = listed([percent(row.get("vol_annual")) for row in states])
    clear = volatility_ratio(states) >= CLEAR_VOLATILITY_RATIO
    overlap = intervals_overlap(states)
    risk = f"The {n} regimes differ {'clearly' if clear else 'little'} in volatility ({vols})"
    if overlap is None:
        return f"{risk}."
    if overlap:
        joint = "but" if clear else "and"
        every = "both" if len(states) == 2 else f"all {n}"
        return f"{risk} {joint} not in mean return: {every} intervals overlap."
    return f"{risk} {'and' if clear else 'but'} also in mean return: not all intervals overlap."


def return_answer(states: Sequence[StateRow]) -> str:
    """Say what the most volatile regime meant for returns.

    Parameters
    ----------
    states
        Regime rows, calmest first.

    Returns
    -------
    str
    """
    top = states[-1]
    low, high, name = top.get("mean_lower"), top.get("mean_upper"), top["regime"]
    if low is None or high is None:
        return "Intervals were not computed."
    if high < 0:
        return f"{name} meant falling prices here."
    if low > 0:
        return f"{name} meant rising prices here."
    return f"{name} does not mean falling prices here."


def transition_answer(transmat: Sequence[Sequence[float]], bar: str = "bar") -> str:
    """Say how long regimes last by their chance to stay.

    Parameters
    ----------
    transmat
        K x K, per observed bar.
    bar
        What a bar that the model observes is called.

    Returns
    -------
    str
    """
    stay = [row[k] for k, row in enumerate(transmat)]
    low, high = percent(min(stay)), percent(max(stay))
    share = low if low == high else f"{low.removesuffix('%')} to {high}"
    return f"From one {bar} to the next, {share} stay where they are."


def dwell_answer(dwell: Sequence[Dwell]) -> str:
    """Say how long the middle spell of each regime was.

    Parameters
    ----------
    dwell
        One row per regime, calmest first.

    Returns
    -------
    str
    """
    spells = [f"{number(row['median'], 0)} bars in {row['regime']}" for row in dwell]
    return f"The median spell lasted {listed(spells)}."


def honesty_answer(page: SymbolPage) -> str:
    """Say whether labels survive later bars and refits.

    Parameters
    ----------
    page
        The symbol's part of the payload.

    Returns
    -------
    str
    """
    worst = page["honesty"].get("refit_agreement_worst")
    mean = page["honesty"].get("refit_agreement_mean")
    if worst is None or mean is None:
        return "Agreement across refits was not measured."
    return (
        f"Across refits they agree {number(mean)} on average and {number(worst)} at worst "
        "(1 is identical, 0 is chance)."
    )


def probability_answer(probabilities: Probabilities) -> str:
    """Say how often the filter was sure of late.

    Parameters
    ----------
    probabilities
        The last bars.

    Returns
    -------
    str
    """
    share, bars = probabilities["over_90"], counted(probabilities["observed"], "observed bar")
    degree = "Sure on most bars" if share >= 0.5 else "Often unsure"
    return f"{degree}: the leading regime had over 90% on {percent(share)} of the {bars}."


def model_answer(
    grid: Sequence[GridRow],
    profile: Sequence[GridRow],
    choice: Mapping[str, Any] | None = None,
) -> str:
    """Say which model was chosen and whether the number of states is identified.

    Parameters
    ----------
    grid
        Cells that could be chosen.
    profile
        Cells fitted only to see how the criteria go on.
    choice
        ``why`` and ``identified`` of the choice, where the run stored them.

    Returns
    -------
    str
    """
    chosen = next((row for row in grid if row.get("selected")), None)
    if chosen is None:
        return "The model was given, not chosen from a grid."
    name = _cell_name(chosen)
    name = f"{name[:1].upper()}{name[1:]}"
    why = (choice or {}).get("why") or _lowest_bic(grid, chosen)
    known = (choice or {}).get("identified") or identification([*grid, *profile])
    return f"{name}: {why}{_validated_better(grid, chosen)}. {known['sentence']}"


def _lowest_bic(grid: Sequence[GridRow], chosen: GridRow) -> str:
    cells = counted(len(grid), "cell")
    if chosen["bic"] <= min(row["bic"] for row in grid):
        return f"the lowest BIC of the {cells} tried"
    return f"of the {cells} tried, those with a lower BIC have a state that holds too few bars"


def _validated_better(grid: Sequence[GridRow], chosen: GridRow) -> str:
    reached = chosen.get("loglik_validation")
    known = [row for row in grid if row.get("loglik_validation") is not None]
    best = max(known, key=lambda row: row["loglik_validation"], default=chosen)
    if reached is None or best["loglik_validation"] <= reached:
        return ""
    return f", although {_cell_name(best)} fit the validation bars better"


def _cell_name(row: GridRow) -> str:
    heavy = " and Student-t emission" if row.get("emission") == "student_t" else ""
    return f"{count_word(row['n_states'])} states with {row['covariance_type']} covariances{heavy}"
