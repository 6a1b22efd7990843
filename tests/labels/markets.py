"""Bars for the tests of labels: by hand, at random, and drawn by hypothesis on a price grid."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import strategies as st

START = datetime(2020, 1, 1, 21, tzinfo=UTC)
PRICES = ("open", "high", "low", "close")


def table(rows, symbol="X"):
    """Daily bars out of (open, high, low, close) of each bar."""
    frame = pl.DataFrame(rows, schema=dict.fromkeys(PRICES, pl.Float64), orient="row")
    ts = pl.Series([START + timedelta(days=i) for i in range(len(rows))]).cast(
        pl.Datetime("us", "UTC")
    )
    return frame.select(
        symbol=pl.lit(symbol), timeframe=pl.lit("1D"), ts=ts.alias("ts"), **{p: p for p in PRICES}
    )


def random_bars(n, seed=0, vol=0.01, symbol="X"):
    """A random walk whose opens lie near the last close."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, vol, n)))
    opened = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0, vol / 3, n))
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0, vol / 2, n)))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0, vol / 2, n)))
    return table(np.column_stack((opened, high, low, close)).tolist(), symbol)


_STEP = st.sampled_from([0, 0, 0, 1, 1, -1, -1, 2, -2, 3, -3, 8, -8, 25, -25])
_REACH = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 10])


@st.composite
def markets(draw, max_bars=40, stale_opens=True):
    """Bars on a grid of prices, with gaps, ties, bars without range and stretches without moves."""
    tick = draw(st.sampled_from([1.0, 0.25, 0.01]))
    steps = draw(st.lists(st.tuples(_STEP, _STEP, _REACH, _REACH), min_size=1, max_size=max_bars))
    close, rows = 100, []
    for gap, move, above, below in steps:
        opened = max(close + (gap if stale_opens or gap else 1), 1)
        close = max(opened + move, 1)
        high, low = max(opened, close) + above, max(min(opened, close) - below, 1)
        rows.append(tuple(round(price * tick, 6) for price in (opened, high, low, close)))
    return table(rows)


COSTS = st.one_of(
    st.just({}),
    st.builds(
        lambda fee, slip: {"fee_bps": fee, "slippage_bps": slip},
        st.sampled_from([0.0, 2.0, 50.0, 500.0]),
        st.sampled_from([0.0, 3.0, 900.0]),
    ),
    st.builds(lambda price: {"price_per_side": price}, st.sampled_from([0.01, 0.25, 1.5, 40.0])),
)
