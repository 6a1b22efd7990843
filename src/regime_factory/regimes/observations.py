"""From the feature table to what a model observes, and from its regimes back to the base bars."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from regime_factory.bars import Session, per_symbol
from regime_factory.regimes.slots import SLOT, StandardiseBy, slots_of

KEYS = ("symbol", "ts", "ret")


def observe(
    features: pl.DataFrame,
    bars: pl.DataFrame,
    *,
    timeframe: str,
    columns: Sequence[str],
    standardise_by: StandardiseBy = "none",
    session: Session | None = None,
    anchor: str | None = None,
) -> pl.DataFrame:
    """Take one row per bar of a timeframe: the moment the bar is first known to the base bars.

    A coarser bar is repeated on every base row until the next one closes; a model that saw the
    repeats would take them for independent observations.

    Parameters
    ----------
    features
        Feature table, one row per base bar.
    bars
        Canonical bars that contain `timeframe`.
    timeframe
        Timeframe whose bars are observed.
    columns
        Feature columns to observe; rows with a null in one of them are left out.
    standardise_by, session, anchor
        Whether a column `slot` goes before the observed ones, and how it is counted: see
        `slots_of`.

    Returns
    -------
    polars.DataFrame
        `symbol, ts, ret`, `slot` where asked for, and the columns; `ret` is the simple return of
        the observed bar.

    Raises
    ------
    ValueError
        If a column or the timeframe is missing, or a column has no value at all.
    """
    _check_request(features, bars, timeframe, columns)
    parts = []
    for symbol, rows in per_symbol(features):
        closes = bars.filter(symbol=symbol, timeframe=timeframe).select(
            pl.col("ts").alias("bar_ts"), ret=pl.col("close") / pl.col("close").shift(1) - 1
        )
        known = rows.select("symbol", "ts", *columns).join_asof(
            closes, left_on="ts", right_on="bar_ts", strategy="backward", coalesce=False
        )
        first = known.drop_nulls("bar_ts").unique("bar_ts", keep="first", maintain_order=True)
        parts.append(first.drop_nulls(["ret", *columns]))
    table = pl.concat(parts).select(*KEYS, *columns)
    for symbol in features["symbol"].unique(maintain_order=True):
        if table.filter(symbol=symbol).is_empty():
            raise ValueError(_why_nothing(symbol, features.filter(symbol=symbol), columns))
    return with_slots(table, standardise_by, timeframe=timeframe, session=session, anchor=anchor)


def with_slots(
    observations: pl.DataFrame,
    standardise_by: StandardiseBy,
    *,
    timeframe: str,
    session: Session | None = None,
    anchor: str | None = None,
) -> pl.DataFrame:
    """Put the slot of the day before the observed columns.

    Parameters
    ----------
    observations
        `symbol, ts`, optionally `ret`, and the observed columns.
    standardise_by, timeframe, session, anchor
        As in `slots_of`; with ``none`` the table comes back as it is.

    Returns
    -------
    polars.DataFrame
        The same rows. A row first known after its bar closed, for want of a base bar, has the slot
        of the moment it is known.
    """
    if standardise_by == "none":
        return observations
    parts = [
        rows.with_columns(
            slots_of(
                rows["ts"], standardise_by, timeframe=timeframe, session=session, anchor=anchor
            )
        )
        for _, rows in per_symbol(observations)
    ]
    keys = [name for name in KEYS if name in observations.columns]
    return pl.concat(parts).select(*keys, SLOT, pl.exclude(*keys, SLOT))


def carry_forward(
    regimes: pl.DataFrame, stamps: pl.DataFrame, oldest: timedelta | None = None
) -> pl.DataFrame:
    """Carry each regime forward to the base bars until the next one is known.

    Parameters
    ----------
    regimes
        Rows of `filter_refits` of one symbol, with `ts`.
    stamps
        `symbol, ts` of the base bars of that symbol.
    oldest
        Age at which a regime is no longer carried; None carries it on.

    Returns
    -------
    polars.DataFrame
        One row per base bar from the first known regime on.
    """
    carried = stamps.sort("ts").join_asof(
        regimes.sort("ts"), on="ts", strategy="backward", tolerance=oldest
    )
    return carried.drop_nulls("state")


def observed_columns(observations: pl.DataFrame) -> list[str]:
    """Names of what a model takes: the observed columns, the slot of the day first if there."""
    return [name for name in observations.columns if name not in KEYS]


def feature_columns(observations: pl.DataFrame) -> list[str]:
    """Names of the observed columns of an observation table, without the slot of the day."""
    return [name for name in observed_columns(observations) if name != SLOT]


def skipped_bars(observations: pl.DataFrame, bars: pl.DataFrame, timeframe: str) -> dict[str, int]:
    """Count bars between the first and the last observation that were not observed.

    Parameters
    ----------
    observations
        Table of `observe`.
    bars
        Canonical bars that contain `timeframe`.
    timeframe
        Timeframe that is observed.

    Returns
    -------
    dict of str to int
        Symbols with such bars only.
    """
    counts = {}
    for symbol, rows in per_symbol(observations):
        inside = pl.col("ts").is_between(rows["ts"][0], rows["ts"][-1])
        own = bars.filter(pl.col("symbol") == symbol, pl.col("timeframe") == timeframe, inside)
        # A bar whose label has no base bar is observed at a later stamp: one may fall outside.
        counts[symbol] = max(0, own.height - rows.height)
    return {symbol: count for symbol, count in counts.items() if count}


def _why_nothing(symbol: str, rows: pl.DataFrame, columns: Sequence[str]) -> str:
    counts = rows.select(pl.col(columns).count()).row(0)
    empty = [name for name, count in zip(columns, counts, strict=True) if count == 0]
    return (
        f"{symbol} has {rows.height} bars, and no bar without history has a return; none of them "
        f"has all observed columns; without any value: {', '.join(empty) or 'none alone'}; give "
        "earlier bars too, or choose other columns with hmm.observations (a file without volume "
        "has no volume columns)"
    )


def _check_request(
    features: pl.DataFrame, bars: pl.DataFrame, timeframe: str, columns: Sequence[str]
) -> None:
    missing = [name for name in columns if name not in features.columns]
    if missing:
        raise ValueError(
            f"features lack {', '.join(missing)}; set hmm.observations to columns of the chosen "
            "features.feature_set, and hmm.regime_timeframe to one of market.timeframes"
        )
    known = bars["timeframe"].unique().to_list()
    if timeframe not in known:
        raise ValueError(
            f"hmm.regime_timeframe is {timeframe!r}, but the bars have {', '.join(sorted(known))}; "
            "add it to market.timeframes"
        )
