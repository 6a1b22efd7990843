"""A file of features: read, joined as known, and what is said of files that cannot be used."""

import math
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars import Session, SymbolTable, find_source
from regime_factory.features.ready_made import FeatureFile, join_features, read_features

START = datetime(2024, 1, 1, tzinfo=UTC)
NYSE = Session(timezone="America/New_York", open="09:30", close="16:00")
WEEK = timedelta(days=7)


def stamps(*hours, symbol="ES"):
    ts = pl.Series([START + timedelta(hours=h) for h in hours], dtype=pl.Datetime("us", "UTC"))
    return pl.DataFrame({"symbol": [symbol] * len(hours), "ts": ts})


def raw(hours, **columns):
    times = [START + timedelta(hours=h) for h in hours]
    return pl.DataFrame({"ts": times}).with_columns(**columns)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 60), unique=True, max_size=12),
    st.lists(st.integers(0, 60), unique=True, min_size=1, max_size=12),
    st.integers(1, 30),
)
def test_each_row_gets_the_latest_value_known_by_then(bars, known, hours):
    """Against a walk over every pair of rows."""
    bars = sorted(bars) or [0]
    table = raw(known, x=pl.Series([float(h) for h in known]))
    rows = read_features(table, FeatureFile(symbol="ES"), "1H")
    made = join_features(stamps(*bars), rows.table, timedelta(hours=hours))
    expected = [
        max((float(h) for h in known if bar - hours <= h <= bar), default=None) for bar in bars
    ]
    assert made["x"].to_list() == expected
    assert made.columns == ["symbol", "ts", "x"]


@pytest.mark.parametrize(
    ("stamp", "text", "known"),
    [
        ("available", "2024-01-02 15:00", datetime(2024, 1, 2, 15, tzinfo=UTC)),
        ("close", "2024-01-02 15:00", datetime(2024, 1, 2, 15, tzinfo=UTC)),
        ("open", "2024-01-02 15:00", datetime(2024, 1, 2, 16, tzinfo=UTC)),
        ("session_close", "2024-01-02", datetime(2024, 1, 2, 21, tzinfo=UTC)),
    ],
)
def test_the_stamp_says_from_when_a_row_is_known(stamp, text, known):
    table = pl.DataFrame({"ts": [text], "x": [1.0]})
    made = read_features(table, FeatureFile(symbol="ES", stamp=stamp), "1H", NYSE)
    assert made.table["ts"].to_list() == [known]


MIDNIGHTS = pl.Series([datetime(2024, 1, day) for day in (2, 3, 4)])


@pytest.mark.parametrize("stamp", ["available", "close"])
@pytest.mark.parametrize(
    "times",
    [
        MIDNIGHTS,
        MIDNIGHTS.dt.replace_time_zone("America/New_York"),
        MIDNIGHTS.dt.replace_time_zone("Europe/Berlin"),
        MIDNIGHTS.dt.to_string("%Y-%m-%d 00:00:00-05:00"),
    ],
)
def test_midnights_are_not_known_before_their_session(times, stamp, tmp_path):
    """A daily index of pandas: the close of a day would be seen at its open."""
    table = pl.DataFrame({"ts": times, "x": [1.0, 2.0, 3.0]})
    layout = FeatureFile(symbol="ES", stamp=stamp)
    with pytest.raises(
        ValueError, match=r"every time of .* is midnight in .* stamp: session_close"
    ):
        read_features(table, layout, "1H", NYSE)
    table.write_parquet(tmp_path / "daily.parquet")
    with pytest.raises(ValueError, match=r"every time of .* is midnight in"):
        read_features(find_source(tmp_path / "daily.parquet"), layout, "1H", NYSE, batch_rows=2)


@pytest.mark.parametrize(
    ("session", "stamp"),
    [
        (None, "available"),
        (Session(timezone="UTC", close="00:00"), "close"),
        (NYSE, "session_close"),
    ],
)
def test_midnights_that_say_when_a_row_is_known_are_read(session, stamp):
    table = pl.DataFrame({"ts": MIDNIGHTS, "x": [1.0, 2.0, 3.0]})
    made = read_features(table, FeatureFile(symbol="ES", stamp=stamp), "1H", session).table
    after = timedelta(hours=21 if stamp == "session_close" else 0)
    assert made["ts"].to_list() == [ts.replace(tzinfo=UTC) + after for ts in MIDNIGHTS]


def test_one_time_of_day_among_midnights_makes_all_of_them_moments(tmp_path):
    """The odd one out stands in the last of several pieces."""
    times = [*MIDNIGHTS, datetime(2024, 1, 4, 15)]
    pl.DataFrame({"ts": times, "x": 1.0}).write_parquet(tmp_path / "mixed.parquet")
    source = find_source(tmp_path / "mixed.parquet")
    made = read_features(source, FeatureFile(symbol="ES"), "1H", NYSE, batch_rows=2).table
    assert made.rows("ES").height == 4


@pytest.mark.parametrize(("anchor", "end"), [(None, (15, 30)), ("00:00", (15, 0))])
def test_a_first_bar_ends_where_the_anchor_says(anchor, end):
    """New York opens at 14:30 UTC; on the hours of the clock its first bar is a half one."""
    table = pl.DataFrame({"ts": ["2024-01-02 14:30"], "x": [1.0]})
    layout = FeatureFile(symbol="ES", stamp="open")
    made = read_features(table, layout, "1H", NYSE, anchor=anchor).table
    assert made["ts"].to_list() == [datetime(2024, 1, 2, *end, tzinfo=UTC)]


def test_the_length_of_the_rows_may_differ_from_the_base():
    table = pl.DataFrame({"ts": ["2024-01-02 15:00"], "x": [1.0]})
    layout = FeatureFile(symbol="ES", stamp="open", timeframe="4H")
    assert read_features(table, layout, "1H").table["ts"][0] == datetime(2024, 1, 2, 19, tzinfo=UTC)


@pytest.mark.parametrize(("base", "given"), [("1W", None), ("1H", "1W"), ("1D", "1W")])
def test_dates_of_weekly_rows_are_known_when_the_week_is_over(base, given):
    table = pl.DataFrame({"ts": ["2024-01-08"], "x": [1.0]})
    layout = FeatureFile(symbol="ES", stamp="session_close", timeframe=given)
    made = read_features(table, layout, base, NYSE).table
    assert made["ts"].to_list() == [datetime(2024, 1, 12, 21, tzinfo=UTC)]


def test_values_that_are_not_finite_are_null_and_counted():
    text = ["1", "nan", "inf", "", "-Infinity", "1e999", "NA"]
    numbers = [1.0, math.nan, math.inf, None, -math.inf, 2.0, 3.0]
    made = read_features(
        raw(range(7), text=pl.Series(text), number=pl.Series(numbers)), FeatureFile(), "1H"
    )
    assert made.table["text"].to_list() == [1.0, *[None] * 6]
    assert made.table["number"].to_list() == [1.0, *[None] * 4, 2.0, 3.0]
    assert made.not_finite == {"text": 4, "number": 3}


def test_symbols_are_found_however_they_are_spelt():
    table = raw(range(3), ticker=pl.Series(["es ", "NQ", "E S"]), x=pl.Series([1.0, 2, 3]))
    made = read_features(table, FeatureFile(symbol_column="ticker"), "1H").table
    assert join_features(stamps(2), made, WEEK)["x"].to_list() == [3.0]
    assert join_features(stamps(2, symbol="nq"), made, WEEK)["x"].to_list() == [2.0]
    with pytest.raises(ValueError, match=r"no row of 'CL'; it holds .*NQ.*; correct its symbols"):
        join_features(stamps(2, symbol="CL"), made, WEEK)


def test_values_without_a_symbol_hold_for_every_one():
    made = read_features(raw([0], x=pl.lit(1.0)), FeatureFile(), "1H").table
    assert made["symbol"].to_list() == [None]
    for symbol in ("ES", "NQ"):
        assert join_features(stamps(0, 1, symbol=symbol), made, WEEK)["x"].to_list() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("table", "layout", "message"),
    [
        (raw([0], x=1.0), {"time": "date"}, "has no column date; it has ts, x; set features.file"),
        (raw([0], x=1.0), {"symbol_column": "symbol"}, "has no column symbol"),
        (raw([0], x=1.0), {"columns": ["y"]}, "has no column y"),
        (raw([0]), {}, "has no column beside ts"),
        (raw([0], x=True, y=1.0), {}, r"hold no numbers: x \(Boolean\); list the columns"),
        (raw([0, 1], x=pl.Series(["1", "high"])), {}, "x of the feature file .* row 2: 'high'"),
        (
            pl.DataFrame({"ts": ["soon"], "x": [1]}),
            {},
            "1 times .* row 1: ts is not a time: 'soon'",
        ),
        (pl.DataFrame({"ts": ["2024-01-02"], "x": [1]}), {}, "dates without a time of day"),
        (
            raw([0, 1], symbol=pl.Series(["ES", None]), x=1.0),
            {"symbol_column": "symbol"},
            "1 rows without a symbol, the first in row 2; fill column 'symbol'",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why(table, layout, message):
    with pytest.raises(ValueError, match=message):
        read_features(table, FeatureFile(**layout), "1H")


def test_columns_to_take_leave_the_others_alone():
    table = raw([0], note=pl.lit("text"), x=1)
    assert read_features(table, FeatureFile(columns=["x"]), "1H").table.columns == [
        "symbol", "ts", "x",
    ]  # fmt: skip


def test_two_rows_of_one_time_are_refused():
    made = read_features(raw([0, 1, 1], x=pl.lit(1.0)), FeatureFile(), "1H").table
    with pytest.raises(ValueError, match=r"2 rows of 'ES' that share a time .* 2024-01-01 01:00"):
        join_features(stamps(3), made, WEEK)


def test_a_large_file_is_read_piece_by_piece_with_the_same_result(tmp_path):
    hours = list(range(40))
    table = raw(hours, symbol=pl.Series(["ES", "NQ"] * 20), x=pl.Series([float(h) for h in hours]))
    table.write_csv(tmp_path / "features.csv")
    layout = FeatureFile(symbol_column="symbol")
    source = find_source(tmp_path / "features.csv")
    in_pieces = read_features(source, layout, "1H", batch_rows=7).table
    assert isinstance(in_pieces, SymbolTable)
    at_once = read_features(source.read(), layout, "1H").table
    for symbol in ("ES", "NQ"):
        wanted = stamps(*hours, symbol=symbol)
        ours, theirs = (join_features(wanted, known, WEEK) for known in (in_pieces, at_once))
        assert ours.equals(theirs)
        assert ours["x"][-1] == (38.0 if symbol == "ES" else 39.0)


def test_a_column_is_taken_once():
    with pytest.raises(ValueError, match="columns names x more than once; name each once"):
        FeatureFile(columns=["x", "y", "x"])
