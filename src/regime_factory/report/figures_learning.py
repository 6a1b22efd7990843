"""The figure of the balance of the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report.formats import percent
from regime_factory.report.marks import Figure, dot_figure, title_of

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASSES = (("-1", "short", "@bench"), ("0", "neither", "@band"), ("1", "long", "@strat"))
"""Class, its name and its colour, from left to right."""
_WRITTEN = 0.1  # least share with its number inside the bar


def balance_figure(zones: Mapping[str, Any]) -> Figure:
    """Draw the shares of the classes as one bar per zone.

    Parameters
    ----------
    zones
        ``label`` figures by zone, earliest first, zones without labels left out.

    Returns
    -------
    dict
    """
    names = list(zones)[::-1]
    data = [_trace(zones, names, *one) for one in CLASSES]
    x = {"title": title_of("Share of the labels"), "tickformat": ".0%", "range": [0, 1]}
    figure = dot_figure(data, [name.capitalize() for name in names], x=x, row_height=44)
    figure["layout"] |= {"barmode": "stack", "bargap": 0.35}
    figure["layout"]["yaxis"]["automargin"] = True
    return figure


def _trace(
    zones: Mapping[str, Any], names: list[str], key: str, name: str, colour: str
) -> dict[str, Any]:
    shares = [zones[zone]["shares"][key] for zone in names]
    return {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": list(range(len(names))),
        "marker": {"color": colour, "line": {"color": "@axis", "width": 1}},
        "text": [percent(share) if share >= _WRITTEN else "" for share in shares],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "constraintext": "none",
        "textfont": {"size": 12.5, "color": "@ink" if name == "neither" else "@panel"},
        "hovertemplate": f"{name}: %{{x:.1%}}<extra></extra>",
    }
