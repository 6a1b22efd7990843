"""Each macro feature against pandas or plain Python on windows of values."""

import math
import statistics
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from regime_factory.bars.macro.spec import MacroSeries
from regime_factory.features.macro import MACRO_FEATURES, describe_macro, macro_columns
from regime_factory.features.macro_settings import MacroFeatures, macro_windows

WINDOWS = hnp.arrays(
    float, st.tuples(st.integers(1, 4), st.integers(3, 9)), elements=st.integers(1, 6)
)
SOURCES = {
    name: MacroSeries(
        values={name: "x"}, period=period, stamp="end", lag=0, clock="16:00", timezone="UTC",
        max_staleness_days=days,
    )
    for name, period, days in (
        ("vix", "day", 7), ("two", "day", 5), ("ten", "day", 9), ("baa", "month", 45),
        ("aaa", "month", 45), ("hy", "week", 10), ("spx", "week", 10),
    )
}  # fmt: skip


def evaluate(template: str, values: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return MACRO_FEATURES[template].evaluate(values)


@settings(deadline=None)
@given(WINDOWS)
def test_the_percentile_is_the_mean_rank_of_pandas(values):
    made = evaluate("macro_vix_percentile_{vix_window}", values)
    for row, found in zip(values, made, strict=True):
        assert found == pd.Series(row).rank(pct=True).iloc[-1]


def test_ties_share_their_mean_rank():
    made = evaluate("macro_vix_percentile_{vix_window}", np.array([[1.0, 2, 2, 3, 2]]))
    assert made.tolist() == [3 / 5]  # ranks 2, 3 and 4 are shared by the three twos
    edges = evaluate("macro_vix_percentile_{vix_window}", np.array([[1.0, 2, 3], [3.0, 2, 1]]))
    assert edges.tolist() == [1.0, 1 / 3]


@settings(deadline=None)
@given(WINDOWS)
def test_volatility_momentum_and_trend_follow_their_definitions(values):
    volatility = evaluate("macro_realised_vol_{vol_window}", values)
    momentum = evaluate("macro_momentum_{momentum_window}", values)
    trend = evaluate("macro_trend_{trend_window}", values)
    for place, row in enumerate(values.tolist()):
        returns = [math.log(b / a) for a, b in pairwise(row)]
        assert volatility[place] == pytest.approx(statistics.stdev(returns), abs=1e-12)
        assert momentum[place] == pytest.approx(sum(returns), abs=1e-12)
        assert trend[place] == pytest.approx(math.log(row[-1] / statistics.fmean(row)), abs=1e-12)


@settings(deadline=None)
@given(WINDOWS)
def test_slope_and_spread_follow_their_definitions(values):
    assert evaluate("macro_slope_2y10y", values).tolist() == values[:, -1].tolist()
    assert evaluate("macro_spread_level", values).tolist() == values[:, -1].tolist()
    change = evaluate("macro_slope_change_{slope_window}", values)
    zscore = evaluate("macro_spread_zscore_{spread_window}", values)
    for place, row in enumerate(values.tolist()):
        assert change[place] == row[-1] - row[0]
        if len(set(row)) == 1:
            assert math.isnan(zscore[place])
        else:
            expected = (row[-1] - statistics.fmean(row)) / statistics.stdev(row)
            assert zscore[place] == pytest.approx(expected, abs=1e-12)


def test_a_flat_spread_has_no_zscore_whatever_its_rounding():
    flat = np.full((1, 60), 1.1)
    assert flat.std(axis=1, ddof=1)[0] > 0  # what a plain formula would divide by
    assert np.isnan(evaluate("macro_spread_zscore_{spread_window}", flat)).all()


def test_there_are_nine_and_each_says_what_it_is():
    assert len(MACRO_FEATURES) == 9
    for template, entry in MACRO_FEATURES.items():
        assert template.startswith("macro_")
        assert entry.formula.endswith(".")
        assert entry.unit
        assert ("{" in template) == (entry.window is not None)


@pytest.mark.parametrize(("name", "window"), [("baa", 60), ("hy", 156), ("vix", 252)])
def test_the_window_of_the_spread_suits_its_frequency(name, window):
    found = macro_windows(MacroFeatures(spread=name), SOURCES)["spread_window"]
    assert found == window
    given_one = MacroFeatures(spread=name, spread_window=24)
    assert macro_columns(given_one, SOURCES)[-1] == "macro_spread_zscore_24"


def test_the_description_tells_series_windows_and_what_is_missing():
    features = MacroFeatures(
        vix="vix", short_yield="two", long_yield="ten", spread="baa", spread_base="aaa",
        price="spx", slope_window=5,
    )  # fmt: skip
    table = describe_macro(features, SOURCES, ["vix", "two", "baa", "aaa"])
    rows = {row["column"]: row for row in table.iter_rows(named=True)}
    assert list(rows) == macro_columns(features, SOURCES)
    change = rows["macro_slope_change_5"]
    assert (change["series"], change["missing"]) == ("ten - two", "ten")
    assert (change["window"], change["warmup"], change["observation"]) == (5, 6, "day")
    assert change["max_staleness_days"] == 5
    spread = rows["macro_spread_zscore_60"]
    assert (spread["series"], spread["missing"]) == ("baa - aaa", None)
    assert (spread["warmup"], spread["observation"]) == (60, "month")
    assert rows["macro_momentum_60"]["missing"] == "spx"
    assert rows["macro_momentum_60"]["observation"] == "week"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"long_yield": "ten"}, "the slope needs both"),
        ({"spread_base": "aaa"}, "spread_base is 'aaa' but spread is not given"),
        ({"vix_window": 1}, "greater than or equal to 2"),
        ({"vix_window": 10_000_000}, "less than or equal to 5000"),
        ({"vix_widow": 5}, "Extra inputs"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        MacroFeatures(**settings)


def test_a_series_that_is_not_described_is_refused():
    with pytest.raises(ValueError, match=r"'vx', which no file in macro.sources has; did you mean"):
        macro_windows(MacroFeatures(vix="vx"), SOURCES)
