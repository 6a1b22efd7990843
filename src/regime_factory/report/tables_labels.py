"""Tables on stability, delay and use of the labels: every figure of the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report.answers_labels import detector_name
from regime_factory.report.formats import chance, counted, interval, number, percent
from regime_factory.report.tables import Cell, Table, plain_table, times
from regime_factory.report.tables_honesty import line_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LABELS = {
    "filtered": "Most likely state, filtered",
    "confirmed": "Confirmed label",
    "smoothed": "With hindsight (smoothed)",
}


def stability_table(figures: Mapping[str, Any]) -> Table:
    """Tabulate how stable the labels are.

    Parameters
    ----------
    figures
        ``stability`` of the card.

    Returns
    -------
    Table
    """
    window = figures["overlap_window"]
    pairs = counted(figures["overlap_pairs"], "pair")
    seen = f", {pairs} of {number(window, 0)} bars" if window else ""
    rows = [
        (f"Agreement of half-overlapping windows, mean{seen}", number(figures["overlap_mean"])),
        ("Agreement of half-overlapping windows, worst", number(figures["overlap_worst"])),
        ("Agreement of consecutive refits, mean", number(figures["refit_agreement_mean"])),
        ("Agreement of consecutive refits, worst", number(figures["refit_agreement_worst"])),
        (
            f"Ambiguous matches in {counted(figures['n_refits'], 'refit')}",
            number(figures["n_ambiguous_refits"], 0),
        ),
        ("Live labels that later bars revise", percent(figures["revision_rate"], 1)),
        ("Switches a year, most likely state", number(figures["switches_raw"], 1)),
        ("Switches a year, confirmed label", number(figures["switches_confirmed"], 1)),
        *[(f"Share of bars in {row['regime']}", percent(row["share"], 1))
          for row in figures["occupancy"]],
    ]  # fmt: skip
    return plain_table("Agreement, revision and occupancy", ("Measure", "Value"), rows)


def trading_table(figures: Mapping[str, Any]) -> Table:
    """Tabulate the run's strategy beside buy and hold and the EWMA target.

    Parameters
    ----------
    figures
        ``trading`` of the card.

    Returns
    -------
    Table
    """
    rows = [
        [
            figures["labels"][row["name"]],
            number(row["sharpe"]),
            number(row.get("sharpe_difference"), sign=True),
            interval((row.get("lower"), row.get("upper")), sign=True),
            percent(row["cagr"], 1, sign=True),
            percent(row["max_drawdown"]),
            percent(row["exposure"]),
            percent(row["average_weight"]),
            times(row["turnover_per_year"]),
            percent(row["cost_per_year"], 2),
        ]
        for row in (figures, *figures["others"])
    ]
    columns = ("Strategy", "Net Sharpe", "Run minus it", "95% interval", "Return/yr")
    further = ("Worst drawdown", "Time invested", "Mean weight", "Turnover/yr", "Cost/yr")
    return plain_table(
        "The run's strategy beside others", (*columns, *further), rows, tinted=frozenset({0})
    )


def churn_table(figures: Mapping[str, Any]) -> Table:
    """Tabulate what trading raw and confirmed labels costs.

    Parameters
    ----------
    figures
        ``churn`` of the card.

    Returns
    -------
    Table
    """
    rows = [
        [
            name,
            number(figures[kind]["switches_per_year"], 1),
            times(figures[kind]["turnover_per_year"]),
            percent(figures[kind]["cost_per_year"], 2),
            number(figures[kind]["sharpe"]),
        ]
        for kind, name in (("raw", "Most likely state"), ("confirmed", "Confirmed label"))
    ]
    columns = ("Label traded", "Switches/yr", "Turnover/yr", "Cost/yr", "Net Sharpe")
    return plain_table("Cost of switching", columns, rows)


def tried_table(figures: Mapping[str, Any], labels: Mapping[str, str]) -> Table:
    """Tabulate what was counted and the three p-values of the test.

    Parameters
    ----------
    figures
        ``tried`` of the card.
    labels
        Readable name of each strategy.

    Returns
    -------
    Table
    """
    rows = [
        ("Models of the grid", number(figures["models"], 0)),
        ("Strategies of the selection zone", number(figures["strategies"], 0)),
        ("Compared in the test", ", ".join(labels[name] for name in figures["compared"])),
        ("SPA p, consistent", chance(figures["p_value"], 1)),
        ("SPA p, liberal", chance(figures["p_lower"], 1)),
        ("SPA p, conservative", chance(figures["p_upper"], 1)),
        ("Returns compared", f"{number(figures['n_rows'], 0)}, of "
                             f"{counted(figures['bars_per_row'], 'bar')} each"),
        ("Bootstrap draws", number(figures["n_draws"], 0)),
    ]  # fmt: skip
    cells = [[Cell(name), Cell(value)] for name, value in rows]
    return Table("What was counted", ("Measure", "Value"), cells, numeric=False)


def truth_table(figures: Mapping[str, Any]) -> Table:
    """Tabulate how labels do on simulated markets.

    Parameters
    ----------
    figures
        ``truth`` of the card.

    Returns
    -------
    Table
    """
    rows = [
        [
            name,
            percent(figures[kind]["accuracy"], 1),
            number(figures[kind]["median_delay"], 0),
            percent(figures[kind]["missed_share"], 1),
            number(figures[kind]["switches_per_true"]),
            percent(figures[kind]["false_share"], 1),
        ]
        for kind, name in _LABELS.items()
    ]
    columns = ("Label", "Right", "Half seen within, bars", "Missed", "Switches per true switch")
    return plain_table("Simulated markets", (*columns, "False switches"), rows)


def detector_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Tabulate the detectors that were compared on the same bars.

    Parameters
    ----------
    rows
        ``detectors`` of the card.

    Returns
    -------
    Table
    """
    body = [
        [
            line_start(detector_name(row["detector"])),
            number(row["n_states"], 0),
            number(row["qlike"], 3),
            number(row["loglik_per_bar"], 3),
            percent(row["min_occupancy"], 1),
            number(row["switches_per_year"], 1),
            number(row["median_dwell"], 0),
            number(row["agreement_mean"]),
            number(row["agreement_worst"]),
        ]
        for row in rows
    ]
    columns = ("Detector", "States", "QLIKE", "Log-likelihood a bar", "Rarest state")
    further = ("Switches/yr", "Median bars", "Refits agree, mean", "worst")
    return plain_table("Detectors on the same bars", (*columns, *further), body)
