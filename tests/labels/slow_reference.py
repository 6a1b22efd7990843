"""Labels one row at a time in exact fractions, written from the definitions, not from the code."""

from fractions import Fraction
from itertools import pairwise

FIRST = {
    "next_close": (1, "close", 2),
    "next_open": (1, "open", 1),
    "signal_close": (0, "close", 1),
}
TINY = Fraction(1, 10**12)


def average_true_range(bars, window):
    """Wilder's ATR of each bar, None before it exists."""
    ranges = [None]
    for before, bar in pairwise(bars):
        previous = before["close"]
        ranges.append(
            max(bar["high"] - bar["low"], abs(bar["high"] - previous), abs(bar["low"] - previous))
        )
    out, value = [], None
    for i in range(len(bars)):
        if i == window:
            value = sum(ranges[1 : window + 1]) / window
        elif i > window:
            value = (value * (window - 1) + ranges[i]) / window
        out.append(value)
    return out


class Trade:
    """Net returns of a long and a short round trip, and the exits that earn a wanted return."""

    def __init__(self, entry, *, fee_bps=0.0, slippage_bps=0.0, price_per_side=0.0):
        self.entry = entry
        self.fee, self.slip = (Fraction(bps) / 10_000 for bps in (fee_bps, slippage_bps))
        self.side = Fraction(price_per_side)

    def long(self, price):
        if self.side:
            return (price - self.entry - 2 * self.side) / self.entry
        bought = self.entry * (1 + self.slip) * (1 + self.fee)
        return price * (1 - self.slip) * (1 - self.fee) / bought - 1

    def short(self, price):
        if self.side:
            return (self.entry - price - 2 * self.side) / self.entry
        sold = (1 - self.slip) * (1 - self.fee)
        return sold - price / self.entry * (1 + self.slip) * (1 + self.fee)

    def price_where(self, net, wanted):
        """The price at which a net return, which is linear in the price, is the wanted one."""
        at_zero, slope = net(Fraction(0)), net(Fraction(1)) - net(Fraction(0))
        return (wanted - at_zero) / slope


def label_rows(
    bars,
    *,
    horizon,
    upper=2.0,
    lower=2.0,
    atr_window=14,
    fill="next_close",
    costs=None,
    shift_barriers=None,
    delisted=False,
):
    """Rows (number of the bar, label, number of the deciding bar, net return, barrier)."""
    costs = costs or {}
    shifted = bool(costs.get("price_per_side")) if shift_barriers is None else shift_barriers
    entry_after, entry_price, outcome_after = FIRST[fill]
    atr = average_true_range(bars, atr_window)
    rows = []
    for i in range(len(bars)):
        first = i + outcome_after
        due = first + horizon - 1
        last = min(due, len(bars) - 1)
        if atr[i] is None or last < first or (due > last and not delisted):
            continue
        trade = Trade(Fraction(bars[i + entry_after][entry_price]), **costs)
        up, down = Fraction(upper) * Fraction(atr[i]), Fraction(lower) * Fraction(atr[i])
        top, bottom = trade.entry + up, trade.entry - down
        if shifted:
            top = trade.price_where(trade.long, up / trade.entry)
            bottom = trade.price_where(trade.short, down / trade.entry)
        end, name, long_exit, short_exit = first_exit(
            bars, range(first, last + 1), top, bottom, TINY * trade.entry
        )
        if name is None:
            name = "time" if last == due else "end"
            long_exit = short_exit = Fraction(bars[last]["close"])
            end = last
        gains = trade.long(long_exit), trade.short(short_exit)
        label = 1 if gains[0] > TINY else -1 if gains[1] > TINY else 0
        net = gains[0] if label == 1 else gains[1] if label == -1 else max(gains)
        rows.append((i, label, end, float(net), name))
    return rows


def first_exit(bars, numbers, top, bottom, tiny):
    """Deciding bar, barrier, and the exits of the long and the short trade."""
    for j in numbers:
        opened, high, low = (Fraction(bars[j][name]) for name in ("open", "high", "low"))
        over, under = opened >= top - tiny, opened <= bottom + tiny
        if over or under:
            name = "both" if over and under else "upper" if over else "lower"
            return j, name, opened, opened
        reaches_top, reaches_bottom = high >= top - tiny, low <= bottom + tiny
        if reaches_top and reaches_bottom:
            return j, "both", bottom, top
        if reaches_top:
            return j, "upper", top, top
        if reaches_bottom:
            return j, "lower", bottom, bottom
    return None, None, None, None


def threshold_rows(bars, threshold, *, horizon, fill="next_close", delisted=False):
    """Rows (number of the bar, up, its deciding bar, down, its deciding bar)."""
    entry_after, entry_price, outcome_after = FIRST[fill]
    rows = []
    for i in range(len(bars)):
        first, due = i + outcome_after, i + outcome_after + horizon - 1
        last = min(due, len(bars) - 1)
        if last < first or (due > last and not delisted):
            continue
        entry, share = Fraction(bars[i + entry_after][entry_price]), Fraction(threshold)
        row = [i]
        for reached in (
            lambda bar, e=entry, x=share: Fraction(bar["high"]) >= e * (1 + x - TINY),
            lambda bar, e=entry, x=share: Fraction(bar["low"]) <= e * (1 - x + TINY),
        ):
            hits = [j for j in range(first, last + 1) if reached(bars[j])]
            row += [int(bool(hits)), hits[0] if hits else last]
        rows.append(tuple(row))
    return rows


def forward_rows(bars, length, *, fill="next_close", costs=None, delisted=False):
    """Rows (number of the bar, net return of a long trade, number of the bar it ends in)."""
    entry_after, entry_price, outcome_after = FIRST[fill]
    rows = []
    for i in range(len(bars)):
        first, due = i + outcome_after, i + outcome_after + length - 1
        last = min(due, len(bars) - 1)
        if last < first or (due > last and not delisted):
            continue
        trade = Trade(Fraction(bars[i + entry_after][entry_price]), **(costs or {}))
        rows.append((i, float(trade.long(Fraction(bars[last]["close"]))), last))
    return rows


def label_uniqueness(spans):
    """Mean over each label's bars of one over the labels that hold the bar."""
    return [
        sum(Fraction(1, sum(a <= t < b for a, b in spans)) for t in range(start, end))
        / (end - start)
        for start, end in spans
    ]


def next_draw(spans, drawn):
    """Probability of each label to be drawn next in a sequential bootstrap."""
    chances = []
    for start, end in spans:
        shares = [
            Fraction(1, 1 + sum(spans[d][0] <= t < spans[d][1] for d in drawn))
            for t in range(start, end)
        ]
        chances.append(sum(shares) / len(shares))
    return [chance / sum(chances) for chance in chances]


def own_return(spans, returns):
    """Size of each label's share in the returns of its bars."""
    held = [sum(a <= t < b for a, b in spans) for t in range(len(returns))]
    return [
        abs(sum(Fraction(returns[t]) / held[t] for t in range(start, end))) for start, end in spans
    ]
