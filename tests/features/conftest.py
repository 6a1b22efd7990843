"""Bars, sessions and the list of all columns that the feature tests share."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.bars import Session, timeframe_minutes
from regime_factory.features import ACROSS, FEATURES, FeatureWindows
from regime_factory.features.columns import across_column, own_column

MakeBars = Callable[..., pl.DataFrame]
NYSE = Session(timezone="America/New_York", open="09:30", close="16:00")
GLOBEX = Session(timezone="America/Chicago", open="17:00", close="16:00")


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
    drawn = int(1.05 * n / (1 - gaps)) + 50 if gaps else n
    slots = np.flatnonzero(rng.random(drawn) >= gaps)[:n]
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


def regular_hours(n: int, seed: int) -> pl.DataFrame:
    """Hourly bars of New York's regular session, the first half an hour long, over n hours."""
    bars = make_bars(n, seed=seed, start=datetime(2001, 1, 1, 1, tzinfo=UTC))
    local = pl.col("ts").dt.convert_time_zone("America/New_York")
    inside = local.dt.hour().is_between(10, 16) & (local.dt.weekday() <= 5)
    return bars.filter(inside)


def every_column(timeframes: Sequence[str], session: Session | None = None) -> list[str]:
    """Every registered feature on every timeframe, those in no set included."""
    windows, base = FeatureWindows(), timeframes[0]
    own = [
        own_column(entry, setting, timeframe).name
        for timeframe in timeframes
        for entry in FEATURES.values()
        for setting in entry.settings(windows)
        if entry.speaks is None
        or (timeframe == base and entry.speaks(timeframe_minutes(base), session))
    ]
    return own + [
        across_column(entry, windows, base, coarse).name
        for coarse in timeframes[1:]
        for entry in ACROSS.values()
    ]


@pytest.fixture(name="make_bars", scope="session")
def make_bars_fixture() -> MakeBars:
    return make_bars
