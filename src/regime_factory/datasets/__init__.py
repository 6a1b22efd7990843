"""Kedro datasets of this project: atomic versioned artifacts and sources of raw data."""

from regime_factory.datasets.artifacts import (
    FigureDataset,
    HTMLDataset,
    JSONDataset,
    PreviousJSON,
    StateDataset,
    TableDataset,
)
from regime_factory.datasets.macro import MacroFiles
from regime_factory.datasets.sources import BarsSource, RunContext, SimulatedBars

__all__ = [
    "BarsSource",
    "FigureDataset",
    "HTMLDataset",
    "JSONDataset",
    "MacroFiles",
    "PreviousJSON",
    "RunContext",
    "SimulatedBars",
    "StateDataset",
    "TableDataset",
]
