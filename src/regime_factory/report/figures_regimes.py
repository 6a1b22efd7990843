"""Figures of the regimes: return by regime, spell lengths, transition matrix, BIC over the grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from regime_factory.report.formats import chance, model_kind, number, percent
from regime_factory.report.marks import Figure, axis, dot_figure, layout_of, title_of, whisker
from regime_factory.report.palette import regime_slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regime_factory.report.payload import Dwell, GridRow, StateRow


def return_figure(states: Sequence[StateRow]) -> Figure:
    """Draw the mean next-bar return of each regime with its interval.

    Parameters
    ----------
    states
        Rows of the regime table, calmest first.

    Returns
    -------
    dict
    """
    names = [row["regime"] for row in states]
    rows = [
        (
            k,
            row.get("mean_annual"),
            row.get("mean_lower"),
            row.get("mean_upper"),
            f"{percent(row.get('mean_annual'), 1, sign=True)} a year",
        )
        for k, row in enumerate(states)
    ]
    data = [
        whisker(rows[k], marker={"color": f"@{regime_slot(k, len(states))}", "size": 12})
        for k in range(len(states))
    ]
    title = "Mean return of the next bar, annualised, 95% interval"
    return dot_figure(data, names, x={"tickformat": ".0%", "title": title_of(title)})


def dwell_figure(dwell: Sequence[Dwell]) -> Figure:
    """Draw how long spells last: quartiles, median, and the mean of the fitted model.

    Parameters
    ----------
    dwell
        One row per regime, calmest first.

    Returns
    -------
    dict
    """
    data: list[dict[str, Any]] = []
    for k, row in enumerate(dwell):
        text = f"median {number(row['median'], 0)} bars, longest {row['longest']:,}"
        point = (k, row["median"], row["lower"], row["upper"], text)
        data.append(whisker(point, marker={"color": f"@{regime_slot(k, len(dwell))}", "size": 12}))
    data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": [row["expected"] for row in dwell],
            "y": list(range(len(dwell))),
            "marker": {
                "symbol": "diamond-open",
                "size": 11,
                "color": "@ink2",
                "line": {"width": 2},
            },
            "hovertemplate": "the model's mean: %{x:.0f} bars<extra></extra>",
        }
    )
    ends = [v for row in dwell for v in (row["lower"], row["upper"], row["expected"]) if v]
    ticks = [v for k in range(7) for v in (10**k, 2 * 10**k, 5 * 10**k)]
    low, high = (min(ends, default=1.0), max(ends, default=10.0))
    axis = {
        "type": "log",
        "tickvals": [v for v in ticks if low / 2 <= v <= high * 2],
        "ticktext": [f"{v:,}" for v in ticks if low / 2 <= v <= high * 2],
        "range": [math.log10(low / 1.4), math.log10(high * 1.4)],
        "title": title_of("Length of a spell in bars, log scale"),
    }
    return dot_figure(data, [row["regime"] for row in dwell], x=axis)


def transition_figure(transmat: Sequence[Sequence[float]], names: Sequence[str]) -> Figure:
    """Draw the transition matrix with its numbers.

    Parameters
    ----------
    transmat
        K x K, row to column, per bar.
    names
        Regime names, calmest first.

    Returns
    -------
    dict
    """
    n = len(names)
    notes = [
        {
            "x": column,
            "y": row,
            "text": chance(transmat[row][column], 1),
            "showarrow": False,
            "font": {"size": 12.5, "color": "@panel" if transmat[row][column] >= 0.6 else "@ink"},
        }
        for row in range(n)
        for column in range(n)
    ]
    trace = {
        "type": "heatmap",
        "z": [[round(float(value), 4) for value in row] for row in transmat],
        "x": list(range(n)),
        "y": list(range(n)),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, "@cell"], [0.6, "@cell2"], [0.6, "@strat"], [1, "@strat"]],
        "showscale": False,
        "xgap": 3,
        "ygap": 3,
        "hoverinfo": "skip",
    }
    labels = {"tickvals": list(range(n)), "ticktext": list(names), "showgrid": False}
    axes = {
        "xaxis": axis(side="top", zeroline=False, showline=False, **labels),
        "yaxis": axis(autorange="reversed", zeroline=False, showline=False, **labels),
    }
    layout = layout_of(axes, hovermode=False)
    layout["annotations"] = notes
    layout["margin"] = {"l": 64, "r": 10, "t": 28, "b": 10}
    return {"height": 58 * n + 46, "columns": {}, "data": [trace], "layout": layout}


def bic_figure(grid: Sequence[GridRow], profile: Sequence[GridRow]) -> Figure:
    """Draw the BIC over the grid, relative to the chosen cell; lower is better.

    Parameters
    ----------
    grid
        Cells that could be chosen.
    profile
        Cells fitted only to see whether the BIC has an inner minimum.

    Returns
    -------
    dict
    """
    chosen = next((row for row in grid if row.get("selected")), grid[0])
    kinds = sorted({model_kind(row) for row in [*grid, *profile]})
    symbols, dashes = ("circle", "square", "triangle-up", "x"), ("solid", "dot", "dash", "dashdot")
    data: list[dict[str, Any]] = []
    for k, kind in enumerate(kinds):
        rows = sorted(
            {r["n_states"]: r for r in [*profile, *grid] if model_kind(r) == kind}.values(),
            key=lambda row: row["n_states"],
        )
        inside = {r["n_states"] for r in grid if model_kind(r) == kind}
        shape = symbols[k % 4]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": [row["n_states"] for row in rows],
                "y": [round(row["bic"] - chosen["bic"], 1) for row in rows],
                "line": {"color": "@muted", "width": 1.6, "dash": dashes[k % 4]},
                "marker": {
                    "color": "@strat",
                    "size": 10,
                    "symbol": [shape if r["n_states"] in inside else f"{shape}-open" for r in rows],
                },
                "hovertemplate": f"%{{x}} states, {kind}: %{{y:+,.0f}}<extra></extra>",
            }
        )
    data.append(
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": [chosen["n_states"]],
            "y": [0],
            "text": ["chosen"],
            "textposition": "top right",
            "textfont": {"color": "@ink", "size": 12.5},
            "marker": {"symbol": "circle-open", "size": 20, "color": "@ink", "line": {"width": 2}},
            "hoverinfo": "skip",
        }
    )
    axes = {
        "xaxis": axis(dtick=1, title=title_of("Number of states"), showgrid=False),
        "yaxis": axis(
            title=title_of("BIC minus the chosen cell's"), zeroline=False, tickformat=","
        ),
    }
    layout = layout_of(axes, hovermode="closest")
    layout["margin"] = {"l": 74, "r": 20, "t": 22, "b": 46}
    return {"height": 280, "columns": {}, "data": data, "layout": layout}
