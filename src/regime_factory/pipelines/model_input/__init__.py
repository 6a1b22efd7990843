"""The `model_input` pipeline."""

from regime_factory.pipelines.model_input.pipeline import create_pipeline

__all__ = ["create_pipeline"]
