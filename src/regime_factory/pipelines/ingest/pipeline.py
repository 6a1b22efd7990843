"""Wiring of `ingest`."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from regime_factory.pipelines.ingest.nodes import check_raw_bars, seal_holdout, settle_zones


def create_pipeline(**_: Any) -> Pipeline:
    """Raw bars to checked bars, zones and the sealed holdout."""
    return Pipeline(
        [
            Node(
                check_raw_bars,
                inputs=["raw_bars", "params:market", "params:ingest"],
                outputs=["bars_checked", "bars_quarantine", "quality_findings"],
                name="check_raw_bars",
                tags=["seals"],
            ),
            Node(
                settle_zones,
                inputs=["bars_checked", "quality_findings", "params:ingest", "params:zones"],
                outputs=["zones", "quality_report"],
                name="settle_zones",
                tags=["seals"],
            ),
            Node(
                seal_holdout,
                inputs=["bars_checked", "zones", "params:market"],
                outputs=["bars", "bars_selection", "bars_holdout"],
                name="seal_holdout",
                tags=["seals"],
            ),
        ]
    )
