"""The `feature_set` pipeline."""

from regime_factory.pipelines.feature_set.pipeline import create_pipeline

__all__ = ["create_pipeline"]
