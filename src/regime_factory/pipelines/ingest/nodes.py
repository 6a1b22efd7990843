"""Nodes of `ingest`: read, check, adjust, settle the zones, seal the holdout."""

import logging
from typing import Any

import polars as pl

from regime_factory.bars import (
    CheckedBars,
    Fingerprint,
    GateLimits,
    SourceFiles,
    SourceSpec,
    Table,
    adjust_bars,
    adjustment_factors,
    check_bars,
    check_roll,
    check_symbol_zones,
    combine_reports,
    enforce_quality,
    per_symbol,
    resample_many,
    rows_before_holdout,
    settle_zones,
    split_zones,
    standardise,
    standardise_files,
    table_builder,
    unique_stamps,
)
from regime_factory.params import IngestParams, MarketParams, ZonesParams

LOG = logging.getLogger(__name__)


def read_bars(raw: pl.DataFrame | SourceFiles, market: MarketParams, ingest: IngestParams) -> Table:
    """Bring raw bars to the canonical form; cells that cannot be read are named in `fault`."""
    spec = SourceSpec(
        **ingest.model_dump(exclude={"prices", "dividends", "max_quarantined", "stop_on"}),
        timeframe=market.timeframe,
        session=market.session,
        anchor=market.anchor,
    )
    return standardise_files(raw, spec) if isinstance(raw, SourceFiles) else standardise(raw, spec)


def check_read_bars(
    read: Table, market: MarketParams, ingest: IngestParams, quality: GateLimits
) -> tuple[Table, Table, pl.DataFrame, dict[str, Any]]:
    """Pass each symbol through the gate: kept and rejected rows, adjustments, findings."""
    kept, rejected, fingerprint = table_builder(read), table_builder(read), Fingerprint()
    factors, reports = [], []
    for symbol, rows in per_symbol(read):
        _check_contract(symbol, market, ingest)
        checked = _check(rows, market, ingest, quality)
        kept.append(checked.bars)
        rejected.append(checked.quarantine)
        fingerprint.update(checked.bars)
        reports.append(checked.report)
        factors.append(
            adjustment_factors(
                checked.bars,
                checked.adjustments,
                dividends=ingest.dividends,
                prices=ingest.prices,
            )
        )
    findings = {
        **combine_reports(reports, quality.late_days),
        "fingerprint": fingerprint.hexdigest(),
    }
    _warn_of_quarantine(findings)
    return kept.table(), rejected.table(), pl.concat(factors), findings


def stop_on_findings(findings: dict[str, Any], ingest: IngestParams, quality: GateLimits) -> None:
    """Stop the run where the settings do not accept what the gate found."""
    enforce_quality(
        findings,
        max_quarantined=ingest.max_quarantined,
        stop_on=ingest.stop_on,
        stop_on_checks=quality.stop_on_checks,
        accept_checks=quality.accept_checks,
    )


def settle(
    checked: Table,
    findings: dict[str, Any],
    basis: dict[str, Any] | None,
    ingest: IngestParams,
    quality: GateLimits,
    zones: ZonesParams,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Stop on what the settings forbid, else settle the zones, kept where bars went on."""
    stop_on_findings(findings, ingest, quality)
    table, new_basis = settle_zones(unique_stamps(checked), zones.model_dump(), basis)
    _warn_of_moved_zones(new_basis, basis)
    check_symbol_zones(checked, table, min_bars=zones.min_bars)
    return table, {**new_basis, "fingerprint": findings["fingerprint"]}


def report_quality(
    read: Table,
    zones: pl.DataFrame,
    market: MarketParams,
    ingest: IngestParams,
    quality: GateLimits,
) -> dict[str, Any]:
    """Findings about the bars that later stages use: those before the holdout, and no other."""
    reports, fingerprint = [], Fingerprint()
    for _, rows in per_symbol(read):
        early = rows_before_holdout(rows, zones)
        if not early.is_empty():
            checked = _check(early, market, ingest, quality)
            reports.append(checked.report)
            fingerprint.update(checked.bars)
    report = combine_reports(reports, quality.late_days)
    return {**report, "fingerprint": fingerprint.hexdigest()}


def seal_holdout(
    checked: Table, adjustments: pl.DataFrame, zones: pl.DataFrame, market: MarketParams
) -> tuple[Table, Table, Table, pl.DataFrame]:
    """Adjust, resample what may be seen, trim it for choosing, and set the holdout apart."""
    seen, choosing, sealed = (table_builder(checked) for _ in range(3))
    for _, rows in per_symbol(checked):
        bars = adjust_bars(rows, adjustments)
        parts = split_zones(bars, zones)
        seen.append(_on_all_timeframes(rows_before_holdout(bars, zones), market))
        choosing.append(_on_all_timeframes(parts["selection"], market))
        sealed.append(parts["holdout"])
    known = rows_before_holdout(adjustments, zones)
    return seen.table(), choosing.table(), sealed.table(), known


def _on_all_timeframes(bars: pl.DataFrame, market: MarketParams) -> pl.DataFrame:
    return resample_many(bars, market.timeframes, session=market.session, anchor=market.anchor)


def _check_contract(symbol: str | None, market: MarketParams, ingest: IngestParams) -> None:
    contract = market.contract(symbol)
    if symbol is not None and contract is not None:
        check_roll(symbol, contract, ingest.prices)
    elif symbol is not None and market.contracts:
        LOG.warning(
            "%s has no contract in market.contracts (%s): its tick and roll are not checked",
            symbol,
            ", ".join(market.contracts),
        )


def _check(
    read: pl.DataFrame, market: MarketParams, ingest: IngestParams, quality: GateLimits
) -> CheckedBars:
    symbol = read["symbol"][0]
    contract = market.contract(symbol)
    return check_bars(
        read,
        sort=ingest.sort,
        session=market.session,
        timeframe=market.timeframe,
        anchor=market.anchor,
        prices=ingest.prices,
        contracts={symbol: contract} if contract else None,
        limits=quality,
    )


def _warn_of_moved_zones(new: dict[str, Any], old: dict[str, Any] | None) -> None:
    """Say when dates that were judged or sealed have changed their zone since the run before."""
    ends = [[zone["end"][:16] for zone in of["zones"][:2]] for of in (new, old or new)]
    if ends[0] != ends[1]:
        LOG.warning(
            "the zones are others than in the run before: selection ends %s (was %s), evaluation "
            "ends %s (was %s); figures of the two runs are not comparable, and bars that were "
            "judged before may be chosen on now",
            *(moment for pair in zip(*ends, strict=True) for moment in pair),
        )


def _warn_of_quarantine(findings: dict[str, Any]) -> None:
    for symbol, line in findings["symbols"].items():
        if line["quarantined"]:
            LOG.warning(
                "%s: %d of %d rows are in quarantine; rows and reasons are in bars_quarantine",
                symbol,
                line["quarantined"],
                line["rows"],
            )
