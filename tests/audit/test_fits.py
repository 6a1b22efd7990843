"""The audit of fits finds what was learnt from rows outside the training set, and nothing else."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest

from regime_factory.audit import alter_rows, audit_fits
from regime_factory.labels import fold_weights
from regime_factory.splits import CombinatorialPurgedCV, PurgedKFold, WalkForward

N_BARS, FEATURES = 120, [f"x{k}" for k in range(6)]
SPLITTERS = [
    PurgedKFold(4, embargo=5),
    WalkForward(start="2024-03-15", step=15),
    CombinatorialPurgedCV(5, 2),
]


@pytest.fixture(scope="module")
def samples() -> pl.DataFrame:
    """Two symbols with features that say something, labels of several bars, and their ends."""
    rng = np.random.default_rng(8)
    days = np.datetime64("2024-01-01", "us") + np.arange(N_BARS) * np.timedelta64(1, "D")
    ts = np.concatenate([days, days])
    t1 = ts + rng.integers(1, 6, 2 * N_BARS) * np.timedelta64(1, "D")
    X = rng.normal(size=(2 * N_BARS, len(FEATURES))) * 10.0 ** np.arange(len(FEATURES))
    ret = 0.3 * X[:, 0] + 0.02 * X[:, 1] + rng.normal(size=len(X))
    return pl.DataFrame(
        {
            "symbol": np.repeat(["A", "B"], N_BARS),
            "ts": ts,
            "t1": t1,
            **{name: X[:, k] for k, name in enumerate(FEATURES)},
            "ret": ret,
            "label": np.sign(ret).astype(np.int8),
        }
    )


def matrix(rows: pl.DataFrame) -> np.ndarray:
    return rows.select(FEATURES).to_numpy()


def clean(samples: pl.DataFrame, train: np.ndarray) -> dict:
    """Scaler, selection, weights and coefficients of the training rows."""
    rows = samples[train]
    X, y = matrix(rows), rows["label"].to_numpy()
    scaler = {"mean": X.mean(axis=0), "std": X.std(axis=0)}
    weights = fold_weights(rows["ts"], rows["t1"], groups=rows["symbol"])
    chosen = np.argsort(-np.abs(np.corrcoef(X.T, y)[-1, :-1]))[:2]
    Z = ((X - scaler["mean"]) / scaler["std"])[:, chosen]
    coefficients = np.linalg.solve(Z.T @ (Z * weights[:, None]), Z.T @ (weights * y))
    return {
        "scaler": scaler,
        "selected": [FEATURES[k] for k in chosen],
        "weights": weights,
        "model": [{"coefficients": coefficients, "seen": rows["ts"].max(), "classes": set(y)}],
    }


def scaler_on_all_rows(samples: pl.DataFrame, train: np.ndarray) -> dict:
    return {"mean": matrix(samples).mean(axis=0)}


def weights_before_purging(samples: pl.DataFrame, train: np.ndarray) -> dict:
    """Overlap counted, and the mean taken, among all rows."""
    weights = fold_weights(samples["ts"], samples["t1"], groups=samples["symbol"])
    return {"weights": weights[train]}


def weights_normalised_over_all_rows(samples: pl.DataFrame, train: np.ndarray) -> dict:
    size = np.abs(samples["ret"].to_numpy())
    return {"weights": (size / size.mean())[train]}


def selection_on_all_rows(samples: pl.DataFrame, train: np.ndarray) -> dict:
    """A hard decision: names only."""
    r = np.corrcoef(matrix(samples).T, samples["label"].to_numpy())[-1, :-1]
    return {"selected": [FEATURES[k] for k in np.argsort(-np.abs(r))[:2]]}


def class_weights_of_all_rows(samples: pl.DataFrame, train: np.ndarray) -> dict:
    return dict(samples["label"].value_counts(sort=True).sort("label").iter_rows())


def threshold_on_all_rows(samples: pl.DataFrame, train: np.ndarray) -> float:
    return float(samples["ret"].abs().median())


PLANTED = [
    scaler_on_all_rows, weights_before_purging, weights_normalised_over_all_rows,
    selection_on_all_rows, class_weights_of_all_rows, threshold_on_all_rows,
]  # fmt: skip


def splits_of(splitter, samples: pl.DataFrame) -> list:
    return list(splitter.split(t0=samples["ts"], t1=samples["t1"]))


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_what_is_fitted_on_training_rows_passes(splitter, samples) -> None:
    splits = splits_of(splitter, samples)
    result = audit_fits(clean, samples, splits)
    assert result.clean
    assert result.folds == len(splits)
    assert result.values > 100 * len(splits)


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_fitted_on_other_rows_is_caught(planted, splitter, samples, seed) -> None:
    splits = splits_of(splitter, samples)
    found = audit_fits(planted, samples, splits, seed=seed)
    caught = {leak.fold for leak in found.leaks}
    if planted is selection_on_all_rows:  # the same names may win again
        assert len(caught) > len(splits) // 2
    else:
        assert caught == set(range(len(splits)))


def test_a_purged_row_counts_as_outside(samples) -> None:
    """A fit that takes the whole past instead of the purged training set."""
    splits = splits_of(WalkForward(start="2024-03-15", step=15), samples)

    def whole_past(rows: pl.DataFrame, train: np.ndarray) -> float:
        return rows.filter(pl.col("ts") <= rows[train]["ts"].max())["ret"].mean()

    assert audit_fits(lambda rows, train: rows[train]["ret"].mean(), samples, splits).clean
    assert not audit_fits(whole_past, samples, splits).clean


def test_leaks_are_named_with_their_place_and_size() -> None:
    samples = pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})

    def leaky(rows: pl.DataFrame, train: np.ndarray) -> dict:
        return {"layers": [{"bias": 0.0, "w": np.array([1.0, rows["x"][3]])}], "name": "m"}

    def halved(rows: pl.DataFrame, outside: pl.Series, rng: np.random.Generator) -> pl.DataFrame:
        return rows.with_columns(pl.when(outside).then(pl.col("x") / 2).otherwise("x").alias("x"))

    leak = audit_fits(leaky, samples, [([0, 1], [3])], alter=halved).leaks[0]
    assert (leak.fold, leak.path, leak.size) == (0, "layers[0].w[1]", 2.0)


@dataclass
class Fitted:
    value: object


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1.0, np.nextafter(1.0, 2.0)), (0.0, -0.0), (np.nan, 1.0), (1, 1.0), (1, True), ("a", "b"),
        (b"model", b"Model"), (None, 0), ([1, 2], [1, 2, 3]), ({"a": 1}, {"b": 1}), ({1}, {2}),
        (np.zeros(3), np.zeros(3, dtype=np.float32)), (np.zeros(3), np.zeros((3, 1))),
        (np.array([0.0]), np.array([-0.0])), (pl.Series([0.0]), pl.Series([-0.0])),
        (pl.Series([1, None]), pl.Series([1, 2])), (pl.Series(["a"]), pl.Series(["b"])),
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2]})), (Fitted(1), Fitted(2)),
        (np.array(["a"]), np.array(["b"])), (np.array([{"a": 1}]), np.array([{"a": 2}])),
        (date(2024, 1, 1), date(2024, 1, 2)), (Fraction(1, 3), Fraction(1, 4)),
        (Decimal("1.0"), Decimal("1.00")), (2**70, 2**70 + 1), (2**70, 1),
        ({"a": {"b": 1}, "a.b": 1.0}, {"a": {"b": 2}, "a.b": 1.0}),
        ({1: 1, "1": 2.0}, {1: 2, "1": 2.0}), ({"a": [1], "a[0]": 2}, {"a": [3], "a[0]": 2}),
        (pl.Series([Fraction(1)], dtype=pl.Object), pl.Series([Fraction(2)], dtype=pl.Object)),
    ],
    ids=str,
)  # fmt: skip
def test_states_are_compared_bit_for_bit(one, other) -> None:
    samples = pl.DataFrame({"x": [1.0, 2.0]})
    splits = [([0], [1])]

    def fit(rows: pl.DataFrame, train: np.ndarray) -> dict:
        return {"always": 1, "value": one if rows.equals(samples) else other}

    found = audit_fits(fit, samples, splits)
    assert {leak.path.split(".")[0].split("[")[0] for leak in found.leaks} == {"value"}
    same = audit_fits(lambda rows, train: {"always": 1, "value": other}, samples, splits)
    assert same.clean


def test_numbers_held_by_address_are_compared_by_value() -> None:
    def fit(rows: pl.DataFrame, train: np.ndarray) -> dict:
        one = int(rows["x"][0])
        found = [Fraction(one, 3), Decimal("0.1") * one, one * 10**30, Decimal("NaN") + one]
        return {
            "all": found,
            "array": np.array(found[:3]),
            "series": pl.Series(found, dtype=pl.Object),
        }

    assert audit_fits(fit, pl.DataFrame({"x": [1.0, 2.0]}), [([0], [1])]).clean


class Anonymous:
    """A key that does not say which one it is."""

    def __repr__(self) -> str:
        return "key"


def test_values_that_hide_each_other_are_refused() -> None:
    state = {"a": {Anonymous(): 1, Anonymous(): 2}}
    with pytest.raises(ValueError, match=r"state of split 0 has several values at 'a\[key\]'"):
        audit_fits(lambda rows, train: state, pl.DataFrame({"x": [1.0, 2.0]}), [([0], [1])])


def test_missing_values_are_equal_to_themselves() -> None:
    state = {"a": np.nan, "b": np.array([np.nan]), "c": pl.Series([None, np.nan]), "d": None}
    assert audit_fits(
        lambda rows, train: state, pl.DataFrame({"x": [1.0, 2.0]}), [([0], [1])]
    ).clean


def test_a_fit_without_a_seed_is_told_from_a_leak(samples) -> None:
    rng = np.random.default_rng()
    with pytest.raises(ValueError, match="split 0 is not repeatable: start differs between two"):
        audit_fits(lambda rows, train: {"start": rng.normal()}, samples, [([0, 1], [5])])


def test_a_fit_that_fails_on_altered_rows_says_so(samples) -> None:
    known = samples["ret"].max()

    def fit(rows: pl.DataFrame, train: np.ndarray) -> float:
        if rows["ret"].max() > known:
            raise ValueError("returns out of range")
        return 1.0

    with pytest.raises(ValueError, match="returns out of range") as caught:
        audit_fits(fit, samples, [(np.arange(20), [50])])
    assert "raised in split 0 after rows outside its training set" in caught.value.__notes__[0]


@pytest.mark.parametrize("state", [None, {}, {"a": {}}, [], np.zeros(0)], ids=str)
def test_an_empty_state_is_refused(state, samples) -> None:
    with pytest.raises(ValueError, match=r"the state of split 0 is empty .* return all that was"):
        audit_fits(lambda rows, train: state, samples, [([0, 1], [5])])


def test_what_cannot_be_compared_is_refused(samples) -> None:
    with pytest.raises(TypeError, match=r"holds a object at model\[1\], which cannot be compared"):
        audit_fits(lambda rows, train: {"model": [1, object()]}, samples, [([0, 1], [5])])


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ([], "training rows of split 0 .* at least one"),
        ([True, False], "expected row positions"),
        ([[0, 1]], "expected row positions"),
        ([0, 240], "trains on rows 0 to 240 of a table of 240"),
        ([-1, 3], "trains on rows -1 to 3"),
    ],
)
def test_splits_of_another_table_are_refused(train, message, samples) -> None:
    with pytest.raises(ValueError, match=message):
        audit_fits(lambda rows, train: 1.0, samples, [(train, [5])])


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda rows, outside, rng: rows.with_columns(pl.col("ret") + 1), "changed training rows"),
        (lambda rows, outside, rng: rows.head(50), "changed training rows"),
        (lambda rows, outside, rng: rows, "changed nothing"),
    ],
)
def test_an_alteration_has_to_change_the_rows_outside_only(alter, message, samples) -> None:
    with pytest.raises(ValueError, match=message):
        audit_fits(lambda rows, train: 1.0, samples, [(np.arange(9), [50])], alter=alter)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"x": [1.0, 2.0]}), "samples is a pandas DataFrame; give a polars.DataFrame"),
        (pl.LazyFrame({"x": [1.0, 2.0]}), "samples is a polars LazyFrame; give"),
        (pl.DataFrame({"x": [1, 2], "o": pl.Series([{1}, {2}], dtype=pl.Object)}),
         "column o holds Python objects"),
    ],
    ids=["pandas", "lazy", "objects"],
)  # fmt: skip
def test_tables_of_other_kinds_are_refused(table, message) -> None:
    with pytest.raises(TypeError, match=message):
        audit_fits(lambda rows, train: 1.0, table, [([0], [1])])


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ([np.array([0, 1]), np.array([2, 3])], "split 0 is a ndarray, not a pair"),
        (([0, 1], [2, 3]), "split 0 is a list, not a pair"),
        ((np.arange(2), np.arange(3)), "split 0 is a ndarray"),
        ([([0], [1], [2])], "split 0 is a tuple, not a pair"),
        (PurgedKFold(3), "splits is a PurgedKFold; give pairs"),
    ],
    ids=["arrays", "one pair", "pair of arrays", "three", "splitter"],
)
def test_splits_that_are_no_pairs_are_refused(splits, message, samples) -> None:
    with pytest.raises(TypeError, match=message):
        audit_fits(lambda rows, train: 1.0, samples, splits)


def test_columns_that_stay_are_listed(samples) -> None:
    splits = splits_of(SPLITTERS[0], samples)
    renamed = samples.rename({"t1": "end"})

    def weights(rows: pl.DataFrame, train: np.ndarray) -> np.ndarray:
        return fold_weights(rows["ts"], rows["end"], groups=rows["symbol"])[train]

    unseen = audit_fits(weights, renamed, splits)
    assert unseen.unaltered == ["symbol", "ts", "end"]
    caught = audit_fits(weights, renamed, splits, ends="end")
    assert caught.unaltered == ["symbol", "ts"]
    assert {leak.fold for leak in caught.leaks} == set(range(len(splits)))


@pytest.mark.parametrize(
    ("ends", "error", "message"),
    [
        ("until", ValueError, "ends names 'until', which is no column"),
        (["t1", "symbol"], TypeError, "ends names 'symbol', which holds String; give columns of"),
    ],
)
def test_ends_that_are_none_are_refused(ends, error, message, samples) -> None:
    with pytest.raises(error, match=message):
        audit_fits(lambda rows, train: 1.0, samples, [([0, 1], [5])], ends=ends)
    with pytest.raises(ValueError, match="ends are for alter_rows"):
        audit_fits(lambda rows, train: 1.0, samples, [], ends="t1", alter=alter_rows)


def test_nothing_compared_is_not_clean(samples) -> None:
    everything = np.arange(samples.height)
    assert not audit_fits(clean, samples, []).clean
    assert not audit_fits(clean, samples, [(everything, everything)]).clean
