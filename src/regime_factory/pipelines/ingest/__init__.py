"""The `ingest` pipeline."""

from regime_factory.pipelines.ingest.pipeline import create_pipeline

__all__ = ["create_pipeline"]
