"""Wiring of `macro_regimes`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.macro_regimes import nodes


def create_pipeline(**_: Any) -> Pipeline:
    """Macro features to regimes of risk on, neutral and risk off, walked forward.

    Not part of the default job, which has no use for it: the embedded data hold VIX from 2014 on
    and no Treasury yields, so that four of the nine columns would be left out, and nothing in the
    report reads these regimes. Run by name, it starts from the raw files (`ingest` and
    `features_macro` go before it).
    """
    return Pipeline([*_fitting(), *_walking(), *_describing()])


def _fitting() -> list[Node]:
    """Nodes up to the detector, which sees the selection zone alone."""
    return [
        Node(
            nodes.make_observations,
            inputs=["features_macro", "bars", "params:macro_regimes"],
            outputs="macro_regimes.observations",
            name="observe",
            namespace="macro_regimes",
        ),
        Node(
            nodes.trim_to_selection,
            inputs=["macro_regimes.observations", "zones"],
            outputs="macro_regimes.observations_selection",
            name="trim_to_selection",
            namespace="macro_regimes",
            tags=["trims"],
        ),
        Node(
            nodes.fit_detectors,
            inputs=["macro_regimes.observations_selection", "params:macro_regimes"],
            outputs="macro_regimes.model",
            name="fit_detectors",
            namespace="macro_regimes",
            tags=["chooses"],
        ),
    ]


def _walking() -> list[Node]:
    """Nodes that walk forward through the evaluation zone."""
    return [
        Node(
            nodes.fit_evaluation_refits,
            inputs=[
                "macro_regimes.observations",
                "zones",
                "macro_regimes.model",
                "params:macro_regimes",
            ],
            outputs="macro_regimes.refits",
            name="fit_refits",
            namespace="macro_regimes",
        ),
        Node(
            nodes.filter_evaluation_regimes,
            inputs=[
                "macro_regimes.refits",
                "macro_regimes.observations",
                "macro_regimes.model",
                "bars",
                "params:market",
                "params:macro_regimes",
            ],
            outputs="macro_regimes.regimes",
            name="filter_regimes",
            namespace="macro_regimes",
        ),
    ]


def _describing() -> list[Node]:
    """Nodes whose figures people read."""
    return [
        Node(
            nodes.describe_detectors,
            inputs=[
                "macro_regimes.refits",
                "macro_regimes.model",
                "macro_regimes.observations",
                "macro_regimes.regimes",
                "params:market",
                "params:macro_regimes",
            ],
            outputs=["macro_regimes.diagnostics", "macro_regimes.importance"],
            name="describe_detectors",
            namespace="macro_regimes",
        ),
        Node(
            nodes.characterise,
            inputs=[
                "macro_regimes.refits",
                "macro_regimes.regimes",
                "bars",
                "params:market",
                "params:macro_regimes",
            ],
            outputs="macro_regimes.characteristics",
            name="characterise_regimes",
            namespace="macro_regimes",
        ),
        Node(
            nodes.draw_regimes,
            inputs=["macro_regimes.regimes", "bars", "params:market"],
            outputs="macro_regimes.plot",
            name="draw_regimes",
            namespace="macro_regimes",
        ),
    ]
