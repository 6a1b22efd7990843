"""Time series of one symbol cut down to what a figure shows: thinned lines, spells, last bars."""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def iso(value: dt.date | str | None) -> str | None:
    """Write a time as ISO text and leave text as it is.

    Parameters
    ----------
    value
        A date, a UTC time, text or None.

    Returns
    -------
    str or None
        ``YYYY-MM-DD`` for a date, ``YYYY-MM-DD HH:MM`` for a time.

    Examples
    --------
    >>> iso(dt.datetime(2020, 3, 2, 21, 0)), iso(dt.date(2020, 3, 2))
    ('2020-03-02 21:00', '2020-03-02')
    """
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, dt.date) else value


def thin_indices(
    lines: Sequence[np.ndarray], max_points: int, keep: np.ndarray | None = None
) -> np.ndarray:
    """Choose the rows of long lines that keep their shape: ends, extremes of each bucket, changes.

    Parameters
    ----------
    lines
        Arrays of one common length n whose extremes must survive.
    max_points
        Most rows to keep.
    keep
        Rows to keep as well (for example regime changes) while they fill at most a quarter.

    Returns
    -------
    numpy.ndarray
        Increasing row numbers, at most `max_points`; all rows where n is small enough.

    Examples
    --------
    >>> line = np.zeros(1000)
    >>> line[617] = 5.0
    >>> rows = thin_indices([line], 40)
    >>> len(rows) <= 40, 617 in rows, int(rows[0]), int(rows[-1])
    (True, True, 0, 999)
    """
    n = len(lines[0])
    if n <= max_points:
        return np.arange(n)
    kept = np.array([0, n - 1])
    if keep is not None and len(keep) <= max_points // 4:
        kept = np.union1d(kept, keep)
    n_buckets = max(1, (max_points - len(kept)) // (2 * len(lines)))
    edges = np.linspace(0, n, n_buckets + 1).astype(int)
    extremes = [
        start + pick(line[start:stop])
        for start, stop in pairwise(edges)
        if stop > start
        for line in lines
        for pick in (np.nanargmin, np.nanargmax)
    ]
    return np.union1d(kept, np.array(extremes, dtype=int))


def stamps(ts: pl.Series) -> list[str]:
    """Write close stamps as short as they allow: dates where no two bars share one.

    Parameters
    ----------
    ts
        Increasing times in UTC.

    Returns
    -------
    list of str
        ``YYYY-MM-DD`` or ``YYYY-MM-DD HH:MM``.
    """
    steps = np.diff(ts.dt.epoch("s").to_numpy())
    one_a_day = len(steps) == 0 or steps.min() >= 20 * 3600
    return ts.dt.strftime("%Y-%m-%d" if one_a_day else "%Y-%m-%d %H:%M").to_list()


def rounded(values: Iterable[float | None], digits: int = 4) -> list[float | None]:
    """Round to significant digits; missing and infinite values become None.

    Parameters
    ----------
    values
        Numbers, with None, NaN or infinity where there is none.
    digits
        Significant digits kept.

    Returns
    -------
    list of float or None

    Examples
    --------
    >>> rounded([1.23456, 0.000123456, None, float("nan")])
    [1.235, 0.0001235, None, None]
    """
    return [
        None if value is None or not math.isfinite(value) else float(f"{value:.{digits}g}")
        for value in values
    ]


def growth_lines(
    *,
    equity: pl.DataFrame,
    bands: pl.DataFrame,
    bars: pl.DataFrame,
    regimes: pl.DataFrame,
    symbol: str,
    chosen: str,
    benchmark: str,
    max_points: int,
) -> dict[str, list[Any]]:
    """Make the lines of figure 1 for one symbol on common, thinned time stamps.

    Parameters
    ----------
    equity
        The symbol's equity rows of all strategies.
    bands
        Columns `ts, lower, upper` in growth of 1; may be empty.
    bars
        Base bars, for the close in the hover text.
    regimes
        Regime rows, for the label in the hover text.
    symbol
        Name used in messages.
    chosen, benchmark
        The two strategies shown.
    max_points
        Most points kept.

    Returns
    -------
    dict
        The keys of `payload.Growth`.

    Raises
    ------
    ValueError
        When the table has no rows of one of the two strategies.
    """
    ours, theirs = (_one_strategy(equity, name, symbol) for name in (chosen, benchmark))
    label = "confirmed_regime" if "confirmed_regime" in regimes.columns else "regime"
    frame = (
        ours.join(theirs.select("ts", "net", "drawdown"), on="ts", how="left", suffix="_theirs")
        .join(bands.select("ts", "lower", "upper"), on="ts", how="left")
        .join(bars.select("ts", "close"), on="ts", how="left")
        .join(regimes.select("ts", pl.col(label).alias("label")), on="ts", how="left")
        .sort("ts")
    )
    changes = np.flatnonzero((frame["label"] != frame["label"].shift(1)).fill_null(value=False))
    shapes = [frame[column].fill_null(1.0).to_numpy() for column in ("net", "net_theirs")]
    kept = frame[thin_indices(shapes, max_points, changes)]
    return {
        "ts": stamps(kept["ts"]),
        "net": rounded(kept["net"]),
        "gross": rounded(kept["gross"]),
        "benchmark": rounded(kept["net_theirs"]),
        "drawdown": rounded(kept["drawdown"]),
        "benchmark_drawdown": rounded(kept["drawdown_theirs"]),
        "lower": rounded(kept["lower"]),
        "upper": rounded(kept["upper"]),
        "close": rounded(kept["close"], 6),
        "regime": kept["label"].to_list(),
    }


def regime_lanes(
    regimes: pl.DataFrame, states: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Turn labels into one lane of spells per regime, calmest first.

    Parameters
    ----------
    regimes
        The symbol's regime rows in time order.
    states
        Rows with `state` and `regime` that name the lanes; read from the labels where empty.

    Returns
    -------
    list of dict
        `state, regime`, `starts` (stamps) and `lengths` (milliseconds).
    """
    ts, label = regimes["ts"], _labels(regimes)
    if label.len() == 0:
        return []
    first, _ = _runs(label)
    written = stamps(ts)
    since = ts.dt.epoch("ms").to_numpy()
    bar = int(np.median(np.diff(since))) if len(since) > 1 else 0
    ends = np.append(since[first[1:]], since[-1] + bar)
    lanes = []
    for state, name in _names(regimes, states):
        mine = [run for run, row in enumerate(first) if label[int(row)] == state]
        lanes.append(
            {
                "state": state,
                "regime": name,
                "starts": [written[first[run]] for run in mine],
                "lengths": [int(ends[run] - since[first[run]]) for run in mine],
            }
        )
    return lanes


def spell_lengths(
    regimes: pl.DataFrame, states: Sequence[Mapping[str, Any]]
) -> list[tuple[int, str, np.ndarray]]:
    """Collect the lengths of all spells by regime, calmest first.

    Parameters
    ----------
    regimes
        The symbol's regime rows in time order.
    states
        Rows with `state` and `regime`; read from the labels where empty.

    Returns
    -------
    list of tuple
        State, regime name and lengths in bars, in time order.
    """
    label = _labels(regimes)
    if label.len() == 0:
        return []
    first, lengths = _runs(label)
    of_run = label.to_numpy()[first]
    return [(state, name, lengths[of_run == state]) for state, name in _names(regimes, states)]


def dwell_times(regimes: pl.DataFrame, states: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Summarise how long the spells of each regime lasted.

    Parameters
    ----------
    regimes
        The symbol's regime rows in time order.
    states
        Rows with `state`, `regime` and, where known, `expected_bars` of the fitted model.

    Returns
    -------
    list of dict
        `state, regime, spells`, quartiles, `longest` and `expected`, in bars.
    """
    expected = {row["state"]: row.get("expected_bars") for row in states}
    rows = []
    for state, name, lengths in spell_lengths(regimes, states):
        quartiles = np.percentile(lengths, [25, 50, 75]) if len(lengths) else [None] * 3
        lower, median, upper = rounded(quartiles)
        rows.append(
            {
                "state": state,
                "regime": name,
                "spells": len(lengths),
                "lower": lower,
                "median": median,
                "upper": upper,
                "longest": int(lengths.max()) if len(lengths) else 0,
                "expected": rounded([expected.get(state)])[0],
            }
        )
    return rows


def filled_probability_columns(regimes: pl.DataFrame) -> list[str]:
    """Name the probability columns that this symbol's model fills, in state order.

    Parameters
    ----------
    regimes
        The symbol's regime rows; columns of other symbols' further states are all null.

    Returns
    -------
    list of str

    Examples
    --------
    >>> filled_probability_columns(pl.DataFrame({"p_state_1": [0.4], "p_state_0": [0.6]}))
    ['p_state_0', 'p_state_1']
    """
    filled = [c for c in regimes.columns if c.startswith("p_state_") and regimes[c].count()]
    return sorted(filled, key=lambda column: int(column.removeprefix("p_state_")))


def state_probabilities(regimes: pl.DataFrame, last_bars: int) -> dict[str, Any]:
    """Take the filtered probabilities of the last bars.

    Parameters
    ----------
    regimes
        The symbol's regime rows in time order, with `p_state_0 ..`.
    last_bars
        How many bars to keep.

    Returns
    -------
    dict
        `ts`, `values` (one list per state), `observed` (bars on which the model saw something
        new) and `over_90` (share of those whose leading state has more than 90 %).
    """
    columns = filled_probability_columns(regimes)
    tail = regimes.tail(last_bars)
    if not columns or tail.is_empty():
        return {"ts": [], "values": [], "observed": 0, "over_90": 0.0}
    p = regimes.select(columns).to_numpy()
    new = np.append(True, (p[1:] != p[:-1]).any(axis=1))  # else carried forward to a base bar
    leading = p[-tail.height :][new[-tail.height :]].max(axis=1)
    return {
        "ts": stamps(tail["ts"]),
        "values": [rounded(tail[column], 3) for column in columns],
        "observed": len(leading),
        "over_90": float((leading > 0.9).mean()) if len(leading) else 0.0,
    }


def _one_strategy(equity: pl.DataFrame, name: str, symbol: str) -> pl.DataFrame:
    rows = equity.filter(equity["strategy"] == name).sort("ts")
    if rows.is_empty():
        known = ", ".join(sorted(equity["strategy"].unique())) or "none"
        raise ValueError(
            f"the equity table has no rows of '{name}' for '{symbol}', only of: {known}; "
            "run the backtest pipeline again"
        )
    start = rows["equity"][0] / (1.0 + rows["ret"][0])
    return rows.select(
        "ts",
        "drawdown",
        net=pl.col("equity") / start,
        gross=(1.0 + pl.col("ret_gross")).cum_prod(),
    )


def _labels(regimes: pl.DataFrame) -> pl.Series:
    return regimes["confirmed_state" if "confirmed_state" in regimes.columns else "state"]


def _runs(label: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    values = label.to_numpy()
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    return first, np.diff(np.append(first, len(values)))


def _names(regimes: pl.DataFrame, states: Sequence[Mapping[str, Any]]) -> list[tuple[int, str]]:
    if states:
        return [(int(row["state"]), str(row["regime"])) for row in states]
    pairs = regimes.group_by("state").agg(pl.col("regime").mode().sort().first()).sort("state")
    return list(zip(pairs["state"].to_list(), pairs["regime"].to_list(), strict=True))
