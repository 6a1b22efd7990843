"""The `features_v1` pipeline."""

from regime_factory.pipelines.features_v1.pipeline import create_pipeline

__all__ = ["create_pipeline"]
