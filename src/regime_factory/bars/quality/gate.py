"""The quality gate: which rows are kept, which go to the quarantine, and what to know of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from regime_factory.bars.prices.contracts import Contract
from regime_factory.bars.prices.price_convention import Prices
from regime_factory.bars.quality.findings import (
    CHECKS,
    NO_SYMBOL,
    Finding,
    finding,
    time_span,
)
from regime_factory.bars.quality.findings_adjustment import back_adjustment_finding
from regime_factory.bars.quality.findings_moves import move_findings
from regime_factory.bars.quality.findings_prices import (
    open_follows_close_finding,
    stale_open_finding,
    stale_run_finding,
)
from regime_factory.bars.quality.findings_splits import stated_splits
from regime_factory.bars.quality.findings_symbols import combine_reports
from regime_factory.bars.quality.findings_times import Schedule, time_findings
from regime_factory.bars.quality.findings_volume import volume_finding
from regime_factory.bars.quality.judgement import judge
from regime_factory.bars.quality.limits import GateLimits
from regime_factory.bars.quality.prepared import one_timeframe, prepare
from regime_factory.bars.quality.rejections import refuse_all_rejected
from regime_factory.bars.quality.row_rules import plausible_time
from regime_factory.bars.quality.spacing import refuse_wrong_spacing
from regime_factory.bars.sessions.resampling import BAR_COLUMNS
from regime_factory.bars.sessions.session import Session
from regime_factory.bars.sources.spec import ADJUSTMENT_COLUMNS
from regime_factory.bars.tables import require_table

_PLACE = ("file", "row")
_GIVEN = ("symbol", "ts", *ADJUSTMENT_COLUMNS)


_CLOCK_GRACE = timedelta(minutes=1)


@dataclass(frozen=True)
class CheckedBars:
    """What the quality gate made of bars.

    Parameters
    ----------
    bars
        Kept bars: canonical columns, one block per symbol, ``ts`` strictly increasing.
    quarantine
        Rejected rows: canonical columns as given, ``adj_close``, ``split``, ``dividend``, ``file``,
        ``row`` and ``reason``.
    report
        JSON-able: ``{"symbols": {symbol: {"rows", "kept", "quarantined", "first", "last",
        "reasons", "stale_open_share", "stale_open_years", "checks"}}}``; ``reasons`` counts the
        quarantined rows by the rule they break.
    adjustments
        ``symbol, ts, adj_close, split, dividend`` of the rows that state any, one per time; rows
        in quarantine with a time of their own are among them, since what they state still happened.
    """

    bars: pl.DataFrame
    quarantine: pl.DataFrame
    report: dict[str, Any]
    adjustments: pl.DataFrame


def check_bars(
    bars: pl.DataFrame,
    *,
    sort: bool = False,
    session: Session | None = None,
    timeframe: str | None = None,
    anchor: str | None = None,
    now: datetime | None = None,
    prices: Prices = "as_traded",
    contracts: Mapping[str, Contract] | None = None,
    limits: GateLimits | None = None,
) -> CheckedBars:
    """Sort rows into kept and quarantined, and report on both.

    Parameters
    ----------
    bars
        Canonical bars of one timeframe; with ``row`` and ``fault`` as `standardise` gives them, or
        without.
    sort
        Whether rows out of order are sorted by ``ts`` (stable); otherwise they are an error.
    session
        The market's session; ``None`` for a 24/7 market.
    timeframe
        The timeframe the bars should have; ``None`` takes theirs.
    anchor
        Where the grid of the day starts, as for `resample`.
    now
        The present (UTC where it names no zone); rows more than a minute later are bars
        that have not closed, and are rejected. ``None``
        asks the clock.
    prices
        What the prices are said to be; tells what a stated split should look like.
    contracts
        Futures contracts by symbol, for their tick; ``None`` where there are none.
    limits
        Thresholds of the findings; ``None`` takes the defaults.

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
    volume that is not positive becomes null and the row stays. All other checks only report.

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
    prepared = prepare(bars)
    schedule = Schedule(one_timeframe(prepared, timeframe), session, anchor)
    settings = _Settings(
        schedule, sort, prices, contracts or {}, _latest(now), limits or GateLimits()
    )
    checked = [_check_symbol(frame, settings) for frame in _symbols_apart(prepared)]
    return CheckedBars(
        bars=pl.concat([part.bars for part in checked]),
        quarantine=pl.concat([part.quarantine for part in checked]),
        report=combine_reports([part.report for part in checked], settings.limits.late_days),
        adjustments=pl.concat([part.adjustments for part in checked]),
    )


def _symbols_apart(bars: pl.DataFrame) -> list[pl.DataFrame]:
    one = bars["symbol"].n_unique() == 1
    return [bars] if one else bars.partition_by("symbol", maintain_order=True)


def _latest(now: datetime | None) -> datetime:
    """Last moment a closed bar may have, with a minute of grace for a clock that is behind."""
    present = datetime.now(UTC) if now is None else now
    return (present if present.tzinfo else present.replace(tzinfo=UTC)) + _CLOCK_GRACE


@dataclass(frozen=True)
class _Settings:
    """What holds for every symbol alike."""

    schedule: Schedule
    sort: bool
    prices: Prices
    contracts: Mapping[str, Contract]
    latest: datetime
    limits: GateLimits


def _check_symbol(frame: pl.DataFrame, settings: _Settings) -> CheckedBars:
    symbol = frame["symbol"][0]
    frame, order = _in_order(frame, symbol, settings)
    judged = judge(frame, settings.latest, settings.limits.bad_share)
    kept = judged.kept
    if symbol is not None:
        if kept.is_empty():
            refuse_all_rejected(symbol, judged.rejected, judged.findings)
        schedule = settings.schedule
        refuse_wrong_spacing(
            kept["ts"], symbol, schedule.timeframe, schedule.session, schedule.anchor
        )
        _refuse_constant(kept, symbol)
    first, last = time_span(kept["ts"])
    given = _given(frame, kept, settings.latest)
    line: dict[str, Any] = {
        "rows": frame.height,
        "kept": kept.height,
        "quarantined": judged.rejected.height,
        "first": first,
        "last": last,
        "reasons": {line["check"]: line["rows"] for line in judged.findings if line["rows"]},
    }
    checks = [order, *judged.findings]
    if not kept.is_empty():
        line |= _market_lines(kept, given, settings, checks)
    line["checks"] = sorted(checks, key=lambda check: CHECKS.index(check["check"]))
    known = (pl.col("volume") > 0) & pl.col("volume").is_finite()
    bars = kept.select(BAR_COLUMNS).with_columns(volume=pl.when(known).then(pl.col("volume")))
    quarantine = judged.rejected.select(*BAR_COLUMNS, *ADJUSTMENT_COLUMNS, *_PLACE, "reason")
    report = {"symbols": {NO_SYMBOL if symbol is None else symbol: line}}
    return CheckedBars(bars, quarantine, report, given)


def _given(frame: pl.DataFrame, kept: pl.DataFrame, latest: datetime) -> pl.DataFrame:
    """What rows state of splits and dividends, kept rows first where several have one time."""
    stated = pl.any_horizontal(pl.col(ADJUSTMENT_COLUMNS).is_not_null())
    if not frame.select(stated.any()).item():
        return frame.clear().select(_GIVEN)
    known = pl.concat([kept.select(_GIVEN), frame.filter(plausible_time(latest)).select(_GIVEN)])
    return known.unique("ts", keep="first", maintain_order=True).filter(stated).sort("ts")


def _in_order(
    frame: pl.DataFrame, symbol: str | None, settings: _Settings
) -> tuple[pl.DataFrame, Finding]:
    timed = frame.select("ts", *_PLACE).filter(plausible_time(settings.latest))
    back = timed.filter(pl.col("ts") < pl.col("ts").shift(1))
    if back.is_empty():
        return frame, finding("order", "ok", "rows are in time order")
    if not settings.sort:
        at, file, row = back.select("ts", *_PLACE).row(0)
        place = f"row {row}" if file is None else f"row {row} of {file}"
        raise ValueError(
            f"bars for {symbol!r} go back in time at {at:%Y-%m-%d %H:%M} UTC ({place}); "
            "sort by ts or set ingest.sort: true"
        )
    note = "The rows were sorted by time, as ingest.sort asks."
    line = finding("order", "warn", f"{back.height} steps back in time", note, back["ts"])
    return frame.sort("ts", maintain_order=True, nulls_last=True), line


def _refuse_constant(kept: pl.DataFrame, symbol: str) -> None:
    close = kept["close"]
    if len(close) > 1 and close.min() == close.max():
        raise ValueError(
            f"the close of {symbol!r} never moves: all {len(close)} bars have {close[0]}, and no "
            "regime can be found in such a price; leave the symbol out with ingest.symbols, or "
            "fix the source or ingest.columns"
        )


def _market_lines(
    kept: pl.DataFrame, given: pl.DataFrame, settings: _Settings, checks: list[Finding]
) -> dict[str, Any]:
    """Append the report lines on kept bars to ``checks``; return the figures about stale opens."""
    limits = settings.limits
    contract = settings.contracts.get(kept["symbol"][0])
    stale, share, years = stale_open_finding(kept, limits.stale_open_share)
    splits = stated_splits(kept, given, limits)
    checks += [
        *time_findings(kept, settings.schedule, limits),
        volume_finding(kept["volume"], kept["ts"]),
        finding("moving prices", "ok", "the close moves"),
        stale_run_finding(kept, limits.stale_bars, limits.bad_stale_share),
        stale,
        open_follows_close_finding(kept),
        *move_findings(kept, splits, limits, adjusted=settings.prices != "as_traded"),
        back_adjustment_finding(kept, contract, settings.prices),
    ]
    return {"stale_open_share": share, "stale_open_years": years}
