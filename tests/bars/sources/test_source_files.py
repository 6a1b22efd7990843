"""Sources of several files: what belongs to them, in which order, and what is said of bad ones."""

import gzip
import hashlib

import polars as pl
import pytest

from regime_factory.bars import SourceSpec, find_source, read_source, standardise, standardise_files
from regime_factory.bars.sources.source_files import FILE_COLUMN, ROW_COLUMN

HEAD = "time,open,high,low,close\n"


def rows(first, last):
    """Lines of hourly bars, the hours of one day."""
    return "".join(f"2021-01-04 {hour:02}:00,1,2,0.5,{hour}.5\n" for hour in range(first, last))


@pytest.fixture
def folder(tmp_path):
    """Three symbols, a file each, and what tools leave in a folder."""
    for number, symbol in enumerate(("ES", "NQ", "CL")):
        (tmp_path / f"{symbol}_1h.csv").write_text(HEAD + rows(number, number + 3))
    (tmp_path / "README.txt").write_text("about the bars")
    (tmp_path / "_SUCCESS").touch()
    for hidden in (".cache", "_temporary"):
        (tmp_path / hidden).mkdir()
        (tmp_path / hidden / "old.csv").write_text("x\n1\n")
    return tmp_path


def spec(**settings):
    given = {"columns": {"ts": "time"}, "stamp": "close", "timezone": "UTC", "timeframe": "1H"}
    return SourceSpec(**(given | settings))


def test_a_folder_gives_its_files_in_order_with_their_rows(folder):
    made = read_source(folder)
    assert made.select(FILE_COLUMN, ROW_COLUMN, "close").rows() == [
        ("CL_1h.csv", 1, "2.5"), ("CL_1h.csv", 2, "3.5"), ("CL_1h.csv", 3, "4.5"),
        ("ES_1h.csv", 1, "0.5"), ("ES_1h.csv", 2, "1.5"), ("ES_1h.csv", 3, "2.5"),
        ("NQ_1h.csv", 1, "1.5"), ("NQ_1h.csv", 2, "2.5"), ("NQ_1h.csv", 3, "3.5"),
    ]  # fmt: skip
    assert made[ROW_COLUMN].dtype == pl.UInt32


def test_a_file_that_contradicts_its_folder_is_named(tmp_path):
    place = tmp_path / "symbol=ES"
    place.mkdir()
    (place / "a.csv").write_text("symbol,close\nES,1\nNQ,2\n")
    with pytest.raises(ValueError, match=r"symbol=ES, but its column symbol holds 'NQ'"):
        read_source(tmp_path)
    (place / "a.csv").write_text("symbol,close\nES,1\n")
    assert read_source(tmp_path)["symbol"].to_list() == ["ES"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop("close"), "column close is missing"),
        (lambda table: table.with_columns(extra=1), "column extra is added"),
        (lambda table: table.cast({"close": pl.String}), "close is String, not Float64"),
    ],
)
def test_files_with_other_columns_are_named(tmp_path, change, message):
    table = pl.DataFrame({"open": [1.0], "close": [2.0]})
    for name in "abc":
        made = change(table) if name == "b" else table
        made.write_parquet(tmp_path / f"{name}.parquet")
    for read in (read_source, lambda path: list(find_source(path).batches(1))):
        with pytest.raises(ValueError, match=f"in b.parquet, other than in a.parquet, {message}"):
            read(tmp_path)


def test_numbers_of_different_width_belong_together(tmp_path):
    values = {"a": pl.Float32, "b": pl.Float64, "c": pl.Int64, "d": pl.Null}
    for name, dtype in values.items():
        column = pl.Series("close", [None if dtype == pl.Null else 2], dtype=dtype)
        pl.DataFrame([column]).write_parquet(tmp_path / f"{name}.parquet")
    made = read_source(tmp_path)
    assert made["close"].to_list() == [2.0, 2.0, 2.0, None]
    assert made.schema["close"] == pl.Float64


@pytest.mark.parametrize("name", ["b.csv", "b.csv.gz"])
def test_a_damaged_file_in_the_middle_is_named(folder, name):
    damaged = gzip.compress(rows(0, 9).encode())[:-9] if name.endswith("gz") else b"a,a\n1,2\n"
    (folder / f"DX_{name}").write_bytes(damaged)
    for read in (read_source, lambda path: list(find_source(path).batches())):
        with pytest.raises(ValueError, match=f"DX_{name}"):
            read(folder)


def test_batches_put_small_files_together_and_cut_large_ones(folder):
    source = find_source(folder)
    whole = source.read()
    for size in (1, 2, 4, 100):
        parts = list(source.batches(size))
        assert pl.concat(parts).equals(whole), size
        assert all(part.height >= size for part in parts[:-1])
        assert max(part.height for part in parts) < size + 3
    assert source.count_rows() == 9 + 3  # the lines of the headers too


def test_the_hash_depends_on_content_and_names(folder):
    one = find_source(folder / "ES_1h.csv")
    content = (folder / "ES_1h.csv").read_bytes()
    assert one.sha256() == hashlib.sha256(content).hexdigest()
    whole = find_source(folder).sha256()
    assert find_source(f"{folder}/*_1h.csv").sha256() == whole
    (folder / "ES_1h.csv").rename(folder / "EX_1h.csv")
    assert find_source(folder).sha256() != whole
    (folder / "EX_1h.csv").rename(folder / "ES_1h.csv")
    (folder / "ES_1h.csv").write_bytes(content.replace(b"0.5\n", b"0.6\n"))
    assert find_source(folder).sha256() != whole


LAYOUTS = {
    "names": spec(symbol_pattern=r"^([A-Z]+)_"),
    "pieces": spec(symbol="ES"),
    "chosen": spec(symbol_pattern=r"^(\w+)_1h", symbols=["nq", "CL"]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_files_read_in_pieces_give_the_rows_read_at_once(folder, layout):
    at_once = standardise(read_source(folder), LAYOUTS[layout])
    in_pieces = standardise_files(find_source(folder), LAYOUTS[layout])
    assert in_pieces.collect().equals(at_once)
    assert in_pieces.symbols == at_once["symbol"].unique(maintain_order=True).to_list()
    assert in_pieces.height == at_once.height


def test_symbols_that_alternate_are_put_together(tmp_path):
    """One file, all symbols at each time: one spelling, one block for each, in order."""
    names = ["ES", "nq", "CL", None, "es", "NQ", " CL", "", "eS", "Nq", "cl", "ES"]
    table = pl.DataFrame(
        {"symbol": names, "time": [f"2021-01-04 {hour:02}:00" for hour in range(12)]}
    ).with_columns(**dict.fromkeys(("open", "high", "low", "close"), pl.lit("1")))
    table.write_csv(tmp_path / "all.csv")
    source, layout = find_source(tmp_path / "all.csv"), spec(symbols=["cl", "es"])
    for chosen in (spec(), layout):
        at_once = standardise(source.read(), chosen)
        in_pieces = standardise_files(source, chosen, batch_rows=4)
        assert len(in_pieces.files) > 2
        assert in_pieces.collect().equals(at_once)
    assert at_once["symbol"].to_list() == ["ES"] * 4 + ["CL"] * 3 + [None] * 2
    assert at_once["row"].to_list() == [1, 5, 9, 12, 3, 7, 11, 4, 8]


def test_a_date_among_times_is_a_fault_in_every_piece(tmp_path):
    times = ["2021-01-04", "2021-01-04 22:00", "2021-01-05", "2021-01-06"]
    (tmp_path / "a.csv").write_text(HEAD + "".join(f"{time},1,2,0.5,1\n" for time in times))
    source, layout = find_source(tmp_path), spec(symbol="ES")
    in_pieces = standardise_files(source, layout, batch_rows=2).collect()
    assert in_pieces.equals(standardise(source.read(), layout))
    assert in_pieces["ts"].is_null().to_list() == [True, False, True, True]


def test_times_that_look_like_dates_are_judged_by_the_first_rows(tmp_path):
    """The last piece holds one midnight: no reason to take the times for dates."""
    times = ["2021-01-04 22:00", "2021-01-04 23:00", "2021-01-04 23:30", "2021-01-05 00:00"]
    lines = "".join(f"{time},1,2,0.5,1\n" for time in times)
    (tmp_path / "a.csv").write_text(HEAD + lines)
    layout = spec(symbol="ES", timezone="America/New_York")
    assert standardise_files(find_source(tmp_path), layout, batch_rows=3).height == 4
    dates = [f"2021-01-0{day} 00:00,1,2,0.5,1\n" for day in range(4, 9)]
    (tmp_path / "a.csv").write_text(HEAD + "".join(dates))
    with pytest.raises(ValueError, match="the times are dates without a time of day"):
        standardise_files(find_source(tmp_path), layout)
