"""Files of ready-made features: what is taken, and what is wrong with those that are not."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from regime_factory.bars import Session, read_source
from regime_factory.features.ready_made import FeatureFile
from regime_factory.regimes.walk.ready import ready_observations

COLUMN = "close_logret_current_1D"
START = datetime(2024, 1, 1, tzinfo=UTC)


def table(n=20, step=timedelta(days=1), **columns):
    stamps = pl.Series([START + i * step for i in range(n)]).cast(pl.Datetime("ms", "UTC"))
    made = {"symbol": ["A"] * n, "ts": stamps, COLUMN: [0.01 * i for i in range(n)]}
    return pl.DataFrame({**made, **columns})


def read(frame, **settings):
    return ready_observations(frame, **{"timeframe": "1D", "columns": [COLUMN], **settings})


def test_keys_and_observed_columns_are_taken_and_rows_without_a_value_left_out() -> None:
    values = [float("nan"), *(0.1 * i for i in range(18)), None]
    seen = read(table(**{COLUMN: values}).with_columns(other=pl.lit("x")))
    assert seen.schema == {
        "symbol": pl.String, "ts": pl.Datetime("us", "UTC"), COLUMN: pl.Float64,
    }  # fmt: skip
    assert seen[COLUMN].to_list() == values[1:-1]
    assert seen["ts"][0] == START + timedelta(days=1)


def test_the_text_of_a_csv_and_other_zones_are_read() -> None:
    text = table().with_columns(
        pl.col("ts").dt.to_string("%Y-%m-%dT%H:%M:%S+0000"), pl.col(COLUMN).cast(pl.String)
    )
    local = table().with_columns(pl.col("ts").dt.convert_time_zone("Asia/Tokyo"))
    assert read(text).equals(read(table()))
    assert read(local).equals(read(table()))


def test_stamps_written_by_this_project_are_read(tmp_path) -> None:
    own = table().with_columns(pl.col("ts").cast(pl.Datetime("us", "UTC")))
    own.write_csv(tmp_path / "own.csv")
    assert read(read_source(tmp_path / "own.csv")).equals(read(own))


def test_the_layout_says_whose_rows_they_are_and_what_a_time_is() -> None:
    layout = FeatureFile(time="date", stamp="session_close", symbol="ES", timezone="UTC")
    days = table().drop("symbol").select(pl.col("ts").dt.date().alias("date"), COLUMN)
    session = Session(timezone="UTC", open="09:00", close="21:00")
    seen = read(days, layout=layout, session=session)
    assert seen["symbol"].unique().to_list() == ["ES"]
    assert seen["ts"].to_list() == [START + timedelta(days=i, hours=21) for i in range(20)]


def test_bars_are_counted_from_the_anchor() -> None:
    opens = ["2024-01-02 14:30", "2024-01-02 15:00"]
    rows = pl.DataFrame({"symbol": "A", "ts": opens, COLUMN: [0.1, 0.2]})
    seen = read(
        rows,
        timeframe="1H",
        layout=FeatureFile(symbol_column="symbol", stamp="open"),
        session=Session(timezone="America/New_York", open="09:30", close="16:00"),
        anchor="00:00",
    )
    assert seen["ts"].to_list() == [datetime(2024, 1, 2, hour, tzinfo=UTC) for hour in (15, 16)]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (table().drop(COLUMN), f"lacks {COLUMN}, which the model observes; it has symbol, ts"),
        (table().drop("symbol"), "feature file has no column symbol; it has ts"),
        (table().drop("ts"), "feature file has no column ts"),
        (table(ts=["yesterday"] * 20), "feature file has 20 times that cannot be used"),
        (table(**{COLUMN: ["n.a."] * 20}), f"column {COLUMN} .* is not a number in row 1: 'n.a.'"),
        (pl.concat([table(), table()]), "repeats or goes back in time for 'A' at 2024-01-01 00:00"),
        (table().reverse(), "repeats or goes back in time for 'A' at 2024-01-19 00:00 UTC; sort"),
        (table(step=timedelta(hours=1)), "'A' do not stand 1D apart; .* one row per 1D bar"),
        (table(step=timedelta(days=7)), "'A' do not stand 1D apart"),
    ],
)
def test_what_is_wrong_is_said(frame, expected) -> None:
    with pytest.raises(ValueError, match=expected):
        read(frame)


def test_rows_of_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match="does not say whose rows it holds; name the column"):
        read(table().drop("symbol"), layout=FeatureFile())
