"""Tables of what the regimes are worth: every figure of the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report.answers_honesty import REFERENCES, RULES
from regime_factory.report.formats import DASH, counted, interval, number, percent
from regime_factory.report.palette import regime_slot
from regime_factory.report.tables import Cell, Table, plain_table

if TYPE_CHECKING:
    from collections.abc import Mapping


def volatility_table(figures: Mapping[str, Any]) -> Table:
    """Tabulate the variance forecasts beside the regimes.

    Parameters
    ----------
    figures
        ``volatility`` of the card.

    Returns
    -------
    Table
    """
    rows = [["Regimes", number(figures["qlike"], 3), DASH, DASH, DASH]]
    rows += [
        [
            rule_name(row["name"]),
            number(row["qlike"], 3),
            number(row["difference"], 3, sign=True),
            interval((row["lower"], row["upper"]), 3, sign=True),
            number(row["t"], 1, sign=True),
        ]
        for row in figures["yardsticks"]
    ]
    columns = ("Variance forecast", "QLIKE", "Regimes minus it", "95% interval")
    return plain_table("Variance forecasts", (*columns, "t"), rows, tinted=frozenset({0}))


def drawdown_table(figures: Mapping[str, Any]) -> Table:
    """Tabulate how often a drawdown followed each state.

    Parameters
    ----------
    figures
        ``drawdowns`` of the card.

    Returns
    -------
    Table
    """
    states = figures["states"]
    rows = [
        [
            Cell(row["regime"], slot=regime_slot(k, len(states))),
            Cell(number(row["bars"], 0)),
            Cell(percent(row["share"], 1)),
            Cell(interval((row["lower"], row["upper"]), 1, share=True)),
        ]
        for k, row in enumerate(states)
    ]
    bars, share = number(figures["bars"], 0), percent(figures["share"], 1)
    rows.append([Cell("All bars"), Cell(bars), Cell(share), Cell(DASH)])
    title = f"Drawdowns of {percent(figures['depth'])} within {counted(figures['horizon'], 'bar')}"
    return Table(title, ("After", "Bars", "Followed by one", "95% interval"), rows)


def skill_table(figures: Mapping[str, Any]) -> Table:
    """Tabulate the Brier skill of the states' drawdown probability.

    Parameters
    ----------
    figures
        ``drawdowns`` of the card.

    Returns
    -------
    Table
    """
    rows = [
        [
            reference_name(name),
            percent(row["skill"], 1, sign=True),
            interval((row["lower"], row["upper"]), 1, sign=True, share=True),
        ]
        for name, row in figures["brier"].items()
    ]
    return plain_table("Brier skill", ("Against", "Brier skill", "95% interval"), rows)


def return_table(figures: Mapping[str, Any]) -> Table:
    """Tabulate the mean return after each state.

    Parameters
    ----------
    figures
        ``returns`` of the card.

    Returns
    -------
    Table
    """
    states = figures["states"]
    rows = [
        [
            Cell(row["regime"], slot=regime_slot(k, len(states))),
            Cell(number(row["bars"], 0)),
            Cell(percent(row["mean"], 2, sign=True)),
            Cell(interval((row["lower"], row["upper"]), 2, sign=True, share=True)),
        ]
        for k, row in enumerate(states)
    ]
    rows.append(
        [
            Cell("All bars"),
            Cell(number(figures["bars"], 0)),
            Cell(percent(figures["mean"], 2, sign=True)),
            Cell(DASH),
        ]
    )
    title = f"Mean return of the next {counted(figures['horizon'], 'bar')}"
    return Table(title, ("After", "Bars", "Mean return", "95% interval"), rows)


def reaction_table(figures: Mapping[str, Any]) -> Table:
    """Tabulate the large drawdowns and when the label reacted.

    Parameters
    ----------
    figures
        ``reaction`` of the card.

    Returns
    -------
    Table
    """
    rows = [
        [
            f"{row['start'][:10]} to {row['end'][:10] if row['end'] else 'the last bar'}",
            percent(abs(row["depth"])),
            row["crossed"][:10],
            number(row["bars"], 0),
            "yes" if row["in_time"] else "no",
        ]
        for row in figures["episodes"]
    ]
    past = f"{percent(figures['size'])} lost on"
    columns = ("Drawdown", "Depth", past, f"Bars until {figures['regime']}", "Before that day")
    return plain_table("Reaction to large drawdowns", columns, rows)


def rule_name(name: str) -> str:
    """Name a variance forecast at the start of a line.

    Parameters
    ----------
    name
        Column of the forecasts.

    Returns
    -------
    str

    Examples
    --------
    >>> rule_name("threshold")
    'Volatility threshold'
    """
    return line_start(RULES[name])


def reference_name(name: str) -> str:
    """Name a drawdown probability at the start of a line.

    Parameters
    ----------
    name
        Key of the Brier skills.

    Returns
    -------
    str

    Examples
    --------
    >>> reference_name("unconditional")
    'Unconditional share'
    """
    return line_start(REFERENCES[name])


def line_start(text: str) -> str:
    """Bring a name from the middle of a sentence to the start of a line.

    Parameters
    ----------
    text
        Name, with its article.

    Returns
    -------
    str

    Examples
    --------
    >>> line_start("the jump model")
    'Jump model'
    """
    bare = text.removeprefix("the ")
    return f"{bare[:1].upper()}{bare[1:]}"
