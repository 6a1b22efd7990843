"""Wiring of `honesty`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.honesty.nodes import (
    draw_card,
    forecast_risk,
    judge_labels,
    judge_strategies,
    make_card,
    simulate_truth,
)


def create_pipeline(**_: Any) -> Pipeline:
    """Regimes and accounts of the evaluation zone to the card of what they are worth."""
    return Pipeline([*_measuring(), *_gathering()])


def _measuring() -> list[Node]:
    """Nodes that measure."""
    return [
        Node(
            forecast_risk,
            inputs=[
                "hmm.refits",
                "hmm.observations",
                "bars",
                "params:hmm",
                "params:backtest",
                "params:honesty",
            ],
            outputs="honesty.forecasts",
            name="forecast_risk",
            namespace="honesty",
        ),
        Node(
            simulate_truth,
            inputs=["hmm.model", "params:hmm", "params:honesty"],
            outputs="honesty.truth",
            name="simulate_truth",
            namespace="honesty",
        ),
        Node(
            judge_labels,
            inputs=[
                "regimes",
                "hmm.regimes_by_name",
                "hmm.observations",
                "hmm.refits",
                "hmm.metrics",
                "honesty.forecasts",
                "bars",
                "params:market",
                "params:hmm",
                "params:honesty",
            ],
            outputs="honesty.labels",
            name="judge_labels",
            namespace="honesty",
        ),
        Node(
            judge_strategies,
            inputs=[
                "backtest.equity",
                "backtest.metrics",
                "strategy_selection",
                "hmm.selection",
                "regimes",
                "hmm.refits",
                "bars",
                "params:market",
                "params:backtest",
                "params:honesty",
            ],
            outputs="honesty.strategies",
            name="judge_strategies_beside_others",
            namespace="honesty",
        ),
    ]


def _gathering() -> list[Node]:
    """Nodes that put the figures together and draw them."""
    return [
        Node(
            make_card,
            inputs=["honesty.labels", "honesty.strategies", "honesty.truth", "hmm.detectors"],
            outputs="honesty.card",
            name="make_card",
            namespace="honesty",
        ),
        Node(
            draw_card,
            inputs="honesty.card",
            outputs="honesty.plot",
            name="draw_card",
            namespace="honesty",
        ),
    ]
