"""Nodes of `ingest`: read, check, resolve the zones, seal the holdout."""

import logging
from typing import Any

import polars as pl

from regime_factory.bars import (
    SourceSpec,
    check_bars,
    check_symbol_zones,
    enforce_quality,
    fingerprint,
    resample_many,
    resolve_zones,
    split_zones,
    standardise,
)
from regime_factory.params import IngestParams, MarketParams, ZonesParams
from regime_factory.pipelines.market import session_of

LOG = logging.getLogger(__name__)


def check_raw_bars(
    raw: pl.DataFrame, market: MarketParams, ingest: IngestParams
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    """Bring raw bars to the canonical form and pass them through the quality gate."""
    session = session_of(market)
    spec = SourceSpec(
        **ingest.model_dump(exclude={"max_quarantined", "stop_on"}),
        timeframe=market.timeframe,
        session_close=session.close if session and ingest.stamp == "session_close" else None,
    )
    checked = check_bars(
        standardise(raw, spec), sort=ingest.sort, timeframe=market.timeframe, session=session
    )
    report: dict[str, Any] = {**checked.report, "fingerprint": fingerprint(checked.bars)}
    for symbol, line in report["symbols"].items():
        if line["quarantined"]:
            LOG.warning(
                "%s: %d of %d rows are in quarantine; rows and reasons are in bars_quarantine",
                symbol,
                line["quarantined"],
                line["rows"],
            )
    return checked.bars, checked.quarantine, report


def settle_zones(
    checked: pl.DataFrame, findings: dict[str, Any], ingest: IngestParams, zones: ZonesParams
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Stop on what the settings forbid, else resolve the zones and accept the findings.

    Findings of refused bars never become the quality report of the bars that later stages use.
    """
    enforce_quality(findings, max_quarantined=ingest.max_quarantined, stop_on=ingest.stop_on)
    table = resolve_zones(checked["ts"], **zones.model_dump())
    check_symbol_zones(checked, table, min_bars=zones.min_bars)
    return table, findings


def seal_holdout(
    checked: pl.DataFrame, zones: pl.DataFrame, market: MarketParams
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Resample what may be seen, trim it for choosing, and set the holdout apart."""
    parts = split_zones(checked, zones)
    seen = checked.join(parts["holdout"], on=["symbol", "ts"], how="anti", maintain_order="left")
    session = session_of(market)
    return (
        resample_many(seen, market.timeframes, session=session),
        resample_many(parts["selection"], market.timeframes, session=session),
        parts["holdout"],
    )
