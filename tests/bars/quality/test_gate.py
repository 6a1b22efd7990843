"""The quality gate: what raises, what goes to the quarantine, that nothing is lost, causality."""

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars import (
    BAR_COLUMNS,
    Session,
    SourceSpec,
    check_bars,
    embedded_bars,
    read_source,
    standardise,
)
from regime_factory.bars.schema import Bars, Quarantine
from regime_factory.bars.sources.spec import ADJUSTMENT_COLUMNS

from ..reference import NYSE, make_bars

START = datetime(2021, 1, 4, tzinfo=UTC)
PRICES = ("open", "high", "low", "close")
BAD_TIMES = [None, datetime(1, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)]
BAD_PRICES = [None, float("nan"), float("inf"), 0.0, -1.0]


def hourly(n=6, symbol="X"):
    return make_bars([START + timedelta(hours=i) for i in range(1, n + 1)], symbol=symbol)


def changed(bars, row, **values):
    """Bars with some cells of one row (0-based) replaced."""
    at = pl.int_range(pl.len()) == row
    return bars.with_columns(
        pl.when(at).then(pl.lit(value, dtype=bars.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def check_of(checked, name, symbol="X"):
    return next(
        line for line in checked.report["symbols"][symbol]["checks"] if line["check"] == name
    )


def test_good_bars_pass_unchanged():
    bars = hourly().with_columns(volume=pl.lit(7.0))
    checked = check_bars(bars)
    assert checked.bars.equals(bars)
    assert checked.quarantine.columns == [
        *BAR_COLUMNS,
        *ADJUSTMENT_COLUMNS,
        "file",
        "row",
        "reason",
    ]
    assert checked.quarantine.is_empty()
    line = checked.report["symbols"]["X"]
    assert (line["rows"], line["kept"], line["quarantined"]) == (6, 6, 0)
    assert line["first"] == "2021-01-04T01:00:00+00:00"
    assert {check["severity"] for check in line["checks"]} == {"ok"}
    json.dumps(checked.report, allow_nan=False)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"close": None}, "close is missing"),
        ({"close": float("nan")}, "close is NaN"),
        ({"open": 0.0}, "open is not positive: 0.0"),
        ({"low": -1.0}, "low is not positive: -1.0"),
        ({"high": 1.0}, "high 1.0 is below low"),
        ({"close": 500.0}, "close 500.0 is outside low..high"),
        ({"open": 500.0}, "open 500.0 is outside low..high"),
        ({"ts": START + timedelta(hours=2)}, "ts is a duplicate"),
        ({"ts": None}, "ts is missing"),
    ],
)
def test_bad_rows_go_to_the_quarantine(values, reason):
    checked = check_bars(changed(hourly(), 2, **values))
    assert (
        checked.bars["ts"].to_list() == hourly()["ts"].to_list()[:2] + hourly()["ts"].to_list()[3:]
    )
    assert checked.quarantine["row"].to_list() == [3]
    assert checked.quarantine["reason"][0].startswith(reason)
    line = checked.report["symbols"]["X"]
    assert (line["rows"], line["kept"], line["quarantined"]) == (6, 5, 1)
    Bars.validate(checked.bars)
    Quarantine.validate(checked.quarantine)


def test_text_in_numbers_reaches_the_quarantine_with_its_text():
    raw = pl.DataFrame(
        {
            "ts": ["2021-01-04 10:00", "2021-01-04 11:00", "tomorrow"],
            "open": ["1", "n/a", "1"],
            "high": ["2", "2", "2"],
            "low": ["1", "1", "1"],
            "close": ["1", "one", "1"],
        }
    )
    spec = SourceSpec(stamp="close", timezone="UTC", timeframe="1H", symbol="X")
    checked = check_bars(standardise(raw, spec))
    assert checked.quarantine.select("row", "reason").rows() == [
        (2, "close is not a number: 'one'; open is missing"),
        (3, "ts is not a time: 'tomorrow'"),
    ]
    assert check_of(checked, "readable cells")["rows"] == 2
    assert check_of(checked, "readable cells")["severity"] == "bad"


def test_the_first_valid_row_of_a_time_is_kept():
    bars = pl.concat([hourly(2), changed(hourly(2)[1:], 0, close=107.0), hourly(3)[2:]])
    assert check_bars(bars).quarantine["row"].to_list() == [3]
    first_is_bad = changed(bars, 1, close=-1.0)
    checked = check_bars(first_is_bad)
    assert checked.quarantine["row"].to_list() == [2]
    assert checked.bars["close"][1] == 107.0


def test_volume_at_or_below_zero_becomes_unknown_and_the_bar_stays():
    volumes = pl.Series([0.0, -5.0, float("nan"), float("inf"), 7.0, None])
    checked = check_bars(hourly().with_columns(volume=volumes))
    assert checked.bars["volume"].to_list() == [None] * 4 + [7.0, None]
    assert check_of(checked, "volume")["rows"] == 5


def test_what_a_rejected_row_states_of_a_split_is_not_lost():
    bars = changed(hourly(), 3, low=-1.0).with_columns(
        split=pl.Series([None, 1.0, None, 2.0, None, None]), dividend=0.0
    )
    bars = pl.concat([bars[:5], bars[1:2].with_columns(ts=bars["ts"][4], split=3.0), bars[5:]])
    checked = check_bars(bars)
    assert checked.quarantine["row"].to_list() == [4, 6]
    given = checked.adjustments
    assert given.columns == ["symbol", "ts", *ADJUSTMENT_COLUMNS]
    assert given["ts"].to_list() == hourly()["ts"].to_list()
    assert given["split"].to_list() == [None, 1.0, None, 2.0, None, None]
    assert check_bars(hourly()).adjustments.is_empty()


def test_disorder_is_an_error_that_names_the_row_unless_sorting_is_asked_for():
    bars = hourly()[[0, 1, 3, 2, 4, 5]]
    expected = (
        r"bars for 'X' go back in time at 2021-01-04 03:00 UTC \(row 4\); "
        "sort by ts or set ingest.sort: true"
    )
    with pytest.raises(ValueError, match=expected):
        check_bars(bars)
    checked = check_bars(bars, sort=True)
    assert checked.bars.equals(hourly())
    assert check_of(checked, "order")["severity"] == "warn"


def test_sorting_keeps_the_first_of_equal_times_in_the_file():
    late = changed(hourly(3), 2, ts=START + timedelta(hours=1), close=101.0)
    checked = check_bars(late, sort=True)
    assert checked.quarantine["row"].to_list() == [3]
    assert checked.bars["close"].to_list() == hourly(2)["close"].to_list()


def test_row_numbers_that_repeat_lose_no_row():
    two_files = hourly().with_columns(row=pl.Series([1, 2, 3, 1, 2, 3], dtype=pl.UInt32))
    checked = check_bars(changed(two_files, 1, close=None))
    assert (checked.bars.height, checked.quarantine["row"].to_list()) == (5, [2])


def test_symbols_are_checked_apart():
    mixed = pl.concat([hourly(3, "A"), hourly(3, "B")]).sort("ts", maintain_order=True)
    checked = check_bars(changed(mixed, 0, close=None))
    assert checked.bars["symbol"].to_list() == ["A", "A", "B", "B", "B"]
    assert {name: line["quarantined"] for name, line in checked.report["symbols"].items()} == {
        "A": 1,
        "B": 0,
    }


def test_rows_without_a_symbol_are_reported_by_themselves():
    checked = check_bars(changed(hourly(), 0, symbol=None))
    assert checked.report["symbols"]["(no symbol)"]["quarantined"] == 1
    assert checked.quarantine["reason"].to_list() == ["symbol is missing"]


def test_a_symbol_without_any_good_row_is_an_error():
    bars = pl.concat([hourly(3, "A"), hourly(3, "B").with_columns(close=pl.lit(-1.0))])
    expected = r"no usable row for 'B': all 3 rows are rejected \(3 by the rule 'positive prices'"
    with pytest.raises(ValueError, match=expected):
        check_bars(bars)


@pytest.mark.parametrize(
    ("bars", "message"),
    [
        (hourly().drop("close", "n_base"), "bars lack the column close, n_base"),
        (hourly().clear(), "table of bars is empty"),
        (hourly().with_columns(ts=pl.col("ts").dt.replace_time_zone(None)), "state stamp and zone"),
        (hourly().with_columns(close=pl.lit("5")), "bars hold text in close"),
        (hourly().with_columns(timeframe=pl.lit("1h")), "timeframe '1h' is unknown"),
        (
            pl.concat([hourly(), make_bars([START], "4H")]),
            "takes bars of one timeframe, found",
        ),
    ],
)
def test_structural_faults_raise(bars, message):
    with pytest.raises(ValueError, match=message):
        check_bars(bars)


def test_the_expected_timeframe_is_compared():
    assert check_bars(hourly(), timeframe="1H").bars.height == 6
    with pytest.raises(ValueError, match="bars have timeframe '1H', expected '4H'"):
        check_bars(hourly(), timeframe="4H")


def test_odd_hours_are_reported():
    checked = check_bars(hourly(), session=NYSE)
    assert check_of(checked, "moving prices")["severity"] == "ok"
    assert check_of(checked, "session hours")["rows"] == 6


def test_a_price_that_never_moves_is_refused_by_symbol():
    flat = hourly(symbol="F").with_columns(pl.lit(100.0).alias(name) for name in PRICES)
    with pytest.raises(ValueError, match=r"close of 'F' never moves: all 6 bars have 100\.0"):
        check_bars(pl.concat([hourly(), flat]))
    assert check_bars(flat[:1]).bars.height == 1
    assert check_bars(changed(flat, 5, high=101.0, close=101.0)).bars.height == 6


def test_times_that_no_bar_can_have_go_to_the_quarantine():
    now = START + timedelta(hours=7)
    bars = changed(hourly(8), 1, ts=datetime(1, 1, 1, tzinfo=UTC))
    bars = changed(bars, 3, ts=now + timedelta(minutes=1, seconds=1))
    bars = changed(bars, 7, ts=now + timedelta(minutes=1))
    checked = check_bars(bars, now=now)
    assert checked.quarantine.select("row", "reason").rows() == [
        (2, "ts 0001-01-01 00:00 UTC is before 1800"),
        (4, "ts 2021-01-04 07:01 UTC is in the future: the bar has not closed"),
    ]
    assert check_of(checked, "plausible times")["rows"] == 2
    assert check_of(checked, "order")["severity"] == "ok"
    json.dumps(checked.report, allow_nan=False)
    assert check_bars(bars, now=now.replace(tzinfo=None)).quarantine.equals(checked.quarantine)


def test_the_clock_changes_nothing_for_bars_of_the_past():
    checked = check_bars(hourly())
    later = check_bars(hourly(), now=datetime(2150, 1, 1, tzinfo=UTC))
    assert checked.bars.equals(later.bars)
    assert checked.report == later.report
    assert check_bars(changed(hourly(), 5, ts=datetime(2999, 1, 1))).quarantine["row"][0] == 6


def test_the_timeframe_is_compared_with_the_spacing_symbol_by_symbol():
    days = make_bars([START + timedelta(days=i) for i in range(20)], symbol="D")
    with pytest.raises(ValueError, match="bars of 'D' are mostly 1 day apart"):
        check_bars(pl.concat([hourly(20), days]))


@pytest.mark.parametrize(
    ("bars", "found"), [(None, "None"), (hourly().lazy(), "polars LazyFrame"), ({}, "dict")]
)
def test_only_a_table_is_checked(bars, found):
    with pytest.raises(TypeError, match=f"bars must be a polars.DataFrame, found {found}"):
        check_bars(bars)


@st.composite
def messy_bars(draw):
    """Bars of two symbols, after three good ones, with bad prices, times and text faults."""
    n = draw(st.integers(1, 25))
    steps = draw(st.lists(st.sampled_from([0, 1, 1, 2]), min_size=n, max_size=n))
    bars = (
        hourly(n)
        .with_columns(
            ts=START + pl.duration(hours=3) + pl.duration(hours=pl.Series(steps).cum_sum()),
            symbol=pl.Series(draw(st.lists(st.sampled_from("AB"), min_size=n, max_size=n))),
            fault=pl.Series(
                draw(
                    st.lists(
                        st.sampled_from([None, None, "close is not a number: 'x'"]),
                        min_size=n,
                        max_size=n,
                    )
                ),
                dtype=pl.String,
            ),
        )
        .with_columns(pl.col("ts").dt.cast_time_unit("us"))
    )
    for row in draw(st.sets(st.integers(0, n - 1), max_size=6)):
        name = draw(st.sampled_from(["open", "high", "low", "close"]))
        bars = changed(bars, row, **{name: draw(st.sampled_from(BAD_PRICES))})
    for row in draw(st.sets(st.integers(0, n - 1), max_size=2)):
        bars = changed(bars, row, ts=draw(st.sampled_from(BAD_TIMES)))
    good = hourly(3).with_columns(fault=pl.lit(None, dtype=pl.String))
    return pl.concat([good.with_columns(symbol=pl.lit(name)) for name in "AB"] + [bars])


@settings(max_examples=30, deadline=None)
@given(bars=messy_bars(), cut=st.integers(6, 31))
def test_no_row_is_lost_and_later_rows_change_no_decision(bars, cut):
    whole = check_bars(bars)
    assert whole.bars.height + whole.quarantine.height == bars.height
    assert whole.quarantine["row"].n_unique() == whole.quarantine.height
    assert (whole.quarantine["reason"].str.len_chars() > 0).all()
    for line in whole.report["symbols"].values():
        assert line["kept"] + line["quarantined"] == line["rows"]
    json.dumps(whole.report, allow_nan=False)
    Bars.validate(whole.bars)

    early = check_bars(bars[:cut])
    decided = whole.quarantine.filter(pl.col("row") <= cut)
    assert early.quarantine.equals(decided, null_equal=True)
    for symbol in "AB":
        kept = early.bars.filter(pl.col("symbol") == symbol)
        assert whole.bars.filter(pl.col("symbol") == symbol)[: kept.height].equals(kept)


EMBEDDED = SourceSpec(
    columns={"ts": "Date"},
    date_format="%m/%d/%Y",
    stamp="session_close",
    session_close="16:00",
    timezone="America/New_York",
    timeframe="1D",
)


def test_the_embedded_bars_pass_and_their_stale_opens_are_reported():
    checked = check_bars(standardise(embedded_bars(), EMBEDDED), session=NYSE)
    assert checked.quarantine.is_empty()
    assert {name: line["kept"] for name, line in checked.report["symbols"].items()} == {
        "SP500": 5031,
        "NASDAQ": 5031,
    }
    Bars.validate(checked.bars)
    years = checked.report["symbols"]["SP500"]["stale_open_years"]
    assert all(years[str(year)] > 0.94 for year in range(1999, 2006))
    assert years["2006"] == pytest.approx(0.426, abs=0.001)
    assert check_of(checked, "stale opens", "SP500")["severity"] == "warn"
    assert check_of(checked, "stale opens", "NASDAQ")["severity"] == "ok"
    assert checked.report["symbols"]["NASDAQ"]["stale_open_share"] < 0.01
    assert check_of(checked, "volume", "NASDAQ")["rows"] == 2


def file_spec(time, **settings):
    return SourceSpec(columns={"ts": time}, **settings)


HOURLY = file_spec("timestamp", stamp="open", timezone="UTC", timeframe="1H")
DAILY = {"stamp": "session_close", "timeframe": "1D"}
STOCKS = file_spec("date", session_close="16:00", timezone="America/New_York", **DAILY)
CHICAGO = file_spec("date", session_close="16:00", timezone="America/Chicago", **DAILY)
CBOE = Session(timezone="America/Chicago", close="16:00")


@pytest.mark.parametrize(
    ("file", "spec", "session", "counts"),
    [
        ("crypto/BTCUSDT_1h_2018_2022_no_volume", HOURLY, None, (43654, 0, 43654)),
        ("equity/SPY_1h_1998_2021", HOURLY, NYSE, (40832, 0, 0)),
        ("equity/SPY_1d_1998_2021", STOCKS, NYSE, (5849, 0, 0)),
        ("equity/MSFT_1d_1990_2022", STOCKS, NYSE, (8111, 0, 506)),
        ("equity/SPX_1d_1990_2022", STOCKS, NYSE, (8111, 0, 2215)),
        ("futures/ES_1d_2010_2020", CHICAGO, CBOE, (2521, 0, 0)),
        ("futures/NQ_1d_2010_2020", CHICAGO, CBOE, (2521, 0, 0)),
        ("macro/VIX_1d_1990_2022", CHICAGO, CBOE, (8317, 47, 8270)),
    ],
)
def test_real_files_pass(shared_data, file, spec, session, counts):
    rows, rejected, no_volume = counts
    raw = read_source(shared_data / f"{file}.parquet")
    checked = check_bars(standardise(raw, spec), session=session)
    assert raw.height == rows
    assert checked.quarantine.height == rejected
    assert checked.bars.height == rows - rejected
    assert checked.bars["volume"].null_count() == no_volume
    Bars.validate(checked.bars)
    Quarantine.validate(checked.quarantine)
