"""The rules that send a single row to the quarantine, each with the reason it writes down."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

PRICE_COLUMNS = ("open", "high", "low", "close")
EARLIEST = datetime(1800, 1, 1, tzinfo=UTC)


class RowRule(NamedTuple):
    """One rule: its name in the report, what to do about it, and the reason per row.

    `reason` is an expression of text over the columns of one symbol's bars, with `fault`;
    null where the row obeys the rule.
    """

    name: str
    advice: str
    reason: pl.Expr


def row_rules(latest: datetime) -> list[RowRule]:
    """Every rule that looks at a row alone.

    Parameters
    ----------
    latest
        Latest time (UTC) that a bar may have.

    Returns
    -------
    list of RowRule
        In the order of the report.

    Examples
    --------
    >>> [rule.name for rule in row_rules(datetime(2030, 1, 1, tzinfo=UTC))][:2]
    ['readable cells', 'no missing cells']
    """
    return [
        RowRule(
            "readable cells",
            "Look the rows up in the quarantine; text in a price usually means a wrong column or "
            "a thousands separator.",
            _unreadable(),
        ),
        RowRule(
            "no missing cells",
            "The source left cells empty; ask it for these bars again.",
            _join([_missing(name) for name in ("symbol", "ts", *PRICE_COLUMNS)]),
        ),
        RowRule(
            "plausible times",
            "The time cannot be right, or the bar has not closed yet: leave unfinished bars out; "
            "check ingest.stamp, ingest.timezone, ingest.date_format (epoch_s counts seconds, "
            "epoch_ms milliseconds) and the cells of the time column.",
            _implausible(latest),
        ),
        RowRule(
            "finite prices",
            "A price is NaN or infinite; ask the source for these bars again.",
            _join([_not_finite(name) for name in PRICE_COLUMNS]),
        ),
        RowRule(
            "positive prices",
            "Zero and negative prices have no logarithm. They are most often missing values; in a "
            "futures series they come from adjusting by differences: take prices as traded.",
            _join([_not_positive(name) for name in PRICE_COLUMNS]),
        ),
        RowRule(
            "high not below low",
            "The columns of high and low may be swapped in the settings.",
            pl.when(pl.col("high") < pl.col("low")).then(
                pl.format("high {} is below low {}", "high", "low")
            ),
        ),
        RowRule(
            "open and close within low and high",
            "The source is inconsistent in these bars.",
            _join([_outside(name) for name in ("open", "close")]),
        ),
    ]


def passes_row_rules(latest: datetime) -> pl.Expr:
    """Whether a row obeys every rule of `row_rules`, in one cheap pass.

    Parameters
    ----------
    latest
        As for `row_rules`.

    Returns
    -------
    pl.Expr
        True or False, never null.

    Examples
    --------
    >>> row = pl.DataFrame({"symbol": "X", "ts": datetime(2021, 1, 4, tzinfo=UTC), "open": 1.0,
    ...     "high": 2.0, "low": 1.0, "close": [1.5, 2.5], "fault": None})
    >>> row.select(good=passes_row_rules(datetime(2030, 1, 1, tzinfo=UTC)))["good"].to_list()
    [True, False]
    """
    low, high = pl.col("low"), pl.col("high")
    return pl.all_horizontal(
        pl.col("symbol").is_not_null(),
        plausible_time(latest),
        pl.col("fault").is_null(),
        low > 0,
        high.is_finite(),
        *(pl.col(name).is_between(low, high) for name in ("open", "close")),
    ).fill_null(value=False)


def plausible_time(latest: datetime) -> pl.Expr:
    """Whether the time of a row can be the time of a bar at all.

    Parameters
    ----------
    latest
        Latest time (UTC) that a bar may have; the earliest is the start of 1800.

    Returns
    -------
    pl.Expr
        True or False, null where the time is.

    Examples
    --------
    >>> years = pl.DataFrame({"ts": [datetime(year, 1, 1, tzinfo=UTC) for year in (1, 2021, 2262)]})
    >>> years.select(fine=plausible_time(datetime(2030, 1, 1, tzinfo=UTC)))["fine"].to_list()
    [False, True, False]
    """
    return pl.col("ts").is_between(EARLIEST, latest)


def repeated_rows(good: pl.DataFrame, values: Sequence[str]) -> pl.DataFrame:
    """Rows whose time an earlier row of the same symbol already has.

    Parameters
    ----------
    good
        Rows of one symbol that obey every row rule, by ``ts``, with ``place``.
    values
        Columns that a mere repetition has in common with the first row of its time.

    Returns
    -------
    pl.DataFrame
        ``place``, ``ts``, ``same`` (whether all values are those of the first row) and ``reason``.

    Examples
    --------
    >>> good = pl.DataFrame({"place": [0, 1, 2], "ts": [7, 7, 7], "close": [1.0, 1.0, 2.0]})
    >>> repeated_rows(good, ["close"]).select("place", "same").rows()
    [(1, True), (2, False)]
    """
    again = good.filter(pl.col("ts") == pl.col("ts").shift(1)).select("place", "ts", *values)
    if again.is_empty():
        return again.select("place", "ts", same=pl.lit(value=True), reason=pl.lit(""))
    firsts = good.join(again.select("ts").unique(), on="ts", how="semi").unique("ts", keep="first")
    both = again.join(firsts.select("ts", *values), on="ts", how="left", suffix="_first")
    equal = [pl.col(name).eq_missing(pl.col(f"{name}_first")) for name in values]
    known = "ts is a duplicate: an earlier row has the same time"
    return (
        both.with_columns(same=pl.all_horizontal(equal))
        .select(
            "place",
            "ts",
            "same",
            reason=pl.when("same")
            .then(pl.lit(f"{known} and values"))
            .otherwise(pl.lit(f"{known} and other values")),
        )
        .sort("place")
    )


def _join(reasons: list[pl.Expr]) -> pl.Expr:
    joined = pl.concat_str(reasons, separator="; ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _unreadable() -> pl.Expr:
    """What `fault` names, but for a time that is only missing."""
    rest = pl.col("fault").str.replace(r"^ts is missing(; )?", "")
    return pl.when(rest != "").then(rest)


def _missing(name: str) -> pl.Expr:
    """A null that is not an unreadable cell, which `fault` already names."""
    named = _unreadable().str.contains(rf"(^|; ){name} ").fill_null(value=False)
    return pl.when(pl.col(name).is_null() & ~named).then(pl.lit(f"{name} is missing"))


def _implausible(latest: datetime) -> pl.Expr:
    shown = pl.col("ts").dt.to_string("%Y-%m-%d %H:%M")
    early = pl.format("ts {} UTC is before 1800", shown)
    late = pl.format("ts {} UTC is in the future: the bar has not closed", shown)
    return pl.when(~plausible_time(latest)).then(
        pl.when(pl.col("ts") < EARLIEST).then(early).otherwise(late)
    )


def _not_finite(name: str) -> pl.Expr:
    return pl.when(~pl.col(name).is_finite()).then(pl.format(f"{name} is {{}}", name))


def _not_positive(name: str) -> pl.Expr:
    wrong = pl.col(name).is_finite() & (pl.col(name) <= 0)
    return pl.when(wrong).then(pl.format(f"{name} is not positive: {{}}", name))


def _outside(name: str) -> pl.Expr:
    ordered = pl.col("high") >= pl.col("low")
    outside = (pl.col(name) < pl.col("low")) | (pl.col(name) > pl.col("high"))
    text = pl.format(f"{name} {{}} is outside low..high {{}}..{{}}", name, "low", "high")
    return pl.when(ordered & outside & pl.col(name).is_finite()).then(text)
