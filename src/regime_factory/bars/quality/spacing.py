"""Whether the bars stand as far apart as their timeframe says; a wrong one shifts every stamp."""

import polars as pl

from regime_factory.bars.sessions.session import Session
from regime_factory.bars.sessions.timeframes import (
    bars_per_session,
    first_bin_minutes,
    parse_timeframe,
    timeframe_minutes,
)

_MIN_BARS = 10
_TOLERANCE = 0.1  # of the spacing: a clock change moves a daily close by one hour of 24
_FEW = 0.05
_COMMON = 0.3
_MOST = 0.5
_EPOCH_YEAR = 1970
_DAY = 24 * 60 * 60
_UNITS = ((_DAY, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def refuse_wrong_spacing(
    ts: pl.Series,
    symbol: str,
    timeframe: str,
    session: Session | None,
    anchor: str | None = None,
) -> None:
    """Refuse bars that stand another length apart than their timeframe.

    Parameters
    ----------
    ts
        Close stamps of the kept bars of one symbol, increasing.
    symbol
        The symbol, for the message.
    timeframe
        Timeframe that the bars are said to have.
    session
        The market's session; ``None`` for a 24/7 market.
    anchor
        Time of day from which the bars are counted, as in ``scheduled_stamps``.

    Raises
    ------
    ValueError
        Where next to no bar follows the one before by the timeframe and most follow by another
        length.

    Notes
    -----
    With a timeframe longer than the file's, values would be stamped later than they were known;
    with a shorter one, bars stamped at their open would be used before they are over. Gaps, half
    days and lunch breaks do no harm: only where fewer than 5 % of the spacings fit, and one other
    spacing makes up 30 %, or half of them are within a tenth of their median (months have no one
    length), are the bars refused. Sessions of one or two bars a day are compared with what the
    session leaves.

    Examples
    --------
    >>> from datetime import datetime
    >>> days = pl.datetime_range(datetime(2021, 1, 1), datetime(2021, 1, 31), "1d", eager=True)
    >>> refuse_wrong_spacing(days, "X", "1D", None)
    >>> refuse_wrong_spacing(days, "X", "1H", None)
    Traceback (most recent call last):
    ...
    ValueError: bars of 'X' are mostly 1 day apart (30 of 30 spacings), but market.timeframe is ...
    """
    if len(ts) < _MIN_BARS:
        return
    spacings = ts.diff().drop_nulls().dt.total_seconds().alias("seconds")
    counts = spacings.value_counts(sort=True)
    total = len(ts) - 1
    expected = _expected_seconds(timeframe, session, anchor)
    fitting = counts.filter(pl.any_horizontal(map(_about, expected)))["count"].sum()
    counts = counts.sort("count", "seconds", descending=[True, False])
    found, times = counts.row(0)
    if times < _COMMON * total:
        alike = counts.filter(_about(spacings.sort()[total // 2]))
        if alike["count"].sum() < _MOST * total:
            return
        found, times = alike["seconds"][0], alike["count"].sum()
    if fitting >= _FEW * total:
        return
    epoch = "; times in 1970 mean that ingest.date_format counts another unit"
    raise ValueError(
        f"bars of {symbol!r} are mostly {_in_words(found)} apart ({times} of {total} spacings), "
        f"but market.timeframe is {timeframe} ({fitting} spacings fit it); set market.timeframe "
        "to the spacing of the file" + epoch * (ts[0].year == _EPOCH_YEAR)
    )


def _about(length: float) -> pl.Expr:
    return pl.col("seconds").is_between((1 - _TOLERANCE) * length, (1 + _TOLERANCE) * length)


def _expected_seconds(timeframe: str, session: Session | None, anchor: str | None) -> list[int]:
    """Spacings that bars of the timeframe have; a short session may not hold two whole bars."""
    step = timeframe_minutes(timeframe) * 60
    intraday = parse_timeframe(timeframe).unit in {"min", "H"}
    if not intraday or session is None or session.open is None:
        return [step]
    bars = bars_per_session(timeframe, session, anchor)
    if bars == 1:
        return [step, _DAY]
    if bars == 2:
        second = (session.minutes - first_bin_minutes(timeframe, session, anchor)) * 60
        return [step, second, _DAY - second]
    return [step]


def _in_words(seconds: int) -> str:
    if seconds == 0:
        return "less than a second"
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
