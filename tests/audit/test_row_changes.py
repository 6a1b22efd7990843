"""Altered rows differ in every column that can be altered, and stay in the form of their table."""

from datetime import datetime, time, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.audit import alter_rows, audit_fits


def one_column(values, dtype=None) -> pl.DataFrame:
    return pl.DataFrame({"c": pl.Series(values, dtype=dtype), "x": np.arange(float(len(values)))})


STAMPS = [datetime(2024, 1, 1 + n) for n in range(20)]
VECTORS = [[float(n), float(n % 3)] for n in range(20)]


@pytest.mark.parametrize(
    "table",
    [
        one_column([timedelta(hours=5)] * 20),
        one_column(VECTORS, pl.List(pl.Float64)),
        one_column([*VECTORS[:9], [], None, *VECTORS[11:]], pl.List(pl.Float64)),
        one_column(VECTORS, pl.Array(pl.Float32, 2)),
        one_column([[row, row] for row in VECTORS], pl.Array(pl.Float64, (2, 2))),
        one_column([{"a": a, "b": [b]} for a, b in VECTORS]),
        one_column(range(20)),
        one_column([Decimal(n) for n in range(20)]),
        one_column([Decimal(n) for n in range(20)], pl.Decimal(2, 0)),
        one_column([time(n) for n in range(10)] * 2),
        one_column([b"a", b"b", b"c", b"d"] * 5),
    ],
    ids=lambda table: str(table["c"].dtype),
)
def test_columns_of_every_type_are_altered(table) -> None:
    train = np.arange(0, 20, 2)
    splits = [(train, train + 1)]
    found = audit_fits(lambda rows, train: {"all": rows["c"]}, table, splits)
    assert {leak.path.split("[")[0] for leak in found.leaks} == {"all"}
    assert found.unaltered == []
    assert audit_fits(lambda rows, train: {"all": rows["c"][train]}, table, splits).clean


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt64, pl.Int64, pl.Float32, pl.Date])
def test_ends_of_narrow_types_move_later_without_wrapping(dtype) -> None:
    table = one_column([100, 3, 120, 90, -0], pl.Int64).select(t1=pl.col("c").cast(dtype))
    outside = pl.Series([False, True, True, True, True])
    for seed in range(20):
        moved = alter_rows(table, outside, np.random.default_rng(seed))["t1"]
        assert (moved > table["t1"]).to_list() == outside.to_list()
    full = pl.DataFrame({"t1": pl.Series([1, 127], dtype=pl.Int8)})
    with pytest.raises(ValueError, match="column t1 reach the largest Int8"):
        alter_rows(full, pl.Series([False, True]), np.random.default_rng(0))


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Int16, pl.UInt8, pl.UInt64, pl.Float64])
@pytest.mark.parametrize("seed", range(12))
def test_a_min_max_scaler_on_all_rows_is_always_caught(seed, dtype) -> None:
    rng = np.random.default_rng(seed)
    table = pl.DataFrame({"x": pl.Series(rng.permutation(30)[:12]).cast(dtype)})
    n_outside = rng.integers(1, 6)

    def min_max(rows: pl.DataFrame, train: np.ndarray) -> list:
        return [rows["x"].min(), rows["x"].max()]

    splits = [(np.arange(12 - n_outside), np.arange(12 - n_outside, 12))]
    assert not audit_fits(min_max, table, splits, seed=seed).clean


@pytest.mark.parametrize("kind", [pl.Int8, pl.String, pl.Categorical])
def test_classes_of_all_rows_are_caught_where_the_training_rows_lack_one(kind) -> None:
    labels = pl.Series(["1", "2", "1", "2", "3", "2", "1"]).cast(kind)
    splits = [(np.arange(4), np.arange(4, 7))]

    def classes(rows: pl.DataFrame, train: np.ndarray) -> list:
        return sorted(rows["label"].cast(pl.String).unique())

    assert not audit_fits(classes, pl.DataFrame({"label": labels}), splits).clean


@given(
    values=st.lists(st.integers(-128, 127), min_size=7, max_size=12, unique=True),
    seed=st.integers(0, 99),
)
@settings(max_examples=80, deadline=None)
def test_stretched_integers_stay_within_their_type(values, seed) -> None:
    table = pl.DataFrame({"x": pl.Series(values, dtype=pl.Int8)})
    outside = pl.Series([False] * 3 + [True] * (len(values) - 3))
    changed = alter_rows(table, outside, np.random.default_rng(seed))["x"]
    low, high = min(values), max(values)
    beyond = [value for value in changed if value > high or value < low]
    assert beyond or (low, high) == (-128, 127)
    assert changed.min() > 0 or low <= 0
    assert changed.min() >= 0 or low < 0


@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.05, 0.95))
@settings(max_examples=40, deadline=None)
def test_alterations_stay_outside_and_keep_the_table_in_form(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    ts = np.datetime64("2024-01-01", "us") + np.arange(30) * np.timedelta64(1, "D")
    table = pl.DataFrame(
        {
            "symbol": ["A", "B"] * 15,
            "ts": ts,
            "t1_up_1pct": pl.Series([None, *ts[1:].tolist()], dtype=pl.Datetime("us")),
            "price": rng.lognormal(size=30).astype(np.float32),
            "x": pl.Series([None, np.nan, *rng.normal(size=28)], strict=False),
            "constant": np.ones(30) * 0.0,
            "volume": rng.integers(1, 9, 30).astype(np.uint32),
            "open": rng.random(30) < 0.5,
            "regime": pl.Series(["calm", "wild", "calm"] * 10, dtype=pl.Categorical),
            "empty": pl.Series([None] * 30, dtype=pl.Int64),
            "t1_empty": pl.Series([None] * 30, dtype=pl.Datetime("us")),
        }
    )
    outside = rng.random(30) < share
    outside[rng.integers(30)] = True
    changed = alter_rows(table, pl.Series(outside), np.random.default_rng(seed))
    inside = pl.Series(~outside)
    assert changed.schema == table.schema
    assert changed.filter(inside).equals(table.filter(inside))
    kept = ["symbol", "ts", "empty", "t1_empty"]
    assert changed.select(kept).equals(table.select(kept))
    altered, before = changed.filter(~inside), table.filter(~inside)
    for name in ("price", "x", "constant", "t1_up_1pct"):
        assert altered[name].null_count() == 0
        assert not (altered[name] == before[name]).fill_null(value=False).any()
    assert altered["price"].min() > 0
    assert altered["volume"].max() > table["volume"].max()
    assert altered["regime"].is_in(table["regime"].implode()).all()
    assert (altered["t1_up_1pct"] > altered["ts"]).all()
