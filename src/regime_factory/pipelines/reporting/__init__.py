"""The `reporting` pipeline."""

from regime_factory.pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
