"""The section on the labels: balance of the classes, what decides them, overlap, other targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report import answers_learning as say
from regime_factory.report.answers import FILLS
from regime_factory.report.figures_learning import balance_figure
from regime_factory.report.formats import MINUS, number, percent
from regime_factory.report.tables import Table, plain_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_BARRIERS = {
    "upper": "Upper barrier first",
    "lower": "Lower barrier first",
    "time": "Neither in time",
    "both": "Both in one bar",
    "end": "End of the symbol",
}
LEGEND = (("Short", "bench"), ("Neither", "band"), ("Long", "strat"))


def learning_section(figures: Mapping[str, Any]) -> dict[str, Any] | None:
    """Lay the figures of the labels out.

    Parameters
    ----------
    figures
        Label figures of one symbol and the settings they were made with; empty where none were
        made.

    Returns
    -------
    dict or None
        ``answer``, ``legend``, ``groups`` (``key, question, answer, figure, tables, note``) and
        ``footer``; None where there are no labels.
    """
    if not figures or not figures.get("label"):
        return None
    zones = figures.get("zones") or {"whole span": figures}
    labelled = {name: row["label"] for name, row in zones.items() if row["label"]["rows"]}
    groups = [*_labels(figures["label"], labelled), *_others(figures, zones)]
    return {
        "answer": say.learning_answer(figures["label"]),
        "legend": LEGEND,
        "groups": groups,
        "footer": _footer(figures),
    }


def _labels(whole: Mapping[str, Any], zones: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not zones:
        return []
    return [
        {
            "key": "balance",
            "question": "How balanced are the labels?",
            "answer": say.balance_answer(zones),
            "figure": balance_figure(zones),
            "tables": [balance_table(zones)],
            "note": f"A label is +1 where the long trade gains after costs, else {MINUS}1 where "
            "the short trade does, else 0.",
        },
        {
            "key": "overlap",
            "question": "What decides them, and how far do they overlap?",
            "answer": say.overlap_answer(whole),
            "figure": None,
            "tables": [overlap_table(zones)],
            "note": "Net return: of the side a label calls for, which only hindsight knows. Bars "
            "are counted from the decision. Uniqueness of a label: mean over its bars of one over "
            "the number of labels whose outcomes hold the bar. Separate labels: their number times "
            "mean uniqueness.",
        },
    ]


def _others(figures: Mapping[str, Any], zones: Mapping[str, Any]) -> list[dict[str, Any]]:
    horizon = figures.get("settings", {}).get("threshold_horizon")
    thresholds, forward = figures.get("thresholds"), figures.get("forward")
    groups = []
    if thresholds and any(row["rows"] for row in thresholds.values()):
        groups.append(
            {
                "key": "thresholds",
                "question": "How often are thresholds reached?",
                "answer": say.threshold_answer(thresholds, horizon),
                "figure": None,
                "tables": [threshold_table(zones, list(thresholds))],
                "note": "By a high or a low after the entry, before costs.",
            }
        )
    if forward:
        groups.append(
            {
                "key": "forward",
                "question": "What do forward returns look like?",
                "answer": say.forward_answer(forward),
                "figure": None,
                "tables": [forward_table(zones, forward)],
                "note": "Net returns of one long round trip; overlapping ones are counted each.",
            }
        )
    return groups


def balance_table(zones: Mapping[str, Any]) -> Table:
    """Tabulate the classes by zone.

    Parameters
    ----------
    zones
        ``label`` figures by zone.

    Returns
    -------
    Table
    """
    rows = [
        [
            name.capitalize(),
            number(row["rows"], 0),
            *(say.small(row["shares"][key]) for key in ("1", "0", "-1")),
        ]
        for name, row in zones.items()
    ]
    columns = ("Zone", "Labels", "Long", "Neither", "Short")
    return plain_table("Classes by zone", columns, rows)


def overlap_table(zones: Mapping[str, Any]) -> Table:
    """Tabulate barriers, length and uniqueness by zone.

    Parameters
    ----------
    zones
        ``label`` figures by zone.

    Returns
    -------
    Table
    """
    seen = [name for name in _BARRIERS if any(name in row["barriers"] for row in zones.values())]
    rows = [
        [_BARRIERS[name], *(say.small(r["barrier_shares"].get(name, 0.0)) for r in zones.values())]
        for name in seen
    ]
    rows += [
        [
            "Net return in hindsight, mean",
            *(percent(row["mean_ret_net"], 2, sign=True) for row in zones.values()),
        ],
        ["Bars to the end, mean", *(number(row["mean_bars"], 1) for row in zones.values())],
        ["Average uniqueness", *(number(row["average_uniqueness"], 3) for row in zones.values())],
        ["Separate labels", *(number(say.separate(row), 0) for row in zones.values())],
    ]
    columns = ("Measure", *(name.capitalize() for name in zones))
    return plain_table("What decides the labels", columns, rows)


def threshold_table(zones: Mapping[str, Any], names: Sequence[str]) -> Table:
    """Tabulate how often each threshold is reached, by zone.

    Parameters
    ----------
    zones
        Figures by zone.
    names
        Names of the threshold targets.

    Returns
    -------
    Table
    """
    moves = sorted({say.threshold_of(name) for name in names})
    rows = [
        [
            f"{sign}{move:g}%",
            *(say.small(say.reached(row["thresholds"], side, move)) for row in zones.values()),
        ]
        for move in moves
        for sign, side in (("+", "up"), (MINUS, "down"))
    ]
    columns = ("Move", *(name.capitalize() for name in zones))
    return plain_table("Thresholds reached", columns, rows)


def forward_table(zones: Mapping[str, Any], whole: Mapping[str, Any]) -> Table:
    """Tabulate the means of forward returns by zone, and their spread.

    Parameters
    ----------
    zones
        Figures by zone.
    whole
        ``forward`` figures of the whole span.

    Returns
    -------
    Table
    """
    rows = [
        [
            number(say.bars_of(name), 0),
            *(percent(row["forward"][name]["mean"], 2, sign=True) for row in zones.values()),
            percent(whole[name]["std"], 1),
        ]
        for name in sorted(whole, key=say.bars_of)
    ]
    columns = ("Bars held", *(f"Mean, {name}" for name in zones), "Std. dev., all")
    return plain_table("Forward returns", columns, rows)


def _footer(figures: Mapping[str, Any]) -> str:
    """Span, entry, barriers and costs."""
    start, end = str(figures["first"])[:10], str(figures["last"])[:10]
    parts = [f"Decisions at the closes of {start} to {end}, before the holdout."]
    if settings := figures.get("settings"):
        moved = ", and further by the costs of a round trip" if settings["shifted"] else ""
        parts += [
            FILLS.get(settings["fill"], ""),
            f"Barriers: {settings['upper']:g} average true ranges ({settings['atr_window']} bars) "
            f"above and {settings['lower']:g} below the entry{moved}; {settings['horizon']} bars "
            "after the fill in time.",
            _costs(settings),
        ]
    return " ".join(part for part in parts if part)


def _costs(settings: Mapping[str, Any]) -> str:
    if settings["cost_bps"] is None:
        return (
            f"Costs of one side: {settings['slippage_ticks']:g} ticks and "
            f"{settings['commission']:g} a contract."
        )
    return f"Costs of one side: {settings['cost_bps']:g} basis points."
