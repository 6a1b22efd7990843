"""Seeded averages and the rows in which a seed fades."""

import numpy as np
import polars as pl
import pytest

from regime_factory.features.recursive import (
    SEED_WEIGHT,
    chained_rows,
    ema,
    seeded_average,
    seeded_rows,
    wilder,
)
from regime_factory.features.steps import inline

X = pl.col("x")


def test_a_seed_fades_below_its_weight_and_not_much_earlier():
    alpha = 2 / 21
    rows = seeded_rows(20, alpha) - 20
    assert (1 - alpha) ** rows <= SEED_WEIGHT < (1 - alpha) ** (rows - 1)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [((14, 1 / 14), (14, 1 / 14)), ((26, 2 / 27), (9, 2 / 10)), ((9, 0.2), (26, 2 / 27))],
    ids=["ADX", "MACD signal", "slower outside"],
)
def test_seeds_of_an_average_of_an_average_fade(inner, outer):
    """Two histories that differ before the lookback give the same value at its end."""
    rows = chained_rows(*inner, *outer)
    rng = np.random.default_rng(0)
    latest = rng.normal(0, 1, rows)

    def last(values: np.ndarray) -> float:
        first = seeded_average(inline, X, *inner)
        chained = seeded_average(inline, first, *outer, first=inner[0] - 1)
        return pl.DataFrame({"x": values}).select(chained).item(-1, 0)

    alone, after = last(latest), last(np.concatenate([rng.normal(0, 1, 700), latest]))
    assert abs(alone - after) < 1e-14
    short = last(latest[rows // 2 :])
    assert abs(alone - short) > 1e-12


def test_a_seed_with_a_missing_value_gives_no_average():
    frame = pl.DataFrame({"x": [100.0, None, 100.0, 100.0, 100.0, 100.0, 100.0]})
    assert frame.select(ema(inline, X, 5)).to_series().null_count() == 7


def test_wilder_is_an_ema_of_another_length():
    frame = pl.DataFrame({"x": np.random.default_rng(1).normal(0, 1, 100)})
    slow, fast = (
        frame.select(average(inline, X, window)).to_series()[-1]
        for average, window in ((wilder, 8), (ema, 15))
    )
    assert slow == pytest.approx(fast, abs=1e-3)
