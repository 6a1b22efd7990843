"""CPU time of resampling and of the feature table against raw Polars and plain pandas."""

import math
import time
from collections.abc import Callable
from datetime import datetime
from statistics import median

import numpy as np
import pandas as pd
import polars as pl

from regime_factory.bars import Session, resample
from regime_factory.features import build_features

ROWS = 1_000_000
FEATURES_4 = (
    "close_logret_current",
    "log_halfrange_current",
    "log_volume_delta_current",
    "close_parkinson_20",
)
FEATURES_17 = (
    *FEATURES_4,
    "close_momentum_20",
    "close_ret_zscore_20",
    "close_rsi_14",
    "close_macd_12_26",
    "close_bollinger_percent_b_20",
    "close_bollinger_width_20",
    "high_low_range_pct_current",
    "close_open_pct_current",
    "high_low_halfrange_mean_20",
    "close_rolling_vol_20",
    "close_atr_pct_14",
    "volume_rvol_20",
    "close_over_vwap",
)
TIMEFRAMES = ("1H", "4H", "12H", "1D")
_EVERY = {"4H": "4h", "12H": "12h", "1D": "1d"}
_REPEATS = 5
SESSIONS = {
    "24/7": None,
    "New York": Session(timezone="America/New_York", open="09:30", close="16:00", calendar="XNYS"),
    "futures": Session(timezone="America/Chicago", open="17:00", close="16:00"),
}


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


def raw_expressions(names: tuple[str, ...], timeframe: str) -> list[pl.Expr]:
    """The features as one would write them down in Polars, without guards."""
    close, high, low, volume = pl.col("close"), pl.col("high"), pl.col("low"), pl.col("volume")
    before = close.shift(1)
    returns, span, change = (close / before).log(), (high / low).log(), close.diff()
    mean, deviation = close.rolling_mean(20), close.rolling_std(20, ddof=0)
    gain, loss = (
        part.ewm_mean(alpha=1 / 14, adjust=False) for part in (change.clip(0), (-change).clip(0))
    )
    true_range = pl.max_horizontal(high - low, (high - before).abs(), (low - before).abs())
    typical = (high + low + close) / 3
    written = {
        "close_logret_current": returns,
        "log_halfrange_current": (span / 2).clip(1e-5).log(),
        "log_volume_delta_current": volume.log().diff(),
        "close_parkinson_20": ((span**2).rolling_mean(20) / (4 * math.log(2))).sqrt(),
        "close_momentum_20": (close / close.shift(20)).log(),
        "close_ret_zscore_20": (returns - returns.rolling_mean(20)) / returns.rolling_std(20),
        "close_rsi_14": 100 * gain / (gain + loss),
        "close_macd_12_26": close.ewm_mean(span=12, adjust=False)
        - close.ewm_mean(span=26, adjust=False),
        "close_bollinger_percent_b_20": (close - mean + 2 * deviation) / (4 * deviation),
        "close_bollinger_width_20": 4 * deviation / mean,
        "high_low_range_pct_current": 100 * (high - low) / close,
        "close_open_pct_current": 100 * (close / pl.col("open") - 1),
        "high_low_halfrange_mean_20": (span / 2).rolling_mean(20),
        "close_rolling_vol_20": returns.rolling_std(20),
        "close_atr_pct_14": 100 * true_range.ewm_mean(alpha=1 / 14, adjust=False) / close,
        "volume_rvol_20": volume / volume.rolling_mean(20),
        "close_over_vwap": close / ((typical * volume).rolling_sum(20) / volume.rolling_sum(20)),
    }
    return [written[name].alias(f"{name}_{timeframe}") for name in names]


def raw_timeframes(bars: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """One in-memory pass: dynamic groups, raw expressions, backward as-of joins."""
    table = bars.lazy().select("symbol", "ts", *raw_expressions(names, "1H")).collect()
    for timeframe in _EVERY:
        coarse = dynamic_groups(bars, timeframe)
        features = coarse.lazy().select("ts", *raw_expressions(names, timeframe)).collect()
        table = table.join_asof(features, on="ts", strategy="backward")
    return table


def listed(names: tuple[str, ...], timeframes: tuple[str, ...]) -> list[str]:
    """Full column names of features on timeframes."""
    return [f"{name}_{timeframe}" for timeframe in timeframes for name in names]


def dynamic_groups(bars: pl.DataFrame, timeframe: str) -> pl.DataFrame:
    """Coarser bars on the UTC clock, as Polars makes them."""
    every = _EVERY[timeframe]
    return bars.group_by_dynamic("ts", every=every, closed="right", label="right").agg(
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("volume").sum(),
    )


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
        (
            f"resample {timeframe}, {market}",
            "group_by_dynamic",
            lambda timeframe=timeframe, session=session: resample(bars, timeframe, session),
            lambda timeframe=timeframe: dynamic_groups(bars, timeframe),
        )
        for market, session in SESSIONS.items()
        for timeframe in _EVERY
    ]
    cases += [
        ("v1 features, 1H", "plain pandas", lambda: build_features(bars), lambda: pandas_v1(frame)),
    ]
    for names in (FEATURES_4, FEATURES_17):
        one, all_four = listed(names, ("1H",)), listed(names, TIMEFRAMES)
        cases += [
            (
                f"{len(names)} features, 1H",
                "raw polars",
                lambda one=one: build_features(bars, columns=one),
                lambda names=names: bars.lazy().select(*raw_expressions(names, "1H")).collect(),
            ),
            (
                f"{len(names)} features, {len(TIMEFRAMES)} timeframes",
                "raw polars",
                lambda all_four=all_four: build_features(bars, columns=all_four),
                lambda names=names: raw_timeframes(bars, names),
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
