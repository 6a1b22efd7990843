"""The feature table: as-of joins, causality, lookbacks, symbols, awkward input."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from regime_factory.bars import Session
from regime_factory.features import build_features, warmup_bars
from regime_factory.features.schema import Features

from .conftest import make_bars
from .reference import references

TIMEFRAMES = ("1H", "4H", "1D")
NYSE = Session(timezone="America/New_York", open="09:30", close="16:00")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _slow_resample(bars: pl.DataFrame, hours: int) -> list[dict]:
    """Bars on the UTC clock, closed and labelled right, complete ones only."""
    step = timedelta(hours=hours)
    bins: dict[datetime, dict] = {}
    for row in bars.iter_rows(named=True):
        label = EPOCH + -((EPOCH - row["ts"]) // step) * step
        bar = bins.setdefault(label, {**row, "volume": 0.0, "ts": label})
        bar["high"] = max(bar["high"], row["high"])
        bar["low"] = min(bar["low"], row["low"])
        bar["close"] = row["close"]
        bar["volume"] += row["volume"]
    last = bars["ts"][-1]
    return [bar for label, bar in bins.items() if label <= last]


@pytest.mark.parametrize("hours", [4, 12, 24])
def test_coarser_features_equal_a_slow_as_of_join(hours):
    bars = make_bars(1500, seed=8, gaps=0.15)
    name = {4: "4H", 12: "12H", 24: "1D"}[hours]
    table = build_features(bars, "v2", [name])
    coarse = _slow_resample(bars, hours)
    columns = ("open", "high", "low", "close", "volume")
    expected = references(*([bar[c] for bar in coarse] for c in columns))
    labels = [bar["ts"] for bar in coarse]
    position = [sum(label <= ts for label in labels) - 1 for ts in bars["ts"]]
    for stem, values in expected.items():
        got = table[f"{stem}_{name}"].to_list()
        want = [None if p < 0 else values[p] for p in position]
        assert [x is None for x in got] == [x is None for x in want], stem
        pairs = [(a, b) for a, b in zip(got, want, strict=True) if b is not None]
        np.testing.assert_allclose(*zip(*pairs, strict=True), rtol=1e-9, atol=1e-10, err_msg=stem)


def _replace_after(bars: pl.DataFrame, cut: datetime, seed: int) -> pl.DataFrame:
    """The same stamps with quite different bars after the cut."""
    other = make_bars(bars.height, seed=seed, vol=0.03).select(
        pl.col("open", "high", "low", "close") * 3, pl.col("volume") / 7
    )
    after = pl.col("ts") > cut
    exprs = [pl.when(after).then(other[c]).otherwise(pl.col(c)).alias(c) for c in other.columns]
    return bars.with_columns(exprs)


def _assert_causal(bars: pl.DataFrame, rows: range, session: Session | None) -> None:
    batch = build_features(bars, "v2", TIMEFRAMES, session=session)
    for row in rows:
        cut = bars["ts"][row]
        known = batch.head(row + 1)
        changed = build_features(_replace_after(bars, cut, row), "v2", TIMEFRAMES, session=session)
        assert_frame_equal(changed.head(row + 1), known, check_exact=True)
        assert not changed.tail(-row - 1).equals(batch.tail(-row - 1))
        removed = build_features(bars.head(row + 1), "v2", TIMEFRAMES, session=session)
        assert_frame_equal(removed, known, rel_tol=1e-9, abs_tol=0)


@pytest.mark.parametrize(
    "rows",
    [range(951, 975, 5), pytest.param(range(949, 975), marks=pytest.mark.slow)],
    ids=["some phases", "every phase"],
)
def test_later_bars_change_nothing_at_any_phase_of_the_clock(rows):
    bars = make_bars(1100, seed=5)
    assert bars["ts"][959].hour == 0
    _assert_causal(bars, rows, None)


def test_later_bars_change_nothing_across_gaps():
    _assert_causal(make_bars(1100, seed=6, gaps=0.3), range(900, 950, 11), None)


def test_later_bars_change_nothing_around_the_clock_change_of_a_session():
    bars = make_bars(1800, seed=7, start=datetime(2021, 1, 4, 1, tzinfo=UTC))
    around = bars["ts"].search_sorted(datetime(2021, 3, 14, 7, tzinfo=UTC))
    _assert_causal(bars, range(around - 29, around + 40, 11), NYSE)


@pytest.mark.parametrize("column", ["close", "volume"])
def test_a_later_null_changes_no_bit_before_it(column):
    bars = make_bars(1100, seed=9, vol=0.02)
    batch = build_features(bars, "v2", TIMEFRAMES)
    for row in range(1000, 1008, 3):
        hole = pl.int_range(pl.len()) == row + 1
        holed = bars.with_columns(pl.when(~hole).then(column).alias(column))
        got = build_features(holed, "v2", TIMEFRAMES)
        assert_frame_equal(got.head(row + 1), batch.head(row + 1), check_exact=True)


def _regular_hours(n: int, seed: int) -> pl.DataFrame:
    """Hourly bars of the regular session, the first half an hour long, over n calendar hours."""
    bars = make_bars(n, seed=seed, start=datetime(2001, 1, 1, 1, tzinfo=UTC))
    local = pl.col("ts").dt.convert_time_zone("America/New_York")
    inside = local.dt.hour().is_between(10, 16) & (local.dt.weekday() <= 5)
    return bars.filter(inside)


@pytest.mark.parametrize("case", ["clock", "gaps", "session", "session and night"])
def test_a_lookback_gives_the_batch_row(case):
    session = NYSE if "session" in case else None
    if case == "session":
        bars = _regular_hours(130_000, seed=11)
    else:
        bars = make_bars(24_500, seed=12, gaps=0.2 if case == "gaps" else 0.0)
    rows = warmup_bars("v2", TIMEFRAMES, session=session)
    assert rows < bars.height - 100
    batch = build_features(bars, "v2", TIMEFRAMES, session=session)
    for end in range(bars.height - 97, bars.height, 31):
        lookback = bars.slice(end + 1 - rows, rows)
        live = build_features(lookback, "v2", TIMEFRAMES, session=session)
        got, want = live.tail(1), batch.slice(end, 1)
        assert want.select(pl.all().is_null().any()).sum_horizontal()[0] == 0
        assert_frame_equal(got, want, rel_tol=1e-9, abs_tol=1e-12)


def test_a_lookback_of_a_tenth_is_not_enough():
    bars = make_bars(3000, seed=12)
    rows = warmup_bars(columns=["close_rsi_14_1H"]) // 10
    batch, live = (
        build_features(b, columns=["close_rsi_14_1H"])["close_rsi_14_1H"][-1]
        for b in (bars, bars.tail(rows))
    )
    assert live != pytest.approx(batch, rel=1e-6)


def test_several_symbols_equal_one_by_one():
    one, two = make_bars(300, symbol="B", seed=1), make_bars(250, symbol="A", seed=2, gaps=0.2)
    separate = pl.concat([build_features(b, "v2", TIMEFRAMES) for b in (one, two)])
    assert_frame_equal(
        build_features(pl.concat([one, two]), "v2", TIMEFRAMES), separate, check_exact=True
    )
    mixed = pl.concat([one, two]).sort("ts", "symbol", descending=[False, True])
    assert_frame_equal(build_features(mixed, "v2", TIMEFRAMES), separate, check_exact=True)


def test_a_row_knows_the_bar_that_closes_with_it_and_not_later_ones():
    bars = make_bars(60, seed=3)
    table = build_features(bars, columns=["close_logret_current_4H"]).with_columns(
        hour=pl.col("ts").dt.hour()
    )
    values = table["close_logret_current_4H"]
    changes = table.filter((values != values.shift(1)).fill_null(False))["hour"]
    assert set(changes) <= {0, 4, 8, 12, 16, 20}
    assert len(changes) == 13


def test_volume_features_are_null_where_volume_is_null_and_only_there():
    bars = make_bars(100, seed=2)
    row = pl.int_range(pl.len()) == 50
    holed = bars.with_columns(volume=pl.when(~row).then("volume"))
    table = build_features(holed)
    delta = table["log_volume_delta_current_1H"]
    assert delta.is_null().arg_true().to_list() == [0, 50, 51]
    assert table.drop("log_volume_delta_current_1H").equals(
        build_features(bars).drop("log_volume_delta_current_1H")
    )


@pytest.mark.parametrize("volume", [0.0, -1.0, float("nan"), float("inf")])
def test_a_volume_that_cannot_be_counts_as_null(volume):
    bars = make_bars(60, seed=2)
    row = pl.int_range(pl.len()) == 30
    odd, none = (
        bars.with_columns(volume=pl.when(~row).then("volume").otherwise(v)) for v in (volume, None)
    )
    assert build_features(odd, "v2", TIMEFRAMES).equals(build_features(none, "v2", TIMEFRAMES))


def test_one_nan_price_does_not_poison_what_follows():
    bars = make_bars(900, seed=2)
    row = pl.int_range(pl.len()) == 200
    odd = bars.with_columns(close=pl.when(~row).then("close").otherwise(float("nan")))
    table = build_features(odd, "v2")
    Features.validate(table)
    assert table.tail(1).select(pl.all().is_null().any()).sum_horizontal()[0] == 0


def test_constant_prices_give_zero_or_null():
    bars = make_bars(80).with_columns(
        pl.lit(50.0).alias(c) for c in ("open", "high", "low", "close")
    )
    last = build_features(bars, "v2").row(-1, named=True)
    assert last["close_rsi_14_1H"] is None
    assert last["close_zscore_20_1H"] is None
    assert last["close_bollinger_percent_b_20_1H"] is None
    assert last["close_rolling_vol_20_1H"] == last["close_macd_12_26_1H"] == 0.0
    assert last["close_bollinger_upper_20_1H"] == 50.0


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
@settings(max_examples=200, deadline=None, derandomize=True)
@given(bars=awkward_bars(), session=st.sampled_from([None, NYSE]), data=st.data())
def test_many_more_bars_give_finite_causal_features(bars, session, data):
    _assert_sound(bars, session, data.draw(st.integers(0, bars.height - 1)))


def _assert_sound(bars: pl.DataFrame, session: Session | None, row: int) -> None:
    table = Features.validate(build_features(bars, "v2", TIMEFRAMES, session=session))
    assert table.select("symbol", "ts").equals(bars.select("symbol", "ts"))
    changed = build_features(
        _replace_after(bars, bars["ts"][row], seed=1), "v2", TIMEFRAMES, session=session
    )
    assert_frame_equal(changed.head(row + 1), table.head(row + 1), check_exact=True)


def test_columns_that_features_do_not_need_may_be_missing_or_more():
    bars = make_bars(60)
    table = build_features(bars, "v1", TIMEFRAMES)
    assert build_features(bars.drop("n_base"), "v1", TIMEFRAMES).equals(table)
    assert build_features(bars.with_columns(more=pl.lit(1)), "v1", TIMEFRAMES).equals(table)


def test_bad_tables_are_refused():
    bars = make_bars(30)
    with pytest.raises(ValueError, match=r"bars lack the columns \['volume'\]"):
        build_features(bars.drop("volume"))
    with pytest.raises(ValueError, match="bars have no rows"):
        build_features(bars.clear())
    with pytest.raises(ValueError, match=r"timeframes \['1H', '4H'\]"):
        build_features(pl.concat([bars, bars.with_columns(timeframe=pl.lit("4H"))]))
    with pytest.raises(ValueError, match=r"'X' repeat or go back in time at .*row 1 of"):
        build_features(bars.reverse())
    with pytest.raises(ValueError, match="repeat or go back"):
        build_features(pl.concat([bars, bars.tail(1)]))
    with pytest.raises(ValueError, match="expected Datetime in microseconds, UTC"):
        build_features(bars.with_columns(pl.col("ts").dt.replace_time_zone(None)))
    with pytest.raises(ValueError, match="rows without ts"):
        build_features(bars.with_columns(ts=pl.when(pl.int_range(pl.len()) > 0).then("ts")))
