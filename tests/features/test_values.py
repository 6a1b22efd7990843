"""Every feature against an independent plain Python definition."""

from datetime import UTC, datetime, time

import numpy as np
import polars as pl
import pytest

from regime_factory.features import (
    ACROSS,
    FEATURES,
    FeatureWindows,
    build_features,
    feature_columns,
)

from .conftest import GLOBEX, NYSE, every_column, make_bars
from .reference import clock_references, references, session_progress

BY_NAME = {
    entry.name(setting): entry
    for entry in FEATURES.values()
    for setting in entry.settings(FeatureWindows())
}
OF_PRICES = [name for name, entry in BY_NAME.items() if entry.speaks is None]
OF_THE_CLOCK = [name for name, entry in BY_NAME.items() if entry.speaks is not None]


@pytest.fixture(scope="module", params=["full", "null volume"])
def case(request):
    bars = make_bars(220, seed=4)
    if request.param == "null volume":
        hole = (pl.int_range(pl.len()) % 37 == 5).alias("hole")
        bars = bars.with_columns(volume=pl.when(~hole).then("volume"))
    columns = [bars[name].to_list() for name in ("open", "high", "low", "close", "volume")]
    return build_features(bars, columns=every_column(["1H"])), references(*columns)


def test_the_references_cover_the_registry(case):
    clock = clock_references([datetime(2024, 1, 1, tzinfo=UTC)], "UTC")
    assert set(case[1]) == set(OF_PRICES)
    assert {*clock, "session_progress"} == set(OF_THE_CLOCK)


@pytest.mark.parametrize("name", OF_PRICES)
def test_feature_equals_its_definition(case, name):
    table, expected = case
    got = table[f"{name}_1H"].to_list()
    want = expected[name]
    assert [x is None for x in got] == [x is None for x in want]
    known = [x for x in want if x is not None]
    assert len(known) > 50
    np.testing.assert_allclose(
        [x for x in got if x is not None], known, rtol=1e-10, atol=1e-12 * np.abs(known).max()
    )


@pytest.mark.parametrize("session", [None, NYSE, GLOBEX], ids=["UTC", "NYSE", "Globex"])
def test_clock_feature_equals_its_definition(session):
    bars = make_bars(2 * 366 * 24, start=datetime(2019, 12, 30, 1, tzinfo=UTC)).gather_every(5)
    stamps = bars["ts"].to_list()
    expected = clock_references(stamps, session.timezone if session else "UTC")
    if session is not None:
        hours = time.fromisoformat(session.open), time.fromisoformat(session.close)
        expected["session_progress"] = session_progress(stamps, session.timezone, *hours)
    table = build_features(bars, columns=[f"{name}_1H" for name in expected], session=session)
    for name, want in expected.items():
        np.testing.assert_allclose(table[f"{name}_1H"], want, rtol=0, atol=1e-13, err_msg=name)
        assert len(set(want)) > 2


@pytest.mark.parametrize("entry", ACROSS.values(), ids=list(ACROSS))
def test_what_compares_two_timeframes_follows_from_its_parts(entry):
    bars = make_bars(900, seed=8)
    windows = FeatureWindows()
    fine, coarse = (
        f"{FEATURES[template].name(windows)}_{timeframe}"
        for template, timeframe in ((entry.fine, "1H"), (entry.coarse, "4H"))
    )
    name = f"{entry.name(windows)}_1H_over_4H"
    table = build_features(bars, columns=[fine, coarse, name])
    a, b = table[fine].to_numpy(), table[coarse].to_numpy()
    want = {
        "close_vol_ratio_20_1H_over_4H": lambda: a / b,
        "close_log_ratio_ema_20_1H_over_4H": lambda: np.log(a) - np.log(b),
        "close_momentum_agreement_20_1H_over_4H": lambda: np.sign(a) * np.sign(b),
    }[name]()
    np.testing.assert_allclose(table[name].to_numpy(), want, rtol=1e-12, atol=1e-14)
    assert build_features(bars, columns=[name])[name].equals(table[name])
    assert len(np.unique(want[~np.isnan(want)])) > 1


@pytest.mark.parametrize("name", OF_PRICES)
def test_self_contained_expression_gives_the_same_bits(name):
    bars = make_bars(120, seed=2)
    entry = BY_NAME[name]
    setting = next(s for s in entry.settings(FeatureWindows()) if entry.name(s) == name)
    alone = bars.select(entry.expression(setting)).to_series()
    staged = build_features(bars, columns=[f"{name}_1H"])[f"{name}_1H"]
    assert alone.to_list() == staged.to_list()


def test_a_column_alone_has_the_bits_it_has_in_the_set():
    bars = make_bars(200, seed=6)
    together = build_features(bars, columns=every_column(["1H", "4H"]))
    for name in together.columns[2:]:
        alone = build_features(bars, columns=[name])[name]
        assert alone.to_list() == together[name].to_list(), name


def test_names_are_those_of_the_mission():
    v1 = feature_columns("v1", ["1H"])
    assert v1 == [
        "close_logret_current_1H",
        "log_halfrange_current_1H",
        "log_volume_delta_current_1H",
        "close_parkinson_20_1H",
    ]
    v2 = feature_columns("v2", ["1H"])
    assert v2[:4] == v1
    assert {
        "close_ret_zscore_20_1H",
        "volume_rvol_20_1H",
        "close_over_vwap_1H",
        "close_log_ratio_vwap_1H",
        "high_low_range_pct_current_1H",
        "close_open_pct_current_1H",
        "high_low_halfrange_mean_20_1H",
        "high_low_halfrange_ewma_20_1H",
    } <= set(v2)
    assert len(v2) == len(set(v2)) >= 60
    assert set(v2) <= set(every_column(["1H"]))


def test_a_daily_set_has_no_feature_of_the_hour():
    daily = set(feature_columns("v2", ["1D"], session=NYSE))
    assert {"day_of_week_sin_1D", "days_to_month_end_1D"} <= daily
    assert not {name for name in daily if name.startswith(("hour_of_day", "session_progress"))}
    hourly = feature_columns("v2", ["1H", "1D"], session=NYSE)
    assert {"session_progress_1H", "hour_of_day_sin_1H", "day_of_week_sin_1H"} <= set(hourly)
    assert not {name for name in hourly if name.startswith("day") and name.endswith("1D")}


def test_bars_without_range_have_a_finite_half_range():
    bars = make_bars(5).with_columns(
        high=pl.col("close"), low=pl.col("close"), open=pl.col("close")
    )
    values = build_features(bars, columns=["log_halfrange_current_1H"]).to_series(2)
    assert values.to_list() == [pytest.approx(np.log(1e-5))] * 5
