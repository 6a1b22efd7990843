"""The verdict in plain words: the first rule that matches decides, and no rule grades a Sharpe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from regime_factory.report.formats import chance, counted, interval, listed, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regime_factory.report.payload import Leakage, SymbolPage

P_VALUE_NEEDED = 0.05
P_VALUE_CLOSE = (0.03, 0.07)  # written with a decimal, so that 5.4 % does not read as 5 %
DEFLATED_SHARPE_NEEDED = 0.95
CLEAR_VOLATILITY_RATIO = 1.5  # wildest to calmest regime
AGREEMENT_NEEDED = 0.5  # adjusted Rand of the worst refit


@dataclass(frozen=True)
class Chip:
    """One short finding under the headline, linked to its block."""

    name: str
    tone: str  # "ok", "none", "warn" or "bad"
    text: str
    anchor: str


@dataclass(frozen=True)
class Verdict:
    """What the card at the top says."""

    tone: str
    headline: str
    detail: str
    chips: list[Chip] = field(default_factory=list)
    invalid: bool = False  # tiles are stamped "invalid"


def judge(page: SymbolPage, leakage: Leakage | None) -> Verdict:
    """Judge one symbol's results by fixed rules; the first that matches wins.

    Parameters
    ----------
    page
        The symbol's part of the payload.
    leakage
        Result of the whole-run audit, None where it was not run.

    Returns
    -------
    Verdict

    Notes
    -----
    Order: unusable data; a leak; skill (difference interval above zero, random timing at most
    5 %, deflated Sharpe at least 0.95); worse than the benchmark; some of the three; none.
    """
    bad = [check for check in page["quality"].get("checks", []) if check["severity"] == "bad"]
    if bad:
        tone, headline, detail, skill = _unusable_data(bad[0])
    elif leakage is not None and not leakage["clean"]:
        tone, headline, detail, skill = _leak(leakage)
    else:
        tone, headline, detail, skill = _judge_skill(page)
    chips = [
        Chip("Skill", tone, skill, "money"),
        _leakage_chip(leakage),
        _data_chip(page["quality"].get("checks", [])),
        _regime_chip(page),
    ]
    invalid = bool(bad) or (leakage is not None and not leakage["clean"])
    return Verdict(tone, headline, detail, chips, invalid)


def intervals_overlap(rows: Sequence[Mapping[str, Any]]) -> bool | None:
    """Tell whether the mean-return intervals of all regimes overlap one another.

    Parameters
    ----------
    rows
        Rows of the regime table.

    Returns
    -------
    bool or None
        None where there are fewer than two regimes with an interval.

    Examples
    --------
    >>> intervals_overlap([{"mean_lower": 0, "mean_upper": 2}, {"mean_lower": 1, "mean_upper": 3}])
    True
    """
    bounds = [(row.get("mean_lower"), row.get("mean_upper")) for row in rows]
    known = [(low, high) for low, high in bounds if low is not None and high is not None]
    if len(known) < 2:
        return None
    return max(low for low, _ in known) <= min(high for _, high in known)


def volatility_ratio(rows: Sequence[Mapping[str, Any]]) -> float:
    """Compare the volatility of the wildest regime with that of the calmest.

    Parameters
    ----------
    rows
        Rows of the regime table.

    Returns
    -------
    float
        At least 1; exactly 1 where fewer than two are known.

    Examples
    --------
    >>> volatility_ratio([{"vol_annual": 0.1}, {"vol_annual": 0.4}])
    4.0
    """
    known = [row["vol_annual"] for row in rows if row.get("vol_annual")]
    return max(known) / min(known) if known else 1.0


def _unusable_data(check: Mapping[str, Any]) -> tuple[str, str, str, str]:
    headline = f"Do not use these results: {check['result']} ({_lower_first(check['check'])})."
    detail = f"{_sentence(check.get('note') or '')} Skill is not judged on such data.".strip()
    return "bad", headline, detail, "not judged"


def _leak(leakage: Leakage) -> tuple[str, str, str, str]:
    headline = f"Do not use these results: the future leaks into {leakage['first_stage']}."
    detail = (
        f"Changing bars after {leakage['cut']} changed this stage before that date, "
        f"by up to {number(leakage['size'])}. All numbers below are marked invalid."
    )
    return "bad", headline, detail, "not judged"


def _judge_skill(page: SymbolPage) -> tuple[str, str, str, str]:
    performance = page["performance"]
    ours = performance["strategies"][performance["chosen"]]
    theirs = performance["strategies"].get(page["benchmark"], {})
    timing, deflated = (
        performance.get("random_timing") or {},
        performance.get("deflated_sharpe") or {},
    )
    bounds = ours.get("sharpe_difference_interval")
    p_value, value = timing.get("p_value"), deflated.get("value")
    known = bounds is not None and bounds[0] is not None
    passed = {
        "difference": known and bounds[0] > 0,
        "timing": p_value is not None and p_value <= P_VALUE_NEEDED,
        "deflated": value is not None and value >= DEFLATED_SHARPE_NEEDED,
    }
    difference = ours.get("sharpe_difference")
    against = (
        f"Net Sharpe is {number(ours['sharpe'])} against {number(theirs.get('sharpe'))} "
        f"for buy & hold; the difference, {number(difference, sign=True)}, has a 95% interval "
        f"of {interval(bounds, sign=True)}."
    )
    if all(passed.values()):
        headline = (
            f"Skill after costs: net Sharpe {number(ours['sharpe'])} "
            f"beats buy & hold by {number(difference)}."
        )
        detail = (
            f"The 95% interval of the difference is {interval(bounds)}. {_timing(timing)} "
            f"Deflated Sharpe {number(value)} over {counted(deflated['n_trials'], 'trial')}."
        )
        return "ok", headline, detail, "shown"
    if known and bounds[1] < 0:
        return "warn", "Worse than buy & hold after costs.", f"{against} {_timing(timing)}", "worse"
    if any(passed.values()):
        failed = _failed(passed, bounds, timing, value)
        headline = f"Some evidence of skill, not conclusive: {failed}."
        return "warn", headline, f"{against} {_timing(timing)}", "partly shown"
    headline = f"No evidence of timing skill.{_drawdown_clause(ours, theirs)}"
    return "none", headline, f"{against} {_timing(timing)}", "not shown"


def _timing(timing: Mapping[str, Any]) -> str:
    if timing.get("p_value") is None:
        return "Random timing was not tried."
    return (
        "Positions placed at random times, held as long, did at least as well in "
        f"{_as_good(timing)}."
    )


def _as_good(timing: Mapping[str, Any]) -> str:
    """Write the share of trials that did as well, more exactly where p is near its limit."""
    p_value, draws = timing["p_value"], timing["draws"]
    share = max((p_value * (draws + 1) - 1) / draws, 0.0)  # p counts the real positions as well
    low, high = P_VALUE_CLOSE
    if not low <= p_value <= high:
        return f"{chance(share)} of {counted(draws, 'trial')}"
    return (
        f"{percent(share, 1)} of {counted(draws, 'trial')} "
        f"(p = {percent(p_value, 1)}, limit {percent(P_VALUE_NEEDED)})"
    )


def _failed(
    passed: Mapping[str, bool],
    bounds: Sequence[float] | None,
    timing: Mapping[str, Any],
    deflated: float | None,
) -> str:
    reasons = []
    if not passed["difference"]:
        reasons.append(
            f"the interval of the difference to buy & hold, {interval(bounds, sign=True)}, "
            "includes zero"
        )
    if not passed["timing"]:
        reasons.append(
            "random timing was not tried"
            if timing.get("p_value") is None
            else f"random timing did as well in {_as_good(timing)}"
        )
    if not passed["deflated"]:
        reasons.append(
            "the deflated Sharpe was not computed"
            if deflated is None
            else f"the deflated Sharpe is {number(deflated)} and needs {DEFLATED_SHARPE_NEEDED:.2f}"
        )
    return listed(reasons)


def _drawdown_clause(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    mine, other = ours.get("max_drawdown"), theirs.get("max_drawdown")
    if mine is None or not other or mine / other >= 0.9:
        return ""
    if 0.45 <= mine / other <= 0.55:
        text = " The drawdown was halved"
    else:
        text = f" The worst drawdown fell from {percent(abs(other))} to {percent(abs(mine))}"
    costly = (ours.get("cagr") or 0.0) < (theirs.get("cagr") or 0.0)
    return f"{text}, at a cost in return." if costly else f"{text}."


def _leakage_chip(leakage: Leakage | None) -> Chip:
    if leakage is None:
        return Chip("Leakage", "none", "not run", "future")
    if leakage["clean"]:
        return Chip("Leakage", "ok", f"audit clean, {counted(leakage['cuts'], 'cut')}", "future")
    return Chip("Leakage", "bad", f"leak in {leakage['first_stage']}", "future")


def _data_chip(checks: Sequence[Mapping[str, Any]]) -> Chip:
    if not checks:
        return Chip("Data", "none", "not checked", "data")
    bad = [check for check in checks if check["severity"] == "bad"]
    if bad:
        return Chip("Data", "bad", bad[0]["result"], "data")
    warned = sum(check["severity"] == "warn" for check in checks)
    if warned:
        return Chip("Data", "warn", counted(warned, "warning"), "data")
    return Chip("Data", "ok", "no problem", "data")


def _regime_chip(page: SymbolPage) -> Chip:
    worst = page["honesty"].get("refit_agreement_worst")
    overlap = intervals_overlap(page["states"])
    if worst is not None and worst < AGREEMENT_NEEDED:
        return Chip("Regimes", "warn", "unstable on refit", "regimes")
    if overlap:
        risk = volatility_ratio(page["states"]) >= CLEAR_VOLATILITY_RATIO
        text = "split risk, not return" if risk else "split neither risk nor return"
        return Chip("Regimes", "warn", text, "regimes")
    if worst is None:
        return Chip("Regimes", "none", "stability not measured", "regimes")
    return Chip("Regimes", "ok", "stable on refit", "regimes")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!')) or not text else '.'}"
