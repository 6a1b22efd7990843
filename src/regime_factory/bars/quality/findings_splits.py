"""What the quality gate reports about splits: jumps that look like one, and those stated."""

import math

import polars as pl

from regime_factory.bars.prices.corporate_actions import actions_per_bar
from regime_factory.bars.quality.far_moves import SPLIT_RATIOS, smallest_split
from regime_factory.bars.quality.findings import Finding, counted, examples, finding, shown
from regime_factory.bars.quality.limits import GateLimits

_SHOWN = 3
_STEP_DECIMALS = 3


def stated_splits(kept: pl.DataFrame, given: pl.DataFrame, limits: GateLimits) -> pl.DataFrame:
    """Splits that the data state, in a column of their own or as a step of the adjusted close.

    Parameters
    ----------
    kept
        Kept bars of one symbol, in order.
    given
        ``ts, adj_close, split, dividend`` of the rows that state any.
    limits
        Thresholds.

    Returns
    -------
    pl.DataFrame
        ``ts`` of the bar and ``split``, new shares per old share; splits that a price need not
        show are left out.

    Examples
    --------
    >>> from datetime import datetime
    >>> ts = [datetime(2021, 1, 4), datetime(2021, 1, 5)]
    >>> given = pl.DataFrame({"ts": ts, "adj_close": [25.0, 26.0], "split": None,
    ...     "dividend": None}, schema_overrides={"split": pl.Float64, "dividend": pl.Float64})
    >>> bars = pl.DataFrame({"ts": ts, "close": [100.0, 26.0]})
    >>> stated_splits(bars, given, GateLimits())["split"].to_list()
    [4.0]
    """
    schema = {"ts": kept.schema["ts"], "split": pl.Float64}
    if given.is_empty():
        return pl.DataFrame(schema=schema)
    actions = actions_per_bar(kept, given).with_columns(
        split=pl.coalesce("split", pl.col("step").round(_STEP_DECIMALS))
    )
    size = pl.when(pl.col("split") > 0).then(pl.col("split").log().abs())
    return actions.filter(size > smallest_split(limits)).select("ts", "split")


def split_like(jumps: pl.DataFrame, limits: GateLimits) -> pl.DataFrame:
    """Add the split that each jump looks like.

    Parameters
    ----------
    jumps
        Rows of `far_moves`.
    limits
        Thresholds.

    Returns
    -------
    pl.DataFrame
        The rows with ``ratio``, new shares per old share, null where a jump looks like no split.

    Examples
    --------
    >>> jumps = pl.DataFrame({"move": [-0.7, -0.2, 2.3], "opening": [0.51, 0.8, 9.9]})
    >>> split_like(jumps, GateLimits())["ratio"].to_list()
    [2.0, None, 0.1]
    """
    ratios = [
        _nearest_split((math.exp(move), opening), limits.split_tolerance)
        for move, opening in jumps.select("move", "opening").iter_rows()
    ]
    return jumps.with_columns(ratio=pl.Series(ratios, dtype=pl.Float64))


def _nearest_split(seen: tuple[float, float], tolerance: float) -> float | None:
    """The split that one of the price ratios is nearest to; None where neither is near any."""
    misses = {
        split: min(abs(price * split - 1) for price in seen)
        for known in SPLIT_RATIOS
        for split in (known, 1 / known)
    }
    best = min(misses, key=lambda split: misses[split])
    return best if misses[best] <= tolerance else None


def split_like_finding(like: pl.DataFrame) -> Finding:
    """Report line on jumps that look like a split that nothing states.

    Parameters
    ----------
    like
        Rows of `split_like` with a ratio.

    Returns
    -------
    dict
        As `finding`.

    Examples
    --------
    >>> none = pl.DataFrame(schema={"ts": pl.Datetime, "ratio": pl.Float64})
    >>> split_like_finding(none)["severity"]
    'ok'
    """
    if like.is_empty():
        return finding("split-like jumps", "ok", "no jump looks like a split without a factor")
    seen = ", ".join(
        f"{_in_words(ratio)} at {shown(ts)}"
        for ts, ratio in like.head(_SHOWN).select("ts", "ratio").iter_rows()
    )
    result = f"{counted(like.height, 'jump')} near the ratio of a split: {seen} UTC"
    note = (
        "A split that no factor explains reads as a crash: give the file a column split (new "
        "shares per old share on the row of the ex-date), or take split-adjusted prices and set "
        "ingest.prices: split_adjusted."
    )
    return finding("split-like jumps", "warn", result, note, like["ts"])


def given_split_finding(kept: pl.DataFrame, splits: pl.DataFrame, adjusted: bool) -> Finding:
    """Report line on splits that the data state, against the jump of the price at each.

    Parameters
    ----------
    kept
        Kept bars of one symbol, in order.
    splits
        From `stated_splits`.
    adjusted
        Whether the prices are said to be adjusted for splits already.

    Returns
    -------
    dict
        As `finding`.

    Examples
    --------
    >>> none = pl.DataFrame(schema={"ts": pl.Datetime, "split": pl.Float64})
    >>> given_split_finding(none, none, adjusted=False)["result"]
    'no split is stated'
    """
    name = "given splits"
    if splits.is_empty():
        return finding(name, "ok", "no split is stated")
    moves = kept.select("ts", move=(pl.col("close") / pl.col("close").shift(1)).log())
    stated = splits.join(moves, on="ts", how="inner").filter(pl.col("move").is_not_null())
    jumped = (pl.col("move") + pl.col("split").log()).abs() < pl.col("move").abs()
    wrong = stated.filter(jumped if adjusted else ~jumped)
    total = counted(splits.height, "stated split")
    if wrong.is_empty():
        return finding(name, "ok", f"the price agrees with {total}")
    if adjusted:
        result = f"the price jumps at {wrong.height:,} of {total}"
        note = (
            "ingest.prices says that the prices are adjusted already, but here they are as traded; "
            f"set ingest.prices: as_traded; {examples(wrong['ts'])}."
        )
    else:
        result = f"the price does not jump at {wrong.height:,} of {total}"
        note = (
            "The prices are adjusted already, or the split is on the wrong row; applying it would "
            f"make a jump: set ingest.prices: split_adjusted, or correct the row; "
            f"{examples(wrong['ts'])}."
        )
    return finding(name, "bad", result, note, wrong["ts"])


def _in_words(ratio: float) -> str:
    for old in (1, 2):
        if ratio * old == round(ratio * old):
            return f"{ratio * old:g}:{old}"
    return f"1:{round(1 / ratio, 1):g}" if round(1 / ratio) != 2 / 3 else "2:3"
