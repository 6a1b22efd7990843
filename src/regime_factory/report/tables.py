"""Tables of the report as rows of cells that the template only has to lay out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regime_factory.report.formats import DASH, TIMES, interval, model_kind, number, percent
from regime_factory.report.palette import regime_slot
from regime_factory.report.payload import GridRow, Honesty, Leakage, StateRow

_DATES = 6  # dates that one cell of a table shows
_SETTLED = {"clean": "ok", "leak": "bad", "not covered": "none"}


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and a regime's colour or a result's icon before it."""

    text: str
    slot: str = ""  # token of the regime's colour
    tone: str = ""  # "ok", "none", "warn" or "bad"


@dataclass(frozen=True)
class Table:
    """A table: headings (text left unless named in `numeric`), rows and the tinted ones."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: bool = True  # all columns but the first hold numbers
    checks: bool = False  # becomes two-line rows on a phone
    tinted: frozenset[int] = field(default_factory=frozenset)


def state_table(states: Sequence[StateRow]) -> Table:
    """Tabulate the regimes.

    Parameters
    ----------
    states
        Rows of the payload, calmest first.

    Returns
    -------
    Table
    """
    columns = ("Regime", "Share", "Mean/yr", "95% interval", "Vol/yr", "Median bars")
    rows = [
        [
            Cell(row["regime"], slot=regime_slot(k, len(states))),
            Cell(percent(row.get("share"))),
            Cell(percent(row.get("mean_annual"), 1, sign=True)),
            Cell(
                interval((row.get("mean_lower"), row.get("mean_upper")), 0, sign=True, share=True)
            ),
            Cell(percent(row.get("vol_annual"), 1)),
            Cell(number(row.get("median_bars"), 0)),
            Cell(number(row.get("expected_bars"), 0)),
            Cell(number(row.get("spells"), 0)),
            Cell(percent(row.get("now"))),
        ]
        for k, row in enumerate(states)
    ]
    return Table("Regimes", (*columns, "Mean bars, model", "Spells", "Last bar"), rows)


def honesty_table(honesty: Honesty) -> Table:
    """Tabulate how stable the labels are.

    Parameters
    ----------
    honesty
        Rates of the payload; missing ones are a dash.

    Returns
    -------
    Table
    """
    rows = [
        ("Labels a smoother would revise later", percent(honesty.get("revision_rate"), 1)),
        ("Agreement of two refits, mean", number(honesty.get("refit_agreement_mean"))),
        ("Agreement of two refits, worst", number(honesty.get("refit_agreement_worst"))),
        ("Label switches a year", number(honesty.get("switches_per_year"), 1)),
        ("Refits whose match with the one before is ambiguous", _ambiguous(honesty)),
    ]
    return plain_table("Stability of the labels", ("Measure", "Value"), rows)


def strategy_table(rows: Sequence[Mapping[str, Any]], chosen: str) -> Table:
    """Tabulate strategies and baselines.

    Parameters
    ----------
    rows
        Strategies with their `name`, best first.
    chosen
        Name of the tinted row.

    Returns
    -------
    Table
    """
    columns = ("Strategy", "Net Sharpe", "95% interval", "minus buy & hold", "95% interval")
    further = ("Return/yr", "Vol/yr", "Worst drawdown", "Sortino", "Calmar", "Invested")
    last = ("Turnover/yr", "Cost/yr", "Trades/yr", "Hit rate")
    body = [
        [
            row["label"],
            number(row.get("sharpe")),
            interval(row.get("sharpe_interval")),
            number(row.get("sharpe_difference"), sign=True),
            interval(row.get("sharpe_difference_interval"), sign=True),
            percent(row.get("cagr"), 1, sign=True),
            percent(row.get("volatility"), 1),
            percent(row.get("max_drawdown")),
            number(row.get("sortino")),
            number(row.get("calmar")),
            percent(row.get("exposure")),
            times(row.get("turnover_per_year")),
            percent(row.get("cost_per_year"), 2),
            number(row.get("switches_per_year"), 1),
            percent(row.get("hit_rate")),
        ]
        for row in rows
    ]
    tinted = frozenset(k for k, row in enumerate(rows) if row["name"] == chosen)
    return plain_table("Strategies and baselines", (*columns, *further, *last), body, tinted=tinted)


def by_regime_table(rows: Sequence[Mapping[str, Any]], states: Sequence[StateRow]) -> Table:
    """Tabulate the results inside each regime.

    Parameters
    ----------
    rows
        `by_regime` of the performance.
    states
        Regime rows, for the colours.

    Returns
    -------
    Table
    """
    order = {row["regime"]: k for k, row in enumerate(states)}
    columns = ("Regime", "Share", "Strategy/yr", "Buy & hold/yr", "Sharpe", "Sharpe, buy & hold")
    body = [
        [
            Cell(row["regime"], slot=regime_slot(order[row["regime"]], len(states)))
            if row["regime"] in order
            else Cell(row["regime"]),
            Cell(percent(row.get("share"))),
            Cell(percent(row.get("strategy_return"), 1, sign=True)),
            Cell(percent(row.get("benchmark_return"), 1, sign=True)),
            Cell(number(row.get("strategy_sharpe"))),
            Cell(number(row.get("benchmark_sharpe"))),
        ]
        for row in sorted(rows, key=lambda row: order.get(row["regime"], 99))
    ]
    return Table("Results by regime", columns, body)


def grid_table(grid: Sequence[GridRow], profile: Sequence[GridRow]) -> Table:
    """Tabulate the model grid and the profile below it.

    Parameters
    ----------
    grid
        Cells that could be chosen, the chosen one tinted.
    profile
        Cells fitted only to see how the BIC goes on.

    Returns
    -------
    Table
    """
    columns = ("Model", "Parameters", "Log-likelihood, train", "validation", "held out, a bar")
    further = ("AIC", "BIC", "ICL", "Iterations", "Converged", "Starts at the best")
    last = ("Rarest state", "Shortest median spell", "Agreement across refits")
    inside = {(row["n_states"], model_kind(row)) for row in grid}
    extra = [r for r in profile if (r["n_states"], model_kind(r)) not in inside]
    body = [
        [
            f"{row['n_states']} states, {model_kind(row)}"
            + (" (profile only)" if k >= len(grid) else ""),
            number(row.get("n_parameters"), 0),
            number(row.get("loglik_train"), 1),
            number(row.get("loglik_validation"), 1),
            number(row.get("heldout_per_bar"), 4),
            number(row.get("aic"), 1),
            number(row.get("bic"), 1),
            number(row.get("icl"), 1),
            number(row.get("n_iter"), 0),
            _yes(row.get("converged")),
            percent(row.get("hit_rate")),
            percent(row.get("min_occupancy"), 1),
            number(row.get("median_dwell"), 1),
            number(row.get("stability")),
        ]
        for k, row in enumerate([*grid, *extra])
    ]
    tinted = frozenset(k for k, row in enumerate(grid) if row.get("selected"))
    return plain_table("Model grid", (*columns, *further, *last), body, tinted=tinted)


def leakage_table(leakage: Leakage) -> Table:
    """Tabulate the causality audit, planted controls included.

    Parameters
    ----------
    leakage
        Result of the audit.

    Returns
    -------
    Table
    """
    rows = [
        [
            Cell(f"Control: {stage['stage']}" if stage["control"] else stage["stage"]),
            Cell(stage["result"], tone=_SETTLED.get(stage["result"], "none")),
            Cell(stage["evidence"]),
        ]
        for stage in leakage["stages"]
    ]
    columns = ("Stage", "Result", "Evidence")
    return Table("Causality audit", columns, rows, numeric=False, checks=True)


def times(value: float | None) -> str:
    """Write a multiple of the equity, for example the turnover of a year.

    Parameters
    ----------
    value
        The multiple, None where it is missing.

    Returns
    -------
    str
    """
    return DASH if value is None else f"{number(value, 1)}{TIMES}"


def words(name: str) -> str:
    """Turn a column name into a heading.

    Parameters
    ----------
    name
        Lower-case name with underscores.

    Returns
    -------
    str

    Examples
    --------
    >>> words("max_drawdown")
    'Max drawdown'
    """
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def plain_table(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    tinted: frozenset[int] = frozenset(),
) -> Table:
    """Make a table of plain text.

    Parameters
    ----------
    caption
        What it shows.
    columns
        Headings.
    rows
        Texts, one per column.
    tinted
        Numbers of the tinted rows.

    Returns
    -------
    Table
    """
    return Table(caption, columns, [[Cell(text) for text in row] for row in rows], tinted=tinted)


def _ambiguous(honesty: Honesty) -> str:
    """Count the refits whose states could be matched otherwise, and date the first ones."""
    found, total = honesty.get("ambiguous_refits"), honesty.get("n_refits")
    if found is None or total is None:
        return DASH
    dates = [str(row["first_ts"])[:10] for row in found]
    shown = ", ".join(dates[:_DATES]) + (" ..." if len(dates) > _DATES else "")
    return f"{len(found)} of {total}" + (f" ({shown})" if dates else "")


def _yes(value: bool | None) -> str:
    return DASH if value is None else "yes" if value else "no"
