"""Compiled loops of barriers, thresholds and sequential draws; import inside functions only."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]
Places = NDArray[np.int32]  # half the memory to fill of 64 bits, which is felt
Terms = tuple[float, float, float, float]

# Prices this close to a barrier, as a share of the entry price, touch it, and net returns this
# close to zero are zero: both are rounding, far below any tick.
ROUNDING = 1e-12

UPPER, LOWER, BOTH, TIME, END = 0, 1, 2, 3, 4


@njit(cache=True, nogil=True)
def first_touch(
    prices: tuple[Floats, Floats, Floats, Floats],
    touch: tuple[float, float],
    first: int,
    last: int,
) -> np.int64:
    """First bar from `first` to `last` that touches a level, above or below; else ``last + 1``."""
    _, highs, lows, _ = prices
    touch_up, touch_down = touch
    j, end, one = np.uint64(first), np.uint64(last), np.uint64(1)  # signed: a fifth slower
    while j <= end and highs[j] < touch_up and lows[j] > touch_down:
        j += one
    return np.int64(j)


@njit(cache=True, nogil=True)
def resolve_both(
    opened: float, barriers: tuple[float, float], entry: float
) -> tuple[int, float, float]:
    """Code and exits, long and short, of a bar whose range holds both barriers."""
    upper, lower = barriers
    over, under = opened >= upper - ROUNDING * entry, opened <= lower + ROUNDING * entry
    if over or under:
        return BOTH if over and under else (UPPER if over else LOWER), opened, opened
    return BOTH, lower, upper


@njit(cache=True, nogil=True)
def walk_barriers(
    prices: tuple[Floats, Floats, Floats, Floats],
    entered: tuple[Floats, Floats],
    rows: tuple[int, int],
    lags: tuple[int, int, int],
    terms: tuple[tuple[float, float], Terms, Terms],
) -> tuple[Bytes, Bytes, Places, Floats]:
    """Label the rows from ``rows[0]`` to before ``rows[1]``.

    ``prices`` are open, high, low and close, ``entered`` the series that trades are entered at and
    the ATR; ``lags`` holds entry lag, outcome lag and horizon; ``terms`` the multiples of the upper
    and the lower barrier, and `CostTerms` of the returns and of the barriers' distance.
    The result: label, barrier code, deciding bar and net return of each row.
    """
    opens, highs, lows, closes = prices
    entries, atr = entered
    start, stop = rows
    entry_lag, outcome_lag, horizon = lags
    multiples, costs, shift = terms
    long_exit, sell, buy, paid = costs
    stretch_up, stretch_down = 1.0 / shift[0], 1.0 / shift[2]
    size = max(stop - start, 0)
    labels, codes = np.empty(size, np.int8), np.empty(size, np.int8)
    ends, nets = np.empty(size, np.int32), np.empty(size, np.float64)
    for k in range(size):
        i = start + k
        entry = entries[i + entry_lag]
        upper, lower = np.inf, -np.inf
        if multiples[0] < np.inf:
            upper = (entry + multiples[0] * atr[i] + shift[3]) * stretch_up
        if multiples[1] < np.inf:
            lower = (entry * shift[1] - multiples[1] * atr[i] - shift[3]) * stretch_down
        touch_up, touch_down = upper - ROUNDING * entry, lower + ROUNDING * entry
        due = i + outcome_lag + horizon - 1
        last = min(due, closes.size - 1)
        j = first_touch(prices, (touch_up, touch_down), i + outcome_lag, last)
        if j > last:
            j = last
            code = TIME if due == last else END
            long_out = short_out = closes[j]
        else:
            up, down = highs[j] >= touch_up, lows[j] <= touch_down
            # Without branches: which side is touched is as hard to predict as the market.
            code = UPPER if up else LOWER
            long_out = short_out = max(opens[j], upper) if up else min(opens[j], lower)
            if up and down:
                code, long_out, short_out = resolve_both(opens[j], (upper, lower), entry)
        gain = long_out * long_exit - entry - paid
        short_gain = entry * sell - short_out * buy - paid
        net = max(gain, short_gain) / entry
        net = net if abs(net) > ROUNDING else 0.0
        side = 1 if gain > short_gain else -1
        labels[k] = side if net > 0.0 else 0
        codes[k], ends[k], nets[k] = code, j, net
    return labels, codes, ends, nets


@njit(cache=True, nogil=True)
def walk_thresholds(
    prices: tuple[Floats, Floats],
    entries: Floats,
    thresholds: Floats,
    n_rows: int,
    lags: tuple[int, int, int],
) -> tuple[Bytes, Places]:
    """First bar of the horizon that reaches each threshold, upwards and downwards, in one pass.

    ``prices`` are high and low; ``thresholds`` increase. The results have shape
    (2, n_thresholds, n_rows), upwards first: whether it was reached, and the deciding bar.
    """
    highs, lows = prices
    entry_lag, outcome_lag, horizon = lags
    n_thresholds = thresholds.size
    hits = np.zeros((2, n_thresholds, n_rows), np.int8)
    ends = np.empty((2, n_thresholds, n_rows), np.int32)
    one = np.uint64(1)
    for i in range(n_rows):
        entry = entries[i + entry_lag]
        last = min(i + outcome_lag + horizon - 1, highs.size - 1)
        n_up = n_down = 0
        next_up = entry * (1.0 + thresholds[0] - ROUNDING)
        next_down = entry * (1.0 - thresholds[0] + ROUNDING)
        j, end = np.uint64(i + outcome_lag), np.uint64(last)
        while j <= end:
            while highs[j] >= next_up:
                hits[0, n_up, i], ends[0, n_up, i] = 1, j
                n_up += 1
                more = n_up < n_thresholds
                next_up = entry * (1.0 + thresholds[n_up] - ROUNDING) if more else np.inf
            while lows[j] <= next_down:
                hits[1, n_down, i], ends[1, n_down, i] = 1, j
                n_down += 1
                more = n_down < n_thresholds
                next_down = entry * (1.0 - thresholds[n_down] + ROUNDING) if more else -np.inf
            if n_up + n_down == 2 * n_thresholds:
                break
            j += one
        ends[0, n_up:, i] = last
        ends[1, n_down:, i] = last
    return hits, ends


@njit(cache=True, nogil=True)
def fill_draw_weights(starts: Ints, ends: Ints, counts: Ints, totals: Floats, out: Floats) -> None:
    """Average uniqueness of each label if it were drawn once more; ``totals`` is work space."""
    totals[0] = 0.0
    for t in range(counts.size):
        totals[t + 1] = totals[t] + 1.0 / (1.0 + counts[t])
    for k in range(starts.size):
        out[k] = (totals[ends[k]] - totals[starts[k]]) / (ends[k] - starts[k])


@njit(cache=True, nogil=True)
def draw_in_sequence(starts: Ints, ends: Ints, n_bars: int, uniforms: Floats) -> Ints:
    """Draw one label per uniform number, each by its uniqueness among those drawn before."""
    counts = np.zeros(n_bars, np.int64)
    totals, weights = np.empty(n_bars + 1), np.empty(starts.size)
    drawn = np.empty(uniforms.size, np.int64)
    for d in range(uniforms.size):
        fill_draw_weights(starts, ends, counts, totals, weights)
        target = uniforms[d] * weights.sum()
        k, reached = 0, weights[0]
        while reached <= target and k < starts.size - 1:
            k += 1
            reached += weights[k]
        drawn[d] = k
        counts[starts[k] : ends[k]] += 1
    return drawn
