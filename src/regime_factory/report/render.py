"""From payload to one self-contained HTML file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from regime_factory.report import (
    answers,
    answers_prices,
    answers_regimes,
    headline,
    tables,
    tables_details,
)
from regime_factory.report.data_section import data_section
from regime_factory.report.figures_regimes import (
    bic_figure,
    dwell_figure,
    return_figure,
    transition_figure,
)
from regime_factory.report.figures_strategies import cost_figure, strategy_figure
from regime_factory.report.figures_time import money_figure, probability_figure
from regime_factory.report.formats import model_kind, percent
from regime_factory.report.honesty_section import honesty_section
from regime_factory.report.learning_section import learning_section
from regime_factory.report.palette import THEMES, regime_slot
from regime_factory.report.templating import TEMPLATES, environment
from regime_factory.report.verdict import judge

if TYPE_CHECKING:
    from regime_factory.report.marks import Figure
    from regime_factory.report.payload import Meta, Payload, SymbolPage

CAVEATS = (
    "Past performance of a simulation; not advice.",
    "Every choice was made before the span shown.",
    "Intervals say how far the result could differ by luck in this span, not whether the "
    "next years will be like it.",
)


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
        environment()
        .get_template("report.html.j2")
        .render(
            pages=pages,
            meta=payload["meta"],
            themes=THEMES,
            theme_json=_json(THEMES),
            css=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
            js=(TEMPLATES / "report.js").read_text(encoding="utf-8"),
            plotly=get_plotlyjs().replace("</script", "<\\/script"),
            run_line=headline.run_line(payload["meta"]),
            code_line=headline.code_line(payload["meta"]),
        )
    )


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


def _page(page: SymbolPage, payload: Payload) -> dict[str, Any]:
    meta, leakage, performance = payload["meta"], payload["leakage"], page["performance"]
    ranked = _ranked(performance)
    verdict = judge(page, leakage)
    names = [row["regime"] for row in page["states"]] or [lane["regime"] for lane in page["lanes"]]
    return {
        "slug": slug(page["symbol"]),
        "symbol": page["symbol"],
        "title": f"{page['symbol']}, {headline.timeframe_words(meta.get('timeframe', ''))}",
        "subtitle": headline.subtitle(page, meta),
        "verdict": verdict,
        "tiles": headline.headline_tiles(page),
        "legend": [(name, regime_slot(k, len(names))) for k, name in enumerate(names)],
        "money": _money(page, meta),
        "regimes": _regimes(page, names, meta),
        "worth": _drawn(honesty_section(page["card"])),
        "learning": _drawn(learning_section(page["targets"])),
        "model": _model(page, meta),
        "strategies": _strategies(page, ranked, meta),
        "cost": _cost(page),
        "by_regime_note": answers.by_regime_note(meta),
        "prices": answers_prices.prices_sentence(page),
        "by_regime": tables.by_regime_table(performance.get("by_regime") or [], page["states"]),
        "future": {
            "answer": answers.future_answer(leakage),
            "table": tables.leakage_table(leakage) if leakage else None,
        },
        "data": {
            **data_section(page["quality"], page["holdout"]),
            "contract": answers_prices.contract_table(page["symbol"], meta),
        },
        "folds": _folds(page, meta),
        "missing": _missing(performance.get("notes"), page["benchmark"]),
        "caveats": _caveats(page, meta),
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
        "end": page["growth"]["ts"][-1][:10],
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
            "dates": f"{probabilities['ts'][0][:10]} to {probabilities['ts'][-1][:10]}",
            **_figure(probability_figure(probabilities, names)),
        },
    }


def _drawn(section: dict[str, Any] | None) -> dict[str, Any] | None:
    """Write the figures of a section's groups as JSON."""
    for group in section["groups"] if section else []:
        group["figure"] = group["figure"] and _figure(group["figure"])
    return section


def _model(page: SymbolPage, meta: Meta) -> dict[str, Any]:
    grid, profile = page["selection"], page["profile"]
    seen = ", ".join(meta.get("observations", []))
    shown = _figure(bic_figure(grid, profile)) if grid else {}
    return {
        "answer": answers_regimes.model_answer(grid, profile, page["choice"]),
        "table": tables.grid_table(grid, profile) if grid else None,
        "kinds": [
            (kind, shape)
            for kind, shape in zip(
                sorted({model_kind(row) for row in [*grid, *profile]}),
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
        "footer": " ".join(
            (
                "Bold: the strategy of this run. Same bars, costs and fills for all.",
                answers_prices.prices_sentence(page),
                answers.interval_footer(meta, page),
            )
        ),
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
        tables_details.convention_table(
            performance.get("conventions") or [], performance.get("deflated_sharpe")
        ),
    ]
    return [table for table in folds if table.rows]


def _ranked(performance: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [{"name": name, **row} for name, row in performance["strategies"].items()]
    return sorted(rows, key=lambda row: (-(row.get("sharpe") or float("-inf")), row["name"]))


def _caveats(page: SymbolPage, meta: Meta) -> list[str]:
    sealed = answers.holdout_sentence(page["holdout"]) or "The holdout was not read."
    return [*CAVEATS, answers_prices.price_caveat(page), sealed, *meta.get("caveats", [])]


def _missing(notes: object, benchmark: str) -> list[str]:
    """List what could not be computed; the benchmark lacks no difference to itself."""
    if isinstance(notes, dict):
        itself = f"strategies.{benchmark}.sharpe_difference"
        shown = {str(name): why for name, why in notes.items() if not str(name).startswith(itself)}
        return [f"{tables.words(name)}: {reason}" for name, reason in sorted(shown.items())]
    return [str(note) for note in notes] if isinstance(notes, list) else []


def _figure(figure: Figure) -> dict[str, Any]:
    return {"height": figure["height"], "json": _json(figure)}


def _json(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")
