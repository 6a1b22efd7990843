"""Slow, plain Python definitions of every feature, one row at a time, written from the formulas."""

import math

import numpy as np

Rows = list[float | None]


def window(values: Rows, t: int, n: int) -> list[float] | None:
    part = values[t - n + 1 : t + 1] if t - n + 1 >= 0 else []
    return None if len(part) < n or any(v is None for v in part) else part


def rolling(values: Rows, n: int, f) -> Rows:
    parts = [window(values, t, n) for t in range(len(values))]
    return [None if p is None else f(p) for p in parts]


def change(values: Rows, lag: int, f) -> Rows:
    out: Rows = []
    for t in range(len(values)):
        now, before = values[t], values[t - lag] if t >= lag else None
        out.append(None if now is None or before is None else f(now, before))
    return out


def pair(a: Rows, b: Rows, f) -> Rows:
    return [None if x is None or y is None else f(x, y) for x, y in zip(a, b, strict=True)]


def recursive(values: Rows, n: int, alpha: float) -> Rows:
    """Mean of the first n known values, then y += alpha (x - y)."""
    out: Rows = []
    seed: list[float] = []
    state = None
    for x in values:
        if x is not None and state is None:
            seed.append(x)
            state = sum(seed) / n if len(seed) == n else None
        elif x is not None:
            state = state + alpha * (x - state)
        out.append(state)
    return out


def ema(values: Rows, n: int) -> Rows:
    return recursive(values, n, 2 / (n + 1))


def wilder(values: Rows, n: int) -> Rows:
    return recursive(values, n, 1 / n)


def sd(part: list[float], ddof: int) -> float:
    mean = math.fsum(part) / len(part)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in part) / (len(part) - ddof))


def mean(part: list[float]) -> float:
    return math.fsum(part) / len(part)


def zscore(values: Rows, n: int, ddof: int) -> Rows:
    return rolling(values, n, lambda p: (p[-1] - mean(p)) / sd(p, ddof))


def references(o: Rows, h: Rows, low: Rows, c: Rows, v: Rows) -> dict[str, Rows]:
    """Every feature at its default windows, by name without timeframe."""
    logret = change(c, 1, lambda a, b: math.log(a / b))
    half = pair(h, low, lambda a, b: 0.5 * math.log(a / b))
    sma = rolling(c, 20, mean)
    dev = rolling(c, 20, lambda p: sd(p, 0))
    delta = change(c, 1, lambda a, b: a - b)
    gain = wilder([None if d is None else max(d, 0.0) for d in delta], 14)
    loss = wilder([None if d is None else max(-d, 0.0) for d in delta], 14)
    tr: Rows = [None] + [
        max(h[t] - low[t], abs(h[t] - c[t - 1]), abs(low[t] - c[t - 1])) for t in range(1, len(c))
    ]
    atr = wilder(tr, 14)
    macd = pair(ema(c, 12), ema(c, 26), lambda a, b: a - b)
    signal = ema(macd, 9)
    typical = [(a + b + d) / 3 for a, b, d in zip(h, low, c, strict=True)]
    money = pair(typical, v, lambda a, b: a * b)
    vwap = pair(rolling(money, 20, math.fsum), rolling(v, 20, math.fsum), lambda a, b: a / b)
    over = pair(c, vwap, lambda a, b: a / b)
    signed = pair(delta, v, lambda d, x: float(np.sign(d)) * x)
    ema20 = ema(c, 20)
    return {
        "close_logret_current": logret,
        "log_halfrange_current": [math.log(max(x, 1e-5)) for x in half],
        "log_volume_delta_current": change(v, 1, lambda a, b: math.log(a / b)),
        "close_parkinson_20": rolling(
            half, 20, lambda p: math.sqrt(mean([(2 * x) ** 2 for x in p]) / (4 * math.log(2)))
        ),
        "close_momentum_20": change(c, 20, lambda a, b: math.log(a / b)),
        "close_roc_14": change(c, 14, lambda a, b: 100 * (a / b - 1)),
        "close_ret_zscore_20": zscore(logret, 20, 1),
        "close_zscore_20": zscore(c, 20, 0),
        "close_rsi_14": pair(gain, loss, lambda a, b: 100 - 100 / (1 + a / b)),
        "close_macd_12_26": macd,
        "close_macd_signal_12_26_9": signal,
        "close_macd_histogram_12_26_9": pair(macd, signal, lambda a, b: a - b),
        "close_ema_20": ema20,
        "close_log_ratio_ema_20": pair(c, ema20, lambda a, b: math.log(a / b)),
        "close_bollinger_percent_b_20": [
            None if m is None else (x - (m - 2 * s)) / (4 * s)
            for x, m, s in zip(c, sma, dev, strict=True)
        ],
        "close_bollinger_width_20": pair(dev, sma, lambda s, m: 4 * s / m),
        "close_bollinger_upper_20": pair(sma, dev, lambda m, s: m + 2 * s),
        "close_bollinger_lower_20": pair(sma, dev, lambda m, s: m - 2 * s),
        "high_low_range_pct_current": [
            100 * (a - b) / d for a, b, d in zip(h, low, c, strict=True)
        ],
        "close_open_pct_current": pair(c, o, lambda a, b: 100 * (a / b - 1)),
        "high_low_halfrange_mean_20": rolling(half, 20, mean),
        "high_low_halfrange_ewma_20": ema(half, 20),
        "close_rolling_vol_20": rolling(logret, 20, lambda p: sd(p, 1)),
        "close_ewma_vol_20": [
            None if x is None else math.sqrt(x)
            for x in ema([None if r is None else r * r for r in logret], 20)
        ],
        "close_atr_14": atr,
        "close_atr_pct_14": pair(atr, c, lambda a, b: 100 * a / b),
        "volume_rvol_20": rolling(v, 20, lambda p: p[-1] / mean(p)),
        "log_volume_zscore_20": zscore([None if x is None else math.log(x) for x in v], 20, 1),
        "close_over_vwap": over,
        "close_log_ratio_vwap": [None if x is None else math.log(x) for x in over],
        "volume_obv_change_20": pair(
            rolling(signed, 20, math.fsum), rolling(v, 20, math.fsum), lambda a, b: a / b
        ),
    }
