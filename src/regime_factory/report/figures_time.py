"""Figures along the time axis: growth with drawdowns and regime lanes, filtered probabilities."""

from __future__ import annotations

import math
from itertools import count
from typing import TYPE_CHECKING, Any

from regime_factory.report.formats import TIMES, percent
from regime_factory.report.marks import Figure, axis, layout_of, note
from regime_factory.report.palette import regime_slot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from regime_factory.report.payload import Growth, Lane, Probabilities

_MOST_TICKS = 7
_EVEN_BELOW = 3.0  # ratio of highest to lowest growth up to which ticks are evenly spaced
_EVEN_STEPS = (1, 2, 2.5, 5)
_DECADE_STEPS = ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,))
_NO_NAME = "<extra></extra>"


def money_figure(growth: Growth, lanes: Sequence[Lane], drawdowns: tuple[float, float]) -> Figure:
    """Draw growth on a log scale with its random-timing band, drawdowns and regime lanes.

    Parameters
    ----------
    growth
        The lines.
    lanes
        One per regime, calmest first.
    drawdowns
        Worst drawdown of the strategy and of the benchmark, not above 0.

    Returns
    -------
    dict
        ``height`` in pixels, ``columns``, ``data``, ``layout``.
    """
    lane_height = 34 * len(lanes) + 8
    heights, gap = (330, 130, lane_height), 30
    total = sum(heights) + 2 * gap
    top, middle = lane_height + gap + 130 + gap, lane_height + gap
    bottom, ceiling = _growth_range(growth)
    axes = {
        "yaxis": axis(
            type="log",
            domain=[top / total, 1],
            **_log_ticks(bottom, ceiling),
            title=None,
            zeroline=False,
        ),
        "yaxis2": axis(
            domain=[middle / total, (middle + 130) / total],
            tickformat=".0%",
            nticks=4,
            zeroline=False,
        ),
        "yaxis3": axis(
            domain=[0, lane_height / total],
            tickvals=list(range(len(lanes))),
            ticktext=[lane["regime"] for lane in lanes],
            range=[-0.6, len(lanes) - 0.4],
            showgrid=False,
            zeroline=False,
        ),
        "xaxis": axis(
            type="date",
            anchor="y3",
            fixedrange=False,
            hoverformat=_hover_format(growth["ts"]),
            range=[growth["ts"][0], growth["ts"][-1]],
        ),
    }
    mine, other = (percent(value) for value in drawdowns)
    notes = [
        note("Growth of 1, log scale", 1),
        note(
            f"Drawdown: <b><span style='color:@strat'>strategy {mine}</span></b>, "
            f"<b>buy &amp; hold {other}</b>",
            (middle + 130) / total,
        ),
        note("Regime over price, at each close (filtered)", lane_height / total),
    ]
    columns = {key: value for key, value in growth.items() if value}
    for key in ("lower", "upper"):  # a log axis has no zero, to which a random timing may fall
        columns[key] = [None if v is None else max(v, bottom / 100) for v in growth[key]]
    layout = layout_of(
        axes, hovermode="x unified", hoversubplots="axis", barmode="overlay", bargap=0
    )
    layout["annotations"] = notes
    layout["margin"] = {"l": 58, "r": 14, "t": 22, "b": 26}
    data = [*_growth_traces(growth), *_drawdown_traces(), *_lane_traces(lanes)]
    return {"height": total + 48, "columns": columns, "data": data, "layout": layout}


def probability_figure(probabilities: Probabilities, names: Sequence[str]) -> Figure:
    """Draw the filtered probabilities of the last bars as stacked steps.

    Parameters
    ----------
    probabilities
        Time stamps and one list per state.
    names
        Regime names, calmest first.

    Returns
    -------
    dict
    """
    columns: dict[str, list[Any]] = {"ts": list(probabilities["ts"])}
    data = []
    for k, values in enumerate(probabilities["values"]):
        columns[f"p{k}"] = list(values)
        colour = f"@{regime_slot(k, len(names))}"
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": "$ts",
                "y": f"$p{k}",
                "stackgroup": "p",
                "line": {"width": 0, "shape": "hv", "color": colour},
                "fillcolor": colour,
                "name": names[k],
                "hovertemplate": f"{names[k]} %{{y:.0%}}<extra></extra>",
            }
        )
    axes = {
        "xaxis": axis(
            type="date",
            showgrid=False,
            fixedrange=False,
            hoverformat=_hover_format(probabilities["ts"]),
        ),
        "yaxis": axis(range=[0, 1], tickformat=".0%", tickvals=[0, 0.5, 1], showgrid=False),
    }
    layout = layout_of(axes, hovermode="x unified")
    layout["margin"] = {"l": 48, "r": 14, "t": 10, "b": 42}
    return {"height": 212, "columns": columns, "data": data, "layout": layout}


def _hover_format(ts: Sequence[str]) -> str:
    return "%Y-%m-%d" if len(ts[0]) == len("2020-01-01") else "%Y-%m-%d %H:%M"


def _growth_traces(growth: Growth) -> list[dict[str, Any]]:
    line = {"type": "scatter", "mode": "lines", "x": "$ts"}
    hidden = {**line, "line": {"width": 0}, "hoverinfo": "skip"}
    traces = []
    if any(value is not None for value in growth["lower"]):
        traces = [
            {**hidden, "y": "$lower"},
            {**hidden, "y": "$upper", "fill": "tonexty", "fillcolor": "@band"},
        ]
    return [
        *traces,
        {
            **line,
            "y": "$benchmark",
            "customdata": "$close",
            "line": {"color": "@bench", "width": 1.8},
            "hovertemplate": (
                f"Buy &amp; hold %{{y:.2f}}{TIMES} (close %{{customdata:,.2f}})" + _NO_NAME
            ),
        },
        {
            **line,
            "y": "$gross",
            "line": {"color": "@strat", "width": 1.2, "dash": "2px,2px"},
            "hovertemplate": f"Before costs %{{y:.2f}}{TIMES}<extra></extra>",
        },
        {
            **line,
            "y": "$net",
            "customdata": "$regime",
            "line": {"color": "@strat", "width": 2.4},
            "hovertemplate": (
                f"<b>Strategy, net %{{y:.2f}}{TIMES}</b>, regime %{{customdata}}" + _NO_NAME
            ),
        },
    ]


def _drawdown_traces() -> list[dict[str, Any]]:
    line = {"type": "scatter", "mode": "lines", "x": "$ts", "yaxis": "y2"}
    return [
        {
            **line,
            "y": "$benchmark_drawdown",
            "line": {"color": "@bench", "width": 1.2},
            "hovertemplate": "Drawdown, buy &amp; hold %{y:.1%}<extra></extra>",
        },
        {
            **line,
            "y": "$drawdown",
            "line": {"color": "@strat", "width": 1.6},
            "fill": "tozeroy",
            "fillcolor": "@fill",
            "hovertemplate": "Drawdown, strategy %{y:.1%}<extra></extra>",
        },
    ]


def _lane_traces(lanes: Sequence[Lane]) -> list[dict[str, Any]]:
    return [
        {
            "type": "bar",
            "orientation": "h",
            "base": lane["starts"],
            "x": lane["lengths"],
            "y": [k] * len(lane["starts"]),
            "yaxis": "y3",
            "width": 0.82,
            "marker": {"color": f"@{regime_slot(k, len(lanes))}", "line": {"width": 0}},
            "hoverinfo": "skip",
        }
        for k, lane in enumerate(lanes)
    ]


def _growth_range(growth: Growth) -> tuple[float, float]:
    """Hold both lines, and the band as far as it does not press them flat."""
    drawn = [v for key in ("net", "benchmark") for v in growth[key] if v is not None and v > 0]
    band = [v for key in ("lower", "upper") for v in growth[key] if v is not None]
    low, high = min(drawn, default=1.0), max(drawn, default=1.0)
    spread = max(high / low, 2.0)
    return max(min([low, *band]), low / spread), min(max([high, *band]), high * spread)


def _log_ticks(low: float, high: float) -> dict[str, Any]:
    pad = 0.03 * math.log10(high / low) + 0.005
    ends = math.log10(low) - pad, math.log10(high) + pad
    ladders = _even_ladders if high / low < _EVEN_BELOW else _decade_ladders
    ticks = next(
        inside
        for ladder in ladders(10 ** ends[0], 10 ** ends[1])
        if len(inside := [t for t in ladder if 10 ** ends[0] <= t <= 10 ** ends[1]]) <= _MOST_TICKS
    )
    return {
        "tickvals": ticks,
        "ticktext": [f"{tick:,g}{TIMES}" for tick in ticks],
        "range": list(ends),
    }


def _even_ladders(low: float, high: float) -> Iterator[list[float]]:
    """Yield the multiples of ever larger round steps from below `low` to above `high`."""
    for power in count(math.floor(math.log10(high - low)) - 1):
        for step in _EVEN_STEPS:
            size = step * 10.0**power
            first, last = math.floor(low / size), math.ceil(high / size)
            yield [float(f"{k * size:.6g}") for k in range(first, last + 1)]


def _decade_ladders(low: float, high: float) -> Iterator[list[float]]:
    """Yield ever fewer round numbers of each decade, then every second, third .. decade."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in _DECADE_STEPS:
        yield [float(f"{step * 10.0**power:.6g}") for power in powers for step in steps]
    for skip in count(2):
        yield [10.0**power for power in powers if power % skip == 0]
