"""The `labels` pipeline."""

from regime_factory.pipelines.labels.pipeline import create_pipeline

__all__ = ["create_pipeline"]
