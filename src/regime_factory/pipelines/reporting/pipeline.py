"""Wiring of `reporting`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.reporting.nodes import gather_payload, lay_out


def create_pipeline(**_: Any) -> Pipeline:
    """Artifacts of the run to one page."""
    return Pipeline(
        [
            Node(
                gather_payload,
                inputs=[
                    "run_context",
                    "quality_report",
                    "zones",
                    "bars",
                    "hmm.regimes_by_name",
                    "hmm.selection",
                    "hmm.profile",
                    "hmm.config",
                    "hmm.metrics",
                    "hmm.diagnostics",
                    "hmm.characteristics",
                    "strategy_selection",
                    "backtest.equity",
                    "backtest.bands",
                    "backtest.metrics",
                    "honesty.card",
                    "labels.summary",
                    "params:market",
                    "params:ingest",
                    "params:quality",
                    "params:zones",
                    "params:features",
                    "params:macro",
                    "params:hmm",
                    "params:backtest",
                    "params:honesty",
                    "params:labels",
                    "params:model_input",
                    "params:report",
                ],
                outputs="report_payload",
                name="gather_payload",
                namespace="reporting",
            ),
            Node(
                lay_out,
                inputs="report_payload",
                outputs="report",
                name="lay_out_report",
                namespace="reporting",
            ),
        ]
    )
