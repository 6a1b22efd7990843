"""Coarser bars from base bars: right-closed, right-labelled, on the UTC clock or by session."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from regime_factory.bars.sessions.schedule import as_stamps, bins_of
from regime_factory.bars.sessions.session import Session
from regime_factory.bars.sessions.timeframes import parse_timeframe, timeframe_minutes
from regime_factory.bars.tables import require_table

BAR_COLUMNS = ("symbol", "timeframe", "ts", "open", "high", "low", "close", "volume", "n_base")


def resample(
    bars: pl.DataFrame,
    timeframe: str,
    session: Session | None = None,
    *,
    anchor: str | None = None,
) -> pl.DataFrame:
    """Make coarser bars out of base bars.

    Parameters
    ----------
    bars
        Canonical bars of one timeframe and any number of symbols, increasing in ``ts`` per symbol.
    timeframe
        Name of the timeframe to make, e.g. ``"4H"``; the base timeframe gives the bars back.
    session
        The market's session; ``None`` for bins on the UTC clock (weeks from Monday 00:00).
    anchor
        Time of day ``HH:MM``, in the session's zone (UTC without a session), from which bins of
        minutes and hours are counted; ``None`` for the session's open, or midnight UTC.

    Returns
    -------
    pl.DataFrame
        Canonical bars; ``ts`` is the scheduled end of the bar, ``n_base`` counts base bars,
        ``volume`` is null where no base bar has one.

    Raises
    ------
    TypeError
        Where ``bars`` is not a Polars table.
    ValueError
        Where the timeframe is unknown, finer than the base or not made of whole base bars, where
        the bars of a symbol go back in time or repeat one, or where the session lacks what the
        timeframe needs.

    Notes
    -----
    A base bar belongs to the bin that its close falls in, ends included. With a session, the bins
    of a day start at the opening time, or follow the anchor from there, and the last one ends at
    the close, whatever its length; a daily bar is labelled with the day's scheduled close and a
    weekly bar with that of the week's last session, early where the session's calendar has a half
    day. A base bar outside the session hours, before the open, after the close, at the weekend or
    on a holiday, joins the first bin of the next session, so that no label is earlier than a value
    below it. A bar whose label lies after the last base bar of its symbol is not complete and is
    left out.

    Examples
    --------
    >>> from regime_factory.simulate import simulate_market
    >>> hourly = simulate_market(10, start="2021-01-04", seed=1).bars
    >>> resample(hourly, "4H").select("ts", "n_base").rows()
    [(datetime.datetime(2021, 1, 4, 4, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC')), 4),
     (datetime.datetime(2021, 1, 4, 8, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC')), 4)]
    """
    require_table(bars, "bars")
    parse_timeframe(timeframe)
    bars = bars.select(BAR_COLUMNS)
    if bars.is_empty():
        return bars
    base = _base_timeframe(bars)
    frames = [bars] if _is_constant(bars["symbol"]) else bars.partition_by("symbol")
    for frame in frames:
        _refuse_disorder(frame)
    if timeframe == base:
        return bars
    _refuse_impossible(base, timeframe, session)
    return pl.concat([resample_symbol(frame, timeframe, session, anchor) for frame in frames])


def resample_many(
    bars: pl.DataFrame,
    timeframes: Sequence[str],
    session: Session | None = None,
    *,
    anchor: str | None = None,
) -> pl.DataFrame:
    """Base bars and coarser bars in one long table.

    Parameters
    ----------
    bars
        Canonical base bars.
    timeframes
        Timeframes to make; the base timeframe comes first whether named or not.
    session
        The market's session; ``None`` for a 24/7 market.
    anchor
        As `resample`.

    Returns
    -------
    pl.DataFrame
        Canonical bars, one block per timeframe in the order asked for.

    Raises
    ------
    TypeError, ValueError
        As `resample`.

    Examples
    --------
    >>> from regime_factory.simulate import simulate_market
    >>> long = resample_many(simulate_market(48, seed=1).bars, ["4H", "1D"])
    >>> long.group_by("timeframe", maintain_order=True).len().rows()
    [('1H', 48), ('4H', 12), ('1D', 2)]
    """
    require_table(bars, "bars")
    base = _base_timeframe(bars)
    wanted = list(dict.fromkeys([base, *timeframes]))
    return pl.concat([resample(bars, name, session, anchor=anchor) for name in wanted])


def resample_symbol(
    bars: pl.DataFrame, timeframe: str, session: Session | None = None, anchor: str | None = None
) -> pl.DataFrame:
    """Coarser bars of one symbol, without the checks of `resample`.

    Parameters
    ----------
    bars
        Canonical base bars of one symbol and one timeframe, increasing in ``ts``; at least one.
    timeframe
        A coarser timeframe of whole base bars.
    session
        The market's session; ``None`` for a 24/7 market.
    anchor
        As `resample`.

    Returns
    -------
    pl.DataFrame
        As `resample`.

    Notes
    -----
    Bins are runs of rows of the increasing stamps, so each column is read once, bin by bin.

    Examples
    --------
    >>> from regime_factory.simulate import simulate_market
    >>> resample_symbol(simulate_market(48, seed=1).bars, "12H")["n_base"].to_list()
    [12, 12, 12, 12]
    """
    ends, stops = bins_of(bars["ts"].to_physical().to_numpy(), timeframe, session, anchor)
    starts = np.concatenate([[0], stops[:-1]])[: len(stops)]
    held = bars[: stops[-1]] if len(stops) else bars.clear()
    made = {
        "open": held["open"].gather(starts),
        "high": _of_bins(np.fmax, held["high"], starts),
        "low": _of_bins(np.fmin, held["low"], starts),
        "close": held["close"].gather(stops - 1),
        "volume": _sum_of_bins(held["volume"], starts),
        "n_base": _of_bins(np.add, held["n_base"], starts),
    }
    table = pl.DataFrame({"ts": as_stamps(ends), **made})
    names = {"symbol": pl.lit(bars["symbol"][0]), "timeframe": pl.lit(timeframe)}
    return table.with_columns(**names).select(BAR_COLUMNS)


def _is_constant(names: pl.Series) -> bool:
    return names.eq_missing(names[0]).all()


def _base_timeframe(bars: pl.DataFrame) -> str:
    column = bars["timeframe"]
    if not len(column) or not _is_constant(column):
        raise ValueError(
            f"resampling needs bars of one timeframe, found {column.unique().sort().to_list()}; "
            "keep one: bars.filter(pl.col('timeframe') == ...)"
        )
    return column[0]


def _refuse_impossible(base: str, timeframe: str, session: Session | None) -> None:
    have, wanted = timeframe_minutes(base), timeframe_minutes(timeframe)
    count, unit = parse_timeframe(timeframe)
    if wanted < have:
        raise ValueError(f"{timeframe} bars cannot be made from {base} bars, which are longer")
    by_calendar = session is not None and unit in {"D", "W"}
    if by_calendar and unit == "D" and count > 1:
        raise ValueError(f"{timeframe} is not defined for a market with sessions; use 1D or 1W")
    if wanted % have and not by_calendar:
        raise ValueError(
            f"{timeframe} bars cannot be made from whole {base} bars; "
            f"choose a timeframe that is a multiple of {base}"
        )
    if session is not None and not by_calendar and session.open is None:
        raise ValueError(
            f"{timeframe} bars by session need the opening time; give session.open as 'HH:MM'"
        )


def _of_bins(reduce: np.ufunc, values: pl.Series, starts: np.ndarray) -> pl.Series:
    """One value for each run of rows that begins at a start; null where a run holds nulls only."""
    if not len(starts):
        return values.clear()
    made = reduce.reduceat(values.to_numpy(), starts)
    return pl.Series(made, nan_to_null=True).cast(values.dtype)


def _sum_of_bins(values: pl.Series, starts: np.ndarray) -> pl.Series:
    """Sums of the values that there are; null where a run holds none."""
    if not values.has_nulls():
        return _of_bins(np.add, values, starts)
    total = _of_bins(np.add, values.fill_null(0), starts)
    known = _of_bins(np.add, values.is_not_null().cast(pl.UInt32), starts)
    return pl.select(pl.when(known > 0).then(total)).to_series()


def _refuse_disorder(frame: pl.DataFrame) -> None:
    """Bars of one symbol must increase in time, or a bin would count some of them twice."""
    wrong = frame.filter(pl.col("ts").is_null() | (pl.col("ts") <= pl.col("ts").shift(1)))
    if wrong.is_empty():
        return
    symbol, at = wrong["symbol"][0], wrong["ts"][0]
    if at is None:
        raise ValueError(f"bars for {symbol!r} hold a ts that is null; drop the row or check_bars")
    repeated = (frame["ts"] == at).sum() > 1
    fault = "repeat the time" if repeated else "go back in time at"
    raise ValueError(
        f"bars for {symbol!r} {fault} {at:%Y-%m-%d %H:%M} UTC; pass them through check_bars "
        "(sort=True), or sort them by ts and keep one bar of each time"
    )
