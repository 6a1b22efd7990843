"""Kedro datasets of this project: atomic versioned artifacts, raw data, the ledger of trials."""

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
from regime_factory.datasets.trials import TrialReturnsDataset, TrialsDataset

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
    "TrialReturnsDataset",
    "TrialsDataset",
]
