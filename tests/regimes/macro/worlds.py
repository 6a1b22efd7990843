"""Macro features of a chain whose risk is known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from regime_factory.features import macro_columns
from regime_factory.features.macro_settings import MacroFeatures
from regime_factory.regimes.macro.risk import REGIME_NAMES

COLUMNS = macro_columns(MacroFeatures(), {})
SIGNS = np.array([1, 1, 1, -1, -1, 0, 0, 1, 1])
UNITS = np.array([8.0, 0.3, 0.1, 0.08, 0.06, 1.0, 0.2, 0.5, 1.2])
LEVELS = np.array([20.0, 0.5, 0.15, 0.0, 0.0, 1.0, 0.0, 1.5, 0.0])
RISK = {2: np.array([-0.8, 0.8]), 3: np.array([-1.2, 0.0, 2.0])}


def macro_world(n_rows: int = 900, K: int = 3, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Nine features, one row per day, and the name of the regime that each row came from."""
    rng = np.random.default_rng(seed)
    chain = np.zeros(n_rows, dtype=int)
    for t in range(1, n_rows):
        moves = rng.random() > 0.98
        step = rng.choice([k for k in range(K) if abs(k - chain[t - 1]) == 1]) if moves else None
        chain[t] = chain[t - 1] if step is None else step
    noise = rng.normal(0, 0.6, (n_rows, len(COLUMNS)))
    values = LEVELS + UNITS * (RISK[K][chain][:, None] * SIGNS + noise)
    start = datetime(2000, 1, 3, 21, tzinfo=UTC)
    stamps = pl.Series("ts", [start + timedelta(days=t) for t in range(n_rows)])
    table = pl.DataFrame(values, schema=COLUMNS).with_columns(stamps.cast(pl.Datetime("us", "UTC")))
    return table.select("ts", *COLUMNS), np.array(REGIME_NAMES[K])[chain]


def holed(table: pl.DataFrame, column: str, rows: slice | list[int]) -> pl.DataFrame:
    """The table with nulls in some rows of a column."""
    values = table[column].to_numpy().copy()
    values[rows] = np.nan
    return table.with_columns(pl.Series(column, values).fill_nan(None))
