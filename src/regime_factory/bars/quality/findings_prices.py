"""What the quality gate reports about prices that stand still or stand in the wrong column."""

from datetime import datetime

import polars as pl

from regime_factory.bars.quality.findings import Finding, counted, examples, finding

_PRICES = ("open", "high", "low", "close")
_MIN_BARS = 100
_MOSTLY = 0.6


def stale_open_finding(kept: pl.DataFrame, limit: float) -> tuple[Finding, float, dict[str, float]]:
    """Report line on opens that only repeat the previous close.

    Parameters
    ----------
    kept
        Kept bars of one symbol, in order.
    limit
        Share above which opens are not usable as prices.

    Returns
    -------
    line : dict
        As `finding`.
    share : float
        Share of bars, from the second on, whose open equals the previous close.
    years : dict
        Share per calendar year (UTC) where it exceeds the limit.

    Examples
    --------
    >>> bars = pl.DataFrame({"ts": [datetime(2021, 1, 4), datetime(2021, 1, 5)],
    ...     "open": [1.0, 2.0], "close": [2.0, 3.0]})
    >>> stale_open_finding(bars, 0.05)[1:]
    (1.0, {'2021': 1.0})
    """
    if kept.height < 2:
        return finding("stale opens", "ok", "one bar only"), 0.0, {}
    stale = kept.select(stale=pl.col("open") == pl.col("close").shift(1)).to_series()[1:]
    ts = kept["ts"][1:]
    share = float(stale.sum()) / len(stale)
    years = {year: value for year, value in _yearly(stale, ts).items() if value > limit}
    result = f"{share:.1%} of opens equal the previous close"
    if share <= limit and not years:
        return finding("stale opens", "ok", result), share, years
    worst = max(years.values(), default=share)
    when = f"in {_spans([int(year) for year in years])}" if years else "over all years together"
    note = (
        f"Opens repeat the previous close too often {when} (up to {worst:.0%} a year) to stand for "
        "a price one could trade at; fill at the close and read features of the open with care."
    )
    return finding("stale opens", "warn", result, note, ts.filter(stale)), share, years


def _yearly(stale: pl.Series, ts: pl.Series) -> dict[str, float]:
    """Share of each calendar year (UTC) of increasing times."""
    years = range(ts[0].year, ts[-1].year + 1)
    starts = [datetime(year, 1, 1, tzinfo=ts[0].tzinfo) for year in (*years, years[-1] + 1)]
    places = ts.search_sorted(pl.Series(starts, dtype=ts.dtype)).to_list()
    parts = zip(years, places, places[1:], strict=False)
    return {str(year): int(stale[a:b].sum()) / (b - a) for year, a, b in parts if b > a}


def stale_run_finding(kept: pl.DataFrame, bars: int, bad_share: float) -> Finding:
    """Report line on runs of bars in which nothing moves.

    Parameters
    ----------
    kept
        Kept bars of one symbol, in order.
    bars
        Bars in a row without any movement from which they are a run.
    bad_share
        Share of the bars, inside runs, from which the finding is ``bad``.

    Returns
    -------
    dict
        As `finding`; its rows are the bars at which a run is already that long.

    Notes
    -----
    A bar stands still where it repeats the close of the bar before and has no range, or repeats
    all four prices. Whether a bar counts is known at that bar.

    Examples
    --------
    >>> flat = pl.DataFrame({"ts": [datetime(2021, 1, day) for day in range(1, 7)]}).with_columns(
    ...     pl.lit(1.0).alias(name) for name in ("open", "high", "low", "close"))
    >>> stale_run_finding(flat, 3, 0.1)["result"]
    '1 run of 3 or more bars without movement, the longest of 5 bars'
    """
    again = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in _PRICES)
    no_range = (pl.col("high") == pl.col("low")) & (pl.col("close") == pl.col("close").shift(1))
    still = (again | no_range).fill_null(value=False).cast(pl.UInt32)
    places = pl.int_range(pl.len(), dtype=pl.Int64)
    stale = (
        kept.select("ts", place=places, still=still.rolling_sum(bars))
        .filter(pl.col("still") == bars)
        .drop("still")
    )
    if stale.is_empty():
        return finding("stale runs", "ok", f"no {bars} bars in a row without movement")
    starts = (stale["place"].diff() != 1).fill_null(value=True)
    longest = int(stale.group_by(starts.cum_sum()).len()["len"].max()) + bars - 1  # pyrefly: ignore
    share = stale.height / kept.height
    runs = counted(int(starts.sum()), "run")
    result = f"{runs} of {bars} or more bars without movement, the longest of {longest:,} bars"
    note = (
        "No trade, or a feed that repeated its last price: volatility is too low there. Cut the "
        "span out of the file, or raise quality.stale_bars for a market that rarely trades; "
        f"{examples(stale['ts'].filter(starts))}."
    )
    return finding("stale runs", "bad" if share >= bad_share else "warn", result, note, stale["ts"])


def open_follows_close_finding(kept: pl.DataFrame) -> Finding:
    """Report line on opens that do not follow the close before, as after swapped columns.

    Parameters
    ----------
    kept
        Kept bars of one symbol, in order.

    Returns
    -------
    dict
        As `finding`.

    Notes
    -----
    From a close to the next open a price moves for a moment or a night, from an open to the next
    bar's close for two bars. Where the first is most often the larger, open and close are swapped,
    or the bars run backwards in time.

    Examples
    --------
    >>> open_follows_close_finding(pl.DataFrame({"ts": [datetime(2021, 1, 4)], "open": 1.0,
    ...     "close": 1.0}))["result"]
    'too few bars to tell'
    """
    name = "open follows close"
    if kept.height < _MIN_BARS:
        return finding(name, "ok", "too few bars to tell")
    opened, closed = pl.col("open"), pl.col("close")
    jump, span = (opened / closed.shift(1) - 1).abs(), (closed / opened.shift(1) - 1).abs()
    share = kept.select((jump > span).mean()).item()
    if share < _MOSTLY:
        return finding(name, "ok", "opens lie near the close before")
    note = (
        "Open and close are probably swapped in ingest.columns, or the bars run backwards in "
        "time: compare a few bars with a chart."
    )
    result = (
        f"{share:.0%} of opens lie farther off the close before than closes off the open before"
    )
    return finding(name, "bad", result, note, kept["ts"])


def _spans(years: list[int]) -> str:
    """Years as text with runs joined: 1999-2006, 2009."""
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
