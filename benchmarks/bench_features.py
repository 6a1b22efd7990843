"""CPU time of the feature table against plain pandas and against one pass of raw Polars."""

import math
import time
from collections.abc import Callable
from datetime import datetime
from statistics import median

import numpy as np
import pandas as pd
import polars as pl

from regime_factory.features import FEATURES, FeatureWindows, build_features
from regime_factory.features.steps import inline

ROWS = 1_000_000
TIMEFRAMES = ("1H", "4H", "12H", "1D")
_EVERY = {"4H": "4h", "12H": "12h", "1D": "1d"}
_REPEATS = 3


def make_bars(rows: int, seed: int = 0) -> pl.DataFrame:
    """Generated hourly bars of one symbol, 24 hours a day."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1e-3, rows)))
    opened = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0, 5e-4, rows)))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0, 5e-4, rows)))
    first = pl.datetime_range(
        datetime(1900, 1, 1, 1), datetime(2100, 1, 1), "1h", time_unit="us", time_zone="UTC",
        eager=True,
    )  # fmt: skip
    return pl.DataFrame(
        {
            "symbol": "SIM",
            "timeframe": "1H",
            "ts": first.head(rows),
            "open": opened,
            "high": high,
            "low": low,
            "close": close,
            "volume": np.exp(rng.normal(8, 1, rows)),
        }
    ).with_columns(n_base=pl.lit(1, pl.UInt32))


def pandas_v1(bars: pd.DataFrame) -> pd.DataFrame:
    """The `v1` features in plain pandas."""
    span = np.log(bars["high"] / bars["low"])
    return pd.DataFrame(
        {
            "close_logret_current_1H": np.log(bars["close"]).diff(),
            "log_halfrange_current_1H": np.log((span / 2).clip(lower=1e-5)),
            "log_volume_delta_current_1H": np.log(bars["volume"]).diff(),
            "close_parkinson_20_1H": ((span**2).rolling(20).mean() / (4 * math.log(2))) ** 0.5,
        }
    )


def raw_expressions(feature_set: str, timeframe: str) -> list[pl.Expr]:
    """The registry's expressions without shared steps and without guards."""
    windows = FeatureWindows()
    return [
        entry.build(windows, inline).alias(f"{entry.name(windows)}_{timeframe}")
        for entry in FEATURES.values()
        if feature_set in entry.sets
    ]


def raw_timeframes(bars: pl.DataFrame, feature_set: str) -> pl.DataFrame:
    """One in-memory pass: dynamic groups, raw expressions, backward as-of joins."""
    table = bars.select("symbol", "ts", *raw_expressions(feature_set, "1H"))
    for timeframe, every in _EVERY.items():
        coarse = bars.group_by_dynamic("ts", every=every, closed="right", label="right").agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
        )
        features = coarse.select("ts", *raw_expressions(feature_set, timeframe))
        table = table.join_asof(features, on="ts", strategy="backward")
    return table


def _cpu_ns_per_row(work: Callable[[], object], rows: int) -> float:
    start = time.process_time_ns()
    work()
    return (time.process_time_ns() - start) / rows


def run(rows: int = ROWS) -> list[dict]:
    """Measure every case.

    Parameters
    ----------
    rows : int
        Base bars.

    Returns
    -------
    list of dict
        `name`, `value` (CPU nanoseconds per base row, median of interleaved repeats), `unit`,
        `ratio` (the peer's value over ours) and `peer` (its name and value).
    """
    bars = make_bars(rows)
    frame = bars.to_pandas()
    cases: list[tuple[str, str, Callable[[], object], Callable[[], object]]] = [
        ("features v1, 1H", "plain pandas", lambda: build_features(bars), lambda: pandas_v1(frame)),
    ]
    for name in ("v1", "v2"):
        cases += [
            (
                f"features {name}, 1H",
                "raw polars",
                lambda name=name: build_features(bars, name),
                lambda name=name: bars.lazy().select("ts", *raw_expressions(name, "1H")).collect(),
            ),
            (
                f"features {name}, {len(TIMEFRAMES)} timeframes",
                "raw polars",
                lambda name=name: build_features(bars, name, TIMEFRAMES),
                lambda name=name: raw_timeframes(bars, name),
            ),
        ]
    return [_measure(rows, *case) for case in cases]


def _measure(
    rows: int, name: str, peer: str, ours: Callable[[], object], other: Callable[[], object]
) -> dict:
    pairs = [(_cpu_ns_per_row(ours, rows), _cpu_ns_per_row(other, rows)) for _ in range(_REPEATS)]
    value, reference = (median(column) for column in zip(*pairs, strict=True))
    return {
        "name": name,
        "value": round(value, 1),
        "unit": "CPU ns per row",
        "ratio": reference / value,
        "peer": f"{peer} {reference:.1f}",
    }


if __name__ == "__main__":
    print(f"{'case':<28}{'ours':>9}{'ratio':>7}  peer; CPU ns per row, {ROWS:,} rows")
    for row in run():
        print(f"{row['name']:<28}{row['value']:>9}{row['ratio']:>7.2f}  {row['peer']}")
