"""Thinning keeps what matters, and spells cover the labels exactly."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.report.series import (
    dwell_times,
    filled_probability_columns,
    growth_lines,
    regime_lanes,
    stamps,
    state_probabilities,
    thin_indices,
)

from .fabricated import make_inputs, weekdays


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 3000), points=st.integers(20, 500), seed=st.integers(0, 99))
def test_thinning_keeps_ends_and_extremes(n, points, seed):
    line = np.cumsum(np.random.default_rng(seed).standard_normal(n))
    rows = thin_indices([line], points)
    assert len(rows) <= max(points, 2)
    assert np.all(np.diff(rows) > 0)
    assert {0, n - 1, int(line.argmin()), int(line.argmax())} <= set(rows.tolist())


def test_thinning_keeps_regime_changes():
    line = np.zeros(5000)
    changes = np.array([17, 2501, 4444])
    assert set(changes) <= set(thin_indices([line], 400, changes).tolist())


def labels(states, start=None):
    ts = weekdays(len(states))
    return pl.DataFrame(
        {
            "ts": ts,
            "state": states,
            "regime": [("Calm", "Stress")[k] for k in states],
            "p_state_0": [1.0 - k for k in states],
            "p_state_1": [float(k) for k in states],
        },
        schema_overrides={"ts": pl.Datetime("us", "UTC"), "state": pl.Int16},
    )


def test_lanes_and_dwell_times_of_a_known_sequence():
    frame = labels([0, 0, 1, 1, 1, 0])
    calm, stress = regime_lanes(frame, [])
    written = stamps(frame["ts"])
    assert calm["starts"] == [written[0], written[5]]
    assert stress["starts"] == [written[2]]
    day = 86_400_000
    assert calm["lengths"] == [2 * day, day]
    assert stress["lengths"] == [5 * day]  # Wednesday to Monday
    lasted = dwell_times(frame, [{"state": 0, "regime": "Calm", "expected_bars": 3.0}])
    assert (lasted[0]["spells"], lasted[0]["median"], lasted[0]["expected"]) == (2, 1.5, 3.0)


@given(st.lists(st.integers(0, 1), min_size=2, max_size=80))
def test_lanes_cover_the_span_once(states):
    frame = labels(states)
    total = sum(sum(lane["lengths"]) for lane in regime_lanes(frame, []))
    since = frame["ts"].dt.epoch("ms").to_numpy()
    assert total == since[-1] - since[0] + int(np.median(np.diff(since)))


def test_confirmed_labels_win_over_the_argmax():
    frame = labels([0, 1, 0]).with_columns(
        confirmed_state=pl.Series([0, 0, 0], dtype=pl.Int16), confirmed_regime=pl.lit("Calm")
    )
    assert [len(lane["starts"]) for lane in regime_lanes(frame, [])] == [1, 0]


def test_no_labels_give_no_lanes():
    empty = labels([0, 1]).clear()
    assert regime_lanes(empty, []) == []
    assert dwell_times(empty, []) == []
    assert state_probabilities(empty, 10)["ts"] == []


def test_probabilities_leave_out_states_the_symbol_has_not():
    frame = labels([0, 1, 1]).with_columns(p_state_2=pl.lit(None, dtype=pl.Float64))
    assert filled_probability_columns(frame) == ["p_state_0", "p_state_1"]
    found = state_probabilities(frame, 2)
    assert found["values"] == [[0.0, 0.0], [1.0, 1.0]]
    assert found["over_90"] == 1.0


def test_bars_that_carry_a_probability_forward_are_not_counted():
    frame = labels([0] * 8).with_columns(
        p_state_0=pl.Series([0.95, 0.95, 0.95, 0.6, 0.6, 0.6, 0.6, 0.97]),
        p_state_1=pl.Series([0.05, 0.05, 0.05, 0.4, 0.4, 0.4, 0.4, 0.03]),
    )
    whole, tail, carried = (state_probabilities(frame, n) for n in (8, 6, 9))
    assert (whole["observed"], whole["over_90"]) == (3, 2 / 3)
    assert (tail["observed"], tail["over_90"], len(tail["ts"])) == (2, 0.5, 6)
    assert carried == whole
    assert state_probabilities(frame.head(3), 2)["observed"] == 0


def test_intraday_stamps_carry_the_time():
    ts = pl.datetime_range(
        pl.datetime(2020, 1, 1), pl.datetime(2020, 1, 1, 3), "1h", time_zone="UTC", eager=True
    )
    assert stamps(ts)[1] == "2020-01-01 01:00"


def test_growth_starts_from_one_before_the_first_return():
    inputs = make_inputs({"SP500": 3}, n_bars=300)
    tables = {k: inputs[k] for k in ("equity", "bands", "bars", "regimes")}
    lines = growth_lines(
        **tables, symbol="SP500", chosen="long_flat", benchmark="buy_and_hold", max_points=900
    )
    own = inputs["equity"].filter(pl.col("strategy") == "buy_and_hold")
    assert lines["benchmark"] == pytest.approx((1 + own["ret"]).cum_prod().to_list(), rel=1e-3)
    assert len(lines["ts"]) == 300


def test_a_missing_strategy_is_named():
    inputs = make_inputs({"SP500": 3}, n_bars=300)
    tables = {k: inputs[k] for k in ("equity", "bands", "bars", "regimes")}
    with pytest.raises(ValueError, match="no rows of 'nope' for 'SP500'"):
        growth_lines(
            **tables, symbol="SP500", chosen="nope", benchmark="buy_and_hold", max_points=900
        )
