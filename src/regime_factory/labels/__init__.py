"""Labels: what would have come of a decision, with the moment at which that was known."""

from regime_factory.labels.barriers import BARRIERS, triple_barrier
from regime_factory.labels.bootstrap import draw_probabilities, sequential_bootstrap
from regime_factory.labels.build import build_labels
from regime_factory.labels.costs import Costs, LabelCosts
from regime_factory.labels.delisting import Delisted, delisted_symbols
from regime_factory.labels.fills import FILL_TIMINGS, Fill, FillTiming, fill_timing
from regime_factory.labels.fold_weights import WEIGHT_KINDS, WeightKind, fold_weights
from regime_factory.labels.forward import forward_returns
from regime_factory.labels.summary import label_summary
from regime_factory.labels.thresholds import threshold_names, threshold_targets
from regime_factory.labels.uniqueness import (
    average_uniqueness,
    concurrency,
    return_attribution_weights,
    uniqueness_weights,
)

__all__ = [
    "BARRIERS",
    "FILL_TIMINGS",
    "WEIGHT_KINDS",
    "Costs",
    "Delisted",
    "Fill",
    "FillTiming",
    "LabelCosts",
    "WeightKind",
    "average_uniqueness",
    "build_labels",
    "concurrency",
    "delisted_symbols",
    "draw_probabilities",
    "fill_timing",
    "fold_weights",
    "forward_returns",
    "label_summary",
    "return_attribution_weights",
    "sequential_bootstrap",
    "threshold_names",
    "threshold_targets",
    "triple_barrier",
    "uniqueness_weights",
]
