"""Models: the samples they learn from."""

from regime_factory.models.sample_columns import (
    InputColumns,
    feature_columns,
    input_columns,
    regime_columns,
    target_columns,
)
from regime_factory.models.samples import MISSING, assemble, without_rows

__all__ = [
    "MISSING",
    "InputColumns",
    "assemble",
    "feature_columns",
    "input_columns",
    "regime_columns",
    "target_columns",
    "without_rows",
]
