"""Figures of the strategies: net Sharpe with intervals, and net Sharpe by cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report.formats import number
from regime_factory.report.marks import (
    Figure,
    axis,
    dot_figure,
    layout_of,
    note,
    rule,
    title_of,
    whisker,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def strategy_figure(rows: Sequence[Mapping[str, Any]], chosen: str, benchmark: str) -> Figure:
    """Draw the net Sharpe of strategies and baselines with 95 % intervals, best on top.

    Parameters
    ----------
    rows
        Strategies with `name, label, kind, sharpe, sharpe_interval`, best first.
    chosen, benchmark
        Names of the run's strategy (bold) and of the dashed line.

    Returns
    -------
    dict
    """
    ordered = list(reversed(rows))
    data, names, lines = [], [], []
    for k, row in enumerate(ordered):
        model = row["kind"] == "strategy"
        colour = "@strat" if model else "@bench"
        low, high = row.get("sharpe_interval") or (None, None)
        marker = {"color": colour, "size": 12, "symbol": "circle" if model else "diamond"}
        point = (k, row["sharpe"], low, high, f"{row['label']}: net Sharpe {number(row['sharpe'])}")
        data.append(whisker(point, marker=marker, colour=colour, cap=0))
        names.append(f"<b>{row['label']}</b>" if row["name"] == chosen else row["label"])
        if row["name"] == benchmark:
            lines.append(rule("x", row["sharpe"], "@bench", "dash"))
    title = title_of("Net Sharpe out of sample, 95% interval")
    figure = dot_figure(data, names, x={"title": title}, row_height=32)
    figure["layout"]["shapes"] = lines
    figure["layout"]["margin"]["t"] = 24
    figure["layout"]["annotations"] = [
        {**note("buy &amp; hold", 1), "xref": "x", "x": line["x0"], "xanchor": "center"}
        for line in lines
    ]
    figure["layout"]["yaxis"]["automargin"] = True
    figure["height"] += 24
    return figure


def cost_figure(curve: Mapping[str, Any], benchmark_sharpe: float | None) -> Figure:
    """Draw the net Sharpe by cost with its interval and the assumed cost.

    Parameters
    ----------
    curve
        `bps, sharpe, lower, upper, assumed_bps`.
    benchmark_sharpe
        Height of the dashed line, None where it is not known.

    Returns
    -------
    dict
    """
    hover = {"hovertemplate": "%{x} bp: net Sharpe %{y:.2f}<extra></extra>"}
    edge = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    data = [
        {**edge, "x": curve["bps"], "y": curve["lower"]},
        {**edge, "x": curve["bps"], "y": curve["upper"], "fill": "tonexty", "fillcolor": "@fill"},
        {
            "type": "scatter",
            "mode": "lines",
            "x": curve["bps"],
            "y": curve["sharpe"],
            "line": {"color": "@strat", "width": 2.4},
            **hover,
        },
    ]
    assumed = curve["assumed_bps"]
    shapes = [rule("x", assumed, "@ink2", "dot")]
    centre = 0.15 * max(curve["bps"]) < assumed < 0.85 * max(curve["bps"])
    notes = [
        {
            **note(f"assumed {assumed:g} bp", 1),
            "xref": "x",
            "x": assumed,
            "xanchor": "center" if centre else "left",
        }
    ]
    if benchmark_sharpe is not None:
        away = [abs((curve["sharpe"][end] or 0.0) - benchmark_sharpe) for end in (0, -1)]
        right = away[1] >= away[0]
        shapes.append(rule("y", benchmark_sharpe, "@bench", "dash"))
        notes.append(
            {
                **note("buy &amp; hold", 0),
                "x": 1 if right else 0.3,
                "xanchor": "right" if right else "left",
                "yref": "y",
                "y": benchmark_sharpe,
            }
        )
    axes = {
        "xaxis": axis(
            title=title_of("Cost per unit traded, one way (bp)"), range=[0, max(curve["bps"])]
        ),
        "yaxis": axis(tickformat=".1f", nticks=7),
    }
    layout = layout_of(axes, hovermode="closest")
    layout.update(shapes=shapes, annotations=notes)
    layout["margin"] = {"l": 48, "r": 14, "t": 24, "b": 46}
    return {"height": 320, "columns": {}, "data": data, "layout": layout}
