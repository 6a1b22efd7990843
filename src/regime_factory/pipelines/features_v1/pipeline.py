"""Wiring of `features_v1`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.features_v1.nodes import build_v1


def create_pipeline(**_: Any) -> Pipeline:
    """Bars to the feature table v1."""
    return Pipeline(
        [
            Node(
                build_v1,
                inputs=["bars", "params:market", "params:features"],
                outputs="features_v1",
                name="build_features_v1",
            )
        ]
    )
