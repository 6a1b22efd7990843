"""Wiring of `apply_hmm`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.apply_hmm.nodes import observe_new_bars, score_new_bars


def create_pipeline(**_: Any) -> Pipeline:
    """New bars or features and saved refits to filtered regimes."""
    return Pipeline(
        [
            Node(
                observe_new_bars,
                inputs=[
                    "new_bars",
                    "hmm.config",
                    "params:market",
                    "params:ingest",
                    "params:quality",
                    "params:features",
                    "params:hmm",
                    "params:apply",
                    "adjustments_seen",
                ],
                outputs=["new_observations", "new_moments"],
                name="observe_new_bars",
                namespace="apply",
            ),
            Node(
                score_new_bars,
                inputs=[
                    "new_observations",
                    "new_moments",
                    "hmm.refits",
                    "params:market",
                    "params:hmm",
                    "params:apply",
                ],
                outputs="applied_regimes",
                name="score_new_bars",
                namespace="apply",
            ),
        ]
    )
