"""Made-up futures histories: as traded, and joined from contracts by ratios or differences."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

TICK = 0.25
QUARTER = 63
_PRICES = ("open", "high", "low", "close")


def as_traded(seed: int, n_bars: int = 2520, base: float = 1000.0) -> pl.DataFrame:
    """Daily bars in whole ticks, with spells of calm and of storm."""
    rng = np.random.default_rng(seed)
    spell = np.cumsum(rng.random(n_bars) < 1 / QUARTER)
    level = rng.choice([0.6, 1.0, 2.0], size=spell[-1] + 1)[spell] * rng.uniform(0.006, 0.02)
    close = base * np.exp(np.cumsum(level * rng.standard_t(5, n_bars) * 0.77))
    start = np.concatenate(([base], close[:-1])) * np.exp(rng.normal(0, level / 5))
    top = np.maximum(start, close) * np.exp(np.abs(rng.normal(0, level / 2)))
    bottom = np.minimum(start, close) * np.exp(-np.abs(rng.normal(0, level / 2)))
    first = datetime(2005, 1, 3, 22, tzinfo=UTC)
    stamps = [first + timedelta(days=day) for day in range(n_bars)]
    frame = pl.DataFrame({"ts": stamps}).with_columns(
        pl.Series(name, np.round(values / TICK) * TICK)
        for name, values in zip(_PRICES, (start, top, bottom, close), strict=True)
    )
    return frame.with_columns(pl.col("ts").dt.cast_time_unit("us"))


def rolled(bars: pl.DataFrame, carry: float, spread_tick: float | None) -> pl.DataFrame:
    """Adjust earlier prices at each quarter's roll: by differences, or by ratios where no tick."""
    close, n_bars = bars["close"].to_numpy(), bars.height
    offset, ratio = np.zeros(n_bars), np.ones(n_bars)
    for at in range(n_bars - QUARTER // 2, 0, -QUARTER):
        if spread_tick is None:
            ratio[:at] *= 1 + carry / 4
        else:
            offset[:at] += np.round(close[at] * carry / 4 / spread_tick) * spread_tick
    return bars.with_columns(
        pl.Series(name, bars[name].to_numpy() * ratio + offset) for name in _PRICES
    )
