"""The `features_macro` pipeline."""

from regime_factory.pipelines.features_macro.pipeline import create_pipeline

__all__ = ["create_pipeline"]
