"""The registry of features: what a feature is, and the decorator that enters one."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from regime_factory.features.steps import Once, inline
from regime_factory.features.windows import FeatureWindows

_FIELD = re.compile(r"\{(\w+)\}")
Build = Callable[[FeatureWindows, Once], pl.Expr]


@dataclass(frozen=True)
class Feature:
    """One feature: its name, meaning, look-back and Polars expression.

    Parameters
    ----------
    template : str
        Name without timeframe; `{rsi_window}` and the like stand for window lengths.
    sets : tuple of str
        Feature sets that hold it, from `v1` and `v2`.
    formula : str
        Definition in one sentence.
    unit : str
        Unit of the values.
    uses : tuple of str
        Windows that enter the expression.
    needs_volume : bool
        Null wherever the volume it needs is null.
    rows : callable
        Windows -> bars (current one included) after which a lookback gives the batch value.
    build : callable
        Windows, once -> expression over the bars of one symbol and timeframe.
    """

    template: str
    sets: tuple[str, ...]
    formula: str
    unit: str
    uses: tuple[str, ...]
    needs_volume: bool
    rows: Callable[[FeatureWindows], int]
    build: Build

    def name(self, windows: FeatureWindows) -> str:
        """Name without timeframe for given windows."""
        return self.template.format(**windows.model_dump())

    def window(self, windows: FeatureWindows) -> str:
        """Window lengths in bars, joined by commas; `current` where there is none."""
        return ",".join(str(getattr(windows, name)) for name in self.uses) or "current"

    def expression(self, windows: FeatureWindows, once: Once = inline) -> pl.Expr:
        """Expression under the feature's name; null in place of NaN and infinity.

        Parameters
        ----------
        windows : FeatureWindows
            Window lengths.
        once : Once
            Where shared steps go; by default they stay inside the expression.

        Returns
        -------
        pl.Expr
            Over the columns of one symbol's bars of one timeframe.

        Examples
        --------
        >>> bars = pl.DataFrame({"close": [1.0, 2.0]})
        >>> logret = FEATURES["close_logret_current"].expression(FeatureWindows())
        >>> bars.select(logret.round(6)).to_dict(as_series=False)
        {'close_logret_current': [None, 0.693147]}
        """
        values = once(self.build(windows, once))
        return pl.when(values.is_finite()).then(values).alias(self.name(windows))

    def warmup_bars(self, windows: FeatureWindows) -> int:
        """Bars of its own timeframe after which a lookback gives the batch value."""
        return self.rows(windows)

    def match(self, name: str) -> dict[str, int] | None:
        """Window lengths written in a name, or None where the name is another feature's.

        Examples
        --------
        >>> FEATURES["close_parkinson_{parkinson_window}"].match("close_parkinson_30")
        {'parkinson_window': 30}
        """
        pattern = _FIELD.sub(r"(?P<\1>[1-9]\\d{0,6})", self.template)
        found = re.fullmatch(pattern, name)
        return None if found is None else {k: int(v) for k, v in found.groupdict().items()}


FEATURES: dict[str, Feature] = {}


def feature(
    template: str,
    *,
    sets: tuple[str, ...],
    unit: str,
    rows: Callable[[FeatureWindows], int],
    uses: tuple[str, ...] | None = None,
    needs_volume: bool = False,
) -> Callable[[Build], Build]:
    """Enter the decorated expression in `FEATURES`; its docstring is the feature's formula.

    Parameters
    ----------
    template, sets, unit, rows, needs_volume
        As in `Feature`.
    uses : tuple of str, optional
        Windows that enter the expression; those in the template where left out.

    Returns
    -------
    callable
        The decorator, which gives the function back unchanged.

    Raises
    ------
    ValueError
        The template is taken, or the function has no docstring.
    """

    def enter(build: Build) -> Build:
        formula = inspect.getdoc(build)
        if not formula:
            raise ValueError(f"feature '{template}' has no docstring; write its formula there")
        if template in FEATURES:
            raise ValueError(f"feature '{template}' is there already; choose another name")
        FEATURES[template] = Feature(
            template=template,
            sets=sets,
            formula=" ".join(formula.split()),
            unit=unit,
            uses=tuple(_FIELD.findall(template)) if uses is None else uses,
            needs_volume=needs_volume,
            rows=rows,
            build=build,
        )
        return build

    return enter
