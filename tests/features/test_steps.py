"""Shared intermediate steps: equal expressions meet, different ones do not."""

import polars as pl
import pytest

from regime_factory.features.steps import Steps, inline

FRAME = pl.DataFrame({"x": [1.0, 2.0, 4.0, 8.0]})


def test_equal_expressions_become_one_column():
    steps = Steps()
    first, second = (steps.once(pl.col("x").rolling_mean(2)) for _ in range(2))
    assert len(steps) == 1
    assert first.meta.eq(second)


@pytest.mark.parametrize(
    "other",
    [
        pl.col("x").rolling_mean(3),
        pl.col("x").rolling_sum(2),
        pl.col("x").shift(1).rolling_mean(2),
        pl.col("x").ewm_mean(alpha=0.1, adjust=False),
    ],
)
def test_expressions_that_differ_in_anything_stay_apart(other):
    steps = Steps()
    steps.once(pl.col("x").rolling_mean(2))
    steps.once(other)
    assert len(steps) == 2


def test_steps_of_steps_run_in_layers():
    steps = Steps()
    doubled = steps.once(pl.col("x") * 2)
    summed = steps.once(doubled.cum_sum())
    mixed = steps.once(summed + doubled + pl.col("x"))
    got = steps.run(FRAME, [mixed.alias("y")])["y"]
    assert got.to_list() == [5.0, 12.0, 26.0, 54.0]


def test_inline_leaves_the_expression_as_it_is():
    expr = pl.col("x") + 1
    assert inline(expr) is expr


def test_no_steps_leave_the_frame_as_it_is():
    assert Steps().run(FRAME, [pl.col("x")]).equals(FRAME)


def test_a_step_is_kept_until_the_last_layer_that_reads_it():
    steps = Steps()
    early = steps.once(pl.col("x") * 2)
    late = steps.once(steps.once(steps.once(early + 1) + 1) + 1)
    assert steps.run(FRAME, [(late - early).alias("y")])["y"].to_list() == [3.0] * 4
