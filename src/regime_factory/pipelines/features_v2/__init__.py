"""The `features_v2` pipeline."""

from regime_factory.pipelines.features_v2.pipeline import create_pipeline

__all__ = ["create_pipeline"]
