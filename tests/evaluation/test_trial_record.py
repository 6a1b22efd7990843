"""Trials: when two are one, and what no trial may hold."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.evaluation import Trial, returns_table, trial_table
from regime_factory.evaluation.trial_record import (
    RETURNS_TABLE,
    TRIAL_TABLE,
    as_json,
    as_return_table,
    records_of,
)

START = datetime(2024, 1, 1, tzinfo=UTC)
STAMPS = [START + timedelta(hours=n) for n in range(3)]
FIELDS: dict[str, Any] = {
    "source": "hmm", "symbol": "SPY", "zone": "selection", "parameters": {"n_states": 2},
    "metric_name": "bic", "metric": -1.5, "data": "5f3c",
}  # fmt: skip
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def trial(**changed: Any) -> Trial:
    return Trial(**{**FIELDS, **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"source": "other"}, {"symbol": "QQQ"}, {"zone": "evaluation"},
        {"parameters": {"n_states": 3}}, {"parameters": {}}, {"metric_name": "icl"},
        {"metric": None}, {"metric": -1.5000000000000002}, {"data": "5f3d"},
        {"returns": (STAMPS, [0.0, 0.1, 0.2])},
    ],
)  # fmt: skip
def test_whatever_differs_makes_another_trial(changed: dict[str, Any]) -> None:
    assert trial(**changed).trial_id != trial().trial_id


def test_returns_that_differ_in_one_bit_or_stamp_make_another_trial() -> None:
    held = [0.0, 0.1, 0.2]
    later = [*STAMPS[:2], STAMPS[2] + timedelta(microseconds=1)]
    ids = {
        trial(returns=returns).trial_id
        for returns in [
            (STAMPS, held), (later, held), (STAMPS, [0.0, 0.1, np.nextafter(0.2, 1)]),
        ]
    }  # fmt: skip
    assert len(ids) == 3


def test_how_a_setting_is_spelt_does_not_matter() -> None:
    spelt = {"b": (1, 2.5), "a": np.int64(3), "c": {"y": np.float64(0.5), "x": np.bool_(True)}}
    plain = {"a": 3, "b": [1, 2.5], "c": {"x": True, "y": 0.5}}
    assert trial(parameters=spelt).trial_id == trial(parameters=plain).trial_id
    naive = pl.DataFrame({"ts": [t.replace(tzinfo=None) for t in STAMPS], "ret": [0, 0, 1]})
    aware = (pl.Series(STAMPS).cast(pl.Datetime("ms", "UTC")), np.array([0.0, 0.0, 1.0]))
    assert trial(returns=naive).trial_id == trial(returns=aware).trial_id


@given(parameters=st.dictionaries(st.text(), PLAIN, max_size=4))
def test_a_table_gives_back_the_records(parameters: dict[str, Any]) -> None:
    made = trial(parameters=parameters)
    table = trial_table([made, made])
    assert table.schema == pl.Schema(TRIAL_TABLE)
    assert [as_json(record) for record in records_of(table)] == [as_json(made.record)]


def test_returns_of_the_trials_that_trade_are_one_table() -> None:
    trades = [trial(returns=(STAMPS, [n, 0.0, 0.5])) for n in range(2)]
    table = returns_table([trial(), *trades, trades[0]])
    assert table.schema == pl.Schema(RETURNS_TABLE)
    assert table["trial_id"].to_list() == [t.trial_id for t in trades for _ in STAMPS]
    assert returns_table([trial()]).is_empty()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"symbol": ""}, "symbol of a trial is ''"),
        ({"zone": None}, "zone of a trial is None"),
        ({"parameters": [1]}, "expected a mapping"),
        ({"parameters": {1: 2}}, "parameters of a trial have the key 1"),
        ({"parameters": {"a": {"b": [0, date(2024, 1, 1)]}}}, r"parameters\.a\.b\[1\] .* of date"),
        ({"parameters": {"a": float("nan")}}, r"parameters\.a of a trial is nan"),
        ({"metric": float("inf")}, "bic of a trial is inf; give None"),
        ({"returns": (STAMPS, [0.0, float("nan"), 0.0])}, "not finite"),
        ({"returns": ([STAMPS[0]] * 2, [0.0, 0.0])}, "do not ascend"),
        ({"returns": (STAMPS[::-1], [0.0] * 3)}, "do not ascend"),
        ({"returns": ([], [])}, "are empty"),
    ],
)
def test_what_no_trial_may_hold(changed: dict[str, Any], expected: str) -> None:
    with pytest.raises((ValueError, TypeError), match=expected):
        trial(**changed)


def test_a_table_that_was_changed_is_refused() -> None:
    table = trial_table([trial()])
    with pytest.raises(ValueError, match="has been changed"):
        records_of(table.with_columns(metric=0.0))
    with pytest.raises(ValueError, match="no column 'data'"):
        records_of(table.drop("data"))


def test_stamps_of_another_time_zone_are_the_same_moments() -> None:
    local = pl.DataFrame({"ts": STAMPS, "ret": 0.0}).with_columns(
        pl.col("ts").dt.convert_time_zone("America/New_York")
    )
    assert as_return_table(local)["ts"].to_list() == STAMPS
