"""Moves beyond the trailing scale, against a walk over the bars one by one."""

import math
import statistics

import numpy as np
import polars as pl
import pytest

from regime_factory.bars.quality.far_moves import far_moves
from regime_factory.bars.quality.limits import GateLimits

from ..walks import scaled, walk


def far_by_hand(close, limits):
    """Bars whose move is beyond the trailing scale, one by one, without any table function."""
    moves, found = [], []
    for i in range(1, len(close)):
        move = math.log(close[i] / close[i - 1])
        window = moves[-limits.outlier_window :]
        if len(window) >= limits.outlier_window // 2:
            scale = max(statistics.median(window), statistics.median(moves[-10:]))
            if abs(move) > limits.outlier_mads * scale:
                found.append(i)
        if move:
            moves.append(abs(move))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_far_moves_equal_a_walk_over_the_bars(seed):
    rng = np.random.default_rng(seed)
    moves = 0.01 * rng.standard_t(2, 500) * (rng.random(500) > 0.2)
    close = 100 * np.exp(np.cumsum(moves))
    bars = walk(500).with_columns(close=pl.Series(close))
    bars = bars.with_columns(
        high=pl.max_horizontal("open", "close"), low=pl.min_horizontal("open", "close")
    )
    limits = GateLimits(outlier_window=40, outlier_mads=6.0)
    expected = far_by_hand(close.tolist(), limits)
    assert len(expected) >= 5
    assert far_moves(bars, limits).filter("far")["place"].to_list() == expected


def test_later_bars_change_no_earlier_move():
    bars = scaled(scaled(walk(), 150, 1.7), 220, 3.0, 221)
    whole = far_moves(bars, GateLimits()).drop("after")
    for cut in (160, 222, 260):
        early = far_moves(bars[:cut], GateLimits()).drop("after")
        assert early.equals(whole.filter(whole["place"] < cut), null_equal=True)


def test_before_there_is_a_scale_only_the_size_of_a_split_is_far():
    assert far_moves(scaled(walk(), 5, 0.5), GateLimits())["place"].to_list() == [5]
    assert far_moves(scaled(walk(), 5, 1.3), GateLimits()).is_empty()
    assert far_moves(walk()[:1], GateLimits()).is_empty()
