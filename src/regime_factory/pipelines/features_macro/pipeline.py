"""Wiring of `features_macro`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.features_macro.nodes import (
    build_macro,
    describe_series,
    read_series,
)


def create_pipeline(**_: Any) -> Pipeline:
    """Files of macro series and bars to the table of macro features."""
    return Pipeline(
        [
            Node(
                read_series,
                inputs=["raw_macro", "params:macro"],
                outputs="macro_series",
                name="read_macro_series",
            ),
            Node(
                build_macro,
                inputs=["bars", "macro_series", "params:market", "params:macro"],
                outputs="features_macro",
                name="build_features_macro",
            ),
            Node(
                describe_series,
                inputs=["macro_series", "params:macro"],
                outputs="macro_description",
                name="describe_features_macro",
            ),
        ]
    )
