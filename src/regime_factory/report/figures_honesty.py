"""Figures of what the regimes add to simpler forecasts of volatility and of drawdowns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report.formats import number, percent
from regime_factory.report.marks import Figure, dot_figure, title_of, whisker
from regime_factory.report.tables_honesty import reference_name, rule_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = tuple[str, float, float | None, float | None, str, bool]


def volatility_rows(figures: Mapping[str, Any] | None) -> list[Row]:
    """Give what the regimes save against each variance forecast, hardest one at the bottom.

    Parameters
    ----------
    figures
        ``volatility`` of the card.

    Returns
    -------
    list of tuple
        Name, QLIKE saved, its interval, hover text, whether the interval leaves out zero; empty
        where there were too few bars.
    """
    if figures is None:
        return []
    rows = [
        (
            rule_name(row["name"]),
            -row["difference"],
            -row["upper"],
            -row["lower"],
            f"{rule_name(row['name'])}: QLIKE {number(-row['difference'], 3, sign=True)} saved",
            bool(row["distinguishable"]),
        )
        for row in figures["yardsticks"]
    ]
    return sorted(rows, key=lambda row: (row[1], row[0]))


def skill_rows(figures: Mapping[str, Any] | None) -> list[Row]:
    """Give the Brier skill of the states against each drawdown probability.

    Parameters
    ----------
    figures
        ``drawdowns`` of the card.

    Returns
    -------
    list of tuple
        As :func:`volatility_rows`; empty where no drawdown came.
    """
    if figures is None:
        return []
    return [
        (
            reference_name(name),
            row["skill"],
            row["lower"],
            row["upper"],
            f"{reference_name(name)}: Brier skill {percent(row['skill'], 1, sign=True)}",
            bool(row["distinguishable"]),
        )
        for name, row in reversed(figures["brier"].items())
        if row["skill"] is not None
    ]


def volatility_figure(figures: Mapping[str, Any]) -> Figure:
    """Draw the QLIKE that the regimes save against each variance forecast.

    Parameters
    ----------
    figures
        ``volatility`` of the card.

    Returns
    -------
    dict
    """
    title = "QLIKE saved by the regimes, 95% interval"
    return _yardsticks(volatility_rows(figures), {"title": title_of(title)})


def skill_figure(figures: Mapping[str, Any]) -> Figure | None:
    """Draw the Brier skill of the states' drawdown probability.

    Parameters
    ----------
    figures
        ``drawdowns`` of the card.

    Returns
    -------
    dict or None
        None where no drawdown came.
    """
    rows = skill_rows(figures)
    title = "Brier score saved by the regimes, 95% interval"
    return _yardsticks(rows, {"title": title_of(title), "tickformat": ".0%"}) if rows else None


def _yardsticks(rows: Sequence[Row], x: dict[str, Any]) -> Figure:
    """Dots with intervals about zero, hollow where the interval holds zero."""
    data = []
    for k, (_, value, low, high, text, beyond) in enumerate(rows):
        colour = "@strat" if beyond else "@panel"
        trace = whisker((k, value, low, high, text), marker={"color": colour, "size": 12})
        trace["marker"]["line"] = {"color": "@strat", "width": 2}
        data.append(trace)
    figure = dot_figure(data, [row[0] for row in rows], x=x, row_height=40)
    figure["layout"]["yaxis"]["automargin"] = True
    return figure
