"""Times of every kind are read alike, and bad ones say where and why."""

from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest

from regime_factory.splits import CombinatorialPurgedCV, PurgedKFold, WalkForward

from .panels import assert_same_rows

DAYS = [datetime(2024, 1, 1) + timedelta(days=n) for n in (0, 1, 2, 5, 7, 8, 11, 12, 13)]
AWARE = [day.replace(tzinfo=UTC) for day in DAYS]
NUMPY = np.array(DAYS, dtype="datetime64[us]")
EXPECTED = list(PurgedKFold(3).split(t0=[0, 1, 2, 5, 7, 8, 11, 12, 13]))


@pytest.mark.parametrize(
    "t0",
    [
        [0, 1, 2, 5, 7, 8, 11, 12, 13],
        (0.0, 0.1, 0.2, 0.5, 0.7, 0.8, 1.1, 1.2, 1.3),
        np.array([0, 1, 2, 5, 7, 8, 11, 12, 13], dtype=np.uint8),
        pl.Series([0, 1, 2, 5, 7, 8, 11, 12, 13], dtype=pl.Int16),
        range(9),
        DAYS,
        AWARE,
        [day.date() for day in DAYS],
        [pd.Timestamp(day) for day in AWARE],
        NUMPY,
        NUMPY.astype("datetime64[D]"),
        NUMPY.astype("datetime64[ns]"),
        NUMPY.astype(object),
        pl.Series(DAYS, dtype=pl.Datetime("ms")),
        pl.Series(DAYS).cast(pl.Date),
        pl.Series(AWARE, dtype=pl.Datetime("us", "UTC")),
        pl.Series(AWARE).dt.convert_time_zone("America/New_York"),
        pd.Series(NUMPY),
        pd.Series(AWARE),
        pd.DatetimeIndex(AWARE).tz_convert("America/New_York"),
        pd.DatetimeIndex(NUMPY).as_unit("ns"),
        pd.Series([0, 1, 2, 5, 7, 8, 11, 12, 13]),
        pd.Series([0, 1, 2, 5, 7, 8, 11, 12, 13], dtype="Int64"),
        np.array([0, 1, 2, 5, 7, 8.5, 11, 12, 13], dtype=object),
    ],
    ids=lambda t0: f"{type(t0).__module__}.{type(t0).__name__}",
)
def test_times_of_every_kind(t0) -> None:
    assert_same_rows(PurgedKFold(3).split(t0=t0), EXPECTED)


def test_units_and_zones_of_t0_and_t1_need_not_be_the_same() -> None:
    utc = pl.Series(AWARE, dtype=pl.Datetime("us", "UTC"))
    tokyo = utc.dt.convert_time_zone("Asia/Tokyo").dt.cast_time_unit("ns").dt.offset_by("1d")
    expected = list(PurgedKFold(3).split(t0=NUMPY, t1=NUMPY + np.timedelta64(1, "D")))
    assert_same_rows(PurgedKFold(3).split(t0=utc, t1=tokyo), expected)
    assert_same_rows(PurgedKFold(3).split(t0=NUMPY, t1=tokyo), expected)
    mixed = PurgedKFold(3).split(t0=[0, 1, 2], t1=[1.5, 1.5, 2.5])
    assert_same_rows(mixed, [([2], [0]), ([2], [1]), ([0, 1], [2])])


@pytest.mark.parametrize(
    ("t0", "t1", "message"),
    [
        ([], None, "t0 is empty"),
        ([1, 2, 3], [1, 2], "t0 has 3 rows and t1 has 2"),
        (
            [1, 2, 3],
            [1, 1, 2],
            "2 labels end before they start, the first in row 1: t0 is 2, t1 is",
        ),
        (AWARE[:2], AWARE[1::-1], "row 1: t0 is 2024-01-02 00:00:00[+]00:00, t1 is 2024-01-01"),
        ([1.0, np.nan], None, "t0 is missing, NaN or infinite in 1 of 2 rows, the first is row 1"),
        ([1.0, 2.0], [np.inf, 3.0], "t1 is missing, .* row 0; drop rows without an outcome"),
        ([1, None, 3], None, "t0 is missing"),
        ([1, 2], pl.Series([3, None]), "t1 is missing, .* in 1 of 2 rows, the first is row 1"),
        (DAYS[:2], [None, None], "t1 is missing"),
        (np.array(["2024-01-01", "NaT"], dtype="datetime64[us]"), None, "t0 is missing"),
        (pd.Series([pd.Timestamp("2024-01-01", tz="UTC"), pd.NaT]), None, "t0 is missing"),
        ([DAYS[0], None], None, "t0 is missing"),
        (np.array([DAYS[0], None]), None, "t0 is missing"),
        (pd.Series([1, None], dtype="Int64"), None, "t0 is missing"),
        ([DAYS[0], pd.NaT], None, "t0 is missing, .* in 1 of 2 rows, the first is row 1"),
        (pd.Series([pd.NaT, DAYS[0]]).tolist(), None, "t0 is missing"),
        ([1, pd.NA], None, "t0 is missing"),
        (DAYS[:2], [None, DAYS[1]], "only WalkForward can test them without training on them"),
        ([2**63, 1], None, "t0 holds 9223372036854775808, which 64-bit integers cannot hold"),
        (pl.Series([2**70, 1], dtype=pl.Int128), None, "t0 holds 1180591620717411303424, which"),
        ([pd.Timestamp(0), pd.Timestamp(1)], None, "t0 holds nanoseconds in row 1 of Python obj"),
        ([2**70, 1], None, "t0 holds 1180591620717411303424, which 64-bit integers cannot hold"),
        (np.array([2**63, 1], dtype=np.uint64), None, "t0 holds 9223372036854775808, which"),
        (pl.Series([2**63, 1], dtype=pl.UInt64), None, "t0 holds 9223372036854775808, which"),
        (np.array(["300000", "2024"], dtype="datetime64[Y]"), None, "t0 holds 300000, which 64-"),
        (pl.Series([2**62]).cast(pl.Datetime("ms")), None, "t0 holds .*, which 64-bit micro"),
    ],
)
def test_bad_times_say_where(t0, t1, message) -> None:
    with pytest.raises(ValueError, match=message):
        PurgedKFold(2).split(t0=t0, t1=t1)


@pytest.mark.parametrize(
    ("t0", "t1", "message"),
    [
        (None, None, "splits need the decision times of the rows: split"),
        ("2024-01-01", None, "t0 has the shape"),
        (["2024-01-01", "2024-01-02"], None, "t0 holds <U10; expected moments"),
        (pl.Series(["a", "b"]), None, "t0 holds String; expected moments"),
        (pl.Series([True, False]), None, "t0 holds Boolean"),
        (np.array([True, False]), None, "t0 holds bool"),
        (np.array([timedelta(1), timedelta(2)]), None, "t0 holds timedelta"),
        (np.ones((2, 2)), None, r"t0 has the shape \(2, 2\); give one column"),
        (pd.Series([1, "x"]), None, r"t0 holds str \('x'\)"),
        (DAYS, range(9), "t0 holds Datetime.* and t1 Int64; give both as moments"),
        (pl.Series(AWARE), pl.Series(DAYS), "only one of t0 and t1 has a time zone"),
        (pd.Series(NUMPY), pd.Series(AWARE), "only one of t0 and t1 has a time zone"),
        ([DAYS[0], AWARE[1]], None, "datetime without a time zone in row 0 and a datetime with a"),
        ([AWARE[0], DAYS[1]], None, "datetime with a time zone in row 0 and a datetime without"),
        (pd.Series([AWARE[0], DAYS[1]], dtype=object), None, "time zone in row 0 and a datetime"),
        ([DAYS[0], DAYS[1].date()], None, "in row 0 and a date in row 1; give all moments alike"),
        ([DAYS[0].date(), DAYS[1]], None, "holds a date in row 0 and a datetime without a time"),
        ([1, DAYS[1]], None, "holds a int in row 0 and a datetime"),
        ([DAYS[1], NUMPY[1]], None, "holds a datetime without .* in row 0 and a datetime64 in"),
        ([Fraction(1, 2), 1], None, r"t0 holds Fraction \(Fraction\(1, 2\)\); expected moments"),
    ],
)
def test_times_of_other_types_are_refused(t0, t1, message) -> None:
    with pytest.raises(TypeError, match=message):
        PurgedKFold(2).split(t0=t0, t1=t1)


def test_moments_of_several_zones_in_one_list() -> None:
    tokyo = timezone(timedelta(hours=9))
    t0 = [day.astimezone(tokyo) if row % 2 else day for row, day in enumerate(AWARE)]
    assert_same_rows(PurgedKFold(3).split(t0=t0), EXPECTED)


@pytest.mark.parametrize("year", [2605, 9999])
def test_ends_beyond_the_reach_of_nanoseconds(year) -> None:
    ends = [datetime(year, 12, 31)] * len(DAYS)
    with pytest.raises(ValueError, match=rf"t1 holds {year}-12-31.*, which 64-bit nanoseconds"):
        PurgedKFold(3).split(t0=NUMPY.astype("datetime64[ns]"), t1=ends)
    with pytest.raises(ValueError, match=rf"t0 holds {year}-12-31"):
        PurgedKFold(3).split(t0=ends, t1=NUMPY.astype("datetime64[ns]"))
    assert WalkForward(start=DAYS[4]).bound(NUMPY, ends)._timeline.latest.max() > 2**54


@pytest.mark.parametrize("unit", ["us", "ns"])
@pytest.mark.parametrize(
    "length", [timedelta(days=250 * 365), timedelta(days=300 * 365), timedelta.max]
)
def test_gaps_longer_than_the_reach_of_the_unit_take_all(unit, length) -> None:
    t0 = NUMPY.astype(f"datetime64[{unit}]") + np.timedelta64(197 * 365, "D")  # year 2220
    for splitter in (PurgedKFold(3, purge=length), WalkForward(3, embargo=length)):
        with pytest.raises(ValueError, match="no training rows left"):
            splitter.split(t0=t0)
    with pytest.raises(ValueError, match=r"fold 0 of 3 .*6 fell under embargo"):
        PurgedKFold(3, embargo=length).split(t0=t0)


@pytest.mark.parametrize("name", ["purge", "embargo"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.timedelta64(1, "M"), "whose unit has no fixed length .* give weeks, days"),
        (np.timedelta64(1, "Y"), "whose unit has no fixed length"),
        (np.timedelta64(5), "whose unit has no fixed length"),
        (np.timedelta64("NaT", "D"), "is NaT; give a length of time"),
        (pd.NaT, "is .*NaT"),
    ],
)
def test_lengths_of_no_fixed_time_are_refused(name, value, message) -> None:
    with pytest.raises(ValueError, match=f"{name} .*{message}"):
        PurgedKFold(**{name: value})


@pytest.mark.parametrize("length", [pd.Timedelta(500, "ns"), np.timedelta64(500, "ns")])
def test_lengths_below_the_unit_of_the_times(length) -> None:
    ticks = np.datetime64("2024-01-01", "ns") + np.arange(9) * np.timedelta64(500, "ns")
    expected = list(PurgedKFold(3, embargo=1).split(t0=ticks))
    assert_same_rows(PurgedKFold(3, embargo=length).split(t0=ticks), expected)
    with pytest.raises(ValueError, match=r"embargo is .* not a whole number of microseconds"):
        PurgedKFold(3, embargo=length).split(t0=NUMPY)


@pytest.mark.parametrize("start", [pd.NaT, np.datetime64("NaT"), float("nan")])
def test_a_start_that_is_no_moment_is_refused(start) -> None:
    with pytest.raises(ValueError, match=r"start is .*; give a moment or a number, or leave it"):
        WalkForward(start=start)


@pytest.mark.parametrize("name", ["purge", "embargo"])
@pytest.mark.parametrize(
    "value", [-1, 0.01, True, "5", None, timedelta(-1), np.timedelta64(-1, "h")]
)
@pytest.mark.parametrize("kind", [PurgedKFold, WalkForward, CombinatorialPurgedCV])
def test_gaps_out_of_range_are_refused(kind, name, value) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*; give a whole number of unique times"):
        kind(**{name: value})


@pytest.mark.parametrize("name", ["purge", "embargo"])
def test_a_length_of_time_needs_moments(name) -> None:
    splitter = PurgedKFold(2, **{name: timedelta(days=1)})
    with pytest.raises(TypeError, match=f"{name} is .* while t0 holds plain numbers"):
        splitter.split(t0=range(9))
    assert len(list(splitter.split(t0=[date(2024, 1, n) for n in range(1, 10)]))) == 2


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (PurgedKFold, {"n_splits": 1}, "n_splits is 1; give a whole number of at least 2"),
        (PurgedKFold, {"n_splits": 2.0}, "n_splits is 2.0; give a whole number"),
        (WalkForward, {"n_splits": 0}, "n_splits is 0"),
        (WalkForward, {"step": 0}, "step is 0; give a whole number of at least 1"),
        (WalkForward, {"train_size": True}, "train_size is True"),
        (WalkForward, {"test_size": -3}, "test_size is -3"),
        (WalkForward, {"min_train": 0}, "min_train is 0"),
        (WalkForward, {"train_size": 5, "min_train": 6}, "train_size is 5, less than min_train=6"),
        (CombinatorialPurgedCV, {"n_folds": 1}, "n_folds is 1"),
        (CombinatorialPurgedCV, {"n_test_folds": 0}, "n_test_folds is 0"),
        (
            CombinatorialPurgedCV,
            {"n_test_folds": 6},
            "n_test_folds is 6 of n_folds=6, which leaves",
        ),
        (CombinatorialPurgedCV, {"n_folds": 40, "n_test_folds": 20}, "make 137846528820 splits"),
    ],
)
def test_settings_out_of_range_are_refused(kind, settings, message) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**settings)


@pytest.mark.parametrize(
    ("splitter", "message"),
    [
        (PurgedKFold(5), "n_splits=5 needs at least as many different times, found 4; lower"),
        (CombinatorialPurgedCV(5, 2), "n_folds=5 needs at least as many different times"),
        (
            PurgedKFold(2, purge=2),
            r"fold 0 of 2 \(tested from 0 to 1\) has no training rows left: 4",
        ),
        (PurgedKFold(2, embargo=2), "0 rows were purged, .* and 4 fell under embargo=2"),
        (
            CombinatorialPurgedCV(4, 3, purge=1),
            "split 0 of 4, test folds 0, 1, 2 .* has no training",
        ),
    ],
    ids=repr,
)
def test_folds_with_nothing_to_train_on_are_named(splitter, message) -> None:
    with pytest.raises(ValueError, match=message):
        splitter.split(t0=[0, 0, 1, 1, 2, 2, 3, 3])
