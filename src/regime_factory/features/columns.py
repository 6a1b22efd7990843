"""A feature column: a registry entry with its windows, and what it is made of per timeframe."""

from dataclasses import dataclass

import polars as pl

from regime_factory.features.registry import (
    FEATURES,
    AcrossFeature,
    Definition,
    Feature,
    finite,
)
from regime_factory.features.windows import FeatureWindows


@dataclass(frozen=True)
class Part:
    """A feature with its windows on one timeframe."""

    feature: Feature
    windows: FeatureWindows
    timeframe: str

    @property
    def name(self) -> str:
        """Full name, such as `close_logret_current_1H`."""
        return f"{self.feature.name(self.windows)}_{self.timeframe}"

    @property
    def rows(self) -> int:
        """Bars of the timeframe after which a lookback gives the batch value."""
        return self.feature.rows(self.windows)


@dataclass(frozen=True)
class Column:
    """One column of a feature table.

    Parameters
    ----------
    name : str
        Full name, such as `close_vol_ratio_20_1H_over_1D`.
    definition : Definition
        Registry entry.
    windows : FeatureWindows
        Windows of the entry.
    parts : tuple of Part
        One part, or the finer and the coarser one.
    """

    name: str
    definition: Definition
    windows: FeatureWindows
    parts: tuple[Part, ...]

    @property
    def value(self) -> pl.Expr:
        """Expression over the columns of the parts, under the column's name."""
        values = [pl.col(part.name) for part in self.parts]
        if isinstance(self.definition, AcrossFeature):
            return finite(self.definition.compare(*values)).alias(self.name)
        return values[0].alias(self.name)

    @property
    def timeframes(self) -> list[str]:
        """Timeframes of the parts."""
        return [part.timeframe for part in self.parts]

    @property
    def rows(self) -> int:
        """Bars of its timeframe, the coarser of two, that a lookback needs."""
        return self.parts[-1].rows


def own_column(entry: Feature, windows: FeatureWindows, timeframe: str) -> Column:
    """Column of a feature of one timeframe.

    Examples
    --------
    >>> own_column(FEATURES["close_rsi_{rsi_window}"], FeatureWindows(), "4H").name
    'close_rsi_14_4H'
    """
    part = Part(entry, windows, timeframe)
    return Column(part.name, entry, windows, (part,))


def across_column(entry: AcrossFeature, windows: FeatureWindows, fine: str, coarse: str) -> Column:
    """Column of a feature that compares two timeframes.

    Examples
    --------
    >>> from regime_factory.features.registry import ACROSS
    >>> ratio = ACROSS["close_vol_ratio_{vol_window}"]
    >>> across_column(ratio, FeatureWindows(), "1H", "1D").name
    'close_vol_ratio_20_1H_over_1D'
    """
    parts = (
        Part(FEATURES[entry.fine], windows, fine),
        Part(FEATURES[entry.coarse], windows, coarse),
    )
    return Column(f"{entry.name(windows)}_{fine}_over_{coarse}", entry, windows, parts)
