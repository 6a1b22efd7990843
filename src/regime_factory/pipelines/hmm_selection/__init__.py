"""The `hmm_selection` pipeline."""

from regime_factory.pipelines.hmm_selection.pipeline import create_pipeline

__all__ = ["create_pipeline"]
