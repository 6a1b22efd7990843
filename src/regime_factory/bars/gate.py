"""The quality gate: which rows are kept, which go to the quarantine, and what to know of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from regime_factory.bars.findings import (
    Finding,
    finding,
    gap_finding,
    hours_finding,
    rejected_finding,
    stale_open_finding,
    time_span,
    volume_finding,
)
from regime_factory.bars.rejections import refuse_all_rejected
from regime_factory.bars.resampling import BAR_COLUMNS
from regime_factory.bars.row_rules import (
    passes_row_rules,
    plausible_time,
    repeated_time,
    row_rules,
)
from regime_factory.bars.session import Session
from regime_factory.bars.spacing import refuse_wrong_spacing
from regime_factory.bars.tables import require_table
from regime_factory.bars.timeframes import parse_timeframe

NO_SYMBOL = "(no symbol)"
_NUMBERS = ("open", "high", "low", "close", "volume")
_UTC = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class CheckedBars:
    """What the quality gate made of bars.

    Parameters
    ----------
    bars
        Kept bars: canonical columns, one block per symbol, ``ts`` strictly increasing.
    quarantine
        Rejected rows: canonical columns as given, ``row`` and ``reason``.
    report
        JSON-able: ``{"symbols": {symbol: {"rows", "kept", "quarantined", "first", "last",
        "stale_open_share", "stale_open_years", "checks"}}}``.
    """

    bars: pl.DataFrame
    quarantine: pl.DataFrame
    report: dict[str, Any]


def check_bars(
    bars: pl.DataFrame,
    *,
    sort: bool = False,
    stale_open_limit: float = 0.05,
    session: Session | None = None,
    timeframe: str | None = None,
    now: datetime | None = None,
) -> CheckedBars:
    """Sort rows into kept and quarantined, and report on both.

    Parameters
    ----------
    bars
        Canonical bars of one timeframe; with ``row`` and ``fault`` as `standardise` gives them, or
        without.
    sort
        Whether rows out of order are sorted by ``ts`` (stable); otherwise they are an error.
    stale_open_limit
        Share of opens equal to the previous close above which a year is reported.
    session
        The market's session; ``None`` for a 24/7 market.
    timeframe
        The timeframe the bars should have; ``None`` takes theirs.
    now
        The present (UTC where it names no zone); rows more than a day later are rejected. ``None``
        asks the clock.

    Returns
    -------
    CheckedBars
        Bars, quarantine and report; kept and quarantined rows add up to the rows given.

    Raises
    ------
    TypeError
        Where ``bars`` is not a Polars table.
    ValueError
        Where the table is empty or lacks a column, times are not in UTC, rows go back in time, the
        timeframe is unknown or another than the spacing of the bars, a symbol keeps no row at all,
        or its close never moves.

    Notes
    -----
    A rule that removes a row looks at that row or earlier ones only: of rows with the same time the
    first valid one is kept. Rows with a time that no bar can have do not count for the order. A
    volume that is not positive becomes null and the row stays.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> bars = pl.DataFrame({"symbol": "X", "timeframe": "1D",
    ...     "ts": [datetime(2021, 1, day, 21, tzinfo=UTC) for day in (4, 5, 5)],
    ...     "open": 1.0, "high": 2.0, "low": [1.0, -1.0, 1.0], "close": [1.5, 1.6, 1.7],
    ...     "volume": None, "n_base": 1})
    >>> checked = check_bars(bars)
    >>> checked.bars.height, checked.quarantine.select("row", "reason").rows()
    (2, [(2, 'low is not positive: -1.0')])
    """
    require_table(bars, "bars")
    prepared = _prepare(bars)
    base = _one_timeframe(prepared, timeframe)
    settings = _Settings(base, sort, stale_open_limit, session, _latest(now))
    checked = [
        _check_symbol(frame, settings)
        for frame in prepared.partition_by("symbol", maintain_order=True)
    ]
    return CheckedBars(
        bars=pl.concat([part.bars for part in checked]),
        quarantine=pl.concat([part.quarantine for part in checked]),
        report={"symbols": {name: line for part in checked for name, line in part.report.items()}},
    )


def _latest(now: datetime | None) -> datetime:
    """Last moment a bar may have: a day of grace, for clocks and time zones that are off."""
    present = datetime.now(UTC) if now is None else now
    return (present if present.tzinfo else present.replace(tzinfo=UTC)) + timedelta(days=1)


def _prepare(bars: pl.DataFrame) -> pl.DataFrame:
    """Canonical columns in canonical types, plus ``row`` and ``fault``."""
    missing = [name for name in BAR_COLUMNS if name not in bars.columns]
    if missing:
        raise ValueError(
            f"bars lack the column {', '.join(missing)}; they have {', '.join(bars.columns)}; "
            "make canonical bars with standardise"
        )
    if bars.is_empty():
        raise ValueError("the table of bars is empty; expected at least one row")
    found = bars.schema["ts"]
    if found != _UTC:
        raise ValueError(
            f"bars hold ts as {found}, expected {_UTC}; state stamp and zone, and use standardise"
        )
    text = [name for name in _NUMBERS if not _holds_numbers(bars.schema[name])]
    if text:
        raise ValueError(f"bars hold text in {', '.join(text)}; read them with standardise")
    row = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32)
    fault = pl.lit(None, dtype=pl.String)
    return bars.select(
        pl.col("symbol", "timeframe").cast(pl.String),
        "ts",
        pl.col(_NUMBERS).cast(pl.Float64),
        pl.col("n_base").cast(pl.UInt32),
        pl.col("row").cast(pl.UInt32) if "row" in bars.columns else row.alias("row"),
        pl.col("fault").cast(pl.String) if "fault" in bars.columns else fault.alias("fault"),
    )


def _holds_numbers(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype == pl.Null


def _one_timeframe(bars: pl.DataFrame, expected: str | None) -> str:
    names = bars["timeframe"].unique().sort().to_list()
    if len(names) != 1 or names[0] is None:
        raise ValueError(f"the quality gate takes bars of one timeframe, found {names}")
    parse_timeframe(names[0])
    if expected is not None and expected != names[0]:
        raise ValueError(f"bars have timeframe {names[0]!r}, expected {expected!r}")
    return names[0]


@dataclass(frozen=True)
class _Settings:
    """What holds for every symbol alike."""

    timeframe: str
    sort: bool
    stale_limit: float
    session: Session | None
    latest: datetime


@dataclass(frozen=True)
class _Judged:
    """Rows of one symbol with ``reason`` (null where kept), and the report lines about them."""

    rows: pl.DataFrame
    findings: list[Finding]


def _check_symbol(frame: pl.DataFrame, settings: _Settings) -> CheckedBars:
    symbol = frame["symbol"][0]
    frame, order = _in_order(frame, symbol, settings)
    judged = _judge(frame, settings.latest)
    kept = judged.rows.filter(pl.col("reason").is_null())
    rejected = judged.rows.filter(pl.col("reason").is_not_null())
    if symbol is not None:
        if kept.is_empty():
            refuse_all_rejected(symbol, rejected, judged.findings)
        refuse_wrong_spacing(kept["ts"], symbol, settings.timeframe, settings.session)
        _refuse_constant(kept, symbol)
    first, last = time_span(kept["ts"])
    line: dict[str, Any] = {
        "rows": frame.height,
        "kept": kept.height,
        "quarantined": rejected.height,
        "first": first,
        "last": last,
    }
    line["checks"] = [order, *judged.findings]
    if not kept.is_empty():
        line |= _market_lines(kept, settings, line["checks"])
    known = (pl.col("volume") > 0) & pl.col("volume").is_finite()
    bars = kept.with_columns(volume=pl.when(known).then(pl.col("volume"))).select(BAR_COLUMNS)
    quarantine = rejected.select(*BAR_COLUMNS, "row", "reason")
    return CheckedBars(bars, quarantine, {NO_SYMBOL if symbol is None else symbol: line})


def _judge(frame: pl.DataFrame, latest: datetime) -> _Judged:
    """Apply the row rules to the rows that break one, the duplicate rule to the others."""
    rules = row_rules(latest)
    names = [f"rule_{position}" for position in range(len(rules))]
    frame = frame.with_row_index("place")
    good = frame.select(good=passes_row_rules(latest))["good"]
    broken = frame.filter(~good).with_columns(
        rule.reason.alias(name) for rule, name in zip(rules, names, strict=True)
    )
    joined = pl.concat_str(names, separator="; ", ignore_nulls=True)
    repeated = frame.filter(good).select("place", "ts", reason=repeated_time()).drop_nulls()
    reasons = pl.concat([broken.select("place", reason=joined), repeated.select("place", "reason")])
    rows = frame.join(reasons, on="place", how="left", maintain_order="left").drop("place")
    findings = [
        rejected_finding(
            rule.name, rule.advice, broken.filter(pl.col(name).is_not_null())["ts"], frame.height
        )
        for rule, name in zip(rules, names, strict=True)
    ]
    advice = "The first row of each time is kept; check whether the source repeats or mixes bars."
    findings.append(rejected_finding("unique times", advice, repeated["ts"], frame.height))
    return _Judged(rows, findings)


def _in_order(
    frame: pl.DataFrame, symbol: str | None, settings: _Settings
) -> tuple[pl.DataFrame, Finding]:
    timed = frame.filter(plausible_time(settings.latest))
    back = timed.filter(pl.col("ts") < pl.col("ts").shift(1))
    if back.is_empty():
        return frame, finding("order", "ok", "rows are in time order")
    if not settings.sort:
        at, row = back["ts"][0], back["row"][0]
        raise ValueError(
            f"bars for {symbol!r} go back in time at {at:%Y-%m-%d %H:%M} UTC (row {row}); "
            "sort by ts or set ingest.sort: true"
        )
    note = "The rows were sorted by time, as ingest.sort asks."
    line = finding("order", "warn", f"{back.height} steps back in time", note, back["ts"])
    return frame.sort("ts", maintain_order=True, nulls_last=True), line


def _refuse_constant(kept: pl.DataFrame, symbol: str) -> None:
    close = kept["close"]
    if len(close) > 1 and close.n_unique() == 1:
        raise ValueError(
            f"the close of {symbol!r} never moves: all {len(close)} bars have {close[0]}, and no "
            "regime can be found in such a price; leave the symbol out with ingest.symbols, or "
            "fix the source or ingest.columns"
        )


def _market_lines(kept: pl.DataFrame, settings: _Settings, checks: list[Finding]) -> dict[str, Any]:
    """Append the report lines on kept bars to ``checks``; return the figures about stale opens."""
    stale, share, years = stale_open_finding(kept, settings.stale_limit)
    timeframe, session = settings.timeframe, settings.session
    intraday = parse_timeframe(timeframe).unit in {"min", "H"}
    checks += [
        volume_finding(kept["volume"], kept["ts"]),
        stale,
        gap_finding(kept["ts"], timeframe, session),
        finding("moving prices", "ok", "the close moves"),
    ]
    if session is not None and session.open is not None and intraday:
        checks.append(hours_finding(kept["ts"], session))
    return {"stale_open_share": share, "stale_open_years": years}
