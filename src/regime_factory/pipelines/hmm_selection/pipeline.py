"""Wiring of `hmm_selection`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.hmm_selection import nodes, plots
from regime_factory.pipelines.hmm_selection.comparison import compare_walks
from regime_factory.pipelines.hmm_selection.regime_features import make_regime_features
from regime_factory.regimes import refit_characteristics


def create_pipeline(**_: Any) -> Pipeline:
    """Features to a chosen model, causal regimes, and what describes them."""
    return Pipeline([*_choosing(), *_walking(), *_comparing(), *_describing(), *_plotting()])


def _choosing() -> list[Node]:
    """Nodes that see the selection zone alone."""
    return [
        Node(
            nodes.make_observations,
            inputs=["features_selection", "bars_selection", "params:market", "params:hmm"],
            outputs="hmm.observations_selection",
            name="observe_selection",
            namespace="hmm",
        ),
        Node(
            nodes.choose_model,
            inputs=[
                "hmm.observations_selection",
                "bars_selection",
                "params:market",
                "params:hmm",
            ],
            outputs=[
                "hmm.trials",
                "hmm.selection",
                "hmm.profile",
                "hmm.model",
                "hmm.config",
                "hmm.scaler",
            ],
            name="select_hmm",
            namespace="hmm",
            tags=["chooses"],
        ),
        Node(
            nodes.fit_selection_refits,
            inputs=["hmm.observations_selection", "hmm.config", "params:hmm"],
            outputs="hmm.selection_refits",
            name="fit_selection_refits",
            namespace="hmm",
        ),
        Node(
            nodes.filter_selection_regimes,
            inputs=[
                "hmm.selection_refits",
                "hmm.observations_selection",
                "bars_selection",
                "params:market",
                "params:hmm",
            ],
            outputs="regimes_selection",
            name="filter_selection_regimes",
            namespace="hmm",
        ),
        Node(
            make_regime_features,
            inputs=["regimes_selection", "hmm.selection_refits", "hmm.observations_selection"],
            outputs="regime_features_selection",
            name="make_selection_regime_features",
            namespace="hmm",
        ),
    ]


def _walking() -> list[Node]:
    """Nodes that walk forward through the evaluation zone."""
    return [
        Node(
            nodes.make_observations,
            inputs=["features", "bars", "params:market", "params:hmm"],
            outputs="hmm.observations",
            name="observe",
            namespace="hmm",
        ),
        Node(
            nodes.fit_evaluation_refits,
            inputs=[
                "hmm.observations",
                "zones",
                "hmm.model",
                "hmm.selection_refits",
                "params:hmm",
            ],
            outputs="hmm.refits",
            name="fit_refits",
            namespace="hmm",
        ),
        Node(
            nodes.filter_evaluation_regimes,
            inputs=["hmm.refits", "hmm.observations", "bars", "params:market", "params:hmm"],
            outputs=["regimes", "regimes_csv"],
            name="filter_regimes",
            namespace="hmm",
        ),
        Node(
            make_regime_features,
            inputs=["regimes", "hmm.refits", "hmm.observations"],
            outputs="regime_features",
            name="make_regime_features",
            namespace="hmm",
        ),
    ]


def _comparing() -> list[Node]:
    """Nodes that measure other detectors beside the chosen model, zone by zone."""
    return [
        Node(
            compare_walks,
            inputs=[
                f"hmm.{prefix}refits",
                f"hmm.observations{suffix}",
                "params:market",
                "params:hmm",
                "params:detectors",
            ],
            outputs=f"hmm.detectors{suffix}",
            name=f"compare_detectors{suffix}",
            namespace="hmm",
        )
        for prefix, suffix in (("selection_", "_selection"), ("", ""))
    ]


def _describing() -> list[Node]:
    """Nodes whose figures people read."""
    return [
        Node(
            nodes.measure_models,
            inputs=["hmm.model", "hmm.refits", "hmm.observations", "params:market", "params:hmm"],
            outputs="hmm.metrics",
            name="measure_models",
            namespace="hmm",
        ),
        Node(
            nodes.describe_models,
            inputs=["hmm.refits", "hmm.observations"],
            outputs=["hmm.diagnostics", "hmm.diagnostics_csv"],
            name="describe_models",
            namespace="hmm",
        ),
        Node(
            refit_characteristics,
            inputs="hmm.refits",
            outputs="hmm.refit_characteristics",
            name="characterise_refits",
            namespace="hmm",
        ),
        Node(
            nodes.number_by_name,
            inputs=["regimes", "hmm.refits"],
            outputs="hmm.regimes_by_name",
            name="number_by_name",
            namespace="hmm",
        ),
        Node(
            nodes.characterise,
            inputs=[
                "hmm.regimes_by_name",
                "bars",
                "hmm.diagnostics",
                "params:market",
                "params:hmm",
            ],
            outputs="hmm.characteristics",
            name="characterise_regimes",
            namespace="hmm",
        ),
    ]


def _plotting() -> list[Node]:
    """Nodes that draw."""
    return [
        Node(
            getattr(plots, f"draw_{name}"),
            inputs=inputs,
            outputs=f"hmm.plot_{name}",
            name=f"draw_{name}",
            namespace="hmm",
        )
        for name, inputs in {
            "regimes": ["hmm.regimes_by_name", "bars", "params:market"],
            "transmat": ["hmm.diagnostics"],
            "probabilities": ["hmm.regimes_by_name", "hmm.diagnostics"],
            "returns": ["hmm.regimes_by_name", "bars", "params:market"],
            "dwell": ["hmm.regimes_by_name"],
            "bic": ["hmm.selection", "hmm.profile"],
        }.items()
    ]
