"""CPU time of labels per bar: kernels and whole functions against NumPy and plain Python."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from regime_factory.labels import (
    build_labels,
    forward_returns,
    sequential_bootstrap,
    threshold_targets,
    triple_barrier,
)
from regime_factory.labels._kernels import walk_barriers, walk_thresholds
from regime_factory.labels.barriers import average_true_range

N_BARS = 1_000_000
N_NUMPY = 200_000  # the matrix of NumPy's windows is 24 times as large
N_PLAIN = 20_000
HORIZON, MULTIPLE, WINDOW = 24, 2.0, 14
REPEATS = 5
BUDGET = 30.0  # nanoseconds a bar, of the kernel
FREE = (1.0, 1.0, 1.0, 0.0)


def _market() -> pl.DataFrame:
    """Hourly bars of a walk whose volatility wanders between a third and three times its mean."""
    rng = np.random.default_rng(0)
    slow = np.cumsum(rng.normal(0, 0.01, N_BARS))
    vol = 0.003 * np.exp(np.sin(slow))
    close = 100 * np.exp(np.cumsum(rng.normal(0, vol) - 0.5 * vol**2))
    opened = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0, vol / 5))
    start = datetime(1900, 1, 1, tzinfo=UTC)
    return pl.DataFrame(
        {
            "symbol": "X",
            "timeframe": "1H",
            "ts": pl.datetime_range(
                start, start + timedelta(hours=N_BARS - 1), "1h", time_unit="us", eager=True
            ),
            "open": opened,
            "high": np.maximum(opened, close) * np.exp(np.abs(rng.normal(0, vol / 2))),
            "low": np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0, vol / 2))),
            "close": close,
        }
    )


def with_numpy(ohlc: tuple[np.ndarray, ...], atr: np.ndarray, n_bars: int) -> np.ndarray:
    """The same labels from windows of highs and lows, as one writes them in NumPy."""
    opens, highs, lows, closes = (values[:n_bars] for values in ohlc)
    rows = np.arange(WINDOW, n_bars - HORIZON - 1)
    entry = closes[rows + 1]
    upper, lower = entry + MULTIPLE * atr[rows], entry - MULTIPLE * atr[rows]
    up = sliding_window_view(highs, HORIZON)[rows + 2] >= upper[:, None]
    down = sliding_window_view(lows, HORIZON)[rows + 2] <= lower[:, None]
    touched = up | down
    offset = np.where(touched.any(axis=1), touched.argmax(axis=1), HORIZON - 1)
    end, picked = rows + 2 + offset, np.arange(rows.size)
    up, down, opened = up[picked, offset], down[picked, offset], opens[end]
    price = np.where(up, np.maximum(opened, upper), np.minimum(opened, lower))
    price = np.where(up | down, price, closes[end])
    gap = np.where(opened >= upper, opened, np.where(opened <= lower, opened, np.nan))
    tie = up & down
    price = np.where(tie, np.where(np.isnan(gap), entry, gap), price)
    return np.sign(price / entry - 1.0).astype(np.int8)


def with_plain_python(ohlc: tuple[list[float], ...], atr: list[float], n_bars: int) -> list[int]:
    """The same labels from a loop over lists."""
    opens, highs, lows, closes = ohlc
    labels = []
    for i in range(WINDOW, n_bars - HORIZON - 1):
        entry = closes[i + 1]
        upper, lower = entry + MULTIPLE * atr[i], entry - MULTIPLE * atr[i]
        price = closes[i + 1 + HORIZON]
        for j in range(i + 2, i + 2 + HORIZON):
            up, down = highs[j] >= upper, lows[j] <= lower
            if up or down:
                opened = opens[j]
                if opened >= upper or opened <= lower:
                    price = opened
                elif up and down:
                    price = entry
                else:
                    price = upper if up else lower
                break
        labels.append((price > entry) - (price < entry))
    return labels


def _nanoseconds(runs: dict[str, tuple[Callable[[], object], int]]) -> dict[str, float]:
    """Median CPU nanoseconds per bar of each, measured in turns after a warm-up."""
    for work, _ in runs.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(REPEATS):
        for name, (work, n) in runs.items():
            start = time.process_time()
            work()
            taken[name].append((time.process_time() - start) / n * 1e9)
    return {name: median(values) for name, values in taken.items()}


def run() -> list[dict[str, object]]:
    """Measure kernels, whole functions and peers: medians of interleaved repeats, one thread.

    Returns
    -------
    list of dict
        ``name, value`` (CPU nanoseconds per bar), ``unit, peer, ratio``.
    """
    bars = _market()
    ohlc = tuple(bars[name].to_numpy() for name in ("open", "high", "low", "close"))
    atr = average_true_range(bars, WINDOW)
    lists = tuple(values[:N_PLAIN].tolist() for values in ohlc)
    atr_list = atr[:N_PLAIN].tolist()
    lags, terms = (1, 2, HORIZON), ((MULTIPLE, MULTIPLE), FREE, FREE)
    rows = (WINDOW, N_BARS - HORIZON - 1)
    levels = np.array([0.01, 0.02, 0.05])

    def barriers() -> np.ndarray:
        return walk_barriers(ohlc, (ohlc[3], atr), rows, lags, terms)[0]

    ours = barriers()
    numpy_labels = with_numpy(ohlc, atr, N_NUMPY)
    plain_labels = with_plain_python(lists, atr_list, N_PLAIN)
    np.testing.assert_array_equal(ours[: numpy_labels.size], numpy_labels)
    np.testing.assert_array_equal(ours[: len(plain_labels)], plain_labels)

    measured = _nanoseconds(
        {
            "triple barrier, kernel": (barriers, N_BARS),
            "thresholds 1, 2, 5 %, kernel": (
                lambda: walk_thresholds(ohlc[1:3], ohlc[3], levels, rows[1], lags),
                N_BARS,
            ),
            "triple_barrier": (lambda: triple_barrier(bars), N_BARS),
            "threshold_targets": (lambda: threshold_targets(bars), N_BARS),
            "forward_returns": (lambda: forward_returns(bars), N_BARS),
            "build_labels": (lambda: build_labels(bars), N_BARS),
            "numpy": (lambda: with_numpy(ohlc, atr, N_NUMPY), N_NUMPY),
            "plain Python": (lambda: with_plain_python(lists, atr_list, N_PLAIN), N_PLAIN),
        }
    )
    numpy_time, plain_time = measured.pop("numpy"), measured.pop("plain Python")
    out: list[dict[str, object]] = []
    for name, value in measured.items():
        row: dict[str, object] = {"name": f"labels {name}", "value": value, "unit": "ns/bar"}
        if name.startswith("triple"):
            budget = f", budget {BUDGET:g}" if name.endswith("kernel") else ""
            row["peer"] = f"numpy {numpy_time:.0f}, plain Python {plain_time:.0f} ns/bar{budget}"
            row["ratio"] = numpy_time / value
        out.append(row)
    return [*out, _bootstrap()]


def _bootstrap() -> dict[str, object]:
    """Sequential bootstrap of as many draws as there are labels."""
    start = np.arange(2000)
    end = start + np.random.default_rng(1).integers(1, HORIZON, start.size)
    taken = _nanoseconds({"draws": (lambda: sequential_bootstrap(start, end), start.size)})
    name = f"labels sequential bootstrap of {start.size}"
    return {"name": name, "value": taken["draws"] / 1000, "unit": "us/draw"}


def main() -> None:
    """Print the measurements as a table."""
    for row in run():
        ratio = f"{row['ratio']:8.1f}x" if "ratio" in row else " " * 9
        print(
            f"{row['name']:<44}{row['value']:>9.2f} {row['unit']:<8}{ratio}  {row.get('peer', '')}"
        )


if __name__ == "__main__":
    main()
