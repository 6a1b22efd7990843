"""Zones: from dates and shares, too few bars, cutting tables without losing a row."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars import ZONE_NAMES, check_symbol_zones, resolve_zones, split_zones
from regime_factory.bars.schema import Zones

from .reference import UTC_TS


def daily(n=100, hour=21):
    first = datetime(2021, 1, 1, hour, tzinfo=UTC)
    return pl.Series([first + timedelta(days=i) for i in range(n)], dtype=UTC_TS)


def sizes(ts, zones):
    return [split_zones(ts.to_frame("ts"), zones)[name].height for name in ZONE_NAMES]


def test_shares_count_unique_stamps_of_all_symbols():
    ts = pl.concat([daily(), daily(40)])
    zones = resolve_zones(ts, selection_end=0.6, evaluation_end=0.85, min_bars=15)
    assert sizes(daily(), zones) == [60, 25, 15]
    Zones.validate(zones)


def test_a_share_as_exact_decimal_is_not_rounded_down():
    zones = resolve_zones(daily(), selection_end=0.29, evaluation_end="0.57", min_bars=1)
    assert sizes(daily(), zones) == [29, 28, 43]


def test_a_date_takes_its_whole_day():
    zones = resolve_zones(
        daily(), selection_end="2021-01-31", evaluation_end=date(2021, 2, 28), min_bars=10
    )
    assert zones["zone"].to_list() == list(ZONE_NAMES)
    assert zones["end"].dt.to_string("%m-%d %H").to_list() == ["01-31 21", "02-28 21", "04-10 21"]
    assert zones["start"].dt.to_string("%m-%d").to_list() == ["01-01", "02-01", "03-01"]


@pytest.mark.parametrize(
    "moment", ["2021-01-31T20:00:00", "2021-01-31T22:00:00+02:00", datetime(2021, 1, 31, 20)]
)
def test_a_time_is_exact(moment):
    zones = resolve_zones(daily(), selection_end=moment, evaluation_end=0.8, min_bars=10)
    assert zones["end"].dt.to_string("%m-%d")[0] == "01-30"


@pytest.mark.parametrize(
    ("ts", "ends", "message"),
    [
        (daily(), (0.8, 0.6), "out of order: selection_end 0.8 is not before"),
        (daily(), ("2021-02-01", "2021-02-01"), "out of order"),
        (daily(20), (0.6, 0.8), "too few bars for the zones: selection has 12, evaluation has 4"),
        (daily(10), (0.5, 0.55), "selection has 5, evaluation has 0"),
        (daily(), ("1990-01-01", 0.8), "selection has 0"),
        (daily(), (0.6, "2030-01-01"), "holdout has 0"),
        (daily(), (0.6, 1.0), "holdout has 0"),
        (daily(3), (0.1, 0.8), "selection has 0.* from 2021-01-01 to 2021-01-03, so move"),
        (daily(1), (0.6, 0.8), "selection has 0, evaluation has 0, holdout has 1, expected at"),
        (daily(2), (0.6, 0.8), "selection has 1, evaluation has 0.* or bring more bars"),
        (daily(), (None, 0.8), "selection_end is None; give a date such as"),
        (daily(), (0.6, True), "evaluation_end is True; give a date such as"),
        (daily(), ([0.6], 0.8), r"selection_end is \[0.6\]; give a date such as"),
        (daily(), (0.6, 1.2), "evaluation_end is 1.2; a share"),
        (daily(), ("middle", 0.8), "selection_end 'middle' is neither a date"),
        (daily().clear(), (0.6, 0.8), "zones need bars, found none"),
        (daily().dt.replace_time_zone(None), (0.6, 0.8), "zones need close stamps in UTC"),
    ],
)
def test_wrong_zones_say_what_is_wrong(ts, ends, message):
    with pytest.raises(ValueError, match=message):
        resolve_zones(ts, selection_end=ends[0], evaluation_end=ends[1], min_bars=13)


@settings(max_examples=30, deadline=None)
@given(st.integers(21, 80), st.floats(0.2, 0.5), st.floats(0.55, 0.9), st.integers(0, 50))
def test_every_row_has_one_zone_also_rows_that_come_later(n, first, second, later):
    zones = resolve_zones(daily(n), selection_end=first, evaluation_end=second, min_bars=1)
    grown = daily(n + later)
    assert sum(sizes(grown, zones)) == n + later
    assert sizes(grown, zones)[:2] == sizes(daily(n), zones)[:2]
    assert sizes(daily(n), zones) == [
        daily(n).is_between(start, end).sum() for _, start, end in zones.iter_rows()
    ]


def test_splitting_needs_the_three_zones():
    zones = resolve_zones(daily(), selection_end=0.5, evaluation_end=0.8, min_bars=5)
    with pytest.raises(ValueError, match="expected the zones selection, evaluation, holdout"):
        split_zones(daily().to_frame("ts"), zones[:2])


def test_the_stamps_must_be_a_series():
    with pytest.raises(TypeError, match=r"ts column as a polars.Series, found DataFrame"):
        resolve_zones(daily().to_frame(), selection_end=0.6, evaluation_end=0.8)


def test_a_table_of_another_kind_is_not_cut():
    zones = resolve_zones(daily(), selection_end=0.5, evaluation_end=0.8, min_bars=5)
    with pytest.raises(TypeError, match=r"found polars LazyFrame; call \.collect"):
        split_zones(daily().to_frame("ts").lazy(), zones)


def of_symbols(**days):
    return pl.concat(
        ts.to_frame("ts").select(pl.lit(name).alias("symbol"), "ts") for name, ts in days.items()
    )


def test_each_symbol_needs_bars_of_its_own_in_the_zones_of_the_figures():
    zones = resolve_zones(daily(), selection_end=0.5, evaluation_end=0.8, min_bars=5)
    whole, late, early, sealed = daily(), daily()[45:], daily()[:60], daily()[85:]
    check_symbol_zones(of_symbols(A=whole, B=late), zones, min_bars=5)
    with pytest.raises(ValueError, match="expected at least 11") as caught:
        check_symbol_zones(of_symbols(A=whole, B=late, C=early, D=sealed), zones, min_bars=11)
    message = str(caught.value)
    assert "'A'" not in message
    assert (
        "'B' has 5 bars in the selection zone (its bars run from 2021-02-15 to 2021-04-10); "
        "'C' has 10 bars in the evaluation zone (its bars run from 2021-01-01 to 2021-03-01); "
        "'D' has 0 bars in the selection zone and 0 bars in the evaluation zone" in message
    )
    assert "the selection zone ends on 2021-02-19, the evaluation zone on 2021-03-21" in message
    assert "leave the symbol out with ingest.symbols, or move zones.selection_end" in message


def test_a_symbol_without_a_bar_fails_whatever_the_minimum():
    zones = resolve_zones(daily(), selection_end=0.5, evaluation_end=0.8, min_bars=5)
    with pytest.raises(ValueError, match="'X' has 0 bars in the selection zone"):
        check_symbol_zones(of_symbols(X=daily()[60:]), zones, min_bars=0)
    with pytest.raises(TypeError, match=r"bars must be a polars\.DataFrame, found None"):
        check_symbol_zones(None, zones, min_bars=5)
