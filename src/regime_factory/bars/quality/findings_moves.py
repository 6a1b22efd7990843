"""What the quality gate reports about single moves: bad ticks, outliers and splits."""

import polars as pl

from regime_factory.bars.quality.far_moves import far_moves
from regime_factory.bars.quality.findings import Finding, counted, examples, finding, shown
from regime_factory.bars.quality.findings_splits import (
    given_split_finding,
    split_like,
    split_like_finding,
)
from regime_factory.bars.quality.limits import GateLimits

_SHOWN = 3


def move_findings(
    kept: pl.DataFrame, splits: pl.DataFrame, limits: GateLimits, *, adjusted: bool = False
) -> list[Finding]:
    """Report lines on moves that are far beyond what is usual.

    Parameters
    ----------
    kept
        Kept bars of one symbol, in order.
    splits
        Splits that the data state, from `stated_splits`.
    limits
        Thresholds.
    adjusted
        Whether the prices are said to be adjusted for splits already.

    Returns
    -------
    list of dict
        Findings `bad ticks`, `outliers`, `split-like jumps` and `given splits`.

    Notes
    -----
    `far_moves` says what is far. A bar whose price is taken back at once is a bad tick; a move that
    stays is split-like near the ratio of a split that nothing states, otherwise an outlier. Whether
    a price is taken back shows one bar later; nothing is removed.

    Examples
    --------
    >>> from datetime import datetime
    >>> close = [100.0 + i % 2 for i in range(60)]
    >>> close[57] = 1010.0
    >>> bars = pl.DataFrame({"ts": [datetime(2021, 1, 4, 1, i) for i in range(60)], "open": close,
    ...     "high": close, "low": close, "close": close, "timeframe": "1min"})
    >>> none = pl.DataFrame(schema={"ts": pl.Datetime, "split": pl.Float64})
    >>> move_findings(bars, none, GateLimits())[0]["result"]
    '1 bar with a price that is taken back at once'
    """
    moves = far_moves(kept, limits)
    jumps = moves.filter(pl.col("far") & ~pl.col("tick") & ~pl.col("back"))
    new = split_like(jumps, limits).join(splits, on="ts", how="anti")
    stay = new.filter(pl.col("ratio").is_null() & pl.col("scale").is_not_null())
    return [
        _tick_finding(moves.filter("tick")),
        _outlier_finding(stay, limits),
        split_like_finding(new.filter(pl.col("ratio").is_not_null())),
        given_split_finding(kept, splits, adjusted),
    ]


def _tick_finding(ticks: pl.DataFrame) -> Finding:
    if ticks.is_empty():
        return finding("bad ticks", "ok", "no price is taken back at once")
    result = f"{counted(ticks.height, 'bar')} with a price that is taken back at once"
    note = (
        "Probably bad ticks: compare with another source and take the rows out of the file, or "
        f"correct them; the gate removes none; {examples(ticks['ts'])}."
    )
    return finding("bad ticks", "warn", result, note, ticks["ts"])


def _outlier_finding(stay: pl.DataFrame, limits: GateLimits) -> Finding:
    scales = f"{limits.outlier_mads:g} trailing medians of the absolute return"
    if stay.is_empty():
        return finding("outliers", "ok", f"no move that stays is beyond {scales}")
    moves = stay.with_columns(percent=100 * (pl.col("move").exp() - 1))
    largest = moves.sort(pl.col("move").abs(), descending=True).head(_SHOWN)
    seen = ", ".join(
        f"{share:+.1f}% at {shown(ts)}" for ts, share in largest.select("ts", "percent").iter_rows()
    )
    result = f"{counted(stay.height, 'move')} beyond {scales}"
    note = f"They stay, so they are most often news: look whether they are real; {seen} UTC."
    return finding("outliers", "warn", result, note, stay["ts"])
