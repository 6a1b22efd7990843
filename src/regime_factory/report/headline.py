"""The head of a symbol's page: title line, run line and the six headline figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regime_factory.report.formats import TIMES, counted, interval, number, percent
from regime_factory.report.verdict import DEFLATED_SHARPE_NEEDED

if TYPE_CHECKING:
    from regime_factory.report.payload import Meta, SymbolPage

PARTIAL = 0.01  # difference of time invested and average weight from which weights are partial
_UNITS = {"min": "minute", "H": "hour", "D": "day", "W": "week"}
_SINGLE = {"1D": "daily", "1H": "hourly", "1W": "weekly", "1min": "1-minute"}


@dataclass(frozen=True)
class Tile:
    """One headline figure with its yardstick."""

    name: str
    value: str
    yardstick: str


def headline_tiles(page: SymbolPage) -> list[Tile]:
    """Choose the six headline figures.

    Parameters
    ----------
    page
        The symbol's part of the payload.

    Returns
    -------
    list of Tile
    """
    performance = page["performance"]
    ours = performance["strategies"][performance["chosen"]]
    theirs = performance["strategies"].get(page["benchmark"], {})
    deflated = performance.get("deflated_sharpe") or {}
    notes = performance.get("notes")
    reason = notes.get("deflated_sharpe.value", "") if isinstance(notes, dict) else ""
    trials, bps = deflated.get("n_trials"), (performance.get("cost_curve") or {}).get("assumed_bps")
    needs = f"needs {DEFLATED_SHARPE_NEEDED:.2f}"
    at = "" if bps is None else f" at {bps:g} bp"
    judged = f"{counted(trials, 'trial')}, {needs}" if trials else needs
    return [
        Tile(
            "Net Sharpe", number(ours.get("sharpe")), f"95% {interval(ours.get('sharpe_interval'))}"
        ),
        Tile(
            "Return a year",
            percent(ours.get("cagr"), 1, sign=True),
            f"buy & hold {percent(theirs.get('cagr'), 1, sign=True)}",
        ),
        Tile(
            "Worst drawdown",
            percent(ours.get("max_drawdown")),
            f"buy & hold {percent(theirs.get('max_drawdown'))}",
        ),
        Tile(
            "Deflated Sharpe",
            number(deflated.get("value")),
            judged if deflated.get("value") is not None else reason or "not computed",
        ),
        Tile(
            "Cost a year",
            percent(ours.get("cost_per_year"), 2),
            f"turnover {number(ours.get('turnover_per_year'), 1)}{TIMES}{at}",
        ),
        _invested(ours),
    ]


def timeframe_words(timeframe: str) -> str:
    """Name the bars of a timeframe.

    Parameters
    ----------
    timeframe
        For example "1D" or "4H".

    Returns
    -------
    str

    Examples
    --------
    >>> timeframe_words("1D"), timeframe_words("4H"), timeframe_words("5min")
    ('daily bars', '4-hour bars', '5-minute bars')
    """
    if timeframe in _SINGLE:
        return f"{_SINGLE[timeframe]} bars"
    match = re.fullmatch(r"(\d+)(min|H|D|W)", timeframe)
    return f"{match[1]}-{_UNITS[match[2]]} bars" if match else "bars"


def subtitle(page: SymbolPage, meta: Meta) -> str:
    """Name the span shown, its bars, the training span and how often the model is refitted.

    Parameters
    ----------
    page
        The symbol's part of the payload.
    meta
        Settings of the run.

    Returns
    -------
    str
    """
    span, training = page["performance"]["span"], page["training"]
    start, end = (str(span[side])[:10] for side in ("start", "end"))
    parts = [f"Out of sample {start} to {end}", counted(span["bars"], "bar")]
    if training["start"] and training["end"]:
        parts.append(f"trained on {training['start'][:4]} to {training['end'][:4]}")
    if meta.get("refit_every"):
        base, observed = meta.get("timeframe", ""), meta.get("regime_timeframe")
        bars = timeframe_words(observed) if observed and observed != base else "bars"
        parts.append(f"refitted every {meta['refit_every']:,} {bars}")
    return " \N{MIDDLE DOT} ".join(parts)


def run_line(meta: Meta) -> str:
    """Say when the run was made.

    Parameters
    ----------
    meta
        Settings of the run.

    Returns
    -------
    str
    """
    return f"run {meta['run_at'][:16].replace('T', ' ')} UTC" if meta.get("run_at") else ""


def code_line(meta: Meta) -> str:
    """Name the code and data of the run by the start of their fingerprints.

    Parameters
    ----------
    meta
        Settings of the run.

    Returns
    -------
    str
    """
    changed = " + changes" if meta.get("changed") else ""
    parts = [f"code {meta['code'][:7]}{changed}"] if meta.get("code") else []
    parts += [f"data {meta['data'][:7]}"] if meta.get("data") else []
    return " \N{MIDDLE DOT} ".join(parts)


def _invested(ours: dict[str, Any]) -> Tile:
    """Time invested; where positions are partial the average weight says more."""
    time, weight = ours.get("exposure"), ours.get("average_weight")
    partial = time is not None and weight is not None and abs(time - weight) > PARTIAL
    return Tile(
        "Average weight" if partial else "Time invested",
        percent(weight if partial else time),
        f"{number(ours.get('switches_per_year'), 0)} trades a year",
    )
