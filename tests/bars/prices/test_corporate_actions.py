"""Stated events reach the right bar, and impossible ones are refused."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from regime_factory.bars.prices.corporate_actions import actions_per_bar, refuse_impossible

DAY = datetime(2021, 3, 1, 21, tzinfo=UTC)
NAN, INF = float("nan"), float("inf")


def on(days: list[int], **columns: list[float | None]) -> pl.DataFrame:
    frame = pl.DataFrame({"ts": [DAY + timedelta(days=day) for day in days]})
    return frame.with_columns(
        pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items()
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("split", -2.0), ("split", 1e4), ("split", 1e-4), ("split", NAN), ("split", INF),
        ("dividend", -0.1), ("dividend", NAN), ("dividend", INF),
        ("adj_close", 0.0), ("adj_close", -3.0), ("adj_close", NAN),
    ],
)  # fmt: skip
def test_impossible_values_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is .* at 2021-03-02 21:00 UTC; expected"):
        refuse_impossible(on([0, 1], **{name: [None, value]}))


def test_possible_values_pass() -> None:
    refuse_impossible(
        on([0, 1, 2], split=[0, 1, 0.1], dividend=[0, None, 3.5], adj_close=[1e-6, 5.0, None])
    )


def test_many_impossible_rows_are_counted() -> None:
    with pytest.raises(ValueError, match="and on 4 more rows"):
        refuse_impossible(on(list(range(7)), dividend=[-1.0] * 7))


def test_zero_states_that_there_was_no_split() -> None:
    bars = on([0, 1, 2], close=[10, 11, 12])
    made = actions_per_bar(bars, on([0, 1], split=[0.0, None], dividend=[None, 0.0]))
    assert made["split"].to_list() == [1.0, None, None]
    assert made["dividend"].to_list() == [None, 0.0, None]
    assert made["previous"].to_list() == [None, 10.0, 11.0]


def test_events_between_bars_act_together_on_the_next() -> None:
    """A dividend of 1 per old share, then 2:1: half a unit of cash per new share."""
    bars = on([0, 5], close=[100, 50])
    made = actions_per_bar(bars, on([1, 2, 3], split=[None, 2, None], dividend=[1, None, 0.25]))
    assert made["split"].to_list() == [None, 2.0]
    assert made["dividend"].to_list() == [None, 0.75]


def test_what_comes_after_the_last_bar_does_not_act() -> None:
    made = actions_per_bar(on([0, 1], close=[100, 50]), on([2], split=[2]))
    assert made["split"].to_list() == [None, None]


def test_every_bar_keeps_its_row() -> None:
    bars = on([0, 1, 2], close=[10, 11, 12])
    made = actions_per_bar(bars, on([1, 1, 9], adj_close=[5.5, 99, 3]))
    assert made["ts"].equals(bars["ts"])
    assert made["step"].to_list() == [None, None, None]
