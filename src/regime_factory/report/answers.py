"""The answer sentences under the headings, each number taken from the payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report.answers_prices import prices_sentence
from regime_factory.report.formats import counted, listed, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regime_factory.report.payload import Leakage, Meta, SymbolPage

_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
FILLS = {
    "next_close": "Decided at the close of bar t, filled at the close of t+1.",
    "next_open": "Decided at the close of bar t, filled at the open of t+1.",
    "signal_close": "Filled at the close that made the signal, which is optimistic.",
}
"""When a decision is filled, as a sentence, by the name of the fill."""


def money_answer(page: SymbolPage) -> str:
    """Say what it earned and whether random timing explains it.

    Parameters
    ----------
    page
        The symbol's part of the payload.

    Returns
    -------
    str
    """
    performance, growth = page["performance"], page["growth"]
    ours = performance["strategies"][performance["chosen"]]
    earned = f"It made {percent(ours.get('cagr'), 1, sign=True)} a year after costs"
    lower, upper = growth["lower"][-1], growth["upper"][-1]
    if lower is None or upper is None:
        return f"{earned}. No random-timing band was computed."
    if growth["net"][-1] > upper:
        return (
            f"{earned} and ended above the grey band: fewer than 5% of random timings "
            "with the same exposure did as well."
        )
    if growth["net"][-1] < lower:
        return (
            f"{earned} and ended below the grey band: more than 95% of random timings "
            "with the same exposure did better."
        )
    return (
        f"{earned} and ended inside the grey band: random timing with the same exposure is not "
        "ruled out."
    )


def money_footer(meta: Meta, page: SymbolPage) -> str:
    """Name costs, prices, fill and band under figure 1.

    Parameters
    ----------
    meta
        Settings of the run.
    page
        The symbol's part of the payload.

    Returns
    -------
    str
    """
    costs = meta.get("costs", {})
    parts = []
    if "fee_bps" in costs:
        fee, slippage = costs["fee_bps"], costs.get("slippage_bps", 0.0)
        parts.append(
            f"Net of {fee + slippage:g} bp per unit traded ({fee:g} fee, {slippage:g} slippage)."
        )
    cash = costs.get("cash_rate", 0.0)
    parts.append(prices_sentence(page))
    parts.append(f"Cash earns {percent(cash, 1 if cash else 0)} a year.")
    parts.append(FILLS.get(costs.get("fill", ""), ""))
    timing = page["performance"].get("random_timing") or {}
    if timing.get("draws"):
        parts.append(f"Band: {timing['draws']:,} circular shifts of the positions, same costs.")
    ruined = next(
        (k for k, v in enumerate(page["growth"]["lower"]) if v is not None and v <= 0), -1
    )
    if ruined >= 0:
        day = page["growth"]["ts"][ruined][:10]
        parts.append(f"At least 5% of the random timings had lost everything by {day}.")
    if meta.get("label_threshold"):
        share = percent(meta["label_threshold"])
        parts.append(f"A label switches when the filtered probability passes {share}.")
    return " ".join(part for part in parts if part)


def interval_footer(meta: Meta, page: SymbolPage) -> str:
    """Say how the Sharpe intervals were made.

    Parameters
    ----------
    meta
        Settings of the run; its own sentence wins.
    page
        The symbol's part of the payload, whose conventions name the method.

    Returns
    -------
    str
    """
    if meta.get("interval"):
        return meta["interval"]
    conventions = page["performance"].get("conventions") or []
    named = {row["name"]: row["value"] for row in conventions}
    return f"Intervals: {named['Sharpe interval']}." if "Sharpe interval" in named else ""


def strategy_answer(
    rows: Sequence[Mapping[str, Any]], benchmark: str, chosen: str, tried: int | None = None
) -> str:
    """Say whether any strategy differs from the benchmark beyond its interval.

    Parameters
    ----------
    rows
        Strategies with `name, label, sharpe_difference_interval`.
    benchmark, chosen
        Names of the yardstick and of the run's strategy.
    tried
        How many strategies the run's one was chosen from; one means that it was set.

    Returns
    -------
    str
    """
    others = [row for row in rows if row["name"] != benchmark]
    bounds = {
        f'"{row["label"]}"': row.get("sharpe_difference_interval") or (None, None) for row in others
    }
    better = [label for label, (low, _) in bounds.items() if low is not None and low > 0]
    worse = [label for label, (_, high) in bounds.items() if high is not None and high < 0]
    label = next((row["label"] for row in rows if row["name"] == chosen), chosen)
    how = "set by hand" if tried == 1 else "chosen before the span shown here"
    run = f'This run trades "{label}", {how}.'
    if better or worse:
        parts = [
            f"{listed(better)} beat" if better else "",
            f"{listed(worse)} trail" if worse else "",
        ]
        said = " and ".join(part for part in parts if part)
        return f"Beyond the 95% interval of the difference, {said} buy & hold. {run}"
    none = "it does not" if len(others) == 1 else f"none of the {count_word(len(others))}"
    differs = "differ" if len(others) == 1 else "differs"
    return f"We cannot tell: {none} {differs} from buy & hold beyond its 95% interval. {run}"


def cost_answer(curve: Mapping[str, Any], benchmark_sharpe: float | None) -> str:
    """Say at which cost the strategy stops paying.

    Parameters
    ----------
    curve
        The cost curve of the performance.
    benchmark_sharpe
        Sharpe ratio of buy & hold, None where it is not known.

    Returns
    -------
    str
    """
    top, first = max(curve["bps"]), curve["sharpe"][0]
    if first is None:
        return "There is no Sharpe ratio to follow: the returns never vary."
    against, zero = curve.get("break_even_vs_benchmark_bps"), curve.get("break_even_bps")
    if against is not None:
        said = f"Break-even with buy & hold is about {against:.0f} bp"
    elif benchmark_sharpe is not None and first <= benchmark_sharpe:
        said = "Even without its own costs it does not beat buy & hold"
    else:
        said = f"Up to {top:g} bp it stays ahead of buy & hold"
    if zero is not None:
        said += f" and with zero about {zero:.0f} bp" if against is not None else ""
    return f"{said}; the run assumes {curve['assumed_bps']:g} bp."


def holdout_sentence(holdout: Mapping[str, str | None]) -> str:
    """Say which days are sealed.

    Parameters
    ----------
    holdout
        Start and end of the holdout, None where they are not known.

    Returns
    -------
    str
        Empty where they are not known.

    Examples
    --------
    >>> holdout_sentence({"start": "2017-01-03 21:00", "end": "2018-12-31 21:00"})
    'Sealed holdout 2017-01-03 to 2018-12-31, not read.'
    """
    start, end = holdout.get("start"), holdout.get("end")
    return f"Sealed holdout {start[:10]} to {end[:10]}, not read." if start and end else ""


def by_regime_note(meta: Meta) -> str:
    """Say what section 6 averages and why it differs from section 2.

    Parameters
    ----------
    meta
        Settings of the run; the fill tells how far decision and return lie apart.

    Returns
    -------
    str
    """
    mean = "Mean return of the bars in a regime, times bars a year."
    if meta.get("costs", {}).get("fill", "next_close") != "next_close":
        return f"{mean} Regime known when the position held was decided, one bar earlier."
    return (
        f"{mean} Regime known when the position held was decided, two bars earlier "
        "(it is filled at the close in between), so the figures differ from section 2's."
    )


def future_answer(leakage: Leakage | None) -> str:
    """Say what is known about leaks from the future.

    Parameters
    ----------
    leakage
        Result of the whole-run audit, None where it was not run.

    Returns
    -------
    str
    """
    if leakage is None:
        return (
            "The whole-run audit was not run, so nothing is claimed for this run; the project's "
            "tests show that replacing or removing later bars changes no earlier feature, regime "
            "or position, and that no choice reads a bar after the selection zone."
        )
    stages = [stage for stage in leakage["stages"] if not stage["control"]]
    controls = [stage for stage in leakage["stages"] if stage["control"]]
    caught = all(stage["result"] == "leak" for stage in controls)
    if not leakage["clean"]:
        return f"Yes: the future leaks into {leakage['first_stage']}. Do not use these results."
    if not controls:
        return f"No leak in {counted(len(stages), 'checked stage')}; no planted leak was tried."
    check = "the planted leak was caught, so the check works"
    missed = "a planted leak was missed, so the check proves little"
    return f"No leak in {counted(len(stages), 'checked stage')}, and {check if caught else missed}."


def count_word(n: int) -> str:
    """Write a small count as a word.

    Parameters
    ----------
    n
        The count.

    Returns
    -------
    str

    Examples
    --------
    >>> count_word(3), count_word(12)
    ('three', '12')
    """
    return _COUNTS[n] if n < len(_COUNTS) else str(n)
