"""Wiring of `backtest`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.backtest.nodes import (
    choose,
    judge,
    keep_accounts,
    take_positions,
)
from regime_factory.pipelines.trials import collect_trials


def create_pipeline(**_: Any) -> Pipeline:
    """Regimes to positions, accounts and judged strategies."""
    return Pipeline(
        [
            Node(
                choose,
                inputs=[
                    "regimes_selection",
                    "hmm.selection_refits",
                    "bars_selection",
                    "params:market",
                    "params:hmm",
                    "params:backtest",
                ],
                outputs=[
                    "backtest.trial_returns",
                    "trial_returns",
                    "backtest.trials",
                    "strategy_selection",
                ],
                name="choose_strategy",
                namespace="backtest",
                tags=["chooses"],
            ),
            Node(
                collect_trials,
                inputs=["hmm.trials", "backtest.trials"],
                outputs="trials",
                name="collect_trials",
                namespace="backtest",
            ),
            Node(
                take_positions,
                inputs=[
                    "regimes",
                    "hmm.refits",
                    "bars",
                    "bars_selection",
                    "params:market",
                    "params:hmm",
                    "params:backtest",
                ],
                outputs="backtest.positions",
                name="take_positions",
                namespace="backtest",
            ),
            Node(
                keep_accounts,
                inputs=["bars", "backtest.positions", "params:market", "params:backtest"],
                outputs=["backtest.equity", "backtest.trades"],
                name="keep_accounts",
                namespace="backtest",
            ),
            Node(
                judge,
                inputs=[
                    "backtest.equity",
                    "bars",
                    "regimes",
                    "strategy_selection",
                    "adjustments_seen",
                    "params:market",
                    "params:ingest",
                    "params:backtest",
                ],
                outputs=["backtest.metrics", "backtest.bands"],
                name="judge_strategies",
                namespace="backtest",
            ),
        ]
    )
