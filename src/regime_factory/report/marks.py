"""Parts that the report's plotly figures share: axes, layout, whiskers, notes and rules.

A figure is a plain dictionary with colours as "@token" and data as "$column"; the page's script
swaps both: tokens by the theme's colours, columns by the lists under `columns`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Figure = dict[str, Any]


def whisker(
    point: tuple[int, float | None, float | None, float | None, str],
    *,
    marker: dict[str, Any],
    colour: str = "@ink2",
    cap: int = 6,
) -> dict[str, Any]:
    """Make one dot with a horizontal interval.

    Parameters
    ----------
    point
        Row, middle, lower and upper end, hover text; no whisker where an end is missing.
    marker
        Plotly marker settings.
    colour
        Token of the whisker.
    cap
        Width of its ends in pixels.

    Returns
    -------
    dict
        A plotly scatter trace.
    """
    row, middle, low, high, text = point
    ends = (0.0, 0.0)
    if middle is not None and low is not None and high is not None:
        ends = (high - middle, middle - low)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [middle],
        "y": [row],
        "marker": {**marker, "line": {"color": "@panel", "width": 1.5}},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [ends[0]],
            "arrayminus": [ends[1]],
            "color": colour,
            "thickness": 2,
            "width": cap,
        },
        "hovertemplate": f"{text}<extra></extra>",
    }


def dot_figure(
    data: list[dict[str, Any]], names: Sequence[str], *, x: dict[str, Any], row_height: int = 52
) -> Figure:
    """Lay out dots and whiskers on named rows, first row at the bottom.

    Parameters
    ----------
    data
        Traces whose y is the row number.
    names
        Row names.
    x
        Further settings of the x axis.
    row_height
        Pixels a row.

    Returns
    -------
    dict
        ``height``, ``columns``, ``data``, ``layout``.
    """
    axes = {
        "xaxis": axis(zeroline=True, zerolinecolor="@axis", zerolinewidth=1.5, **x),
        "yaxis": axis(
            tickvals=list(range(len(names))),
            ticktext=list(names),
            range=[-0.7, len(names) - 0.3],
            showgrid=False,
            zeroline=False,
        ),
    }
    layout = layout_of(axes, hovermode="closest")
    layout["margin"] = {"l": 64, "r": 20, "t": 10, "b": 46}
    return {
        "height": row_height * len(names) + 64,
        "columns": {},
        "data": data,
        "layout": layout,
    }


def axis(**settings: object) -> dict[str, Any]:
    """Make an axis with the report's look; settings that are None are left out.

    Parameters
    ----------
    **settings
        Plotly axis settings.

    Returns
    -------
    dict

    Examples
    --------
    >>> axis(dtick=1, title=None)["dtick"], "title" in axis(title=None)
    (1, False)
    """
    base = {
        "fixedrange": True,
        "gridcolor": "@grid",
        "zerolinecolor": "@axis",
        "linecolor": "@axis",
        "showline": True,
        "ticks": "",
        "tickfont": {"size": 12, "color": "@muted"},
        "automargin": False,
    }
    return {**base, **{key: value for key, value in settings.items() if value is not None}}


def layout_of(axes: Mapping[str, Any], **settings: object) -> dict[str, Any]:
    """Make a transparent layout without legend, which stands as HTML above the plot.

    Parameters
    ----------
    axes
        Axes by their plotly name.
    **settings
        Further plotly layout settings.

    Returns
    -------
    dict
    """
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hoverlabel": {
            "bgcolor": "@panel",
            "bordercolor": "@axis",
            "font": {"size": 12.5, "color": "@ink"},
        },
        **axes,
        **settings,
    }


def title_of(text: str) -> dict[str, Any]:
    """Make an axis title.

    Parameters
    ----------
    text
        Name and unit.

    Returns
    -------
    dict
    """
    return {"text": text, "font": {"size": 12.5, "color": "@muted"}, "standoff": 8}


def note(text: str, y: float) -> dict[str, Any]:
    """Make a small text at the left edge of the plot.

    Parameters
    ----------
    text
        What it says.
    y
        Height, as a fraction of the plot.

    Returns
    -------
    dict
        A plotly annotation.
    """
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": y,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12.5, "color": "@muted"},
    }


def rule(axis: str, value: float, colour: str, dash: str) -> dict[str, Any]:
    """Make a straight line across the whole plot.

    Parameters
    ----------
    axis
        "x" for a vertical line, "y" for a horizontal one.
    value
        Where it crosses that axis.
    colour
        Token of its colour.
    dash
        Plotly dash style.

    Returns
    -------
    dict
        A plotly shape.
    """
    other = "y" if axis == "x" else "x"
    return {
        "type": "line",
        f"{axis}ref": axis,
        f"{other}ref": f"{other} domain",
        f"{axis}0": value,
        f"{axis}1": value,
        f"{other}0": 0,
        f"{other}1": 1,
        "line": {"color": colour, "width": 1.5, "dash": dash},
    }
