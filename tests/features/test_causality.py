"""Every feature is causal: nothing that comes later changes a row."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from regime_factory.bars import Session
from regime_factory.features import build_features
from regime_factory.features.schema import Features

from .conftest import NYSE, every_column, make_bars

TIMEFRAMES = ("1H", "4H", "1D")


def _build(bars: pl.DataFrame, session: Session | None = None) -> pl.DataFrame:
    return build_features(bars, columns=every_column(TIMEFRAMES, session), session=session)


def _replace_after(bars: pl.DataFrame, cut: datetime, seed: int) -> pl.DataFrame:
    """The same stamps with quite different bars after the cut."""
    other = make_bars(bars.height, seed=seed, vol=0.03).select(
        pl.col("open", "high", "low", "close") * 3, pl.col("volume") / 7
    )
    after = pl.col("ts") > cut
    exprs = [pl.when(after).then(other[c]).otherwise(pl.col(c)).alias(c) for c in other.columns]
    return bars.with_columns(exprs)


def _assert_causal(bars: pl.DataFrame, rows: range, session: Session | None) -> None:
    batch = _build(bars, session)
    assert not any(value is None for value in batch.row(rows[0]))
    for row in rows:
        cut = bars["ts"][row]
        known = batch.head(row + 1)
        changed = _build(_replace_after(bars, cut, row), session)
        assert_frame_equal(changed.head(row + 1), known, check_exact=True)
        assert not changed.tail(-row - 1).equals(batch.tail(-row - 1))
        removed = _build(bars.head(row + 1), session)
        assert_frame_equal(removed, known, rel_tol=1e-9, abs_tol=0)


@pytest.mark.parametrize(
    "rows",
    [range(1551, 1575, 5), pytest.param(range(1549, 1575), marks=pytest.mark.slow)],
    ids=["some phases", "every phase"],
)
def test_later_bars_change_nothing_at_any_phase_of_the_clock(rows):
    bars = make_bars(1700, seed=5)
    assert bars["ts"][1559].hour == 0
    _assert_causal(bars, rows, None)


def test_later_bars_change_nothing_across_gaps():
    _assert_causal(make_bars(1500, seed=6, gaps=0.3), range(1300, 1350, 11), None)


def test_later_bars_change_nothing_around_the_clock_change_of_a_session():
    bars = make_bars(2600, seed=7, start=datetime(2020, 12, 1, 1, tzinfo=UTC))
    around = bars["ts"].search_sorted(datetime(2021, 3, 14, 7, tzinfo=UTC))
    _assert_causal(bars, range(around - 29, around + 40, 11), NYSE)


@pytest.mark.parametrize("column", ["close", "volume"])
def test_a_later_null_changes_no_bit_before_it(column):
    bars = make_bars(1600, seed=9, vol=0.02)
    batch = _build(bars)
    for row in range(1500, 1508, 3):
        hole = pl.int_range(pl.len()) == row + 1
        holed = bars.with_columns(pl.when(~hole).then(column).alias(column))
        got = _build(holed)
        assert_frame_equal(got.head(row + 1), batch.head(row + 1), check_exact=True)


@st.composite
def awkward_bars(draw) -> pl.DataFrame:
    """Bars with gaps, still stretches, wild moves and missing or zero volume."""
    n = draw(st.integers(1, 150))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    size = 10.0 ** draw(st.integers(-6, 1))
    moves = rng.normal(0, size, n) * (rng.random(n) >= draw(st.sampled_from([0, 0.5, 1])))
    close = 10.0 ** draw(st.integers(-4, 6)) * np.exp(np.clip(np.cumsum(moves), -80, 80))
    spread = np.exp(np.abs(rng.normal(0, size / 3, n)) * draw(st.sampled_from([0, 1])))
    kinds = [None, 0.0, 1.0, 1e12, float("nan")]
    mixed = rng.choice(
        5, n, p=draw(st.sampled_from([(0.2,) * 5, (0, 0, 1, 0, 0), (1, 0, 0, 0, 0)]))
    )
    hours = np.cumsum(rng.choice([1, 1, 1, 2, 30], n))
    start = datetime(2021, 3, 12, tzinfo=UTC)
    return pl.DataFrame(
        {
            "symbol": "X",
            "timeframe": "1H",
            "ts": [start + timedelta(hours=int(h)) for h in hours],
            "open": close,
            "high": close * spread,
            "low": close / spread,
            "close": close,
            "volume": [kinds[k] for k in mixed],
            "n_base": 1,
        },
        schema_overrides={
            "ts": pl.Datetime("us", "UTC"), "volume": pl.Float64, "n_base": pl.UInt32,
        },
    )  # fmt: skip


@settings(max_examples=20, deadline=None, derandomize=True)
@given(bars=awkward_bars(), session=st.sampled_from([None, NYSE]), data=st.data())
def test_any_bars_give_finite_causal_features(bars, session, data):
    _assert_sound(bars, session, data.draw(st.integers(0, bars.height - 1)))


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True)
@given(bars=awkward_bars(), session=st.sampled_from([None, NYSE]), data=st.data())
def test_many_more_bars_give_finite_causal_features(bars, session, data):
    _assert_sound(bars, session, data.draw(st.integers(0, bars.height - 1)))


def _assert_sound(bars: pl.DataFrame, session: Session | None, row: int) -> None:
    table = Features.validate(_build(bars, session))
    assert table.select("symbol", "ts").equals(bars.select("symbol", "ts"))
    changed = _build(_replace_after(bars, bars["ts"][row], seed=1), session)
    assert_frame_equal(changed.head(row + 1), table.head(row + 1), check_exact=True)
