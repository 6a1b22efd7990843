"""The latest bars give the row of the whole history, for every feature, and no fewer do."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.bars import Session
from regime_factory.features import (
    FEATURES,
    FeatureWindows,
    build_features,
    describe_features,
    lookback,
    warmup_bars,
)

from .conftest import NYSE, every_column, make_bars, regular_hours

TIMEFRAMES = ("1H", "4H", "1D")
WINDOWED = [e for e in FEATURES.values() if 1 < e.rows(FeatureWindows()) < 100]
RECURSIVE = [e for e in FEATURES.values() if e.rows(FeatureWindows()) >= 100]
XNYS = NYSE.model_copy(update={"calendar": "XNYS"})
CASES = {
    "clock": (lambda: make_bars(15_000, seed=12), {"anchor": "02:00"}),
    "gaps": (lambda: make_bars(15_000, seed=13, gaps=0.2), {}),
    "session": (lambda: regular_hours(28_000, seed=11), {"session": NYSE, "anchor": "00:00"}),
    "session and night": (lambda: make_bars(21_000, seed=14), {"session": XNYS}),
}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    make, market = CASES[request.param]
    bars = make()
    columns = every_column(TIMEFRAMES, market.get("session"))
    return bars, market, columns, build_features(bars, columns=columns, **market)


def _assert_close(got: float, want: float, scale: float, name: str) -> None:
    assert want is not None, name
    assert got is not None, name
    assert abs(got - want) <= 1e-9 * max(abs(want), scale), name


def test_every_feature_on_its_own_lookback_gives_the_batch_row(case):
    bars, market, columns, batch = case
    for place, name in enumerate(columns):
        end = bars.height - 1 - 7 * (place % 23)
        latest = lookback(bars, columns=[name], at=bars["ts"][end], **market)
        live = build_features(latest, columns=[name], **market)
        assert live["ts"][-1] == bars["ts"][end]
        _assert_close(live[name][-1], batch[name][end], batch[name].std(), name)


def test_one_lookback_serves_all_features_at_any_cut(case):
    bars, market, columns, batch = case
    for end in range(bars.height - 41, bars.height, 8):
        latest = lookback(bars, columns=columns, at=bars["ts"][end], **market)
        live = build_features(latest, columns=columns, **market)
        for name in columns:
            _assert_close(live[name][-1], batch[name][end], batch[name].std(), name)


def test_the_bound_without_bars_is_enough_for_the_bars(case):
    bars, market, columns, _ = case
    for timeframe in TIMEFRAMES:
        names = [name for name in columns if name.endswith(f"_{timeframe}")]
        bound = warmup_bars(columns=names, base="1H", session=market.get("session"))
        for end in range(bars.height - 60, bars.height, 7):
            latest = lookback(bars, columns=names, at=bars["ts"][end], **market)
            assert latest.height <= bound


@pytest.mark.parametrize("entry", WINDOWED, ids=lambda e: e.template)
def test_one_bar_less_than_a_window_gives_null(entry):
    name = f"{entry.name(FeatureWindows())}_1H"
    bars = make_bars(100, seed=3)
    latest = lookback(bars, columns=[name])
    assert latest.height == entry.rows(FeatureWindows())
    assert build_features(latest, columns=[name])[name][-1] is not None
    assert build_features(latest[1:], columns=[name])[name][-1] is None


@pytest.mark.parametrize("entry", RECURSIVE, ids=lambda e: e.template)
def test_a_third_of_a_recursive_lookback_is_not_enough(entry):
    name = f"{entry.name(FeatureWindows())}_1H"
    bars = make_bars(3000, seed=12)
    batch = build_features(bars, columns=[name])[name]
    latest = lookback(bars, columns=[name])
    assert latest.height == entry.rows(FeatureWindows())
    live = build_features(latest.tail(latest.height // 3), columns=[name])[name]
    assert abs(live[-1] - batch[-1]) > 1e-9 * abs(batch[-1])


def test_a_coarse_lookback_begins_with_a_whole_bar():
    bars = make_bars(400, seed=1)
    latest = lookback(bars, columns=["close_momentum_5_4H"])
    assert latest["ts"][0].hour % 4 == 1
    whole = latest.height // 4 * 4
    assert whole == 6 * 4


def _spiked(bars: pl.DataFrame, rows: list[int], size: float) -> pl.DataFrame:
    """Wrong prints of `size` deviations in some rows, with a volume to match."""
    here = pl.int_range(pl.len()).is_in(rows)
    factors = {"high": 1 + size * 1e-4, "close": 1 + 0.9 * size * 1e-4, "volume": size}
    return bars.with_columns(
        pl.when(here).then(pl.col(c) * factor).otherwise(c).alias(c)
        for c, factor in factors.items()
    )


@pytest.mark.parametrize(
    ("entries", "size"),
    [(WINDOWED + RECURSIVE, 200.0), (WINDOWED + RECURSIVE, 1000.0), (WINDOWED, 1e12)],
    ids=["200 deviations", "1000 deviations", "windows only, 1e12 deviations"],
)
def test_a_spike_just_before_the_lookback_leaves_no_trace(entries, size):
    bars = make_bars(2000, seed=21, vol=1e-4)
    for entry in entries:
        name = f"{entry.name(FeatureWindows())}_1H"
        latest = lookback(bars, columns=[name])
        before = bars.height - latest.height
        spiked = _spiked(bars, [before - 1, before - 4, before - 9], size)
        batch = build_features(spiked, columns=[name])[name]
        live = build_features(latest, columns=[name])[name]
        _assert_close(live[-1], batch[-1], live.std() or 0.0, name)


@pytest.mark.parametrize("still", [130, 150, 175, 200, 500])
def test_a_market_that_stood_still_gives_the_batch_row_or_null_in_both(still):
    bars = make_bars(2000 + still, seed=3, vol=0.01)
    close = pl.when(pl.int_range(pl.len()) < 2000).then("close").forward_fill()
    prices = [
        pl.when(pl.int_range(pl.len()) < 2000).then(c).otherwise(close).alias(c)
        for c in ("open", "high", "low", "close")
    ]
    bars = bars.with_columns(prices)
    for entry in RECURSIVE:
        name = f"{entry.name(FeatureWindows())}_1H"
        batch = build_features(bars, columns=[name])[name]
        live = build_features(lookback(bars, columns=[name]), columns=[name])[name]
        assert (live[-1] is None) == (batch[-1] is None), name
        if batch[-1] is not None:
            _assert_close(live[-1], batch[-1], batch.std(), name)


def test_sums_and_extremes_have_the_bits_of_the_batch():
    bars = make_bars(2000, seed=5)
    names = [
        "close_realised_vol_20_1H", "close_parkinson_20_1H", "volume_cmf_20_1H", "close_cci_20_1H",
        "close_aroon_up_25_1H", "close_donchian_position_20_1H", "close_log_ratio_sma_20_1H",
    ]  # fmt: skip
    batch = build_features(bars, columns=names)
    for end in range(1000, 2000, 97):
        live = build_features(lookback(bars, columns=names, at=bars["ts"][end]), columns=names)
        assert live.row(-1) == batch.row(end)


def test_each_symbol_gets_its_own_lookback():
    one = make_bars(300, symbol="B", seed=1)
    two = make_bars(250, symbol="A", seed=2, gaps=0.2)
    wanted = {"columns": ["close_parkinson_20_4H", "close_logret_current_1H"]}
    both = lookback(pl.concat([one, two]), **wanted)
    assert both.equals(pl.concat([lookback(one, **wanted), lookback(two, **wanted)]))
    assert both["symbol"].unique(maintain_order=True).to_list() == ["B", "A"]


def test_a_moment_between_two_bars_stands_for_the_earlier_one():
    bars = make_bars(60, seed=1)
    between = bars["ts"][40] + timedelta(minutes=20)
    latest = lookback(bars, columns=["close_momentum_5_1H"], at=between)
    assert latest["ts"].to_list() == bars["ts"][35:41].to_list()


def test_more_columns_than_features_need_come_back():
    bars = make_bars(60).drop("n_base").with_columns(more=pl.lit(1))
    assert lookback(bars, columns=["close_momentum_5_1H"]).columns == bars.columns


@pytest.mark.parametrize(
    ("rows", "given", "message"),
    [
        (300, {"feature_set": "v2"}, "close_riskmetrics_vol_1H needs 580 whole 1H bars"),
        (
            900,
            {"feature_set": "v2", "timeframes": ["1H", "1D"]},
            "close_riskmetrics_vol_1D needs 580",
        ),
        (8, {"columns": ["close_logret_current_4H"]}, "needs 2 whole 4H bars .* 8 base bars"),
        (5, {"columns": ["close_momentum_5_1H"]}, "'X' are too few: close_momentum_5_1H needs 6"),
        (5, {"at": datetime(2019, 1, 1, tzinfo=UTC)}, "begin at 2020-01-01 .*after 2019-01-01"),
        (5, {"at": datetime(2024, 1, 1)}, "without a time zone"),
    ],
)
def test_a_history_that_is_too_short_is_refused(rows, given, message):
    with pytest.raises(ValueError, match=message):
        lookback(make_bars(rows, seed=1), **given)


def test_what_there_is_comes_back_where_that_is_asked_for():
    bars = make_bars(30, seed=1)
    assert lookback(bars, "v2", strict=False).equals(bars)
    partly = lookback(bars, columns=["close_momentum_5_1H"], strict=False)
    assert partly.height == 6


def test_one_base_bar_more_makes_a_short_history_long_enough():
    bars = make_bars(13, seed=1)
    column = ["close_logret_current_4H"]
    assert lookback(bars[3:], columns=column)["ts"].to_list() == bars["ts"][4:].to_list()
    with pytest.raises(ValueError, match="too few"):
        lookback(bars[4:], columns=column)


def test_bound_by_hand():
    assert warmup_bars("v1") == 20
    assert warmup_bars("v1", parkinson_window=50) == 50
    assert warmup_bars(columns=["close_logret_current_1D"], base="1H") == (2 + 2) * 24
    assert warmup_bars(columns=["close_logret_current_1W"], base="1D") == (2 + 2) * 7
    assert warmup_bars("v1", ["5min", "1H"]) == (20 + 2) * 12


@pytest.mark.parametrize(("timeframe", "sessions"), [("4H", 2), ("1D", 4)])
def test_bound_by_session_by_hand(timeframe, sessions):
    rows = warmup_bars(columns=[f"close_logret_current_{timeframe}"], base="1H", session=NYSE)
    assert rows == np.ceil((1.6 * sessions + 14) * 24)


def test_bound_of_weeks_by_session():
    rows = warmup_bars(columns=["close_logret_current_1W"], base="1H", session=NYSE)
    assert rows == (4 * 7 + 14) * 24


def test_bound_without_opening_time_is_known_for_days_only():
    close_only = Session(timezone="America/New_York", close="16:00")
    assert warmup_bars("v1", ["1D", "1W"], session=close_only) == 22 * 7 + 14
    with pytest.raises(ValueError, match="opening time"):
        warmup_bars("v1", ["1H", "4H"], session=close_only)


def test_the_description_holds_both_counts():
    frame = describe_features("v2", ["1H", "4H", "1D"], base="1H")
    rows = {row["column"]: row for row in frame.iter_rows(named=True)}
    assert rows["close_momentum_20_4H"]["warmup_bars"] == 21
    assert rows["close_momentum_20_4H"]["lookback_bars"] == 23 * 4
    ratio = rows["close_vol_ratio_20_1H_over_1D"]
    assert (ratio["warmup_bars"], ratio["lookback_bars"]) == (21, 23 * 24)
    assert frame["lookback_bars"].max() == warmup_bars("v2", ["1H", "4H", "1D"])
    most = frame.filter(pl.col("lookback_bars") == pl.col("lookback_bars").max())
    assert most["column"].item() == "close_riskmetrics_vol_1D"
