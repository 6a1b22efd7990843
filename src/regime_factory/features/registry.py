"""The registry of features: what a feature is, and the decorators that enter one."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from regime_factory.bars import Session
from regime_factory.features.steps import Once, inline
from regime_factory.features.windows import FeatureWindows

_FIELD = re.compile(r"\{(\w+)\}")
_BY_DEFINITION = "by definition"
Build = Callable[[FeatureWindows, Once], pl.Expr]
Compare = Callable[[pl.Expr, pl.Expr], pl.Expr]
Speaks = Callable[[int, Session | None], bool]


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What a feature is called and what it means.

    Parameters
    ----------
    template : str
        Name without timeframe; `{rsi_window}` and the like stand for window lengths.
    sets : tuple of str
        Feature sets that hold it, from `v1` and `v2`; with none it is built where listed by name.
    formula : str
        Definition in one or two sentences, the seed rule of a recursive average included.
    unit : str
        Unit of the values; `price` for those that grow with the price level.
    source : str
        Where the definition is from.
    uses : tuple of str
        Windows that enter the expression.
    needs_volume : bool
        Null wherever a volume it needs is null.
    """

    template: str
    sets: tuple[str, ...]
    formula: str
    unit: str
    source: str
    uses: tuple[str, ...]
    needs_volume: bool = False

    def name(self, windows: FeatureWindows) -> str:
        """Name without timeframe for given windows."""
        return self.template.format(**windows.model_dump())

    def window(self, windows: FeatureWindows) -> str:
        """Window lengths in bars, joined by commas; `current` where there is none."""
        return ",".join(str(getattr(windows, name)) for name in self.uses) or "current"

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


@dataclass(frozen=True, kw_only=True)
class Feature(Definition):
    """A feature of one timeframe: a definition with its look-back and Polars expression.

    Parameters
    ----------
    rows : callable
        Windows -> bars (current one included) after which a lookback gives the batch value.
    build : callable
        Windows, once -> expression over the bars of one symbol and timeframe.
    variants : tuple of str
        Further settings that the one window of the template takes in turn in a feature set.
    speaks : callable, optional
        For a feature of the clock: bar length in minutes, session -> whether it says anything
        there. Features of prices and volume always do.
    """

    rows: Callable[[FeatureWindows], int]
    build: Build
    variants: tuple[str, ...] = ()
    speaks: Speaks | None = None

    def settings(self, windows: FeatureWindows) -> list[FeatureWindows]:
        """Windows of every column that a feature set makes of this feature.

        Examples
        --------
        >>> momentum = FEATURES["close_momentum_{momentum_window}"]
        >>> [momentum.name(windows) for windows in momentum.settings(FeatureWindows())]
        ['close_momentum_20', 'close_momentum_5', 'close_momentum_60']
        """
        if not self.variants:
            return [windows]
        field = self.uses[0]
        lengths = dict.fromkeys(getattr(windows, name) for name in (field, *self.variants))
        return [windows.model_copy(update={field: length}) for length in lengths]

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
        return finite(once(self.build(windows, once))).alias(self.name(windows))


@dataclass(frozen=True, kw_only=True)
class AcrossFeature(Definition):
    """A feature that compares two timeframes: one feature of each, and what is made of them.

    Parameters
    ----------
    fine, coarse : str
        Templates of the features on the finer and on the coarser timeframe.
    compare : callable
        Values of the two -> expression.
    """

    fine: str
    coarse: str
    compare: Compare


FEATURES: dict[str, Feature] = {}
ACROSS: dict[str, AcrossFeature] = {}


def finite(values: pl.Expr) -> pl.Expr:
    """Null in place of NaN and infinity."""
    return pl.when(values.is_finite()).then(values)


def feature(
    template: str,
    *,
    sets: tuple[str, ...],
    unit: str,
    rows: Callable[[FeatureWindows], int],
    source: str = _BY_DEFINITION,
    uses: tuple[str, ...] | None = None,
    needs_volume: bool = False,
    variants: tuple[str, ...] = (),
    speaks: Speaks | None = None,
) -> Callable[[Build], Build]:
    """Enter the decorated expression in `FEATURES`; its docstring is the feature's formula.

    Parameters
    ----------
    template, sets, unit, rows, source, needs_volume, variants, speaks
        As in `Definition` and `Feature`.
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
        FEATURES[template] = Feature(
            template=template,
            sets=sets,
            formula=_formula(template, build, FEATURES),
            unit=unit,
            source=source,
            uses=tuple(_FIELD.findall(template)) if uses is None else uses,
            needs_volume=needs_volume,
            rows=rows,
            build=build,
            variants=variants,
            speaks=speaks,
        )
        return build

    return enter


def across(
    template: str, *, fine: str, coarse: str, unit: str, sets: tuple[str, ...] = ("v2",)
) -> Callable[[Compare], Compare]:
    """Enter the decorated comparison in `ACROSS`; its docstring is the feature's formula.

    Parameters
    ----------
    template, fine, coarse, unit, sets
        As in `Definition` and `AcrossFeature`; `fine` and `coarse` are there already.

    Returns
    -------
    callable
        The decorator, which gives the function back unchanged.

    Raises
    ------
    ValueError
        The template is taken, or the function has no docstring.
    """

    def enter(compare: Compare) -> Compare:
        ACROSS[template] = AcrossFeature(
            template=template,
            sets=sets,
            formula=_formula(template, compare, ACROSS),
            unit=unit,
            source=_BY_DEFINITION,
            uses=tuple(_FIELD.findall(template)),
            fine=fine,
            coarse=coarse,
            compare=compare,
        )
        return compare

    return enter


def _formula(
    template: str, function: Callable[..., pl.Expr], taken: Mapping[str, Definition]
) -> str:
    formula = inspect.getdoc(function)
    if not formula:
        raise ValueError(f"feature '{template}' has no docstring; write its formula there")
    if template in taken:
        raise ValueError(f"feature '{template}' is there already; choose another name")
    return " ".join(formula.split())
