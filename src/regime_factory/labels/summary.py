"""Figures of a table of labels: balance of the classes, barriers, overlap, share of hits."""

from typing import Any

import numpy as np
import polars as pl

from regime_factory.bars import Table, per_symbol, split_zones
from regime_factory.labels.barriers import BARRIERS
from regime_factory.labels.uniqueness import average_uniqueness

_CLASSES = (-1, 0, 1)


def label_summary(labels: Table, zones: pl.DataFrame | None = None) -> dict[str, dict[str, Any]]:
    """Summarise the labels of each symbol, as a whole and by zone.

    Parameters
    ----------
    labels : polars.DataFrame or SymbolTable
        As `build_labels`, `triple_barrier`, `threshold_targets` or `forward_returns` make them.
    zones : polars.DataFrame, optional
        As `regime_factory.bars.resolve_zones` gives them; figures by zone are left out without.

    Returns
    -------
    dict
        By symbol, fit for JSON: ``rows``, ``first``, ``last`` (ISO times), and as far as the table
        has them

        - ``label``: ``rows``, ``counts`` and ``shares`` of the classes -1, 0, 1, ``barriers`` and
          ``barrier_shares``, ``mean_bars`` (bars from the decision to the end),
          ``average_uniqueness``, ``mean_ret_net``;
        - ``thresholds``: for each target ``rows``, ``positive_share``, ``mean_bars``;
        - ``forward``: for each horizon ``rows``, ``mean``, ``std``;
        - ``zones``: the same by zone, a row belonging to the zone of its ``ts``.

        A figure of no rows is None.

    Raises
    ------
    ValueError
        If the table lacks ``symbol`` or ``ts``, or ``zones`` are not the three zones.

    Notes
    -----
    Bars are counted on the stamps of the symbol that occur in the table, as decisions or ends.

    Examples
    --------
    >>> from datetime import datetime
    >>> from regime_factory.labels import triple_barrier
    >>> bars = pl.DataFrame({"symbol": "X",
    ...     "ts": pl.datetime_range(datetime(2021, 1, 1), datetime(2021, 1, 9), "1d",
    ...                             time_unit="us", time_zone="UTC", eager=True),
    ...     "open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0})
    >>> summary = label_summary(triple_barrier(bars, horizon=2, atr_window=1))["X"]
    >>> summary["rows"], summary["label"]["counts"], summary["label"]["barriers"]
    (5, {'-1': 0, '0': 5, '1': 0}, {'time': 5})
    """
    names = labels.lazy().collect_schema().names()
    missing = [name for name in ("symbol", "ts") if name not in names]
    if missing:
        raise ValueError(f"labels lack the column {missing[0]!r}; they have {', '.join(names)}")
    out = {}
    for symbol, rows in per_symbol(labels):
        places = _bar_numbers(rows)
        out[symbol] = _figures(rows, places)
        if zones is not None:
            parts = split_zones(rows, zones)
            out[symbol]["zones"] = {
                zone: _figures(part, places) for zone, part in parts.items() if part.height
            }
    return out


def _ends(rows: pl.DataFrame) -> dict[str, str]:
    """End column of each target, by the target."""
    return {name[3:]: name for name in rows.columns if name.startswith("t1_")}


def _bar_numbers(rows: pl.DataFrame) -> pl.Series:
    """Stamps that occur, in order: the place of a stamp is its bar's number."""
    stamps = [rows["ts"], *(rows[name].alias("ts") for name in _ends(rows).values())]
    return pl.concat(stamps).drop_nulls().unique().sort()


def _figures(rows: pl.DataFrame, stamps: pl.Series) -> dict[str, Any]:
    out: dict[str, Any] = {
        "rows": rows.height,
        "first": rows["ts"][0].isoformat() if rows.height else None,
        "last": rows["ts"][-1].isoformat() if rows.height else None,
    }
    ends = _ends(rows)
    if "label" in ends:
        out["label"] = _label_figures(rows.filter(pl.col("label").is_not_null()), stamps)
    hits = [name for name in ends if name.startswith(("up_", "down_"))]
    forward = [name for name in ends if name.startswith("fwd_ret_")]
    if hits:
        out["thresholds"] = {name: _hit_figures(rows, name, stamps) for name in hits}
    if forward:
        out["forward"] = {name: _return_figures(rows[name].drop_nulls()) for name in forward}
    return out


def _label_figures(rows: pl.DataFrame, stamps: pl.Series) -> dict[str, Any]:
    counts = {str(k): int((rows["label"] == k).sum()) for k in _CLASSES}
    barriers = {name: int((rows["barrier"] == name).sum()) for name in BARRIERS}
    barriers = {name: count for name, count in barriers.items() if count}
    start, end = _spans(rows, "t1_label", stamps)
    return {
        "rows": rows.height,
        "counts": counts,
        "shares": _shares(counts, rows.height),
        "barriers": barriers,
        "barrier_shares": _shares(barriers, rows.height),
        "mean_bars": _mean(end - start),
        "average_uniqueness": _mean(average_uniqueness(start + 1, end + 1)),
        "mean_ret_net": _mean(rows["ret_net"].to_numpy()),
    }


def _hit_figures(rows: pl.DataFrame, name: str, stamps: pl.Series) -> dict[str, Any]:
    known = rows.filter(pl.col(name).is_not_null())
    start, end = _spans(known, f"t1_{name}", stamps)
    return {
        "rows": known.height,
        "positive_share": _mean(known[name].to_numpy()),
        "mean_bars": _mean(end - start),
    }


def _return_figures(returns: pl.Series) -> dict[str, Any]:
    values = returns.to_numpy()
    spread = float(values.std(ddof=1)) if len(values) > 1 else None
    return {"rows": len(values), "mean": _mean(values), "std": spread}


def _spans(rows: pl.DataFrame, end: str, stamps: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    return _places(rows["ts"], stamps), _places(rows[end], stamps)


def _places(times: pl.Series, stamps: pl.Series) -> np.ndarray:
    return stamps.search_sorted(times).to_numpy().astype(np.int64)


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _shares(counts: dict[str, int], total: int) -> dict[str, float | None]:
    return {name: count / total if total else None for name, count in counts.items()}
