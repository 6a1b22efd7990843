"""Raw rows to canonical bars: columns, symbols, numbers, faults."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.bars import BAR_COLUMNS, SourceSpec, check_bars, standardise
from regime_factory.bars.sources.spec import ADJUSTMENT_COLUMNS

RAW = {
    "time": ["2021-01-04 10:00", "2021-01-04 11:00"],
    "Open": ["1", "2"],
    "High": ["1.5", "2.5"],
    "Low": ["0.5", "1.5"],
    "Close": ["1.25", "2.25"],
    "Volume": ["10", "20"],
}


NAMED = {"ts": "time", "symbol": "ticker"}


def spec(**settings):
    given_settings = {
        "columns": {"ts": "time"},
        "stamp": "close",
        "timezone": "UTC",
        "timeframe": "1H",
        "symbol": "X",
    }
    return SourceSpec(**(given_settings | settings))


def raw(**changes):
    return pl.DataFrame(RAW | changes)


STATED = SourceSpec(stamp="close", timezone="UTC", timeframe="1D", symbol="X")


def stated(**columns):
    times = ["2021-01-04 21:00", "2021-01-05 21:00"]
    return pl.DataFrame(
        {"ts": times, **dict.fromkeys(("open", "high", "low", "close"), 1.0)} | columns
    )


def test_canonical_columns_and_types():
    made = standardise(raw(), spec())
    assert made.columns == [*BAR_COLUMNS, *ADJUSTMENT_COLUMNS, "file", "row", "fault"]
    assert [made.schema[name] for name in ADJUSTMENT_COLUMNS] == [pl.Float64] * 3
    assert made.select(ADJUSTMENT_COLUMNS).null_count().row(0) == (2, 2, 2)
    assert made.schema["n_base"] == pl.UInt32
    assert made.schema["row"] == pl.UInt32
    assert made.select(
        "symbol", "timeframe", "open", "close", "volume", "n_base", "row"
    ).rows() == [
        ("X", "1H", 1.0, 1.25, 10.0, 1, 1),
        ("X", "1H", 2.0, 2.25, 20.0, 1, 2),
    ]
    assert made["fault"].null_count() == 2


def test_any_names_by_mapping():
    renamed = raw().rename({"Close": "last price", "Volume": "size"})
    layout = spec(columns={"ts": "time", "close": "last price", "volume": "size"})
    assert standardise(renamed, layout).equals(standardise(raw(), spec()))


def test_numbers_that_are_numbers_already():
    numeric = raw().cast(dict.fromkeys(("Open", "High", "Low", "Close"), pl.Float32))
    numeric = numeric.cast({"Volume": pl.Int64})
    assert standardise(numeric, spec()).equals(standardise(raw(), spec()))


def test_volume_may_be_missing():
    made = standardise(raw().drop("Volume"), spec())
    assert made["volume"].null_count() == 2
    assert made.schema["volume"] == pl.Float64


def test_what_the_file_says_of_adjustments_is_kept():
    given = raw(**{"Adj Close": ["0.5", "-"], "Split": ["", "2"], "paid": [0.25, None]})
    made = standardise(given, spec(columns={"ts": "time", "dividend": "paid"}))
    assert made.select(ADJUSTMENT_COLUMNS).rows() == [(0.5, None, 0.25), (None, 2.0, None)]
    left_out = standardise(given, spec(columns={"ts": "time", "adj_close": None}))
    assert left_out["adj_close"].null_count() == 2
    text = standardise(raw(**{"Adj Close": ["0.5 USD", ""]}), spec())
    assert text["fault"].to_list() == ["adj_close is not a number: '0.5 USD'", None]


@pytest.mark.parametrize(
    ("columns", "drop", "message"),
    [
        (
            {"ts": "time"},
            "Close",
            "no column for close; the file has time, Open, High, Low, Volume",
        ),
        ({}, "Close", "no column for ts, close"),
        ({"ts": "date"}, "Close", "column 'date', named for ts, is not in the file"),
        ({"ts": "time", "volume": "vol"}, "Open", "column 'vol', named for volume"),
    ],
)
def test_missing_columns_are_named(columns, drop, message):
    with pytest.raises(ValueError, match=message):
        standardise(raw().drop(drop), spec(columns=columns))


def test_two_columns_alike_are_not_guessed():
    with pytest.raises(ValueError, match="columns Close, close may each be close"):
        standardise(raw().with_columns(close=pl.lit("9")), spec())


def test_an_empty_table_and_a_column_of_dates_are_refused():
    with pytest.raises(ValueError, match="table of raw bars is empty"):
        standardise(raw().clear(), spec())
    dated = raw().with_columns(pl.lit("2021-01-01").str.to_date().alias("Open"))
    with pytest.raises(ValueError, match="column for open holds Date, expected numbers"):
        standardise(dated, spec())


def test_text_in_numbers_is_remembered_and_empty_cells_are_null():
    made = standardise(raw(Open=["1,250.5", "2"], Low=["abc", " "], Volume=["1M", "-"]), spec())
    assert made["fault"].to_list() == [
        "open is not a number: '1,250.5'; low is not a number: 'abc'",
        None,
    ]
    assert made["open"].to_list() == [None, 2.0]
    assert made["low"].to_list() == [None, None]
    assert made["volume"].is_nan().to_list() == [True, None]


def test_a_volume_that_cannot_be_read_costs_no_bar():
    checked = check_bars(standardise(raw(Volume=["1M", "7"]), spec()))
    assert checked.bars["volume"].to_list() == [None, 7.0]
    assert checked.quarantine.is_empty()
    lines = {line["check"]: line for line in checked.report["symbols"]["X"]["checks"]}
    assert (
        "1 of 2 bars have no volume above zero, 1 of them one that is not a number"
        in lines["volume"]["result"]
    )


def test_a_bad_time_and_a_bad_number_are_both_named():
    made = standardise(raw(time=["yesterday", "2021-01-04 11:00"], High=["x", "2.5"]), spec())
    assert made["fault"][0] == "ts is not a time: 'yesterday'; high is not a number: 'x'"


def test_symbols_are_chosen_ignoring_case_and_blanks():
    table = pl.concat([raw(symbol=[name] * 2) for name in (" ES", "NQ", "es ", "E S", "SPY", "nq")])
    made = standardise(table, spec(symbol=None, symbols=["nq", " eS "]))
    assert made["symbol"].unique(maintain_order=True).to_list() == ["ES", "NQ"]
    assert made.filter(pl.col("symbol") == "ES")["row"].to_list() == [1, 2, 5, 6, 7, 8]
    assert made.filter(pl.col("symbol") == "NQ")["row"].to_list() == [3, 4, 11, 12]


def test_an_unknown_symbol_names_the_known_ones():
    table = pl.concat([raw(symbol=[f"S{i}"] * 2) for i in range(10)])
    with pytest.raises(
        ValueError, match=r"symbol ZZ is not in the data; it holds S0, .* and 2 more"
    ):
        standardise(table, spec(symbol=None, symbols=["S1", "ZZ"]))


def test_a_file_without_symbols_needs_one():
    with pytest.raises(ValueError, match="no symbol column and no symbol is given"):
        standardise(raw(), spec(symbol=None))
    with pytest.raises(ValueError, match="no row has a symbol"):
        standardise(raw(symbol=["", None]), spec())


def test_a_given_symbol_does_not_rename_those_of_the_file():
    with pytest.raises(
        ValueError, match="symbol is 'X', but the file's column 'symbol' names"
    ) as e:
        standardise(raw(symbol=["BTC", "X"]), spec())
    assert "names BTC, X; to keep some of those list them in ingest.symbols" in str(e.value)
    assert "set ingest.symbol to null" in str(e.value)
    made = standardise(raw(ticker=[" b tc", None]), spec(symbol="BTC", columns=NAMED))
    assert made["symbol"].to_list() == ["b tc", None]
    with pytest.raises(ValueError, match=r"names S0, .*, S7 and 2 more; to keep"):
        standardise(pl.concat(raw(symbol=[f"S{i}"] * 2) for i in range(10)), spec())


@pytest.mark.parametrize("table", [None, raw().lazy(), RAW])
def test_raw_bars_are_a_table(table):
    with pytest.raises(TypeError, match=r"raw bars must be a polars.DataFrame, found"):
        standardise(table, spec())


def test_rows_without_a_symbol_stay_for_the_gate():
    made = standardise(raw(symbol=["", "ES"]), spec(symbol=None, symbols=["es"]))
    assert made.select("symbol", "row").rows() == [("ES", 2), (None, 1)]


CELLS = st.sampled_from(
    ["1", "2.5", "0", "-3", "abc", "", "nan", "inf", "1,5", "NULL", "1e2", None]
)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=8))
def test_no_row_is_lost_and_every_row_stands_alone(rows):
    table = pl.DataFrame(
        {"time": [f"2021-01-{i + 1:02d} 00:00" for i in range(len(rows))]}
        | {
            name: pl.Series([row[i] for row in rows], dtype=pl.String)
            for i, name in enumerate(("open", "high", "low", "close"))
        }
    ).with_columns(time=pl.col("time").str.replace(" 00:00", " 01:00"))
    made = standardise(table, spec())
    assert made["row"].to_list() == list(range(1, len(rows) + 1))
    alone = [standardise(table[i : i + 1], spec()) for i in range(len(rows))]
    assert made.drop("row").equals(pl.concat(alone).drop("row"), null_equal=True)


@pytest.mark.parametrize(("text", "ratio"), [("2:1", 2.0), ("3 / 2", 1.5), ("1:10", 0.1), ("4", 4)])
def test_splits_may_be_ratios(text, ratio):
    read = standardise(stated(split=["", text]), STATED)
    assert read["split"].to_list() == [None, ratio]
    assert read["fault"].null_count() == 2


@pytest.mark.parametrize(("name", "text"), [("split", "two"), ("dividend", "0.5 USD")])
def test_an_event_that_cannot_be_read_stops_the_run(name, text):
    with pytest.raises(ValueError, match=f"{name} is '{text}' in row 2; expected new shares"):
        standardise(stated(**{name: ["", text]}), STATED)
