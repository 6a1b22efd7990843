"""The latest base bars from which a feature row comes out as in the whole history."""

import math
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from regime_factory.bars import Session, resample, timeframe_minutes
from regime_factory.features.columns import Column, Part
from regime_factory.features.inputs import base_timeframe, clean_bars, symbol_frames
from regime_factory.features.resolve import resolve_columns
from regime_factory.features.windows import read_windows

_DAY, _WEEK = 1440, 10080
# Calendar days that hold one session of any exchange on average, holidays and half days included,
# and the longest closed spell on top of that.
_DAYS_PER_SESSION, _CLOSED_DAYS = 1.6, 14


def lookback(
    bars: pl.DataFrame,
    feature_set: str = "v1",
    timeframes: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    at: datetime | None = None,
    strict: bool = True,
    session: Session | None = None,
    anchor: str | None = None,
    **windows: int,
) -> pl.DataFrame:
    """Keep the latest base bars from which `build_features` gives the batch row.

    Parameters
    ----------
    bars, feature_set, timeframes, columns, session, anchor, **windows
        As in `build_features`.
    at : datetime, optional
        The row to come out: that of the last bar at or before this moment (with a time zone); of
        the last bar of each symbol where left out.
    strict : bool
        Refuse a history that is too short; False for as many bars as there are.

    Returns
    -------
    pl.DataFrame
        Rows of `bars`, symbol by symbol: the fewest that are enough for every feature asked for.

    Raises
    ------
    ValueError
        As `build_features`; no bar at or before `at`; with `strict` a history too short for a
        feature (the one that needs most is named).

    Notes
    -----
    The last row of `build_features` on these bars equals the row on the whole history: to the bit
    for sums, extremes and differences, within 1e-9 of the feature's scale for deviations and for
    recursive averages, whose seed has faded to 1e-15. Bars of a coarser timeframe are counted on
    their own grid, so gaps, holidays and half days are what they are in `bars`; `warmup_bars`
    tells how many base bars are enough without looking at any.

    Examples
    --------
    >>> from regime_factory.features import build_features
    >>> from regime_factory.simulate import simulate_market
    >>> bars = simulate_market(200, seed=1).bars
    >>> wanted = ["close_logret_current_4H", "close_parkinson_20_1H"]
    >>> latest = lookback(bars, columns=wanted)
    >>> latest.height
    20
    >>> live, batch = (build_features(table, columns=wanted) for table in (latest, bars))
    >>> live.row(-1) == batch.row(-1)
    True
    """
    base = base_timeframe(bars)
    wanted = resolve_columns(
        feature_set,
        timeframes,
        columns,
        windows=read_windows(windows),
        base=base,
        session=session,
    )
    longest = _longest_parts(wanted)
    frames = (_until(frame, at) for frame in symbol_frames(bars))
    return pl.concat([_latest(frame, longest, session, anchor, strict) for frame in frames])


def warmup_bars(
    feature_set: str = "v1",
    timeframes: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    base: str | None = None,
    *,
    session: Session | None = None,
    **windows: int,
) -> int:
    """Base bars that are enough for the last row to equal the batch row.

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
    An upper bound, known before there are any bars; `lookback` counts the bars at hand and mostly
    needs fewer. On a coarser timeframe two bars are added, since the lookback may begin and end
    inside one, and each counts as many base bars as can lie in it: its length over theirs, since
    a gap only makes base bars fewer. With a session base bars outside the hours may join a later
    bar: a session counts 1.6 days of base bars round the clock and 14 days are added, which covers
    the weekends, holidays and half days of any exchange.

    Examples
    --------
    >>> warmup_bars("v1", ["1H"])
    20
    >>> warmup_bars("v1", ["1H", "4H"])
    88
    >>> warmup_bars(columns=["close_rsi_14_1D"], base="1H")
    11616
    """
    named = resolve_columns(
        feature_set,
        timeframes,
        columns,
        windows=read_windows(windows),
        base=base or "1H",
        session=session,
    )
    every = [timeframe for column in named for timeframe in column.timeframes]
    finest = base or min(every, key=timeframe_minutes)
    return max(lookback_rows(column, finest, session) for column in named)


def lookback_rows(column: Column, base: str, session: Session | None) -> int:
    """Base bars that are enough for one column; see `warmup_bars`."""
    step = timeframe_minutes(base)
    return max(_base_rows(part, step, session) for part in column.parts)


def _base_rows(part: Part, step: int, session: Session | None) -> int:
    length = timeframe_minutes(part.timeframe)
    if length <= step:
        return part.rows
    bars = part.rows + 2
    if session is None:
        return bars * math.ceil(length / step)
    return math.ceil((_session_days(bars, length, session) + _CLOSED_DAYS) * _DAY / step)


def _session_days(bars: int, length: int, session: Session) -> float:
    """Calendar days in which an exchange makes so many bars, long closed spells aside."""
    if length >= _WEEK:
        return bars * length / _DAY
    bars_per_session = 1 if length >= _DAY else math.ceil(session.minutes / length)
    return _DAYS_PER_SESSION * math.ceil(bars / bars_per_session)


def _longest_parts(wanted: Sequence[Column]) -> list[Part]:
    """On each timeframe the part that needs most rows."""
    longest: dict[str, Part] = {}
    for part in (part for column in wanted for part in column.parts):
        if part.timeframe not in longest or part.rows > longest[part.timeframe].rows:
            longest[part.timeframe] = part
    return list(longest.values())


def _until(bars: pl.DataFrame, at: datetime | None) -> pl.DataFrame:
    if at is None:
        return bars
    if at.tzinfo is None:
        raise ValueError(f"at is {at} without a time zone; give one, e.g. tzinfo=UTC")
    known = bars.filter(pl.col("ts") <= at)
    if known.is_empty():
        raise ValueError(
            f"bars for '{bars['symbol'][0]}' begin at {bars['ts'][0]}, after {at}; "
            "choose a later moment or leave the symbol out"
        )
    return known


def _latest(
    bars: pl.DataFrame,
    longest: Sequence[Part],
    session: Session | None,
    anchor: str | None,
    strict: bool,
) -> pl.DataFrame:
    clean = clean_bars(bars)
    firsts = {part: _first_row(clean, part, session, anchor) for part in longest}
    short = [part for part, first in firsts.items() if first is None]
    if strict and short:
        worst = max(short, key=lambda part: part.rows * timeframe_minutes(part.timeframe))
        raise ValueError(
            f"bars for '{bars['symbol'][0]}' are too few: {worst.name} needs {worst.rows} whole "
            f"{worst.timeframe} bars up to {bars['ts'][-1]}, and {bars.height} base bars since "
            f"{bars['ts'][0]} do not hold them; give an earlier start, leave that feature out or "
            "set strict=False"
        )
    return bars.slice(min(first or 0 for first in firsts.values()))


def _first_row(
    bars: pl.DataFrame, part: Part, session: Session | None, anchor: str | None
) -> int | None:
    """First base row that a part needs, None where the bars begin later."""
    if part.timeframe == bars["timeframe"][0]:
        first = bars.height - part.rows
        return first if first >= 0 else None
    closes = resample(bars, part.timeframe, session, anchor=anchor)["ts"]
    before = closes.len() - part.rows - 1
    if before < 0:
        return None
    return bars["ts"].search_sorted(closes[before], side="right")
