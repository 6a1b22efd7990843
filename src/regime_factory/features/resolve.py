"""From a feature set or a list of names to feature columns."""

import re
from collections.abc import Iterable, Sequence

from regime_factory.bars import Session, timeframe_minutes
from regime_factory.features.columns import Column, across_column, own_column
from regime_factory.features.nearest import nearest
from regime_factory.features.registry import ACROSS, FEATURES, Feature
from regime_factory.features.windows import FeatureWindows, read_windows

FEATURE_SETS = ("v1", "v2")
_TIMEFRAMES = (
    "1min", "5min", "15min", "30min", "1H", "2H", "4H", "6H", "8H", "12H", "1D", "1W",
)  # fmt: skip
_PAIR = re.compile(r"(?P<stem>.+)_(?P<fine>[^_]+)_over_(?P<coarse>[^_]+)")


def resolve_columns(
    feature_set: str,
    timeframes: Sequence[str] | None,
    columns: Sequence[str] | None,
    *,
    windows: FeatureWindows,
    base: str,
    session: Session | None = None,
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
        Timeframe of the base bars, on which alone a set holds features of the clock.
    session : Session, optional
        The market's session; it decides which features of the clock say anything.

    Returns
    -------
    list of Column
        Timeframe by timeframe in the order of the registry, then what compares the finest of
        them with each other one; or in the order of `columns`.

    Raises
    ------
    ValueError
        An unknown set, timeframe or column (with the nearest names), a repeated column, a feature
        of the clock that would be the same in every row, or an empty list.
    """
    if columns is not None:
        return _listed_columns(columns, timeframes, windows, base, session)
    if feature_set not in FEATURE_SETS:
        raise ValueError(f"unknown feature set '{feature_set}'{nearest(feature_set, FEATURE_SETS)}")
    wanted = _check_timeframes((base,) if timeframes is None else timeframes)
    own = [
        own_column(entry, setting, timeframe)
        for timeframe in wanted
        for entry in FEATURES.values()
        if feature_set in entry.sets and _belongs(entry, timeframe, base, session)
        for setting in entry.settings(windows)
    ]
    finest = min(wanted, key=timeframe_minutes)
    return own + [
        across_column(entry, windows, finest, coarse)
        for coarse in wanted
        for entry in ACROSS.values()
        if coarse != finest and feature_set in entry.sets
    ]


def _belongs(entry: Feature, timeframe: str, base: str, session: Session | None) -> bool:
    """Whether a set holds a feature on a timeframe; those of the clock belong to the base bars."""
    if entry.speaks is None:
        return True
    return timeframe == base and entry.speaks(timeframe_minutes(timeframe), session)


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
    session: Session | None,
) -> list[Column]:
    allowed = None if timeframes is None else _check_timeframes(timeframes)
    found = [_find(name, windows, allowed or [base]) for name in _names("column", columns)]
    for column in found:
        _refuse_constant(column, session)
        outside = [name for name in column.timeframes if allowed and name not in allowed]
        if outside:
            raise ValueError(
                f"column '{column.name}' is on {outside[0]}, which is not among the "
                f"timeframes {allowed}; add it there or leave timeframes out"
            )
    return found


def _refuse_constant(column: Column, session: Session | None) -> None:
    """A feature of the clock that is asked for where it says nothing."""
    for part in column.parts:
        speaks = part.feature.speaks
        if speaks is not None and not speaks(timeframe_minutes(part.timeframe), session):
            hours = "no session" if session is None else f"the session {session}"
            raise ValueError(
                f"column '{column.name}' would say nothing: with {hours} it is undefined or the "
                f"same for every {part.timeframe} bar; leave it out"
            )


def _find(name: str, windows: FeatureWindows, timeframes: Iterable[str]) -> Column:
    pair = _PAIR.fullmatch(name)
    if pair is not None:
        return _find_across(name, pair, windows)
    stem, _, timeframe = name.rpartition("_")
    for entry in FEATURES.values():
        written = entry.match(stem)
        if written is not None:
            _minutes(timeframe)
            return own_column(entry, _with(windows, written), timeframe)
    known = [
        own_column(entry, setting, timeframe).name
        for timeframe in timeframes
        for entry in FEATURES.values()
        for setting in entry.settings(windows)
    ]
    raise ValueError(f"unknown feature column '{name}'{nearest(name, known)}")


def _find_across(name: str, pair: re.Match[str], windows: FeatureWindows) -> Column:
    fine, coarse = pair["fine"], pair["coarse"]
    if _minutes(fine) >= _minutes(coarse):
        raise ValueError(f"column '{name}' compares {fine} with {coarse}; name the finer one first")
    for entry in ACROSS.values():
        written = entry.match(pair["stem"])
        if written is not None:
            return across_column(entry, _with(windows, written), fine, coarse)
    known = [across_column(entry, windows, fine, coarse).name for entry in ACROSS.values()]
    raise ValueError(f"unknown feature column '{name}'{nearest(name, known)}")


def _with(windows: FeatureWindows, written: dict[str, int]) -> FeatureWindows:
    return FeatureWindows(**{**windows.model_dump(), **written})


def feature_columns(
    feature_set: str = "v1",
    timeframes: Sequence[str] = ("1H",),
    *,
    session: Session | None = None,
    **windows: int,
) -> list[str]:
    """Names of the columns of a feature set.

    Parameters
    ----------
    feature_set : str
        `v1` or `v2`.
    timeframes : sequence of str
        Timeframes, such as `("1H", "4H")`; the finest is taken for that of the base bars.
    session : Session, optional
        The market's session; features of the clock depend on it.
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
    found = resolve_columns(
        feature_set,
        timeframes,
        None,
        windows=read_windows(windows),
        base=min(_check_timeframes(timeframes), key=timeframe_minutes),
        session=session,
    )
    return [column.name for column in found]
