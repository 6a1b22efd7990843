"""The `backtest` pipeline."""

from regime_factory.pipelines.backtest.pipeline import create_pipeline

__all__ = ["create_pipeline"]
