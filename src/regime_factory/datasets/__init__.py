"""Kedro datasets of this project: atomic versioned artifacts and sources of raw bars."""

from regime_factory.datasets.artifacts import (
    FigureDataset,
    HTMLDataset,
    JSONDataset,
    PreviousJSON,
    StateDataset,
    TableDataset,
)
from regime_factory.datasets.sources import BarsSource, RunContext, SimulatedBars

__all__ = [
    "BarsSource",
    "FigureDataset",
    "HTMLDataset",
    "JSONDataset",
    "PreviousJSON",
    "RunContext",
    "SimulatedBars",
    "StateDataset",
    "TableDataset",
]
