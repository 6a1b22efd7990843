"""The `apply_hmm` pipeline."""

from regime_factory.pipelines.apply_hmm.pipeline import create_pipeline

__all__ = ["create_pipeline"]
