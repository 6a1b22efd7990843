"""The `macro_regimes` pipeline."""

from regime_factory.pipelines.macro_regimes.pipeline import create_pipeline

__all__ = ["create_pipeline"]
