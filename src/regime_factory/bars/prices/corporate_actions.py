"""What a file states about splits and dividends, brought to the bars it acts on."""

from datetime import datetime

import numpy as np
import polars as pl

from regime_factory.bars.prices.vendor_steps import vendor_steps

_LARGEST_SPLIT = 1000.0
_SHOWN = 3
_KINDS = ("split", "dividend", "adj_close")


def refuse_impossible(given: pl.DataFrame) -> None:
    """Refuse splits, dividends and adjusted closes that no market has.

    Parameters
    ----------
    given
        ``ts`` and any of ``split``, ``dividend``, ``adj_close`` of one symbol.

    Raises
    ------
    ValueError
        Naming the rows, where a value is not finite, a split is negative or beyond a thousand to
        one, a dividend is negative, or an adjusted close is not positive.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> row = {"ts": [datetime(2020, 8, 31, tzinfo=UTC)], "split": [-4.0]}
    >>> refuse_impossible(pl.DataFrame(row))
    Traceback (most recent call last):
    ...
    ValueError: split is -4 at 2020-08-31 00:00 UTC; expected 0.001 to 1000 new shares per old ...
    """
    split, dividend, adjusted = (pl.col(name) for name in _KINDS)
    possible = {
        "split": (split == 0) | split.is_between(1 / _LARGEST_SPLIT, _LARGEST_SPLIT),
        "dividend": dividend >= 0,
        "adj_close": adjusted > 0,
    }
    expected = {
        "split": "0.001 to 1000 new shares per old share, or 0 for none",
        "dividend": "cash per share, 0 or more",
        "adj_close": "a price above zero",
    }
    for name in (name for name in _KINDS if name in given.columns):
        wrong = given.filter(~(possible[name] & pl.col(name).is_finite()))
        if wrong.height:
            shown = ", ".join(
                f"{value:g} at {_written(ts)}"
                for ts, value in wrong.select("ts", name).head(_SHOWN).iter_rows()
            )
            more = f" and on {wrong.height - _SHOWN} more rows" * (wrong.height > _SHOWN)
            raise ValueError(
                f"{name} is {shown}{more}; expected {expected[name]}; correct the rows, or leave "
                f"the column out with ingest.columns: {{{name}: null}}"
            )


def actions_per_bar(bars: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Bring what is stated to the bars of one symbol.

    Parameters
    ----------
    bars
        ``ts, close`` of one symbol's kept bars, increasing.
    given
        ``ts`` and any of ``split``, ``dividend``, ``adj_close``.

    Returns
    -------
    pl.DataFrame
        One row per bar: ``ts, close, previous`` (the close before), ``split`` and ``dividend`` (per
        share after the split), null where nothing is stated, and ``step, tolerance, gap`` of the
        adjusted close.

    Notes
    -----
    A split or dividend on a row that is no bar, because it was rejected, acts on the next bar;
    several on one bar act in their order. What comes after the last bar does not act yet.

    Examples
    --------
    >>> bars = pl.DataFrame({"ts": [datetime(2020, 1, 2), datetime(2020, 1, 4)],
    ...     "close": [100.0, 51.0]})
    >>> given = pl.DataFrame({"ts": [datetime(2020, 1, 3)], "split": [2.0]})
    >>> actions_per_bar(bars, given)["split"].to_list()
    [None, 2.0]
    """
    columns = [
        pl.col(name) if name in given.columns else pl.lit(None, dtype=pl.Float64).alias(name)
        for name in _KINDS
    ]
    given = given.select("ts", *columns).sort("ts", maintain_order=True)
    adjusted = given.select("ts", "adj_close").unique("ts", keep="first", maintain_order=True)
    frame = bars.select("ts", "close").join(adjusted, on="ts", how="left", maintain_order="left")
    steps = vendor_steps(frame["close"], frame["adj_close"])
    return (
        frame.with_columns(previous=pl.col("close").shift(1))
        .join(_on_bars(bars["ts"], given), on="ts", how="left", maintain_order="left")
        .select("ts", "close", "previous", "split", "dividend")
        .hstack(steps)
    )


def _on_bars(ts: pl.Series, given: pl.DataFrame) -> pl.DataFrame:
    """Splits and dividends by the bar they act on: ``ts, split, dividend``."""
    stated = given.filter(pl.col("split").is_not_null() | pl.col("dividend").is_not_null())
    at = np.searchsorted(ts.to_physical().to_numpy(), stated["ts"].to_physical().to_numpy())
    split = pl.when(pl.col("split") == 0).then(1.0).otherwise("split")
    stated = stated.with_columns(at=pl.Series(at, dtype=pl.Int64), split=split)
    stated = stated.filter(pl.col("at") < ts.len()).with_columns(
        later=pl.col("split").fill_null(1.0).cum_prod(reverse=True).over("at")
        / pl.col("split").fill_null(1.0)
    )
    acting = stated.group_by("at", maintain_order=True).agg(
        split=pl.when(pl.col("split").count() > 0).then(pl.col("split").product()),
        dividend=pl.when(pl.col("dividend").count() > 0).then(
            (pl.col("dividend") / pl.col("later")).sum()
        ),
    )
    return acting.select(ts[acting["at"].to_list()].alias("ts"), "split", "dividend")


def _written(ts: datetime) -> str:
    return f"{ts:%Y-%m-%d %H:%M} UTC"
