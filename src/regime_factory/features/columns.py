"""Feature columns by name: from a set or an explicit list to registry entries and lookbacks."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from regime_factory.bars import Session, timeframe_minutes
from regime_factory.features.nearest import nearest
from regime_factory.features.registry import FEATURES, Feature
from regime_factory.features.windows import FeatureWindows, read_windows

FEATURE_SETS = ("v1", "v2")
_TIMEFRAMES = (
    "1min", "5min", "15min", "30min", "1H", "2H", "4H", "6H", "8H", "12H", "1D", "1W",
)  # fmt: skip
_DAY, _WEEK = 1440, 10080
_SESSION_DAYS = 5


@dataclass(frozen=True)
class Column:
    """One feature column: a registry entry with its windows on one timeframe."""

    feature: Feature
    windows: FeatureWindows
    timeframe: str

    @property
    def base(self) -> str:
        """Name without the timeframe."""
        return self.feature.name(self.windows)

    @property
    def name(self) -> str:
        """Full column name, such as `close_logret_current_1H`."""
        return f"{self.base}_{self.timeframe}"


def resolve_columns(
    feature_set: str,
    timeframes: Sequence[str] | None,
    columns: Sequence[str] | None,
    windows: FeatureWindows,
    base: str,
) -> list[Column]:
    """List the feature columns that a set or an explicit list stands for.

    Parameters
    ----------
    feature_set : str
        `v1` or `v2`; not used where `columns` is given.
    timeframes : sequence of str or None
        None stands for the base timeframe, or for those written in `columns`.
    columns : sequence of str or None
        Full column names; a window written in a name replaces the setting.
    windows : FeatureWindows
        Window lengths.
    base : str
        Timeframe of the base bars.

    Returns
    -------
    list of Column
        Timeframe by timeframe in the order of the registry, or in the order of `columns`.

    Raises
    ------
    ValueError
        An unknown set, timeframe or column (with the nearest names), a repeated column, or an
        empty list.
    """
    if columns is not None:
        return _listed_columns(columns, timeframes, windows, base)
    if feature_set not in FEATURE_SETS:
        raise ValueError(f"unknown feature set '{feature_set}'{nearest(feature_set, FEATURE_SETS)}")
    members = [entry for entry in FEATURES.values() if feature_set in entry.sets]
    wanted = _check_timeframes((base,) if timeframes is None else timeframes)
    return [Column(entry, windows, timeframe) for timeframe in wanted for entry in members]


def _check_timeframes(timeframes: Sequence[str]) -> list[str]:
    names = _names("timeframe", timeframes)
    for timeframe in names:
        _minutes(timeframe)
    return names


def _names(what: str, given: Sequence[str]) -> list[str]:
    names = [given] if isinstance(given, str) else list(given)
    if not names:
        raise ValueError(f"the list of {what}s is empty; name at least one, or leave it out")
    repeated = [name for position, name in enumerate(names) if name in names[:position]]
    if repeated:
        raise ValueError(f"{what} '{repeated[0]}' is listed twice; name it once")
    return names


def _minutes(timeframe: str) -> int:
    try:
        return timeframe_minutes(timeframe)
    except ValueError:
        message = f"unknown timeframe '{timeframe}'{nearest(timeframe, _TIMEFRAMES)}"
        raise ValueError(f"{message} (a number and min, H, D or W)") from None


def _listed_columns(
    columns: Sequence[str],
    timeframes: Sequence[str] | None,
    windows: FeatureWindows,
    base: str,
) -> list[Column]:
    allowed = None if timeframes is None else _check_timeframes(timeframes)
    names = _names("column", columns)
    found = [_find_column(name, windows, allowed or [base]) for name in names]
    for column in found:
        if allowed is not None and column.timeframe not in allowed:
            raise ValueError(
                f"column '{column.name}' is on {column.timeframe}, which is not among the "
                f"timeframes {list(allowed)}; add it there or leave timeframes out"
            )
    return found


def _find_column(name: str, windows: FeatureWindows, timeframes: Iterable[str]) -> Column:
    stem, _, timeframe = name.rpartition("_")
    for entry in FEATURES.values():
        written = entry.match(stem)
        if written is not None:
            _minutes(timeframe)
            merged = FeatureWindows(**{**windows.model_dump(), **written})
            return Column(entry, merged, timeframe)
    known = [Column(e, windows, t).name for t in timeframes for e in FEATURES.values()]
    raise ValueError(f"unknown feature column '{name}'{nearest(name, known)}")


def feature_columns(
    feature_set: str = "v1",
    timeframes: Sequence[str] = ("1H",),
    **windows: int,
) -> list[str]:
    """Names of the columns of a feature set.

    Parameters
    ----------
    feature_set : str
        `v1` or `v2`.
    timeframes : sequence of str
        Timeframes, such as `("1H", "4H")`.
    **windows : int
        Window lengths in bars, see `FeatureWindows`.

    Returns
    -------
    list of str
        In the order of `build_features`.

    Raises
    ------
    ValueError
        An unknown set, timeframe or window.

    Examples
    --------
    >>> for name in feature_columns("v1", ["1H"], parkinson_window=30):
    ...     print(name)
    close_logret_current_1H
    log_halfrange_current_1H
    log_volume_delta_current_1H
    close_parkinson_30_1H
    """
    found = resolve_columns(feature_set, timeframes, None, read_windows(windows), "1H")
    return [column.name for column in found]


def warmup_bars(
    feature_set: str = "v1",
    timeframes: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    base: str | None = None,
    *,
    session: Session | None = None,
    **windows: int,
) -> int:
    """Lookback in base bars after which the last row equals the batch row.

    Parameters
    ----------
    feature_set, timeframes, columns
        As in `build_features`.
    base : str, optional
        Timeframe of the base bars; the finest one named where left out.
    session : Session, optional
        Session that the coarser bars are made by.
    **windows : int
        Window lengths in bars, see `FeatureWindows`.

    Returns
    -------
    int
        Base bars of one symbol, the current one included.

    Raises
    ------
    ValueError
        An unknown set, timeframe, column or window.

    Notes
    -----
    Equal means within 1e-9 of the feature's scale. A recursive average needs its seed and then as
    many bars as the seed takes to fade to 1e-15. On a coarser timeframe two bars are added (the
    lookback may begin and end inside one), and each counts as many base bars as can lie in it:
    its length over the base length, since a gap only makes base bars fewer. With a session, where
    base bars outside the hours join a later bar, it is a full week of base bars shared among the
    bars of five session days. Shorter histories give the batch row anyway when all of it is used.

    Examples
    --------
    >>> warmup_bars("v1", ["1H"])
    20
    >>> warmup_bars("v1", ["1H", "4H"])
    88
    >>> warmup_bars(columns=["close_rsi_14_1D"], base="1H")
    11616
    """
    settings = read_windows(windows)
    named = resolve_columns(feature_set, timeframes, columns, settings, base or "1H")
    finest = base or min((column.timeframe for column in named), key=timeframe_minutes)
    step = _minutes(finest)
    return max(_base_rows(column, step, session) for column in named)


def _base_rows(column: Column, step: int, session: Session | None) -> int:
    own = column.feature.warmup_bars(column.windows)
    length = timeframe_minutes(column.timeframe)
    if length <= step:
        return own
    return (own + 2) * _rows_per_bar(length, step, session)


def _rows_per_bar(length: int, step: int, session: Session | None) -> int:
    """Most base bars that lie in one coarser bar."""
    if session is None or length >= _WEEK:
        return math.ceil(length / step)
    bars_per_day = 1 if length >= _DAY else math.ceil(session.minutes / length)
    return math.ceil(_WEEK / step / _SESSION_DAYS / bars_per_day)


def describe_features(
    feature_set: str = "v2",
    timeframes: Sequence[str] = ("1H",),
    columns: Sequence[str] | None = None,
    **windows: int,
) -> pl.DataFrame:
    """Say what each feature column is.

    Parameters
    ----------
    feature_set, columns
        As in `build_features`.
    timeframes : sequence of str
        Timeframes, such as `("1H", "4H")`.
    **windows : int
        Window lengths in bars, see `FeatureWindows`.

    Returns
    -------
    pl.DataFrame
        `column`, `formula`, `window` (bars of the column's timeframe), `unit`, `warmup_bars` (bars
        of the column's timeframe), `sets`, `needs_volume`.

    Raises
    ------
    ValueError
        An unknown set, timeframe, column or window.

    Examples
    --------
    >>> describe_features("v1").select("column", "formula", "window").row(0)
    ('close_logret_current_1H', 'ln(close / previous close).', 'current')
    """
    settings = read_windows(windows)
    wanted = None if columns is not None else timeframes
    named = resolve_columns(feature_set, wanted, columns, settings, "1H")
    return pl.DataFrame(
        {
            "column": [column.name for column in named],
            "formula": [column.feature.formula for column in named],
            "window": [column.feature.window(column.windows) for column in named],
            "unit": [column.feature.unit for column in named],
            "warmup_bars": [column.feature.warmup_bars(column.windows) for column in named],
            "sets": [",".join(column.feature.sets) for column in named],
            "needs_volume": [column.feature.needs_volume for column in named],
        }
    )
