"""From payload to one self-contained HTML file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regime_factory.report import answers, answers_regimes, tables, tables_details
from regime_factory.report.figures_regimes import (
    bic_figure,
    dwell_figure,
    return_figure,
    transition_figure,
)
from regime_factory.report.figures_strategies import cost_figure, strategy_figure
from regime_factory.report.figures_time import money_figure, probability_figure
from regime_factory.report.formats import TIMES, counted, interval, number, percent
from regime_factory.report.palette import THEMES, regime_slot
from regime_factory.report.verdict import DEFLATED_SHARPE_NEEDED, judge

if TYPE_CHECKING:
    import jinja2

    from regime_factory.report.marks import Figure
    from regime_factory.report.payload import Meta, Payload, SymbolPage

TEMPLATES = Path(__file__).parent / "templates"
PARTIAL = 0.01  # difference of time invested and average weight from which weights are partial
_UNITS = {"min": "minute", "H": "hour", "D": "day", "W": "week"}
_SINGLE = {"1D": "daily", "1H": "hourly", "1W": "weekly", "1min": "1-minute"}
CAVEATS = (
    "Past performance of a simulation; not advice.",
    "Prices are taken as given: dividends, borrowing costs and taxes are left out unless the "
    "bars include them.",
    "Every choice was made before the span shown; the holdout was not read.",
    "Intervals say how far the result could differ by luck in this span, not whether the "
    "next years will be like it.",
)


@dataclass(frozen=True)
class Tile:
    """One headline figure with its yardstick."""

    name: str
    value: str
    yardstick: str


def render_report(payload: Payload) -> str:
    """Render the report; the same payload gives the same bytes.

    Parameters
    ----------
    payload
        As made by `build_payload`, also after a trip through JSON.

    Returns
    -------
    str
        A complete HTML document that loads nothing from outside.

    Raises
    ------
    ValueError
        When the payload has no symbol.
    """
    if not payload["symbols"]:
        raise ValueError("the report needs at least one symbol, the payload has none")
    from plotly.offline import get_plotlyjs

    pages = [_page(page, payload) for page in payload["symbols"]]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            pages=pages,
            meta=payload["meta"],
            themes=THEMES,
            theme_json=_json(THEMES),
            css=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
            js=(TEMPLATES / "report.js").read_text(encoding="utf-8"),
            plotly=get_plotlyjs().replace("</script", "<\\/script"),
            run_line=_run_line(payload["meta"]),
            code_line=_code_line(payload["meta"]),
        )
    )


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


def slug(symbol: str) -> str:
    """Make a symbol usable in an HTML id.

    Parameters
    ----------
    symbol
        Any text.

    Returns
    -------
    str

    Examples
    --------
    >>> slug("BTC/USD"), slug("^GSPC")
    ('btc-2f-usd', '-5e-gspc')
    """
    return re.sub(r"[^a-z0-9]", lambda found: f"-{ord(found[0]):x}-", symbol.lower())


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def _page(page: SymbolPage, payload: Payload) -> dict[str, Any]:
    meta, leakage, performance = payload["meta"], payload["leakage"], page["performance"]
    ranked = _ranked(performance)
    verdict = judge(page, leakage)
    names = [row["regime"] for row in page["states"]] or [lane["regime"] for lane in page["lanes"]]
    return {
        "slug": slug(page["symbol"]),
        "symbol": page["symbol"],
        "title": f"{page['symbol']}, {timeframe_words(meta.get('timeframe', ''))}",
        "subtitle": _subtitle(page),
        "verdict": verdict,
        "tiles": _tiles(page),
        "legend": [(name, regime_slot(k, len(names))) for k, name in enumerate(names)],
        "money": _money(page, meta),
        "regimes": _regimes(page, names, meta),
        "model": _model(page, meta),
        "strategies": _strategies(page, ranked, meta),
        "cost": _cost(page),
        "by_regime": tables.by_regime_table(performance.get("by_regime") or [], page["states"]),
        "future": {
            "answer": answers.future_answer(leakage),
            "table": tables.leakage_table(leakage) if leakage else None,
        },
        "data": {
            "answer": answers.data_answer(page["quality"]),
            "table": tables.check_table(page["quality"]),
            "footer": answers.data_footer(page["quality"]),
        },
        "folds": _folds(page, meta),
        "missing": _missing(performance.get("notes")),
        "caveats": [*CAVEATS, *meta.get("caveats", [])],
    }


def _money(page: SymbolPage, meta: Meta) -> dict[str, Any]:
    strategies = page["performance"]["strategies"]
    ours, theirs = (
        strategies.get(name, {}).get("max_drawdown")
        for name in (page["performance"]["chosen"], page["benchmark"])
    )
    return {
        "answer": answers.money_answer(page),
        "footer": answers.money_footer(meta, page),
        "banded": any(value is not None for value in page["growth"]["lower"]),
        **_figure(money_figure(page["growth"], page["lanes"], (ours, theirs))),
    }


def _regimes(page: SymbolPage, names: list[str], meta: Meta) -> dict[str, Any]:
    observed = meta.get("regime_timeframe")
    bar = f"{observed} bar" if observed and observed != meta.get("timeframe") else "bar"
    states, probabilities = page["states"], page["probabilities"]
    now = max(states, key=lambda row: row.get("now") or 0.0, default=None)
    known = now is not None and now.get("now") is not None
    return {
        "bar": bar,
        "answer": answers_regimes.regimes_answer(states),
        "now": f"{now['regime']}, {percent(now['now'])}" if now and known else "",
        "slot": regime_slot(states.index(now), len(states)) if now else "",
        "returns": states
        and {
            "answer": answers_regimes.return_answer(states),
            **_figure(return_figure(states)),
        },
        "dwell": page["dwell"]
        and {
            "answer": answers_regimes.dwell_answer(page["dwell"]),
            **_figure(dwell_figure(page["dwell"])),
        },
        "transition": page["transmat"]
        and {
            "answer": answers_regimes.transition_answer(page["transmat"], bar),
            **_figure(transition_figure(page["transmat"], names)),
        },
        "honesty": {
            "answer": answers_regimes.honesty_answer(page),
            "table": tables.honesty_table(page["honesty"]),
        },
        "table": tables.state_table(states),
        "probabilities": probabilities["ts"]
        and {
            "answer": answers_regimes.probability_answer(probabilities),
            **_figure(probability_figure(probabilities, names)),
        },
    }


def _model(page: SymbolPage, meta: Meta) -> dict[str, Any]:
    grid, profile = page["selection"], page["profile"]
    seen = ", ".join(meta.get("observations", []))
    shown = _figure(bic_figure(grid, profile)) if grid else {}
    return {
        "answer": answers_regimes.model_answer(grid, profile),
        "table": tables.grid_table(grid, profile) if grid else None,
        "kinds": [
            (kind, shape)
            for kind, shape in zip(
                sorted({row["covariance_type"] for row in [*grid, *profile]}),
                ("circle", "square", "triangle", "cross"),
                strict=False,
            )
        ],
        "profiled": bool(profile),
        "footer": (
            "Fitted in the selection zone only; BIC counts every free parameter; lower is better."
            + (f" The model looks at {seen}." if seen else "")
        ),
        **shown,
    }


def _strategies(page: SymbolPage, ranked: list[dict[str, Any]], meta: Meta) -> dict[str, Any]:
    chosen = page["performance"]["chosen"]
    return {
        "answer": answers.strategy_answer(
            ranked, page["benchmark"], chosen, len(page["strategy_selection"])
        ),
        "table": tables.strategy_table(ranked, chosen),
        "footer": "Bold: the strategy of this run. Same bars, costs and fills for all. "
        + answers.interval_footer(meta, page),
        **_figure(strategy_figure(ranked, chosen, page["benchmark"])),
    }


def _cost(page: SymbolPage) -> dict[str, Any] | None:
    curve = page["performance"].get("cost_curve")
    if not curve:
        return None
    sharpe = page["performance"]["strategies"].get(page["benchmark"], {}).get("sharpe")
    return {
        "answer": answers.cost_answer(curve, sharpe),
        **_figure(cost_figure(curve, sharpe)),
    }


def _folds(page: SymbolPage, meta: Meta) -> list[tables.Table]:
    performance = page["performance"]
    labels = {name: row["label"] for name, row in performance["strategies"].items()}
    folds = [
        tables_details.year_table(performance.get("years") or []),
        tables_details.month_table(performance.get("months") or []),
        tables_details.drawdown_table(performance.get("worst_drawdowns") or []),
        tables_details.choice_table(page["strategy_selection"], labels),
        tables_details.parameter_table(meta.get("parameters", {})),
        tables_details.convention_table(performance.get("conventions") or []),
    ]
    return [table for table in folds if table.rows]


def _tiles(page: SymbolPage) -> list[Tile]:
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


def _invested(ours: dict[str, Any]) -> Tile:
    """Time invested; where positions are partial the average weight says more."""
    time, weight = ours.get("exposure"), ours.get("average_weight")
    partial = time is not None and weight is not None and abs(time - weight) > PARTIAL
    return Tile(
        "Average weight" if partial else "Time invested",
        percent(weight if partial else time),
        f"{number(ours.get('switches_per_year'), 0)} switches a year",
    )


def _ranked(performance: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [{"name": name, **row} for name, row in performance["strategies"].items()]
    return sorted(rows, key=lambda row: (-(row.get("sharpe") or float("-inf")), row["name"]))


def _subtitle(page: SymbolPage) -> str:
    span, training = page["performance"]["span"], page["training"]
    start, end = (str(span[side])[:10] for side in ("start", "end"))
    parts = [f"Out of sample {start} to {end}", counted(span["bars"], "bar")]
    if training["start"] and training["end"]:
        parts.append(f"trained on {training['start'][:4]} to {training['end'][:4]}")
    return " \N{MIDDLE DOT} ".join(parts)


def _run_line(meta: Meta) -> str:
    return f"run {meta['run_at'][:16].replace('T', ' ')} UTC" if meta.get("run_at") else ""


def _code_line(meta: Meta) -> str:
    changed = " + changes" if meta.get("changed") else ""
    parts = [f"code {meta['code'][:7]}{changed}"] if meta.get("code") else []
    parts += [f"data {meta['data'][:7]}"] if meta.get("data") else []
    return " \N{MIDDLE DOT} ".join(parts)


def _missing(notes: object) -> list[str]:
    if isinstance(notes, dict):
        return [f"{tables.words(str(name))}: {reason}" for name, reason in sorted(notes.items())]
    return [str(note) for note in notes] if isinstance(notes, list) else []


def _figure(figure: Figure) -> dict[str, Any]:
    return {"height": figure["height"], "json": _json(figure)}


def _json(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")
