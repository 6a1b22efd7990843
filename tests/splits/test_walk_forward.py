"""Where test blocks start, how long they are, and what a run on more data finds again."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.splits import WalkForward

from .panels import assert_same_rows, stamps

HOURS = pl.datetime_range(
    datetime(2024, 1, 1), datetime(2024, 1, 10), "1h", time_unit="us", time_zone="UTC", eager=True
)
ENDS = HOURS.dt.offset_by("5h")


@pytest.mark.parametrize(
    "start",
    [
        datetime(2024, 1, 5),
        datetime(2024, 1, 5, tzinfo=UTC),
        datetime.fromisoformat("2024-01-05T02:00:00+02:00"),
        date(2024, 1, 5),
        "2024-01-05",
        "2024-01-04 23:30",
        np.datetime64("2024-01-04T23:00:00.000000001"),
        HOURS[96],
    ],
    ids=str,
)
@pytest.mark.parametrize("t0", [HOURS, HOURS.cast(pl.Datetime("ns", "UTC"))], ids=["us", "ns"])
def test_the_first_tested_row_is_the_first_one_from_start_on(start, t0) -> None:
    splits = list(WalkForward(start=start, step=24).split(t0=t0, t1=ENDS))
    assert splits[0][1].tolist() == list(range(96, 120))
    assert splits[0][0].tolist() == list(range(91))
    assert np.concatenate([test for _, test in splits]).tolist() == list(range(96, len(HOURS)))


@pytest.mark.parametrize(
    ("splitter", "expected"),
    [
        (WalkForward(start=7, step=2), [[7, 8], [9, 10], [11]]),
        (WalkForward(start=7.5, step=2), [[8, 9], [10, 11]]),
        (WalkForward(2, start=7), [[7, 8, 9], [10, 11]]),
        (WalkForward(2, start=7, test_size=2), [[7, 8], [9, 10]]),
        (WalkForward(2), [[4, 5, 6, 7], [8, 9, 10, 11]]),
        (WalkForward(2, test_size=3), [[6, 7, 8], [9, 10, 11]]),
        (WalkForward(step=5, min_train=4), [[4, 5, 6, 7, 8], [9, 10, 11]]),
        (WalkForward(start=6, step=3, test_size=2), [[6, 7], [9, 10]]),
        (WalkForward(start=8, step=1, test_size=3), [[8, 9, 10], [9, 10, 11], [10, 11], [11]]),
    ],
    ids=repr,
)
def test_blocks(splitter: WalkForward, expected: list[list[int]]) -> None:
    assert [test.tolist() for _, test in splitter.split(t0=range(12))] == expected
    assert splitter.get_n_splits(t0=range(12)) == len(expected)


@pytest.mark.parametrize("embargo", [0, 3])
@pytest.mark.parametrize("horizon", [0, 4])
def test_without_a_start_the_first_block_comes_as_soon_as_enough_is_left(horizon, embargo) -> None:
    splitter = WalkForward(step=5, min_train=6, embargo=embargo)
    t0 = np.arange(40)
    train, test = next(splitter.split(t0=t0, t1=t0 + horizon))
    assert len(train) == 6
    assert test[0] == 6 + horizon + embargo


def test_a_rolling_window_keeps_its_length_after_purging() -> None:
    t0 = stamps(np.arange(50))
    t1 = stamps(np.arange(50) + 4)
    for train, test in WalkForward(start=t0[20], step=5, train_size=10).split(t0=t0, t1=t1):
        assert train.tolist() == list(range(test[0] - 14, test[0] - 4))


@pytest.mark.parametrize("train_size", [None, 15])
def test_a_run_on_more_data_finds_its_folds_again(train_size: int | None) -> None:
    """The folds of an evaluation zone must not depend on bars that come after it."""
    rng = np.random.default_rng(3)
    t0 = np.concatenate([np.arange(90), np.arange(0, 90, 2), np.arange(30, 90)])  # three symbols
    t1 = t0 + rng.integers(0, 9, len(t0))
    splitter = WalkForward(start=40, step=10, train_size=train_size, embargo=2)
    early = np.flatnonzero(t0 < 70)
    before = [
        (early[train], early[test]) for train, test in splitter.split(t0=t0[early], t1=t1[early])
    ]
    now = list(splitter.split(t0=t0, t1=t1))
    assert len(before) == 3
    assert_same_rows(before, now[:3])


def test_one_split_is_a_purged_tail_for_early_stopping() -> None:
    rng = np.random.default_rng(4)
    t0 = np.concatenate([np.arange(60), np.arange(60)])
    t1 = t0 + rng.integers(0, 6, 120)
    fitted, tail = next(WalkForward(1, test_size=12).split(t0=t0, t1=t1))
    assert np.unique(t0[tail]).tolist() == list(range(48, 60))
    assert fitted.tolist() == np.flatnonzero(t1 < 48).tolist()


def test_symbols_split_at_one_moment() -> None:
    hourly, daily = HOURS, HOURS.filter(HOURS.dt.hour() == 0)
    t0 = pl.concat([hourly, daily])
    symbol = np.repeat(["hourly", "daily"], [len(hourly), len(daily)])
    for train, test in WalkForward(start="2024-01-05", step=36).split(t0=t0):
        for name in ("hourly", "daily"):
            own = [rows[symbol[rows] == name] for rows in (train, test)]
            assert t0[own[0]].max() < t0[test].min() <= t0[own[1]].min()


def test_rows_to_predict_only_are_tested_and_never_trained_on() -> None:
    t0 = pl.Series(range(30))
    t1 = pl.Series([t + 3 if t + 3 < 30 and t != 11 else None for t in range(30)])
    splits = list(WalkForward(start=10, step=5).split(t0=t0, t1=t1.fill_null(t0.max())))
    assert np.concatenate([test for _, test in splits]).tolist() == list(range(10, 30))
    assert not np.isin([11, 27, 28, 29], np.concatenate([train for train, _ in splits])).any()


@pytest.mark.parametrize(
    ("splitter", "message"),
    [
        (WalkForward(start=0, step=3), r"fold 0 \(tested from 0 to 2\) has no training rows left"),
        (
            WalkForward(start=9, step=3, min_train=6),
            r"fold 0 .* at 5 times, .* min_train=6: 4 rows",
        ),
        (WalkForward(start=9, step=3, embargo=5), "5 fell under embargo=5; lower purge or embargo"),
        (WalkForward(start=12, step=1), "start is 12, after the last time 11"),
        (WalkForward(12), "n_splits=12 blocks and something to train on do not fit into 12"),
        (WalkForward(2, test_size=6), "blocks of test_size=6 and something to train on do not fit"),
        (WalkForward(2, start=8, test_size=3), "into 12 different times, 4 of them from start on"),
        (WalkForward(5, start=8), "n_splits=5 needs at least as many different times, found 4"),
        (WalkForward(step=3, min_train=50), "fold 0 .* fewer than min_train=50"),
    ],
    ids=repr,
)
def test_data_that_are_too_short_say_what_to_change(splitter: WalkForward, message: str) -> None:
    t0 = np.arange(12)
    with pytest.raises(ValueError, match=message):
        splitter.split(t0=t0, t1=t0 + 4)


def test_the_message_shows_dates() -> None:
    with pytest.raises(ValueError, match=r"tested from 2024-01-01 03:00 to 2024-01-01 08:00\) has"):
        WalkForward(start="2024-01-01 03:00", step=6).split(t0=HOURS, t1=ENDS)


@pytest.mark.parametrize(
    ("start", "t0", "error"),
    [
        (3, HOURS, "a date or time"),
        ("2024-01-01", range(9), "give a number"),
        (True, range(9), "give a number"),
        ("soon", HOURS, "give an ISO date"),
        (float("inf"), np.arange(9.0), "start is inf; give a moment"),
        (10**30, range(9), "start holds 10+, which 64-bit integers cannot hold"),
        (np.datetime64(3 * 10**5, "Y"), HOURS, "start holds 301970, which 64-bit micro"),
    ],
)
def test_a_start_of_the_wrong_kind_is_refused(start, t0, error) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        WalkForward(start=start, step=3).split(t0=t0)


def test_the_number_of_splits_needs_the_times_where_they_decide() -> None:
    assert WalkForward(7).get_n_splits() == 7
    with pytest.raises(TypeError, match="splits need the decision times"):
        WalkForward(step=7).get_n_splits()


@pytest.mark.parametrize("length", [timedelta(hours=7), np.timedelta64(7, "h")], ids=str)
def test_an_embargo_in_hours(length) -> None:
    train, test = next(
        WalkForward(start=HOURS[50], step=9, embargo=length).split(t0=HOURS, t1=ENDS)
    )
    assert test[0] == 50
    assert train[-1] == 37  # its label ends 8 hours before, that of row 38 just 7
