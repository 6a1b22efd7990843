"""Report lines on prices that stand still or stand in the wrong column."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars.quality.findings_prices import (
    open_follows_close_finding,
    stale_open_finding,
    stale_run_finding,
)

START = datetime(2021, 1, 4, tzinfo=UTC)


def table(rows):
    """Bars from (open, high, low, close)."""
    stamps = {"ts": [START + timedelta(hours=i) for i in range(len(rows))]}
    columns = dict(zip(("open", "high", "low", "close"), zip(*rows, strict=True), strict=True))
    return pl.DataFrame(stamps | columns)


def test_stale_opens_are_counted_per_year():
    stamps = [
        datetime(year, 6, day, tzinfo=UTC) for year in (2003, 2004, 2006) for day in (1, 2, 3)
    ]
    close = [float(i) for i in range(1, 10)]
    opens = [9.0, 1.0, 2.0, 9.0, 9.0, 5.0, 9.0, 9.0, 9.0]
    bars = pl.DataFrame({"ts": stamps, "open": opens, "close": close})
    line, share, years = stale_open_finding(bars, 0.05)
    assert share == pytest.approx(3 / 8)
    assert years == {"2003": 1.0, "2004": pytest.approx(1 / 3)}
    assert (line["severity"], line["rows"]) == ("warn", 3)
    assert "2003-2004" in line["note"]
    assert stale_open_finding(bars, 1.0)[0]["severity"] == "ok"
    assert stale_open_finding(bars[:1], 0.05)[1:] == (0.0, {})


def stale_by_hand(rows, bars):
    """Rows at which the last `bars` bars all stood still, walked through one by one."""
    found, run = [], 0
    for i, (opened, high, low, close) in enumerate(rows):
        before = rows[i - 1] if i else (None,) * 4
        still = close == before[3] and (high == low or (opened, high, low, close) == before)
        run = run + 1 if still else 0
        if run >= bars:
            found.append(i)
    return found


QUIET = st.sampled_from([(1.0, 1.0, 1.0, 1.0), (1.0, 2.0, 1.0, 1.0), (2.0, 2.0, 1.0, 2.0)])


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(QUIET, min_size=1, max_size=40), bars=st.integers(2, 4))
def test_stale_runs_equal_a_walk_over_the_bars(rows, bars):
    expected = stale_by_hand(rows, bars)
    line = stale_run_finding(table(rows), bars, bad_share=1.0)
    assert line["rows"] == len(expected)
    if expected:
        assert line["first"] == (START + timedelta(hours=expected[0])).isoformat()
        runs = [n for i, n in enumerate(expected) if i == 0 or n - expected[i - 1] > 1]
        assert line["result"].startswith(f"{len(runs)} run")
        assert stale_run_finding(table(rows), bars, bad_share=0.0)["severity"] == "bad"


def test_later_bars_change_no_stale_bar():
    rows = [(1.0, 1.0, 1.0, 1.0)] * 6 + [(1.0, 2.0, 1.0, 2.0)]
    early = stale_run_finding(table(rows[:5]), 3, 1.0)
    assert (early["rows"], stale_run_finding(table(rows), 3, 1.0)["rows"]) == (2, 3)
    assert "longest of 5 bars" in stale_run_finding(table(rows), 3, 1.0)["result"]


def walk(n=400, seed=1):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(0.01 * rng.standard_normal(n)))
    opens = np.append(100, close[:-1]) * np.exp(0.002 * rng.standard_normal(n))
    both = np.maximum(opens, close), np.minimum(opens, close)
    return table(list(zip(opens, both[0] * 1.001, both[1] * 0.999, close, strict=True)))


def test_swapped_columns_and_reversed_time_show():
    bars = walk()
    assert open_follows_close_finding(bars)["severity"] == "ok"
    swapped = bars.rename({"open": "close", "close": "open"})
    assert open_follows_close_finding(swapped)["severity"] == "bad"
    reverse = bars.select("ts", pl.exclude("ts").reverse())
    assert open_follows_close_finding(reverse)["severity"] == "bad"
    assert open_follows_close_finding(swapped[:99])["severity"] == "ok"
