"""Which rows of a symbol cannot be bars, and why: the only rules that take rows out."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from regime_factory.bars.quality.findings import Finding, rejected_finding
from regime_factory.bars.quality.row_rules import passes_row_rules, repeated_rows, row_rules
from regime_factory.bars.sources.spec import ADJUSTMENT_COLUMNS

_VALUES = ("open", "high", "low", "close", "volume", *ADJUSTMENT_COLUMNS)
_REPEATED = {
    "repeated rows": "The source gives these bars twice, e.g. in files that overlap; the first row "
    "is kept and nothing is lost.",
    "conflicting rows": "Two rows give one time other values, and only the source can say which is "
    "right; the first is kept. Check whether several markets or timeframes are mixed.",
}


@dataclass(frozen=True)
class Judged:
    """Rows of one symbol after the rules.

    Parameters
    ----------
    kept
        Rows that can be bars, ``ts`` strictly increasing.
    rejected
        The others, each with its ``reason``.
    findings
        One line for each rule.
    """

    kept: pl.DataFrame
    rejected: pl.DataFrame
    findings: list[Finding]


def judge(frame: pl.DataFrame, latest: datetime, bad_share: float) -> Judged:
    """Apply the row rules, then the rule on repeated times to the rows that obey them.

    Parameters
    ----------
    frame
        Rows of one symbol as `prepare` gives them, in order of time.
    latest
        Latest time (UTC) that a bar may have.
    bad_share
        Share of the rows from which a rule's finding is ``bad``.

    Returns
    -------
    Judged

    Notes
    -----
    Every rule looks at a row itself or at earlier ones.

    Examples
    --------
    >>> from datetime import UTC
    >>> from regime_factory.bars.quality.prepared import prepare
    >>> rows = prepare(pl.DataFrame({"symbol": "X", "timeframe": "1D",
    ...     "ts": [datetime(2021, 1, day, 21, tzinfo=UTC) for day in (4, 4)], "open": 1.0,
    ...     "high": 2.0, "low": 1.0, "close": [1.5, 1.6], "volume": None, "n_base": 1}))
    >>> judge(rows, datetime(2030, 1, 1, tzinfo=UTC), 0.01).rejected["reason"].to_list()
    ['ts is a duplicate: an earlier row has the same time and other values']
    """
    rules = row_rules(latest)
    names = [f"rule_{position}" for position in range(len(rules))]
    frame = frame.with_row_index("place")
    passes = frame.select(good=passes_row_rules(latest))["good"]
    good = frame if passes.all() else frame.filter(passes)
    broken = frame.filter(~passes).with_columns(
        rule.reason.alias(name) for rule, name in zip(rules, names, strict=True)
    )
    repeated = repeated_rows(good, _VALUES)
    joined = pl.concat_str(names, separator="; ", ignore_nulls=True)
    reasons = pl.concat([broken.select("place", reason=joined), repeated.select("place", "reason")])
    rejected = frame[reasons["place"].sort()].join(reasons, on="place", maintain_order="left")
    if not repeated.is_empty():
        good = good.filter(~pl.col("place").is_in(repeated["place"].implode()))
    where = {
        rule.name: broken.filter(pl.col(name).is_not_null())["ts"]
        for rule, name in zip(rules, names, strict=True)
    }
    where["repeated rows"] = repeated.filter("same")["ts"]
    where["conflicting rows"] = repeated.filter(~pl.col("same"))["ts"]
    advice = {rule.name: rule.advice for rule in rules} | _REPEATED
    lines = [
        rejected_finding(name, advice[name], ts, frame.height, bad_share)
        for name, ts in where.items()
    ]
    return Judged(good, rejected, lines)
