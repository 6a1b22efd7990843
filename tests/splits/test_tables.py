"""Tables and pictures of splits say the same as the splits."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from regime_factory.splits import CombinatorialPurgedCV, PurgedKFold, WalkForward

from .panels import panels, stamps


def described(splitter, t0, t1) -> pl.DataFrame:
    try:
        return splitter.describe(stamps(t0), stamps(t1))
    except ValueError as error:
        assume("no training rows" not in str(error))
        raise


@pytest.mark.parametrize(
    "splitter",
    [PurgedKFold(3, purge=1, embargo=3), CombinatorialPurgedCV(5, 2, embargo=2)],
    ids=repr,
)
@given(panel=panels())
@settings(max_examples=40, deadline=None)
def test_every_row_is_counted_once_in_a_split(splitter, panel) -> None:
    t0, t1 = panel
    assume(len(np.unique(t0)) >= 5)
    table = described(splitter, t0, t1)
    counts = table.group_by("split", maintain_order=True).agg(
        pl.col("train_rows").first(), pl.col("test_rows", "purged_rows", "embargoed_rows").sum()
    )
    assert (counts.drop("split").sum_horizontal() == len(t0)).all()
    assert table.select(pl.col("^.*_rows$").min()).min_horizontal().item() >= 0
    for (train, test), row in zip(splitter.split(t0=t0, t1=t1), counts.rows(), strict=True):
        assert row[1:3] == (len(train), len(test))


@given(panel=panels(), embargo=st.integers(0, 4), train_size=st.none() | st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_rows_before_a_walk_forward_block_are_counted_once(panel, embargo, train_size) -> None:
    t0, t1 = panel
    assume(len(np.unique(t0)) >= 3)
    splitter = WalkForward(2, embargo=embargo, train_size=train_size)
    table = described(splitter, t0, t1)
    for (train, test), row in zip(
        splitter.split(t0=t0, t1=t1), table.rows(named=True), strict=True
    ):
        before = int((t0 < t0[test].min()).sum())
        lost = row["purged_rows"] + row["embargoed_rows"]
        assert row["train_rows"] == len(train)
        assert row["train_rows"] + lost <= before
        assert row["train_rows"] + lost == before or train_size is not None
        shown = [row[name] for name in ("train_start", "train_end", "test_start", "test_end")]
        own = [t0[train].min(), t0[train].max(), t0[test].min(), t0[test].max(), t1[test].max()]
        assert [*shown, row["test_t1"]] == stamps(own).to_list()


def test_a_table_of_blocks() -> None:
    t0 = stamps(np.arange(12))
    table = CombinatorialPurgedCV(6, 2, purge=1, embargo=2).describe(t0)
    row = table.row(1, named=True)  # test folds 0 and 2 are two blocks, folds 0 and 1 are one
    assert table["block"].to_list()[:4] == [0, 0, 1, 0]
    assert table.schema["test_start"] == pl.Datetime("us", "UTC")
    assert row == {
        "split": 1,
        "block": 0,
        "train_start": datetime(2024, 1, 1, 0, 0, 8, tzinfo=UTC),
        "train_end": datetime(2024, 1, 1, 0, 0, 11, tzinfo=UTC),
        "train_rows": 4,
        "test_start": datetime(2024, 1, 1, tzinfo=UTC),
        "test_end": datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC),
        "test_t1": datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC),
        "test_rows": 2,
        "purged_rows": 1,
        "embargoed_rows": 0,
    }


def test_rows_are_counted_with_the_block_that_took_them() -> None:
    t0 = np.arange(18)
    taken = ["purged_rows", "embargoed_rows"]
    table = CombinatorialPurgedCV(6, 2, embargo=2).describe(t0, t0 + 1)
    # Test folds 1 and 3: 3 to 5 and 9 to 11. Purged are 2 and 6, 8 and 12; under embargo 7 and 13.
    assert table.filter(split=6).select(taken).rows() == [(2, 1), (2, 1)]
    assert WalkForward(2, embargo=2).describe(t0, t0 + 1).select(taken).rows() == [(1, 2), (1, 2)]


@pytest.mark.parametrize(
    ("splitter", "n_rows", "horizon", "lines"),
    [
        (PurgedKFold(3, embargo=2), 12, 1, ["0 TTTTpe######", "1 ###pTTTTpe##", "2 #######pTTTT"]),
        (PurgedKFold(2, purge=2), 8, 0, ["0 TTTTpp##", "1 ##ppTTTT"]),
        (WalkForward(start=6, step=3, train_size=2, embargo=1), 12, 1,
         ["0 ..##epTTT...", "1 .....##epTTT"]),
        (CombinatorialPurgedCV(4, 2), 8, 1,
         ["0 TTTTp###", "1 TTppTTp#", "2 TTp##pTT", "3 #pTTTTp#", "4 #pTTppTT", "5 ###pTTTT"]),
    ],
    ids=repr,
)  # fmt: skip
def test_pictures(splitter, n_rows, horizon, lines) -> None:
    t0 = np.arange(n_rows)
    assert splitter.draw(t0, t0 + horizon).splitlines() == lines


def test_a_narrow_picture_still_shows_what_was_purged() -> None:
    t0 = np.arange(1200)
    lines = PurgedKFold(3).draw(t0, t0 + 5, width=12).splitlines()
    assert lines == ["0 TTTTp#######", "1 ###pTTTTp###", "2 #######pTTTT"]
    with pytest.raises(ValueError, match="width is 0"):
        PurgedKFold(3).draw(t0, width=0)
    with pytest.raises(ValueError, match=r"width is 2\.5; give a whole number"):
        PurgedKFold(3).draw(t0, width=2.5)


def test_numbers_of_splits_are_aligned() -> None:
    lines = WalkForward(start=5, step=1).draw(range(16)).splitlines()
    assert lines[0].startswith(" 0 #####T")
    assert len({len(line) for line in lines}) == 1
