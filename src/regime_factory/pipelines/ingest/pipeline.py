"""Wiring of `ingest`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.ingest import nodes


def create_pipeline(**_: Any) -> Pipeline:
    """Raw bars to checked bars, zones and the sealed holdout."""
    return Pipeline(
        [
            Node(
                nodes.read_bars,
                inputs=["raw_bars", "params:market", "params:ingest"],
                outputs="bars_read",
                name="read_bars",
                tags=["seals"],
            ),
            Node(
                nodes.check_read_bars,
                inputs=["bars_read", "params:market", "params:ingest", "params:quality"],
                outputs=["bars_checked", "bars_quarantine", "adjustments", "quality_findings"],
                name="check_bars",
                tags=["seals"],
            ),
            Node(
                nodes.settle,
                inputs=[
                    "bars_checked",
                    "quality_findings",
                    "zones_before",
                    "params:ingest",
                    "params:quality",
                    "params:zones",
                ],
                outputs=["zones", "zones_basis"],
                name="settle_zones",
                tags=["seals"],
            ),
            Node(
                nodes.report_quality,
                inputs=["bars_read", "zones", "params:market", "params:ingest", "params:quality"],
                outputs="quality_report",
                name="report_quality",
                tags=["seals"],
            ),
            Node(
                nodes.seal_holdout,
                inputs=["bars_checked", "adjustments", "zones", "params:market"],
                outputs=["bars", "bars_selection", "bars_holdout", "adjustments_seen"],
                name="seal_holdout",
                tags=["seals"],
            ),
        ]
    )
