"""Files of every kind, and what is said of broken ones."""

import gzip
import tempfile

import polars as pl
import pytest

from regime_factory.bars import read_source
from regime_factory.bars.sources.files import count_rows, file_batches, read_file

ROWS = "time,close\n2021-01-04,100.5\n2021-01-05,101\n"
HEAD = b"time,close\n"
LONG_QUOTE = HEAD + b'"1,2\n' + b"1,2\n" * 40_000


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
        (
            "broken.csv.gz",
            b"no gzip",
            "cannot be read as CSV: it is named .gz but is not compressed",
        ),
        (
            "ragged.csv",
            HEAD + b"1,2\n1,2,3\n",
            "line 3 has 3 values, the header .line 1. names 2: t",
        ),
        (
            "title.csv",
            b"Prices\n\n" + HEAD,
            "line 3 has 2 values, the header .line 1. names 1: Pri",
        ),
        ("quote.csv", HEAD + b'"1,2\n1,2\n', "line 2 opens a quotation mark that it does not"),
        ("long.csv", LONG_QUOTE, "line 2 opens a quotation mark that it does not close"),
        ("latin.csv", HEAD + b"1,\xfc\n", "line 2 holds the byte 0xfc, .* save the file as UTF-8"),
        ("utf16.csv", ROWS.encode("utf-16"), "it is UTF-16 text; save the file as UTF-8"),
        ("mac.csv", b"time,close\r1,2\r", "its lines end in a bare carriage return; save it with"),
        ("nul.csv", HEAD + b"1,2\n\0\0", r"it holds NUL bytes \(in line 3\), so it is not text"),
        ("parquet.csv", b"PAR1 and more", "it is a Parquet file; name it .parquet"),
        ("cut.csv", gzip.compress(HEAD * 9, mtime=0)[:20], "gzip data are broken or cut short"),
        ("twice.csv", b"ts,close,close\n1,2,3\n", "has 2 columns named 'close' .columns 2 and 3"),
        (
            "marked.csv",
            b'\xef\xbb\xbf"a";b; a\r\n1;2;3\r\n',
            "has 2 columns named 'a' .columns 1 and 3",
        ),
        ("empty.csv.gz", gzip.compress(b"", mtime=0), "holds no data"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    for read in (read_file, lambda path: list(file_batches(path, 2))):
        with pytest.raises(ValueError, match=message) as caught:
            read(tmp_path / name)
        assert name in str(caught.value)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
def test_pieces_of_a_file_are_the_file(tmp_path, name, monkeypatch):
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    rows = pl.DataFrame({"time": [f"t{i}" for i in range(25)], "close": ["1.5"] * 25})
    if name.endswith("parquet"):
        rows.write_parquet(tmp_path / name, row_group_size=4)
    else:
        text = rows.write_csv().encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    pieces = list(file_batches(tmp_path / name, 10))
    assert [piece.height for piece in pieces] == [10, 10, 5]
    assert pl.concat(pieces).equals(read_file(tmp_path / name))
    assert count_rows(tmp_path / name) == 25 + (not name.endswith("parquet"))  # and the header
    assert not list(aside.iterdir())


def test_a_fault_far_into_a_file_is_named_by_its_line(tmp_path):
    (tmp_path / "late.csv").write_bytes(HEAD + b"1,2\n" * 50_000 + b"1,2,3\n" + b"1,2\n" * 9)
    with pytest.raises(ValueError, match="line 50002 has 3 values, the header"):
        list(file_batches(tmp_path / "late.csv", 1_000))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.csv does not exist"):
        read_source(tmp_path / "nowhere.csv")


def test_gzip_is_seen_in_the_bytes_whatever_the_name(tmp_path):
    (tmp_path / "a.csv").write_bytes(gzip.compress(ROWS.encode(), mtime=0))
    assert read_source(tmp_path / "a.csv").columns == ["time", "close"]


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + ROWS.replace("\n", "\r\n").encode())
    assert read_source(tmp_path / "a.csv").rows() == [
        ("2021-01-04", "100.5"),
        ("2021-01-05", "101"),
    ]


def test_columns_without_a_name_and_short_rows_are_read(tmp_path):
    (tmp_path / "a.csv").write_text("time,close,,\n1,2,,\n1\n")
    assert read_source(tmp_path / "a.csv")["close"].to_list() == ["2", None]
