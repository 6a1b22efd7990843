"""What is known at a label's end does not change with later bars, nor its barriers with ranges."""

import numpy as np
import polars as pl
import pytest

from regime_factory.labels import FILL_TIMINGS, build_labels, triple_barrier

from .markets import random_bars

SETTINGS = {"horizon": 12, "threshold_horizon": 9, "forward_horizons": [1, 5], "atr_window": 5}
TARGETS = {"label": "t1_label", "ret_net": "t1_label", "barrier": "t1_label"}


def replaced_after(bars, row, factor):
    """The same bars up to a row, and another market after it."""
    other = random_bars(bars.height, seed=99, vol=0.03)
    scale = float(bars["close"][row] / other["close"][row]) * factor
    new = other.with_columns(pl.col("open", "high", "low", "close") * scale)
    return pl.concat([bars.head(row + 1), new.slice(row + 1)])


def known_cells(labels, cut):
    """Every cell whose outcome is decided by the cut; null elsewhere."""
    ends = {name[3:]: name for name in labels.columns if name.startswith("t1_")} | TARGETS
    known = {name: pl.when(pl.col(end) <= cut).then(name).alias(name) for name, end in ends.items()}
    stamps = [pl.when(pl.col(end) <= cut).then(end).alias(end) for end in set(ends.values())]
    return labels.select("symbol", "ts", *known.values(), *stamps)


@pytest.mark.parametrize("fill", list(FILL_TIMINGS))
@pytest.mark.parametrize("factor", [0.7, 1.0, 1.4])
def test_later_bars_change_no_label_that_is_decided(fill, factor):
    bars = random_bars(300, seed=5, vol=0.01)
    before = build_labels(bars, fill=fill, **SETTINGS)
    for row in (40, 101, 250):
        cut = bars["ts"][row]
        after = build_labels(replaced_after(bars, row, factor), fill=fill, **SETTINGS)
        found = known_cells(after, cut)
        assert found.equals(known_cells(before, cut))
        assert found["label"].drop_nulls().len() > 20
        assert not after.equals(before)


def test_a_label_that_sees_one_bar_too_far_is_found():
    """The comparison above has teeth: labels moved by a bar do not pass it."""
    bars = random_bars(300, seed=5)
    cut = bars["ts"][101]
    moved = pl.col("label").shift(-1)
    before, after = (
        known_cells(build_labels(b, **SETTINGS).with_columns(moved), cut)
        for b in (bars, replaced_after(bars, 101, 1.4))
    )
    assert not after.equals(before)


@pytest.mark.parametrize("window", [1, 5])
def test_barriers_do_not_move_with_the_range_of_the_bar_they_are_entered_in(window):
    """Between decision and outcome lies bar i + 1; of it the close alone is used."""
    bars = random_bars(120, seed=6)
    given_ = {"horizon": 6, "atr_window": window}
    labels = triple_barrier(bars, **given_)
    for i in range(window, 110, 7):
        wider = pl.int_range(pl.len()) == i + 1
        changed = bars.with_columns(
            high=pl.when(wider).then(pl.col("high") * 1.5).otherwise("high"),
            low=pl.when(wider).then(pl.col("low") * 0.5).otherwise("low"),
            open=pl.when(wider).then("close").otherwise("open"),
        )
        row = pl.col("ts") == bars["ts"][i]
        assert triple_barrier(changed, **given_).filter(row).equals(labels.filter(row))


def test_every_interval_starts_after_its_decision_and_ends_within_the_horizon():
    bars = random_bars(200, seed=7)
    labels = build_labels(bars, **SETTINGS)
    place = {ts: i for i, ts in enumerate(bars["ts"])}
    lengths = {"label": 12, "up_1pct": 9, "down_5pct": 9, "fwd_ret_1": 1, "fwd_ret_5": 5}
    for name, length in lengths.items():
        rows = labels.select("ts", f"t1_{name}").drop_nulls().rows()
        bars_to_end = np.array([place[t1] - place[t0] for t0, t1 in rows])
        assert bars_to_end.min() >= 2  # filled at the next close
        assert bars_to_end.max() == length + 1
