"""Wiring of `feature_set`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.feature_set.nodes import (
    choose_feature_set,
    describe,
    trim_to_selection,
)


def create_pipeline(**_: Any) -> Pipeline:
    """Feature tables to the one that later stages read."""
    return Pipeline(
        [
            Node(
                choose_feature_set,
                inputs=[
                    "features_v1",
                    "features_v2",
                    "features_macro",
                    "raw_features",
                    "bars",
                    "params:market",
                    "params:features",
                ],
                outputs="features",
                name="choose_feature_set",
            ),
            Node(
                trim_to_selection,
                inputs=["features", "zones"],
                outputs="features_selection",
                name="trim_to_selection",
                tags=["trims"],
            ),
            Node(
                describe,
                inputs=["params:market", "params:features"],
                outputs="features_description",
                name="describe_features",
            ),
        ]
    )
