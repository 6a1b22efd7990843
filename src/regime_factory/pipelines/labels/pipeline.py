"""Wiring of `labels`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.labels.nodes import (
    make_labels,
    make_selection_labels,
    summarise_labels,
)

SETTINGS = ["params:market", "params:backtest", "params:labels"]


def create_pipeline(**_: Any) -> Pipeline:
    """Bars to what a decision at each close is judged by."""
    return Pipeline(
        [
            Node(
                make_labels,
                inputs=["bars", *SETTINGS],
                outputs="labels",
                name="make_labels",
            ),
            Node(
                make_selection_labels,
                inputs=["bars_selection", *SETTINGS],
                outputs="labels_selection",
                name="make_labels_of_the_selection",
            ),
            Node(
                summarise_labels,
                inputs=["labels", "zones", "bars", *SETTINGS],
                outputs="labels.summary",
                name="summarise_labels",
            ),
        ]
    )
