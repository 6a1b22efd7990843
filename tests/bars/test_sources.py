"""Layout settings, files of every kind, broken files, and the embedded bars."""

import gzip
import subprocess
import sys

import polars as pl
import pytest

from regime_factory.bars import SourceSpec, embedded_bars, read_source, sources

ROWS = "time,close\n2021-01-04,100.5\n2021-01-05,101\n"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"timezone": "UTC", "timeframe": "1H"}, "stamp is not given; say which moment"),
        ({"stamp": "open", "timeframe": "1H"}, "timezone is not given; say in which zone"),
        ({"stamp": "open", "timezone": "UTC"}, "timeframe is not given"),
        ({"stamp": "end", "timezone": "UTC", "timeframe": "1H"}, "stamp"),
        ({"stamp": "open", "timezone": "Mars", "timeframe": "1H"}, "time zone 'Mars' is unknown"),
        ({"stamp": "open", "timezone": "UTC", "timeframe": "1h"}, "timeframe '1h' is unknown"),
        (
            {"stamp": "session_close", "timezone": "UTC", "timeframe": "1D"},
            "session_close is not given",
        ),
        (
            {
                "stamp": "session_close",
                "session_close": "16:00",
                "timezone": "UTC",
                "timeframe": "1H",
            },
            "for daily and weekly bars, not 1H",
        ),
        (
            {"stamp": "open", "timezone": "UTC", "timeframe": "1H", "columns": {"clsoe": "C"}},
            "clsoe",
        ),
        ({"stamp": "open", "timezone": "UTC", "timeframe": "1H", "simbol": "X"}, "simbol"),
    ],
)
def test_wrong_layouts_say_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        SourceSpec(**settings)


def test_csv_gz_and_parquet_give_the_same_rows(tmp_path):
    (tmp_path / "a.csv").write_text(ROWS)
    with gzip.open(tmp_path / "a.csv.gz", "wt") as stream:
        stream.write(ROWS)
    plain = read_source(tmp_path / "a.csv")
    plain.write_parquet(tmp_path / "a.parquet")
    assert plain.rows() == [("2021-01-04", "100.5"), ("2021-01-05", "101")]
    assert plain.schema == {"time": pl.String, "close": pl.String}
    assert read_source(tmp_path / "a.csv.gz").equals(plain)
    assert read_source(str(tmp_path / "a.parquet")).equals(plain)


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators_are_seen_in_the_header(tmp_path, mark):
    (tmp_path / "a.csv").write_text(ROWS.replace(",", mark))
    assert read_source(tmp_path / "a.csv").columns == ["time", "close"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "is empty; it should hold a header"),
        ("empty.parquet", b"", "is empty; it should hold a header"),
        ("header.csv", b"time,close\n", "has a header but no rows"),
        ("blank.csv", b"\n\n", "has a header but no rows|holds no data"),
        ("bars.xlsx", b"x", "is of an unknown kind; expected .csv, .csv.gz or .parquet"),
        ("broken.parquet", b"no parquet", "cannot be read as Parquet"),
        ("broken.csv.gz", b"no gzip", "cannot be read as CSV"),
        ("ragged.csv", b"time,close\n1,2\n1,2,3\n", "cannot be read as CSV"),
        ("empty.csv.gz", gzip.compress(b"", mtime=0), "holds no data"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_source(tmp_path / name)
    assert name in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.csv does not exist"):
        read_source(tmp_path / "nowhere.csv")


def test_the_embedded_bars_are_read_without_importing_arch():
    code = (
        "import sys; from regime_factory.bars import embedded_bars; b = embedded_bars();"
        "assert b.height == 10062 and 'arch' not in sys.modules and 'pandera' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_embedded_bars_are_text_like_any_csv():
    bars = embedded_bars()
    assert set(bars.dtypes) == {pl.String}
    assert bars.columns == ["Date", "Open", "High", "Low", "Close", "Adj Close", "Volume", "symbol"]
    assert bars["Close"].equals(bars["Adj Close"].rename("Close"))  # no adjusted history inside


def test_a_missing_arch_package_is_named(monkeypatch):
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="need the arch package"):
        embedded_bars()
