"""Tables of the folded details: years, months, drawdowns, choices, settings, conventions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from regime_factory.report.formats import number, percent
from regime_factory.report.tables import Cell, Table, plain_table, times, words

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRITERS: dict[str, Callable[[float | None], str]] = {
    "cagr": lambda value: percent(value, 1, sign=True),
    "volatility": lambda value: percent(value, 1),
    "drawdown": percent,
    "max_drawdown": percent,
    "exposure": percent,
    "turnover": times,
    "turnover_per_year": times,
    "cost_per_year": lambda value: percent(value, 2),
}
_HEADINGS = {
    "sharpe": "Net Sharpe",
    "cagr": "Return/yr",
    "max_drawdown": "Worst drawdown",
    "turnover_per_year": "Turnover/yr",
}


def year_table(years: Sequence[Mapping[str, Any]]) -> Table:
    """Tabulate yearly returns.

    Parameters
    ----------
    years
        `years` of the performance.

    Returns
    -------
    Table
    """
    body = [
        (
            str(row["year"]),
            percent(row.get("strategy"), 1, sign=True),
            percent(row.get("benchmark"), 1, sign=True),
        )
        for row in years
    ]
    return plain_table("Year by year", ("Year", "Strategy, net", "Buy & hold"), body)


def month_table(months: Sequence[Mapping[str, Any]]) -> Table:
    """Tabulate monthly returns of the strategy, one row a year.

    Parameters
    ----------
    months
        `months` of the performance.

    Returns
    -------
    Table
    """
    found = {(row["year"], row["month"]): row.get("strategy") for row in months}
    years = sorted({year for year, _ in found})
    body = [
        [
            str(year),
            *(
                percent(found[year, month], 1, sign=True) if (year, month) in found else ""
                for month in range(1, 13)
            ),
        ]
        for year in years
    ]
    return plain_table("Monthly returns", ("Year", *MONTHS), body)


def drawdown_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Tabulate the worst drawdowns.

    Parameters
    ----------
    rows
        `worst_drawdowns` of the performance.

    Returns
    -------
    Table
    """
    body = [
        (
            percent(row["depth"], 1),
            str(row["start"])[:10],
            str(row["trough"])[:10],
            str(row["end"])[:10] if row.get("end") else "not yet",
        )
        for row in rows
    ]
    return plain_table("Worst drawdowns", ("Depth", "From", "Lowest", "Recovered"), body)


def choice_table(rows: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> Table:
    """Tabulate how the strategy was chosen in the selection zone.

    Parameters
    ----------
    rows
        Rows with `strategy`, `selected` and any figures, for example `sharpe, cagr`.
    labels
        Readable name of each strategy.

    Returns
    -------
    Table
    """
    left_out = {"strategy", "selected", "start", "end", "n_trials", "trial_sharpe_variance"}
    keys = [key for key in rows[0] if key not in left_out] if rows else []
    body = [
        [
            labels.get(row["strategy"], words(str(row["strategy"]))),
            *(_figure(key, row[key]) for key in keys),
        ]
        for row in rows
    ]
    tinted = frozenset(k for k, row in enumerate(rows) if row.get("selected"))
    columns = ("Strategy", *(_HEADINGS.get(key, words(key)) for key in keys))
    caption = f"Strategies in the selection zone{_span(rows)}"
    return plain_table(caption, columns, body, tinted=tinted)


def parameter_table(parameters: Mapping[str, Any]) -> Table:
    """Tabulate nested settings by their dotted names.

    Parameters
    ----------
    parameters
        Nested settings.

    Returns
    -------
    Table

    Examples
    --------
    >>> [[cell.text for cell in row] for row in parameter_table({"hmm": {"n_init": 10}}).rows]
    [['hmm.n_init', '10']]
    """
    rows = [[Cell(name), Cell(value)] for name, value in sorted(_flat(parameters))]
    return Table("Parameters", ("Setting", "Value"), rows, numeric=False)


def convention_table(
    conventions: Sequence[Mapping[str, Any]], deflated: Mapping[str, Any] | None = None
) -> Table:
    """Tabulate the conventions behind the figures.

    Parameters
    ----------
    conventions
        `conventions` of the performance: `name` and `value`.
    deflated
        `deflated_sharpe` of the performance, whose trial variance is named where it is known.

    Returns
    -------
    Table
    """
    rows = [[Cell(str(row["name"])), Cell(_written(row["value"]))] for row in conventions]
    variance = (deflated or {}).get("trial_sharpe_variance")
    if variance is not None:
        value = (
            f"{variance:.3g} of Sharpe ratios per bar, ddof = 1; behind the deflated Sharpe ratio"
        )
        rows.append([Cell("Variance of the trials"), Cell(value)])
    return Table("Conventions", ("Convention", "Value"), rows, numeric=False)


def _span(rows: Sequence[Mapping[str, Any]]) -> str:
    """Name the first and last day that any of the choices was judged on."""
    starts = [str(row["start"])[:10] for row in rows if row.get("start")]
    ends = [str(row["end"])[:10] for row in rows if row.get("end")]
    return f", {min(starts)} to {max(ends)}" if starts and ends else ""


def _figure(key: str, value: object) -> str:
    """Write a figure of the strategy choice as the strategy table writes it."""
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        return _written(value)
    if key in _WRITERS:
        return _WRITERS[key](value)
    return number(value)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            rows.extend(_flat(value, f"{prefix}{key}."))
        else:
            rows.append((f"{prefix}{key}", _written(value)))
    return rows


def _written(value: object) -> str:
    if value is None or value in ({}, []):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)
