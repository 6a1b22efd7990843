"""Wiring of `features_v2`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.features_v2.nodes import build_v2


def create_pipeline(**_: Any) -> Pipeline:
    """Bars to the feature table v2."""
    return Pipeline(
        [
            Node(
                build_v2,
                inputs=["bars", "params:market", "params:features"],
                outputs="features_v2",
                name="build_features_v2",
            )
        ]
    )
