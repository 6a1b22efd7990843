"""Coarser bars from base bars: right-closed, right-labelled, on the UTC clock or by session."""

from collections.abc import Sequence

import polars as pl

from regime_factory.bars.session import Session, local_moment, session_of
from regime_factory.bars.tables import require_table
from regime_factory.bars.timeframes import parse_timeframe, timeframe_minutes

BAR_COLUMNS = ("symbol", "timeframe", "ts", "open", "high", "low", "close", "volume", "n_base")
_MINUTE_US = 60_000_000
_FIRST_MONDAY_US = 4 * 24 * 60 * _MINUTE_US  # 1970-01-05 00:00 UTC
_FIRST_FRIDAY_DAYS = 8  # 1970-01-09 ends the first of the blocks of weeks


def resample(bars: pl.DataFrame, timeframe: str, session: Session | None = None) -> pl.DataFrame:
    """Make coarser bars out of base bars.

    Parameters
    ----------
    bars
        Canonical bars of one timeframe and any number of symbols, increasing in ``ts`` per symbol.
    timeframe
        Name of the timeframe to make, e.g. ``"4H"``; the base timeframe gives the bars back.
    session
        The market's session; ``None`` for bins on the UTC clock (weeks from Monday 00:00).

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
    of a day start at the opening time and the last one ends at the close, whatever its length; a
    daily bar is labelled with the day's scheduled close and a weekly bar with Friday's. A base bar
    outside the session hours, before the open, after the close or at the weekend, joins the first
    bin of the next session, so that no label is earlier than a value below it. A bar whose label
    lies after the last base bar of its symbol is not complete and is left out.

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
    frames = bars.partition_by("symbol", maintain_order=True)
    for frame in frames:
        _refuse_disorder(frame)
    if timeframe == base:
        return bars
    _refuse_impossible(base, timeframe, session)
    return pl.concat([_resample_symbol(frame, timeframe, session) for frame in frames])


def resample_many(
    bars: pl.DataFrame, timeframes: Sequence[str], session: Session | None = None
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
    return pl.concat([resample(bars, name, session) for name in wanted])


def _base_timeframe(bars: pl.DataFrame) -> str:
    names = bars["timeframe"].unique().sort().to_list()
    if len(names) != 1:
        raise ValueError(
            f"resampling needs bars of one timeframe, found {names}; "
            "keep one: bars.filter(pl.col('timeframe') == ...)"
        )
    return names[0]


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


def _resample_symbol(frame: pl.DataFrame, timeframe: str, session: Session | None) -> pl.DataFrame:
    symbol, ts = frame["symbol"][0], frame["ts"]
    label = _utc_label(ts, timeframe) if session is None else _session_label(ts, timeframe, session)
    traded = pl.col("volume").count() > 0
    return (
        frame.with_columns(label.alias("ts").set_sorted())
        .filter(pl.col("ts") <= ts[-1])
        .group_by("ts", maintain_order=True)
        .agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.when(traded).then(pl.col("volume").sum()).alias("volume"),
            pl.col("n_base").sum().cast(pl.UInt32),
        )
        .with_columns(symbol=pl.lit(symbol), timeframe=pl.lit(timeframe))
        .select(BAR_COLUMNS)
    )


def _utc_label(ts: pl.Series, timeframe: str) -> pl.Series:
    """Scheduled end of the UTC bin that each stamp falls in."""
    step = timeframe_minutes(timeframe) * _MINUTE_US
    origin = _FIRST_MONDAY_US if parse_timeframe(timeframe).unit == "W" else 0
    end = origin - ((origin - ts.to_physical()) // step) * step
    return end.cast(pl.Datetime("us", "UTC"))


def _session_label(ts: pl.Series, timeframe: str, session: Session) -> pl.Series:
    """Scheduled end of the session bin that each stamp falls in."""
    count, unit = parse_timeframe(timeframe)
    sessions = session_of(ts, session)
    if unit == "D":
        return sessions["close"]
    if unit == "W":
        return _week_close(sessions["day"], count, session)
    step = timeframe_minutes(timeframe) * _MINUTE_US
    opening = pl.col("open").to_physical()
    bins = -((opening - pl.col("ts").to_physical()) // step)
    first_or_later = pl.max_horizontal(bins, pl.lit(1, dtype=pl.Int64))
    end = (opening + first_or_later * step).cast(pl.Datetime("us", "UTC"))
    return sessions.select(label=pl.min_horizontal(end, "close"))["label"]


def _week_close(day: pl.Series, count: int, session: Session) -> pl.Series:
    """Scheduled close of the Friday that ends the block of weeks of each session date."""
    weekday = pl.col("day").dt.weekday().cast(pl.Int64)
    friday = pl.col("day") + pl.duration(days=5 - weekday)
    week = (friday.to_physical().cast(pl.Int64) - _FIRST_FRIDAY_DAYS) // 7
    last_friday = friday + pl.duration(weeks=(count - 1) - week % count)
    days = day.alias("day").to_frame()
    closes = days.unique().with_columns(
        close=local_moment(last_friday, session.close, session.timezone)
    )
    return days.join(closes, on="day", how="left", maintain_order="left")["close"]
