"""Bars and references that the feature tests share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

MakeBars = Callable[..., pl.DataFrame]


def make_bars(
    n: int = 400,
    *,
    symbol: str = "X",
    seed: int = 0,
    step_hours: int = 1,
    gaps: float = 0.0,
    vol: float = 5e-3,
    start: datetime = datetime(2020, 1, 1, 1, tzinfo=UTC),
) -> pl.DataFrame:
    """Random bars; `gaps` is the share of stamps left out."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, vol, n)))
    opened = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0, vol / 5, n))
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0, vol / 2, n)))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0, vol / 2, n)))
    slots = np.flatnonzero(rng.random(int(n / (1 - gaps)) + 50 * (gaps > 0)) >= gaps)[:n]
    assert len(slots) == n
    return pl.DataFrame(
        {
            "symbol": symbol,
            "timeframe": "1D" if step_hours == 24 else f"{step_hours}H",
            "ts": [start + timedelta(hours=int(i) * step_hours) for i in slots],
            "open": opened,
            "high": high,
            "low": low,
            "close": close,
            "volume": np.exp(rng.normal(8, 1, n)),
        },
        schema_overrides={"ts": pl.Datetime("us", "UTC")},
    ).with_columns(n_base=pl.lit(1, pl.UInt32))


@pytest.fixture(name="make_bars", scope="session")
def make_bars_fixture() -> MakeBars:
    return make_bars
