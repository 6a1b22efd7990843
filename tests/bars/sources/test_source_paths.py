"""Which files a path names, in which order, and what is said of a path that names none."""

import polars as pl
import pytest

from regime_factory.bars import find_source, read_source


@pytest.fixture
def folder(tmp_path):
    """Three files, and what tools leave in a folder."""
    for symbol in ("ES", "NQ", "CL"):
        (tmp_path / f"{symbol}_1h.csv").write_text("close\n1\n")
    (tmp_path / "README.txt").write_text("about the bars")
    (tmp_path / "_SUCCESS").touch()
    for hidden in (".cache", "_temporary"):
        (tmp_path / hidden).mkdir()
        (tmp_path / hidden / "old.csv").write_text("x\n1\n")
    return tmp_path


def hive(root, table, *keys):
    """Write a table as folders key=value."""
    for number, (values, part) in enumerate(table.group_by(keys, maintain_order=True)):
        place = root.joinpath(*(f"{key}={value}" for key, value in zip(keys, values, strict=True)))
        place.mkdir(parents=True)
        part.drop(keys).write_parquet(place / f"{number}.parquet")


def test_a_pattern_gives_the_files_it_matches(folder):
    names = [file.name for file in find_source(folder / "[EN]*_1h.csv").files]
    assert names == ["ES_1h.csv", "NQ_1h.csv"]
    assert read_source(f"{folder}/*.csv").equals(read_source(folder))


def test_numbers_in_names_are_sorted_by_value(tmp_path):
    for name in ("part-10.csv", "part-2.csv", "part-1.csv"):
        (tmp_path / name).write_text("close\n1\n")
    assert [file.name for file in find_source(tmp_path).files] == [
        "part-1.csv", "part-2.csv", "part-10.csv",
    ]  # fmt: skip


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tmp_path):
    (tmp_path / "bars[1].csv").write_text("close\n1\n")
    assert read_source(tmp_path / "bars[1].csv").rows() == [("1",)]


def test_folders_name_the_symbol_at_any_depth(tmp_path):
    table = pl.DataFrame(
        {"symbol": ["ES"] * 2 + ["B F"] * 2, "year": ["2020", "2021"] * 2, "close": [1.0, 2, 3, 4]}
    )
    hive(
        tmp_path,
        table.with_columns(symbol=pl.col("symbol").str.replace(" ", "%20")),
        "symbol",
        "year",
    )
    made = read_source(tmp_path)
    assert (
        made.select("symbol", "year", "close")
        .sort("close")
        .equals(table.select("symbol", "year", "close"))
    )
    one = read_source(tmp_path / "symbol=ES" / "*" / "*.parquet")
    assert one["symbol"].unique().to_list() == ["ES"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", r"nowhere does not exist; check the path"),
        ("*.parquet", r"no file matches .*\*\.parquet; check the pattern and the folder"),
        ("empty", r"folder .*empty holds no \.csv, .* file; it has nothing"),
        ("notes", r"folder .*notes holds no \.csv, .* file; it has a\.txt, b\.txt"),
        ("note?", r"matches 1 folders without such files"),
        ("*.txt", r"README\.txt is of an unknown kind"),
    ],
)
def test_a_source_without_files_says_what_was_found(folder, path, message):
    (folder / "empty").mkdir()
    (folder / "notes").mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / "notes" / name).write_text("x")
    with pytest.raises(ValueError, match=message):
        read_source(folder / path)


def test_files_of_different_kinds_are_refused(folder):
    pl.DataFrame({"close": [1.0]}).write_parquet(folder / "ZN.parquet")
    with pytest.raises(
        ValueError, match=r"different kinds: .*CL_1h\.csv \(CSV\) and .*ZN\.parquet"
    ):
        read_source(folder)
