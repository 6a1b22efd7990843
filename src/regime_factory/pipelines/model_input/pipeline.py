"""Wiring of `model_input`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.model_input.nodes import make_model_input, make_selection


def create_pipeline(**_: Any) -> Pipeline:
    """Features, regime features and labels to the table that models learn from."""
    return Pipeline(
        [
            Node(
                make_selection,
                inputs=[
                    "features_selection",
                    "regime_features_selection",
                    "labels_selection",
                    "params:model_input",
                ],
                outputs="model_input_selection",
                name="make_model_input_of_the_selection",
            ),
            Node(
                make_model_input,
                inputs=[
                    "features",
                    "regime_features_selection",
                    "regime_features",
                    "labels",
                    "model_input_selection",
                    "zones",
                    "params:model_input",
                ],
                outputs=["model_input", "model_input.summary"],
                name="make_model_input",
            ),
        ]
    )
