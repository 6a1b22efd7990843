"""Reactions to drawdowns: equal to counting by hand, none where there is nothing to react to."""

import numpy as np
import pytest

from regime_factory.regimes.honesty.reaction import large_drawdowns, reaction_to_drawdowns


def walk(seed, n=400, vol=0.02):
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, vol, n)))


def counted(close, top, size):
    """Bars to the top state and whether in time, by walking along the prices."""
    found, high, start, crossed = [], close[0], None, None
    for t in range(1, len(close) + 1):
        over = t == len(close) or close[t] >= high * (1 - 1e-12)
        if start is not None and over:
            if crossed is not None:
                hits = [u for u in range(start, t) if top[u]]
                bars = hits[0] - start if hits else None
                found.append((bars, bars is not None and start + bars <= crossed, t - start))
            start = crossed = None
        if t == len(close):
            break
        if over:
            high = max(high, close[t])
            continue
        start = t if start is None else start
        if crossed is None and close[t] <= high * (1 - size):
            crossed = t
    return found


@pytest.mark.parametrize("seed", range(6))
def test_equals_counting_by_hand(seed):
    close = walk(seed)
    top = np.random.default_rng(seed + 50).random(400) < 0.03
    found = reaction_to_drawdowns(close, top, size=0.1, n_shifts=20)
    by_hand = counted(close, top, 0.1)
    assert [(row["bars"], row["in_time"]) for row in found["episodes"]] == [
        row[:2] for row in by_hand
    ]
    if by_hand:
        waits = [length if bars is None else bars for bars, _, length in by_hand]
        assert found["median_bars"] == np.median(waits)
        assert found["in_time_share"] == np.mean([row[1] for row in by_hand])


def test_shifts_equal_rolled_labels():
    close, top = walk(7), np.zeros(400, dtype=bool)
    top[100:130] = top[300:310] = True
    found = reaction_to_drawdowns(close, top, size=0.1, n_shifts=40, seed=9)
    shifts = np.random.default_rng(9).integers(1, 400, 40)
    rolled = [np.roll(top, shift) for shift in shifts]
    medians, shares = [], []
    for labels in rolled:
        two_laps = np.tile(labels, 2)
        waits, in_time = [], []
        for start, crossed, end, _ in large_drawdowns(close, 0.1):
            wait = int(np.argmax(two_laps[start:]))
            waits.append(min(wait, end - start))
            in_time.append(wait <= crossed - start)
        medians.append(np.median(waits))
        shares.append(np.mean(in_time))
    assert found["shifted_median_bars"] == pytest.approx(np.mean(medians))
    assert found["shifted_in_time_share"] == pytest.approx(np.mean(shares))
    better = (np.array(shares) >= found["in_time_share"]).sum()
    assert found["p_value"] == (1 + better) / 41


def test_labels_that_know_the_drawdowns_beat_shifted_ones():
    close = walk(3, n=3000, vol=0.012)
    top = np.zeros(3000, dtype=bool)
    falls = large_drawdowns(close, 0.1)
    assert len(falls) >= 3
    for start, crossed, _, _ in falls:
        top[start : crossed + 1] = True
    knows = reaction_to_drawdowns(close, top, size=0.1)
    assert (knows["median_bars"], knows["in_time_share"]) == (0.0, 1.0)
    assert knows["p_value"] < 0.1
    assert knows["shifted_in_time_share"] < 1.0


def test_a_label_that_is_always_on_is_no_better_than_its_shifts():
    found = reaction_to_drawdowns(walk(3), np.ones(400, dtype=bool))
    assert found["p_value"] == 1.0
    assert found["median_bars"] == found["shifted_median_bars"] == 0.0


def test_a_label_that_is_never_on_waits_out_every_drawdown():
    found = reaction_to_drawdowns(walk(3), np.zeros(400, dtype=bool))
    assert all(row["bars"] is None and not row["in_time"] for row in found["episodes"])
    assert found["in_time_share"] == 0.0


def test_rising_prices_give_nothing_to_react_to():
    found = reaction_to_drawdowns(np.linspace(100, 200, 50), np.zeros(50, dtype=bool))
    assert found["episodes"] == []
    assert found["p_value"] is None
    assert found["median_bars"] is None


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="50 prices but 49 labels"):
        reaction_to_drawdowns(np.linspace(1, 2, 50), np.zeros(49))
    with pytest.raises(ValueError, match="between 0 and 1"):
        reaction_to_drawdowns(np.linspace(1, 2, 50), np.zeros(50), size=1.5)
    with pytest.raises(ValueError, match="nan in row 3"):
        reaction_to_drawdowns([1.0, 2.0, 1.0, np.nan], np.zeros(4))
