"""The section on what the regimes are worth: a question, an answer and a table per group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report import answers_honesty as say
from regime_factory.report import answers_labels as use
from regime_factory.report import tables_honesty as tables
from regime_factory.report import tables_labels
from regime_factory.report.figures_honesty import skill_figure, volatility_figure
from regime_factory.report.formats import counted, percent
from regime_factory.report.headline import timeframe_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regime_factory.report.marks import Figure
    from regime_factory.report.tables import Table


def honesty_section(card: Mapping[str, Any]) -> dict[str, Any] | None:
    """Lay the honesty card out.

    Parameters
    ----------
    card
        Figures of one symbol; empty where none were computed.

    Returns
    -------
    dict or None
        ``answer``, ``groups`` (``key, question, answer, figure, tables, note``) and ``footer``;
        None for an empty card.
    """
    if not card:
        return None
    start, end = card["start"][:10], card["end"][:10]
    return {
        "answer": say.worth_answer(card),
        "groups": [*_risk(card), *_labels(card), *_trading(card), *_detectors(card)],
        "footer": (
            f"Walk-forward labels of {card['bars']:,} {timeframe_words(card['timeframe'])}, "
            f"{start} to {end}; every forecast was made before what it is judged by. Intervals "
            f"from {counted(card['n_draws'], 'bootstrap draw')}, where nothing else is said; "
            f"{counted(card['n_shifts'], 'random shift')}. "
            '"Not distinguishable": the 95% interval of the difference holds zero.'
        ),
    }


def _risk(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    volatility, drawdowns, returns = card["volatility"], card["drawdowns"], card["returns"]
    reaction = card["reaction"]
    groups = [
        volatility
        and _group(
            "volatility",
            "Do they forecast volatility?",
            say.volatility_answer(volatility),
            tables.volatility_table(volatility),
            note="Right of zero the regimes are better; hollow: not distinguishable. QLIKE scores "
            "the forecast of the next bar's squared return; intervals and t by Newey and West.",
            figure=volatility_figure(volatility),
        ),
        drawdowns
        and _group(
            "drawdowns",
            "Do they warn of drawdowns?",
            say.drawdown_answer(drawdowns),
            tables.drawdown_table(drawdowns),
            tables.skill_table(drawdowns),
            note="Right of zero the regimes are better; hollow: not distinguishable. Shares with "
            "Wilson intervals, one observation per horizon; skill by bootstrap of whole stretches.",
            figure=skill_figure(drawdowns),
        ),
        returns
        and _group(
            "outlook",
            "Do returns differ afterwards?",
            say.return_answer(returns),
            tables.return_table(returns),
            note=f"Stationary bootstrap, mean block {returns['mean_block']:.0f} bars.",
        ),
        _group(
            "reaction",
            "Do they react to large drawdowns?",
            say.reaction_answer(reaction),
            *([tables.reaction_table(reaction)] if reaction else []),
            note="p: share of randomly shifted labels that were in time at least as often. Shifts "
            "keep how often and how long the label is in each state.",
        ),
    ]
    return [group for group in groups if group]


def _labels(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    truth = card["truth"]
    return [
        _group(
            "agreement",
            "Would another fit say the same?",
            use.stability_answer(card["stability"]),
            tables_labels.stability_table(card["stability"]),
            note="Agreement: adjusted Rand index of the filtered labels on the bars both have.",
        ),
        _group(
            "delay",
            "How late are they?",
            use.truth_answer(truth),
            tables_labels.truth_table(truth),
            note=f"{counted(truth['runs'], 'simulated market')} with a chance of "
            f"{percent(truth['stay'])} to stay in a state from bar to bar; the run's settings, "
            f"fitted to bars before the {truth['bars']:,} scored. Real markets are harder.",
        ),
    ]


def _trading(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    trading, labels = card["trading"], card["trading"]["labels"]
    return [
        _group(
            "trading",
            "Does trading them pay?",
            use.trading_answer(trading),
            tables_labels.trading_table(trading),
            note="Same bars, costs and fills for all; paired stationary bootstrap.",
        ),
        _group(
            "churn",
            "What does switching cost?",
            use.churn_answer(card["churn"], labels),
            tables_labels.churn_table(card["churn"]),
            note="The same mapping of labels to weights, traded at the run's costs.",
        ),
        _group(
            "tried",
            "How much was tried?",
            use.tried_answer(card["tried"], labels),
            tables_labels.tried_table(card["tried"], labels),
            note="SPA: Hansen's test for superior predictive ability, on net returns a bar. "
            "Restarts, and detectors that are compared but never chosen, are not counted.",
        ),
    ]


def _detectors(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = card["detectors"]
    if len(rows) < 2:
        return []
    return [
        _group(
            "detectors",
            "How do other detectors compare?",
            use.detectors_answer(rows),
            tables_labels.detector_table(rows),
            note="Walk-forward on the same bars; likelihoods compare only between models that "
            "have one.",
        )
    ]


def _group(
    key: str,
    question: str,
    answer: str,
    *folded: Table,
    note: str,
    figure: Figure | None = None,
) -> dict[str, Any]:
    shown = [table for table in folded if table.rows]
    return {
        "key": key,
        "question": question,
        "answer": answer,
        "tables": shown,
        "note": note,
        "figure": figure,
    }
