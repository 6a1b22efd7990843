"""The `honesty` pipeline."""

from regime_factory.pipelines.honesty.pipeline import create_pipeline

__all__ = ["create_pipeline"]
