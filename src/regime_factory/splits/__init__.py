"""Splits: training and test rows whose labels do not touch.

- `WalkForward`: for everything that is reported or traded;
- `PurgedKFold` and `CombinatorialPurgedCV`: for choices within the selection zone.
"""

from regime_factory.splits.combinatorial import CombinatorialPurgedCV
from regime_factory.splits.k_fold import PurgedKFold
from regime_factory.splits.splitter import BoundSplitter, IntervalSplitter
from regime_factory.splits.walk_forward import WalkForward

__all__ = [
    "BoundSplitter",
    "CombinatorialPurgedCV",
    "IntervalSplitter",
    "PurgedKFold",
    "WalkForward",
]
