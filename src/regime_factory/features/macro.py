"""The nine macro features: what each is, and of how many observations of which series."""

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from regime_factory.bars.macro.known import Values
from regime_factory.bars.macro.spec import MacroSeries, series_specs
from regime_factory.features.macro_settings import MacroFeatures, Role, macro_windows

Evaluate = Callable[[Values], Values]
_DESCRIPTION = {
    "column": pl.String, "formula": pl.String, "window": pl.Int64, "warmup": pl.Int64,
    "observation": pl.String, "unit": pl.String, "series": pl.String,
    "max_staleness_days": pl.Float64, "missing": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class MacroFeature:
    """One macro feature.

    Parameters
    ----------
    template : str
        Column name; `{vix_window}` and the like stand for window lengths.
    role : str
        What it is computed of: `vix`, `price`, `slope` or `spread`.
    formula, unit : str
        Definition in one sentence, and unit of the values.
    window : str or None
        Setting that holds its window.
    more : int
        Observations it needs beyond its window.
    annual : bool
        Whether the values are multiplied by the root of observations a year.
    evaluate : callable
        Array (moments, observations), newest last -> values.
    """

    template: str
    role: Role
    formula: str
    unit: str
    window: str | None
    more: int
    annual: bool
    evaluate: Evaluate

    def name(self, windows: Mapping[str, int]) -> str:
        """Column name for given windows."""
        return self.template.format(**windows)

    def length(self, windows: Mapping[str, int]) -> int:
        """Observations after which it has a value, the newest one included."""
        return (windows[self.window] if self.window else 0) + self.more

    def match(self, column: str) -> dict[str, int] | None:
        """Window written in a column name, or None where the name is another feature's."""
        stem = self.template.partition("{")[0]
        if self.window is None:
            return {} if column == stem else None
        length = column.removeprefix(stem)
        return {self.window: int(length)} if column != length and length.isdecimal() else None


MACRO_FEATURES: dict[str, MacroFeature] = {}


def macro_feature(
    template: str,
    *,
    role: Role,
    unit: str,
    window: str | None = None,
    more: int = 0,
    annual: bool = False,
) -> Callable[[Evaluate], Evaluate]:
    """Enter the decorated function in `MACRO_FEATURES`; its docstring is the formula.

    Parameters
    ----------
    template, role, unit, window, more, annual
        As in `MacroFeature`.

    Returns
    -------
    callable
        The decorator, which gives the function back unchanged.
    """

    def enter(evaluate: Evaluate) -> Evaluate:
        formula = " ".join((inspect.getdoc(evaluate) or "").split())
        entry = MacroFeature(template, role, formula, unit, window, more, annual, evaluate)
        MACRO_FEATURES[template] = entry
        return evaluate

    return enter


@macro_feature("macro_vix_level", role="vix", unit="index points", more=1)
def vix_level(values: Values) -> Values:
    """VIX."""
    return values[:, -1]


@macro_feature(
    "macro_vix_percentile_{vix_window}",
    role="vix",
    unit="share, 1/window to 1",
    window="vix_window",
)
def vix_percentile(values: Values) -> Values:
    """Rank of VIX in the window, itself included, over the window; ties share their mean rank."""
    newest = values[:, -1:]
    lower, equal = (values < newest).sum(axis=1), (values == newest).sum(axis=1)
    return (lower + (equal + 1) / 2) / values.shape[1]


@macro_feature(
    "macro_realised_vol_{vol_window}",
    role="price",
    unit="log return deviation per square root of a year",
    window="vol_window",
    more=1,
    annual=True,
)
def realised_vol(values: Values) -> Values:
    """Sample deviation of the window's log returns, times the root of observations a year.

    Those are 252 days (365 without a session), 52 weeks, 12 months or 4 quarters.
    """
    return np.diff(np.log(values), axis=1).std(axis=1, ddof=1)


@macro_feature(
    "macro_momentum_{momentum_window}",
    role="price",
    unit="log return over the window",
    window="momentum_window",
    more=1,
)
def momentum(values: Values) -> Values:
    """ln(price / price of `window` observations before)."""
    return np.log(values[:, -1] / values[:, 0])


@macro_feature("macro_trend_{trend_window}", role="price", unit="log ratio", window="trend_window")
def trend(values: Values) -> Values:
    """ln(price / mean price of the window)."""
    return np.log(values[:, -1] / values.mean(axis=1))


@macro_feature("macro_slope_2y10y", role="slope", unit="percentage points", more=1)
def slope(values: Values) -> Values:
    """10-year minus 2-year Treasury yield of the same period."""
    return values[:, -1]


@macro_feature(
    "macro_slope_change_{slope_window}",
    role="slope",
    unit="percentage points",
    window="slope_window",
    more=1,
)
def slope_change(values: Values) -> Values:
    """Slope minus the slope of `window` observations before."""
    return values[:, -1] - values[:, 0]


@macro_feature("macro_spread_level", role="spread", unit="percentage points", more=1)
def spread_level(values: Values) -> Values:
    """Credit spread."""
    return values[:, -1]


@macro_feature(
    "macro_spread_zscore_{spread_window}",
    role="spread",
    unit="sample deviations",
    window="spread_window",
)
def spread_zscore(values: Values) -> Values:
    """(spread - mean) / sample deviation of the window; null where all its values are equal."""
    flat = values.max(axis=1) == values.min(axis=1)
    deviation = np.where(flat, np.nan, values.std(axis=1, ddof=1))
    return (values[:, -1] - values.mean(axis=1)) / deviation


def is_macro(column: str) -> bool:
    """Tell whether a column is a macro feature: those have no timeframe in their names.

    Parameters
    ----------
    column
        Name of a feature column.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_macro("macro_vix_level"), is_macro("close_logret_current_1D")
    (True, False)
    """
    return column.startswith("macro_")


def macro_columns(features: MacroFeatures, sources: Mapping[str, MacroSeries]) -> list[str]:
    """Names of the nine columns.

    Parameters
    ----------
    features, sources
        As in `macro_windows`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> for name in macro_columns(MacroFeatures(), {}):
    ...     print(name)
    macro_vix_level
    macro_vix_percentile_252
    macro_realised_vol_20
    macro_momentum_60
    macro_trend_200
    macro_slope_2y10y
    macro_slope_change_20
    macro_spread_level
    macro_spread_zscore_252
    """
    windows = macro_windows(features, sources)
    return [entry.name(windows) for entry in MACRO_FEATURES.values()]


def describe_macro(
    features: MacroFeatures, sources: Mapping[str, MacroSeries], given: Collection[str]
) -> pl.DataFrame:
    """Say what each macro column is, of which series, and whether that series is there.

    Parameters
    ----------
    features, sources
        As in `macro_windows`.
    given
        Names of the series that have values.

    Returns
    -------
    pl.DataFrame
        `column`, `formula`, `window` and `warmup` (observations of the series, the newest one
        included), `observation` (what one of them covers), `unit`, `series`,
        `max_staleness_days` (null for the symbol's own closes, which `market` settles) and
        `missing`: series without values, for which the column is null; null where none is.

    Examples
    --------
    >>> table = describe_macro(MacroFeatures(), {}, [])
    >>> table.select("column", "warmup", "series", "missing").rows()[1:3]
    [('macro_vix_percentile_252', 252, None, 'vix is not set'),
     ('macro_realised_vol_20', 21, 'own closes', None)]
    """
    windows, specs = macro_windows(features, sources), series_specs(sources)
    rows = []
    for entry in MACRO_FEATURES.values():
        names = features.series_of(entry.role)
        own = entry.role == "price" and not names
        absent = ", ".join(name for name in names if name not in given)
        rows.append(
            {
                "column": entry.name(windows),
                "formula": entry.formula,
                "window": windows[entry.window] if entry.window else 1,
                "warmup": entry.length(windows),
                "observation": specs[names[0]].period if names else "day",
                "unit": entry.unit,
                "series": "own closes" if own else " - ".join(names) or None,
                "max_staleness_days": min(
                    (specs[name].max_staleness_days for name in names), default=None
                ),
                "missing": absent or (None if names or own else f"{entry.role} is not set"),
            }
        )
    return pl.DataFrame(rows, schema=_DESCRIPTION)
