"""Figures of a table of labels: balance of the classes, barriers, overlap, share of hits."""

from typing import Any

import numpy as np
import polars as pl

from regime_factory.bars import SymbolTable, Table, per_symbol, split_zones
from regime_factory.bars.tables import require_table
from regime_factory.labels.barriers import BARRIERS
from regime_factory.labels.uniqueness import average_uniqueness

_CLASSES = (-1, 0, 1)


def label_summary(
    labels: Table, zones: pl.DataFrame | None = None, *, bars: Table | None = None
) -> dict[str, dict[str, Any]]:
    """Summarise the labels of each symbol, as a whole and by zone.

    Parameters
    ----------
    labels : polars.DataFrame or SymbolTable
        As `build_labels`, `triple_barrier`, `threshold_targets` or `forward_returns` make them.
    zones : polars.DataFrame, optional
        As `regime_factory.bars.resolve_zones` gives them; figures by zone are left out without.
    bars : polars.DataFrame or SymbolTable, optional
        ``symbol`` and ``ts`` of the bars that the labels were made of, by which ``mean_bars`` and
        ``average_uniqueness`` are counted.

    Returns
    -------
    dict
        By symbol, fit for JSON: ``rows``, ``first``, ``last`` (earliest and latest ``ts``, as
        ISO times), and as far as the table has them

        - ``label``: ``rows``, ``counts`` and ``shares`` of the classes -1, 0, 1, ``barriers`` and
          ``barrier_shares``, ``mean_bars`` (bars from the decision to the end),
          ``average_uniqueness``, ``mean_ret_net``;
        - ``thresholds``: for each target ``rows``, ``positive_share``, ``mean_bars``;
        - ``forward``: for each horizon ``rows``, ``mean``, ``std``;
        - ``zones``: the same by zone, a row belonging to the zone of its ``ts``.

        A figure of no rows is None.

    Raises
    ------
    TypeError
        If the labels or the bars are no table.
    ValueError
        If the table lacks ``symbol``, ``ts`` or a target whose end it has, ``zones`` are not the
        three zones, or ``bars`` lack a decision of the labels or hold several timeframes.

    Notes
    -----
    Without ``bars``, bars are counted on the stamps of the symbol that occur in the table, as
    decisions or ends. That is right for the whole table that `build_labels` makes of a symbol with
    many bars; where rows are missing, as after a filter, outcomes look shorter and less alike than
    they are. With ``bars``, a label ends in the last bar at or before its t1, so that a delisting's
    outcome ends in the symbol's last bar, whenever it was known.

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
    _check_columns(labels, "labels")
    if bars is not None:
        _check_columns(bars, "bars")
    out = {}
    for symbol, rows in per_symbol(labels):
        places = _stamps_in(rows) if bars is None else _bars_of(symbol, rows, bars)
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


def _check_columns(table: Table, name: str) -> None:
    if not isinstance(table, SymbolTable):
        require_table(table, name)
    columns = table.columns
    needed = ["symbol", "ts"]
    if name == "labels":
        needed += [column[3:] for column in columns if column.startswith("t1_")]
        needed += ["ret_net", "barrier"] if "t1_label" in columns else []
    for column in needed:
        if column not in columns:
            raise ValueError(f"{name} lack the column {column!r}; they have {', '.join(columns)}")


def _bars_of(symbol: str, rows: pl.DataFrame, bars: Table) -> pl.Series:
    """Stamps of a symbol's bars, in order."""
    on_disk = isinstance(bars, SymbolTable)
    known = bars.symbols if on_disk else bars["symbol"].unique().to_list()
    if symbol not in known:
        raise ValueError(f"bars hold none of {symbol!r}, which has labels; give its bars too")
    own = bars.rows(symbol) if on_disk else bars.filter(pl.col("symbol") == symbol)
    if "timeframe" in own.columns and own["timeframe"].n_unique() > 1:
        raise ValueError(
            f"bars of {symbol!r} hold more than one timeframe; give those that the labels are of"
        )
    stamps = own["ts"].unique().sort()
    unknown = rows["ts"].filter(~rows["ts"].is_in(stamps.implode()))
    if len(unknown):
        raise ValueError(
            f"bars of {symbol!r} lack {unknown[0]}, the decision of a label; give the bars that "
            "the labels were made of"
        )
    return stamps


def _stamps_in(rows: pl.DataFrame) -> pl.Series:
    """Stamps that occur, in order: the place of a stamp is its bar's number."""
    stamps = [rows["ts"], *(rows[name].alias("ts") for name in _ends(rows).values())]
    return pl.concat(stamps).drop_nulls().unique().sort()


def _figures(rows: pl.DataFrame, stamps: pl.Series) -> dict[str, Any]:
    out: dict[str, Any] = {
        "rows": rows.height,
        "first": _iso(rows["ts"].min()),
        "last": _iso(rows["ts"].max()),
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
    """Number of the last stamp at or before each time."""
    return stamps.search_sorted(times, side="right").to_numpy().astype(np.int64) - 1


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _iso(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()


def _shares(counts: dict[str, int], total: int) -> dict[str, float | None]:
    return {name: count / total if total else None for name, count in counts.items()}
