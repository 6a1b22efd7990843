"""Nodes of `ingest`: read, check, settle the zones, seal the holdout."""

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
    rows_before_holdout,
    settle_zones,
    split_zones,
    standardise,
)
from regime_factory.params import IngestParams, MarketParams, ZonesParams

LOG = logging.getLogger(__name__)


def read_bars(raw: pl.DataFrame, market: MarketParams, ingest: IngestParams) -> pl.DataFrame:
    """Bring raw bars to the canonical form; cells that cannot be read are named in `fault`."""
    spec = SourceSpec(
        **ingest.model_dump(exclude={"max_quarantined", "stop_on"}),
        timeframe=market.timeframe,
        session_close=market.session.close if market.session else None,
        session_timezone=market.session.timezone if market.session else None,
    )
    return standardise(raw, spec)


def check_read_bars(
    read: pl.DataFrame, market: MarketParams, ingest: IngestParams
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    """Pass the bars through the quality gate: kept rows, rejected rows, findings about both."""
    checked = check_bars(read, sort=ingest.sort, timeframe=market.timeframe, session=market.session)
    for symbol, line in checked.report["symbols"].items():
        if line["quarantined"]:
            LOG.warning(
                "%s: %d of %d rows are in quarantine; rows and reasons are in bars_quarantine",
                symbol,
                line["quarantined"],
                line["rows"],
            )
    return (
        checked.bars,
        checked.quarantine,
        {**checked.report, "fingerprint": fingerprint(checked.bars)},
    )


def settle(
    checked: pl.DataFrame,
    findings: dict[str, Any],
    basis: dict[str, Any] | None,
    ingest: IngestParams,
    zones: ZonesParams,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Stop on what the settings forbid, else settle the zones, kept where bars only went on."""
    enforce_quality(findings, max_quarantined=ingest.max_quarantined, stop_on=ingest.stop_on)
    table, new_basis = settle_zones(checked["ts"], zones.model_dump(), basis)
    check_symbol_zones(checked, table, min_bars=zones.min_bars)
    return table, {**new_basis, "fingerprint": findings["fingerprint"]}


def report_quality(
    read: pl.DataFrame, zones: pl.DataFrame, market: MarketParams, ingest: IngestParams
) -> dict[str, Any]:
    """Findings about the bars that later stages use: those before the holdout, and no other."""
    checked = check_bars(
        rows_before_holdout(read, zones),
        sort=ingest.sort,
        timeframe=market.timeframe,
        session=market.session,
    )
    return {**checked.report, "fingerprint": fingerprint(checked.bars)}


def seal_holdout(
    checked: pl.DataFrame, zones: pl.DataFrame, market: MarketParams
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Resample what may be seen, trim it for choosing, and set the holdout apart."""
    parts = split_zones(checked, zones)
    return (
        resample_many(
            rows_before_holdout(checked, zones), market.timeframes, session=market.session
        ),
        resample_many(parts["selection"], market.timeframes, session=market.session),
        parts["holdout"],
    )
