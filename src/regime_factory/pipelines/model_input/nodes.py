"""Nodes of `model_input`: one table of features and targets, and what was left out of it."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from regime_factory.bars import Table, per_symbol, table_builder
from regime_factory.models import (
    MISSING,
    InputColumns,
    assemble,
    feature_columns,
    input_columns,
    regime_columns,
    target_columns,
    without_rows,
)
from regime_factory.params import ModelInputParams

LOG = logging.getLogger(__name__)
ALWAYS = datetime.max.replace(tzinfo=UTC)


def make_selection(
    features: Table,
    regime_features: pl.DataFrame,
    labels: Table,
    model_input: ModelInputParams,
) -> Table:
    """Put the rows of the selection zone together; their columns are those of the whole table."""
    taken, left_out = feature_columns(features, model_input.columns)
    report_left_out(left_out)
    regimes = [regime_features] if model_input.regime_features else []
    columns = input_columns(
        taken,
        regime_columns(regime_features) if regimes else [],
        target_columns(labels.columns, model_input.targets),
    )
    table, _ = put_together(features, regimes, labels, columns, [("selection", ALWAYS)])
    return table


def make_model_input(
    features: Table,
    regime_features_selection: pl.DataFrame,
    regime_features: pl.DataFrame,
    labels: Table,
    selection: Table,
    zones: pl.DataFrame,
    model_input: ModelInputParams,
) -> tuple[Table, dict[str, Any]]:
    """Put the rows of both zones together, and count what was left out and why."""
    regimes = [regime_features_selection, regime_features] if model_input.regime_features else []
    known = set(selection.columns)
    columns = input_columns(
        [name for name in features.columns[2:] if name in known],
        regime_columns(regime_features) if regimes else [],
        target_columns(labels.columns, model_input.targets),
    )
    ends = zones.filter(pl.col("zone") != "holdout").sort("end").select("zone", "end").rows()
    table, counts = put_together(features, regimes, labels, columns, ends)
    report_rows(counts)
    summary = {
        "columns": {
            "features": list(columns.features),
            "regime_features": list(columns.regime_features),
            "targets": {name: kept[1] for name, kept in columns.targets.items()},
            "left_out": [name for name in features.columns[2:] if name not in known],
        },
        "symbols": counts,
    }
    return table, summary


def put_together(
    features: Table,
    regime_features: Sequence[pl.DataFrame],
    labels: Table,
    columns: InputColumns,
    ends: Sequence[tuple[str, datetime]],
) -> tuple[Table, dict[str, Any]]:
    """Join the rows of each symbol by itself; refuse a table without a row."""
    made, counts, kept = table_builder(features), {}, 0
    for symbol, rows in per_symbol(features):
        own, counts[symbol] = assemble(rows, regime_features, labels, columns, ends)
        kept += own.height
        made.append(own)
    if not kept:
        raise ValueError(
            f"{without_rows(counts)}; name columns that have values in model_input.columns, set "
            "model_input.regime_features=false, shorten the horizons of labels, or move "
            "zones.selection_end"
        )
    return made.table(), counts


def report_left_out(left_out: dict[str, list[str]]) -> None:
    """Log the columns that are left out, those of the same symbols in one line."""
    together: dict[str, list[str]] = {}
    for name, symbols in left_out.items():
        together.setdefault(", ".join(map(str, symbols)), []).append(name)
    for symbols, names in together.items():
        LOG.info(
            "left out of the model input, as %s has no value of them in the selection zone: %s",
            symbols,
            ", ".join(names),
        )


def report_rows(counts: dict[str, Any]) -> None:
    """Log how many rows of each symbol are kept, and why the others are not."""
    for symbol, found in counts.items():
        zones = found["zones"].values()
        rows, kept, *missing = (
            sum(zone[name] for zone in zones) for name in ("rows", "kept", *MISSING)
        )
        often = ", ".join(found["nulls"])
        log = LOG.info if kept else LOG.warning
        log(
            "%s: %d of %d rows for models; left out: %d without a feature%s, %d without a regime, "
            "%d without a target",
            symbol,
            kept,
            rows,
            missing[0],
            f" (most often {often})" if missing[0] else "",
            *missing[1:],
        )
        for zone, own in found["zones"].items():
            without = [name for name, count in own["targets"].items() if own["kept"] and not count]
            if without:
                LOG.warning(
                    "%s: no row of the %s zone has %s; shorten the horizons of labels, or leave "
                    "the targets out with model_input.targets",
                    symbol,
                    zone,
                    ", ".join(without),
                )
