"""Slow, plain Python definitions of every feature, one row at a time, written from the formulas."""

import math
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

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


def join(f: Callable[..., float], *series: Rows) -> Rows:
    rows = zip(*series, strict=True)
    return [None if any(x is None for x in row) else f(*row) for row in rows]


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


def wilder_sum(values: Rows, n: int) -> Rows:
    """Wilder's running sum: the first n values added up, then S - S / n + x."""
    out: Rows = []
    seed: list[float] = []
    state = None
    for x in values:
        if x is not None and state is None:
            seed.append(x)
            state = sum(seed) if len(seed) == n else None
        elif x is not None:
            state = state - state / n + x
        out.append(state)
    return out


def mean(part: list[float]) -> float:
    return math.fsum(part) / len(part)


def moment(part: list[float], k: int) -> float:
    center = mean(part)
    return math.fsum((v - center) ** k for v in part) / len(part)


def sd(part: list[float], ddof: int) -> float:
    return math.sqrt(moment(part, 2) * len(part) / (len(part) - ddof))


def zscore(values: Rows, n: int, ddof: int) -> Rows:
    return rolling(values, n, lambda p: (p[-1] - mean(p)) / sd(p, ddof))


def references(o: Rows, h: Rows, low: Rows, c: Rows, v: Rows) -> dict[str, Rows]:
    """Every feature of prices and volume at its default windows, by name without timeframe."""
    return {
        **_changes(o, h, low, c, v),
        **_averages(c),
        **_oscillators(h, low, c),
        **_bands(h, low, c),
        **_volatilities(o, h, low, c),
        **_volumes(h, low, c, v),
    }


def _returns(c: Rows) -> Rows:
    return change(c, 1, lambda a, b: math.log(a / b))


def _true_range(h: Rows, low: Rows, c: Rows) -> Rows:
    return [None] + [
        max(h[t] - low[t], abs(h[t] - c[t - 1]), abs(low[t] - c[t - 1])) for t in range(1, len(c))
    ]


def _changes(o: Rows, h: Rows, low: Rows, c: Rows, v: Rows) -> dict[str, Rows]:
    returns = _returns(c)
    path = rolling(change(c, 1, lambda a, b: abs(a - b)), 10, math.fsum)
    return {
        "close_current": c,
        "close_logret_current": returns,
        "log_halfrange_current": join(
            lambda a, b: math.log(max(0.5 * math.log(a / b), 1e-5)), h, low
        ),
        "log_volume_delta_current": change(v, 1, lambda a, b: math.log(a / b)),
        **{f"close_momentum_{n}": change(c, n, lambda a, b: math.log(a / b)) for n in (5, 20, 60)},
        "close_roc_14": change(c, 14, lambda a, b: 100 * (a / b - 1)),
        "close_efficiency_ratio_10": join(
            lambda a, b: a / b, change(c, 10, lambda a, b: abs(a - b)), path
        ),
        "close_ret_zscore_20": zscore(returns, 20, 1),
        "close_ret_skew_60": rolling(returns, 60, lambda p: moment(p, 3) / moment(p, 2) ** 1.5),
        "close_ret_kurtosis_60": rolling(
            returns, 60, lambda p: moment(p, 4) / moment(p, 2) ** 2 - 3
        ),
        "close_zscore_20": zscore(c, 20, 0),
        "high_low_range_pct_current": join(lambda a, b, d: 100 * (a - b) / d, h, low, c),
        "close_open_pct_current": join(lambda a, b: 100 * (a / b - 1), c, o),
    }


def _averages(c: Rows) -> dict[str, Rows]:
    macd = join(lambda a, b: a - b, ema(c, 12), ema(c, 26))
    signal = ema(macd, 9)
    sma = rolling(c, 20, mean)
    return {
        "close_macd_12_26": macd,
        "close_macd_signal_12_26_9": signal,
        "close_macd_histogram_12_26_9": join(lambda a, b: a - b, macd, signal),
        "close_ema_20": ema(c, 20),
        "close_log_ratio_ema_20": join(lambda a, b: math.log(a / b), c, ema(c, 20)),
        "close_sma_20": sma,
        "close_log_ratio_sma_20": join(lambda a, b: math.log(a / b), c, sma),
    }


def _oscillators(h: Rows, low: Rows, c: Rows) -> dict[str, Rows]:
    delta = change(c, 1, lambda a, b: a - b)
    gain = wilder(join(lambda d: max(d, 0.0), delta), 14)
    loss = wilder(join(lambda d: max(-d, 0.0), delta), 14)
    top, bottom = rolling(h, 14, max), rolling(low, 14, min)
    fast = join(lambda x, a, b: 100 * (x - b) / (a - b), c, top, bottom)
    slow = rolling(fast, 3, mean)
    typical = join(lambda a, b, d: (a + b + d) / 3, h, low, c)
    up = rolling(h, 26, lambda p: 100 * (25 - (25 - p.index(max(p)))) / 25)
    down = rolling(low, 26, lambda p: 100 * (25 - (25 - p.index(min(p)))) / 25)
    return {
        "close_rsi_14": join(lambda a, b: 100 - 100 / (1 + a / b), gain, loss),
        "close_stoch_fast_k_14": fast,
        "close_stoch_k_14_3": slow,
        "close_stoch_d_14_3_3": rolling(slow, 3, mean),
        "close_williams_r_14": join(lambda x, a, b: -100 * (a - x) / (a - b), c, top, bottom),
        "close_cci_20": rolling(typical, 20, _cci),
        **_directional(h, low, c),
        "close_aroon_up_25": up,
        "close_aroon_down_25": down,
        "close_aroon_oscillator_25": join(lambda a, b: a - b, up, down),
    }


def _cci(part: list[float]) -> float:
    center = mean(part)
    return (part[-1] - center) / (0.015 * mean([abs(x - center) for x in part]))


def _directional(h: Rows, low: Rows, c: Rows) -> dict[str, Rows]:
    plus: Rows = [None]
    minus: Rows = [None]
    for t in range(1, len(c)):
        up, down = h[t] - h[t - 1], low[t - 1] - low[t]
        plus.append(up if up > down and up > 0 else 0.0)
        minus.append(down if down > up and down > 0 else 0.0)
    span = wilder_sum(_true_range(h, low, c), 14)
    plus_di = join(lambda a, b: 100 * a / b, wilder_sum(plus, 14), span)
    minus_di = join(lambda a, b: 100 * a / b, wilder_sum(minus, 14), span)
    index = join(lambda a, b: 100 * abs(a - b) / (a + b), plus_di, minus_di)
    return {
        "close_plus_di_14": plus_di,
        "close_minus_di_14": minus_di,
        "close_adx_14": wilder(index, 14),
    }


def _bands(h: Rows, low: Rows, c: Rows) -> dict[str, Rows]:
    middle = rolling(c, 20, mean)
    deviation = rolling(c, 20, lambda p: sd(p, 0))
    bollinger = [join(lambda m, s, k=k: m + k * s, middle, deviation) for k in (2, -2)]
    center = ema(c, 20)
    atr = wilder(_true_range(h, low, c), 10)
    keltner = [join(lambda m, s, k=k: m + k * s, center, atr) for k in (2, -2)]
    donchian = [[None, *rolling(values, 20, f)[:-1]] for values, f in ((h, max), (low, min))]
    place = lambda x, a, b: (x - b) / (a - b)  # noqa: E731 - one line of arithmetic
    return {
        "close_bollinger_percent_b_20": join(place, c, *bollinger),
        "close_bollinger_width_20": join(lambda a, b, m: (a - b) / m, *bollinger, middle),
        "close_bollinger_upper_20": bollinger[0],
        "close_bollinger_lower_20": bollinger[1],
        "close_keltner_position_20_10": join(place, c, *keltner),
        "close_keltner_width_20_10": join(lambda a, b, m: (a - b) / m, *keltner, center),
        "close_keltner_upper_20_10": keltner[0],
        "close_keltner_lower_20_10": keltner[1],
        "close_donchian_position_20": join(place, c, *donchian),
        "close_donchian_width_20": join(lambda a, b: (a - b) / ((a + b) / 2), *donchian),
        "close_donchian_upper_20": donchian[0],
        "close_donchian_lower_20": donchian[1],
    }


def _volatilities(o: Rows, h: Rows, low: Rows, c: Rows) -> dict[str, Rows]:
    half = join(lambda a, b: 0.5 * math.log(a / b), h, low)
    squares = join(lambda r: r * r, _returns(c))
    klass = join(
        lambda a, b, d, e: 0.5 * math.log(a / b) ** 2
        - (2 * math.log(2) - 1) * math.log(d / e) ** 2,
        h, low, c, o,
    )  # fmt: skip
    satchell = join(
        lambda a, b, d, e: math.log(a / d) * math.log(a / e) + math.log(b / d) * math.log(b / e),
        h, low, c, o,
    )  # fmt: skip
    jump: Rows = [None] + [math.log(o[t] / c[t - 1]) for t in range(1, len(c))]
    body = join(lambda a, b: math.log(a / b), c, o)
    k = 0.34 / (1.34 + 21 / 19)
    yang = join(
        lambda a, b, d: a * a + k * b * b + (1 - k) * d,
        rolling(jump, 20, lambda p: sd(p, 1)),
        rolling(body, 20, lambda p: sd(p, 1)),
        rolling(satchell, 20, mean),
    )
    atr = wilder(_true_range(h, low, c), 14)
    return {
        "close_parkinson_20": rolling(
            half, 20, lambda p: math.sqrt(mean([(2 * x) ** 2 for x in p]) / (4 * math.log(2)))
        ),
        "high_low_halfrange_mean_20": rolling(half, 20, mean),
        "high_low_halfrange_ewma_20": ema(half, 20),
        "close_rolling_vol_20": rolling(_returns(c), 20, lambda p: sd(p, 1)),
        "close_realised_vol_20": join(math.sqrt, rolling(squares, 20, math.fsum)),
        "close_ewma_vol_20": join(math.sqrt, ema(squares, 20)),
        "close_riskmetrics_vol": join(math.sqrt, recursive(squares, 20, 0.06)),
        "close_garman_klass_20": join(math.sqrt, rolling(klass, 20, mean)),
        "close_rogers_satchell_20": join(math.sqrt, rolling(satchell, 20, mean)),
        "close_yang_zhang_20": join(math.sqrt, yang),
        "close_atr_14": atr,
        "close_atr_pct_14": join(lambda a, b: 100 * a / b, atr, c),
    }


def _volumes(h: Rows, low: Rows, c: Rows, v: Rows) -> dict[str, Rows]:
    typical = join(lambda a, b, d: (a + b + d) / 3, h, low, c)
    money = join(lambda a, b: a * b, typical, v)
    total = rolling(v, 20, math.fsum)
    ratio = lambda a, b: a / b  # noqa: E731
    over = join(ratio, c, join(ratio, rolling(money, 20, math.fsum), total))
    signs = change(c, 1, lambda a, b: float((a > b) - (a < b)))
    flow = join(lambda s, x: s * x, signs, v)
    place = join(lambda a, b, d: ((d - b) - (a - d)) / (a - b), h, low, c)
    turns = change(typical, 1, lambda a, b: float((a > b) - (a < b)))
    up = rolling(join(lambda m, s: m * (s > 0), money, turns), 14, math.fsum)
    down = rolling(join(lambda m, s: m * (s < 0), money, turns), 14, math.fsum)
    return {
        "volume_rvol_20": rolling(v, 20, lambda p: p[-1] / mean(p)),
        "log_volume_zscore_20": zscore(join(math.log, v), 20, 1),
        "close_over_vwap": over,
        "close_log_ratio_vwap": join(math.log, over),
        "volume_obv_change_20": join(ratio, rolling(flow, 20, math.fsum), total),
        "volume_cmf_20": join(
            ratio, rolling(join(lambda a, b: a * b, place, v), 20, math.fsum), total
        ),
        "volume_mfi_14": join(lambda a, b: 100 - 100 / (1 + a / b), up, down),
    }


def clock_references(stamps: list[datetime], zone: str) -> dict[str, Rows]:
    """Features of the clock but the session's progress, by name without timeframe."""
    local = [ts.astimezone(ZoneInfo(zone)) for ts in stamps]
    hour = [2 * math.pi * (t.hour + t.minute / 60) / 24 for t in local]
    weekday = [2 * math.pi * t.weekday() / 7 for t in local]
    return {
        "hour_of_day_sin": [math.sin(x) for x in hour],
        "hour_of_day_cos": [math.cos(x) for x in hour],
        "day_of_week_sin": [math.sin(x) for x in weekday],
        "day_of_week_cos": [math.cos(x) for x in weekday],
        "days_to_month_end": [float(monthrange(t.year, t.month)[1] - t.day) for t in local],
    }


def session_progress(stamps: list[datetime], zone: str, opens: time, closes: time) -> list[float]:
    """Share of the session gone by, for sessions from Monday to Friday without holidays."""
    out = []
    for ts in stamps:
        day: date = ts.astimezone(ZoneInfo(zone)).date()
        while day.weekday() > 4 or _moment(day, closes, zone) < ts:
            day += timedelta(days=1)
        evening_before = timedelta(days=1 if opens >= closes else 0)
        start, end = _moment(day - evening_before, opens, zone), _moment(day, closes, zone)
        out.append(max(0.0, (ts - start) / (end - start)))
    return out


def _moment(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
