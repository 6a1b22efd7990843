"""Plots of one symbol for the catalog, as matplotlib figures that need no display."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from regime_factory.report.figures_honesty import skill_rows, volatility_rows
from regime_factory.report.formats import chance, model_kind
from regime_factory.report.palette import THEMES, regime_slot
from regime_factory.report.series import filled_probability_columns, regime_lanes, spell_lengths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = THEMES["light"]
_LEGEND_COLUMNS = 4  # names of many regimes are long


def plot_regimes_over_price(bars: pl.DataFrame, regimes: pl.DataFrame) -> Figure:
    """Plot the close on a log scale above one lane of spells per regime.

    Parameters
    ----------
    bars
        Base bars of one symbol: `ts, close`.
    regimes
        Regime rows of the same symbol.

    Returns
    -------
    matplotlib.figure.Figure
    """
    lanes = regime_lanes(regimes.sort("ts"), [])
    shown = bars.join(regimes.select("ts"), on="ts", how="semi").sort("ts")
    figure, (price, lane_axes) = _figure(
        (11, 5.6), 2, sharex=True, heights=(3.2, 0.34 * max(2, len(lanes)))
    )
    price.plot(shown["ts"].to_numpy(), shown["close"].to_numpy(), color=INK["ink2"], linewidth=1.1)
    price.set_yscale("log")
    price.margins(x=0)
    _plain_log_ticks(price)
    price.set_ylabel("Close (price units, log)")
    price.set_title("Regimes over price", loc="left")
    day = 86_400_000.0
    n_states = len(filled_probability_columns(regimes))
    for k, lane in enumerate(lanes):
        starts = np.array(lane["starts"], dtype="datetime64[m]").astype("float64") / 1440
        spells = list(zip(starts, np.array(lane["lengths"]) / day, strict=True))
        lane_axes.broken_barh(spells, (k - 0.41, 0.82), color=_colour(lane["state"], n_states))
    _name_rows(lane_axes, [lane["regime"] for lane in lanes])
    lane_axes.set_xlabel("Close of the bar (UTC)")
    lane_axes.grid(visible=False, axis="y")
    return figure


def plot_transition_matrix(transmat: Sequence[Sequence[float]], names: Sequence[str]) -> Figure:
    """Plot the chance to go from one regime to another over one bar.

    Parameters
    ----------
    transmat
        K x K, row to column.
    names
        Regime names, calmest first.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.colors import LinearSegmentedColormap

    n = len(names)
    figure, (axes,) = _figure((1.7 + 1.15 * n, 1.2 + 0.95 * n), 1)
    colours = LinearSegmentedColormap.from_list("share", [INK["cell"], INK["strat"]])
    axes.imshow(np.asarray(transmat), cmap=colours, vmin=0, vmax=1, aspect="auto")
    for row in range(n):
        for column in range(n):
            share = float(transmat[row][column])
            colour = INK["panel"] if share > 0.55 else INK["ink"]
            axes.text(column, row, chance(share, 1), ha="center", va="center", color=colour)
    short = [name.replace(" (", "\n(").replace(", ", "\n") for name in names]
    axes.set_xticks(range(n), short)
    axes.set_yticks(range(n), names)
    axes.set_xticks(np.arange(n - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(n - 1) + 0.5, minor=True)
    axes.grid(visible=False)
    axes.grid(visible=True, which="minor", color=INK["panel"], linewidth=3)
    axes.tick_params(which="both", length=0)
    axes.set_xlabel("Regime of the next bar")
    axes.set_ylabel("Regime of this bar")
    axes.set_title("Transition probabilities, per observed bar", loc="left")
    return figure


def plot_filtered_probabilities(regimes: pl.DataFrame, names: Sequence[str]) -> Figure:
    """Plot the filtered probability of every regime over time, stacked.

    Parameters
    ----------
    regimes
        Regime rows of one symbol.
    names
        Regime names, calmest first.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = regimes.sort("ts")
    n_lines = -(-len(names) // _LEGEND_COLUMNS)
    figure, (axes,) = _figure((11, 3.2 + 0.2 * n_lines), 1)
    values = [rows[f"p_state_{k}"].to_numpy() for k in range(len(names))]
    colours = [_colour(k, len(names)) for k in range(len(names))]
    axes.stackplot(
        rows["ts"].to_numpy(), *values, labels=names, colors=colours, step="post", linewidth=0
    )
    axes.set_ylim(0, 1)
    axes.margins(x=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_ylabel("Filtered probability")
    axes.set_xlabel("Close of the bar (UTC)")
    title = "Filtered probability of each regime, bars up to each close"
    axes.set_title(title, loc="left", pad=9 + 17 * n_lines)
    _legend_above(axes)
    return figure


def plot_return_distribution(bars: pl.DataFrame, regimes: pl.DataFrame) -> Figure:
    """Plot the distribution of bar returns inside each regime.

    Parameters
    ----------
    bars
        Base bars of one symbol: `ts, close`.
    regimes
        Regime rows of the same symbol; the label of a bar stands beside its own return.

    Returns
    -------
    matplotlib.figure.Figure
    """
    returns = bars.sort("ts").select("ts", ret=100 * pl.col("close").log().diff())
    rows = regimes.join(returns, on="ts").drop_nulls("ret")
    pairs = rows.select("state", "regime").unique(subset="state").sort("state").rows()
    figure, (axes,) = _figure((7.5, 4.2), 1)
    edge = max(float(np.percentile(rows["ret"].abs().to_numpy(), 99.5)), 1e-6)
    n_states = len(filled_probability_columns(regimes))
    bins = np.linspace(-edge, edge, 61)
    for state, name in pairs:
        inside = rows.filter(pl.col("state") == state)["ret"].to_numpy()
        label = f"{name} (sd {inside.std(ddof=1) if len(inside) > 1 else 0.0:.2f}%)"
        colour = _colour(state, n_states)
        shape: dict[str, Any] = {"bins": bins, "density": True, "color": colour}
        axes.hist(inside, histtype="stepfilled", alpha=0.18, **shape)
        axes.hist(inside, histtype="step", linewidth=1.8, label=label, **shape)
    axes.axvline(0, color=INK["axis"], linewidth=1)
    axes.set_xlabel("Log return of the bar (%)")
    axes.set_ylabel("Density (per %)")
    axes.set_title("Returns inside each regime", loc="left")
    axes.legend(frameon=False)
    return figure


def plot_dwell_times(regimes: pl.DataFrame) -> Figure:
    """Plot the length of every spell by regime, with the median marked.

    Parameters
    ----------
    regimes
        Regime rows of one symbol.

    Returns
    -------
    matplotlib.figure.Figure
    """
    spells = spell_lengths(regimes.sort("ts"), [])
    figure, (axes,) = _figure((7.5, 1.5 + 0.75 * len(spells)), 1)
    jitter = np.random.default_rng(0)
    n_states = len(filled_probability_columns(regimes))
    for k, (state, _, lengths) in enumerate(spells):
        if not len(lengths):
            continue
        height = k + jitter.uniform(-0.22, 0.22, len(lengths))
        axes.scatter(lengths, height, s=18, color=_colour(state, n_states), alpha=0.6, linewidths=0)
        median = float(np.median(lengths))
        axes.plot([median, median], [k - 0.34, k + 0.34], color=INK["ink"], linewidth=2)
        label = f"median {median:.0f}"
        axes.annotate(label, (median, k + 0.36), ha="center", va="bottom", color=INK["ink2"])
    axes.set_xscale("log")
    _plain_log_ticks(axes, vertical=False)
    _name_rows(axes, [f"{name} ({len(lengths)})" for _, name, lengths in spells])
    axes.set_xlabel("Length of a spell (bars, log)")
    axes.set_title("How long regimes last (number of spells)", loc="left")
    return figure


def plot_bic(selection: pl.DataFrame, profile: pl.DataFrame | None = None) -> Figure:
    """Plot the BIC over the grid; lower is better, hollow cells could not be chosen.

    Parameters
    ----------
    selection
        Rows of one symbol: `n_states, covariance_type, emission, bic, selected`.
    profile
        Further rows fitted only to see where the BIC goes.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (axes,) = _figure((7.5, 4.2), 1)
    cells = _grid_points(selection, inside=True)
    if profile is not None and not profile.is_empty():
        extra = _grid_points(profile, inside=False)
        cells = pl.concat([cells, extra.join(cells, on=["n_states", "kind"], how="anti")])
    for k, kind in enumerate(sorted(cells["kind"].unique())):
        rows = cells.filter(pl.col("kind") == kind).sort("n_states")
        style, mark = ("-", ":", "--", "-.")[k % 4], "os^D"[k % 4]
        axes.plot(rows["n_states"], rows["bic"], style, color=INK["muted"], zorder=1)
        for inside in (True, False):
            part = rows.filter(pl.col("inside") == inside)
            face = INK["strat"] if inside else INK["panel"]
            label = kind if inside else None
            axes.scatter(
                part["n_states"], part["bic"], s=52, marker=mark, zorder=2,
                facecolor=face, edgecolor=INK["strat"], label=label,
            )  # fmt: skip
    for row in selection.filter(pl.col("selected")).to_dicts():
        point = (row["n_states"], row["bic"])
        axes.scatter(*point, s=240, facecolor="none", edgecolor=INK["ink"], linewidth=1.6)
        axes.annotate("chosen", point, xytext=(12, 10), textcoords="offset points")
    axes.set_xticks(sorted(cells["n_states"].unique()))
    axes.set_xlabel("Number of states")
    axes.set_ylabel("BIC (no unit, lower is better)")
    axes.set_title("BIC over the grid, hollow: not to be chosen", loc="left")
    axes.legend(frameon=False, title="Model")
    return figure


def _grid_points(table: pl.DataFrame, *, inside: bool) -> pl.DataFrame:
    return pl.DataFrame(
        [(row["n_states"], model_kind(row), row["bic"], inside) for row in table.to_dicts()],
        schema=["n_states", "kind", "bic", "inside"],
        orient="row",
    )


def plot_yardsticks(card: Mapping[str, Any]) -> Figure:
    """Plot what the regimes save against simpler forecasts of volatility and of drawdowns.

    Parameters
    ----------
    card
        The symbol's honesty card.

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = [
        ("QLIKE saved on the next bar's variance", volatility_rows(card["volatility"])),
        ("Brier score saved on drawdowns, as a share", skill_rows(card["drawdowns"])),
    ]
    shown = [panel for panel in panels if panel[1]] or [("Too few bars to compare", [])]
    heights = [0.6 + 0.3 * len(rows) for _, rows in shown]
    figure, axes = _figure((8.5, 1.2 + sum(heights)), len(shown), heights=heights)
    for one, (title, rows) in zip(axes, shown, strict=True):
        for k, (_, value, low, high, _, beyond) in enumerate(rows):
            if low is not None and high is not None:
                one.plot([low, high], [k, k], color=INK["ink2"], linewidth=2)
            face = INK["strat"] if beyond else INK["panel"]
            one.scatter(value, k, s=70, facecolor=face, edgecolor=INK["strat"], zorder=3)
        one.axvline(0, color=INK["axis"], linewidth=1.4)
        _name_rows(one, [row[0] for row in rows])
        one.set_title(title, loc="left")
    axes[-1].set_xlabel("Regimes beside each rule, 95% interval; right of zero they are better")
    return figure


def _figure(
    size: tuple[float, float], n_rows: int, *, sharex: bool = False, heights: Sequence[float] = (1,)
) -> tuple[Figure, Sequence[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained", facecolor=INK["panel"], dpi=120)
    axes = figure.subplots(
        n_rows, 1, sharex=sharex, squeeze=False, gridspec_kw={"height_ratios": heights}
    )[:, 0]
    for one in axes:
        one.set_facecolor(INK["panel"])
        one.grid(visible=True, color=INK["grid"], linewidth=1)
        one.set_axisbelow(True)
        one.spines[["top", "right"]].set_visible(False)
        one.spines[["left", "bottom"]].set_color(INK["axis"])
        one.tick_params(colors=INK["muted"], labelsize=10)
        one.xaxis.label.set_color(INK["ink2"])
        one.yaxis.label.set_color(INK["ink2"])
        one.title.set_color(INK["ink"])
    return figure, list(axes)


def _colour(state: int, n_states: int) -> str:
    return INK[regime_slot(state, n_states)]


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.6, len(names) - 0.35)


def _plain_log_ticks(axes: Axes, *, vertical: bool = True) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis = axes.yaxis if vertical else axes.xaxis
    axis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.set_minor_formatter(NullFormatter())


def _legend_above(axes: Axes) -> None:
    axes.legend(
        frameon=False,
        ncols=_LEGEND_COLUMNS,
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        borderaxespad=0.2,
        handlelength=1.2,
    )
