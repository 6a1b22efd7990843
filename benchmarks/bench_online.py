"""CPU time of one bar more: the online filter against hmmlearn, which scores a window again."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from regime_factory.regimes import GaussianHMM

K, F = 3, 2
N_ROWS = 20_000
WINDOW = 100  # rows that hmmlearn scores for each new bar; real filters forget a start in 34 to 95
N_PEER = 60
REPEATS = 7
BUDGET = {"in a block": 2.0, "one by one": 20.0}


def _observations() -> np.ndarray:
    """Three sticky states with heavy tails, and a bar 200 deviations away now and then."""
    rng = np.random.default_rng(0)
    states = (np.cumsum(rng.random(N_ROWS) < 0.02) * 2) % K
    X = rng.standard_t(4, size=(N_ROWS, F)) * (0.5 + states[:, None])
    X[::5000] *= 200
    return X


def _microseconds(run: Callable[[], object], n: int) -> float:
    start = time.process_time()
    run()
    return (time.process_time() - start) / n * 1e6


def _interleaved(runs: dict[str, tuple[Callable[[], object], int]]) -> dict[str, float]:
    """Median CPU microseconds per bar of each, measured in turns."""
    for run, _ in runs.values():
        run()
    taken = [{name: _microseconds(*run) for name, run in runs.items()} for _ in range(REPEATS)]
    return {name: median(one[name] for one in taken) for name in runs}


def _cells(kind: str, emission: str) -> list[dict[str, object]]:
    X = _observations()
    model = GaussianHMM(K, kind, emission=emission, n_init=2, n_iter=50).fit(X[:3000])
    peer_model = GaussianHMM(K, kind, n_iter=5).fit(X[:3000], start=model)
    other = peer_model.to_hmmlearn().set_params(implementation="scaling")
    ends = np.linspace(WINDOW, 4900, N_PEER).astype(int)  # hmmlearn fails at the far bars
    online = model.online()

    def block() -> None:
        model.online().update_many(X)

    def single() -> None:
        for x in X:
            online.update(x)

    def restored() -> None:
        for _ in range(200):
            model.online().restore(json.loads(json.dumps(online.to_state())))

    def score_window() -> None:
        for end in ends:
            other.predict_proba(X[end - WINDOW : end])

    measured = _interleaved(
        {
            "in a block": (block, N_ROWS),
            "one by one": (single, N_ROWS),
            "save, JSON and restore": (restored, 200),
            "hmmlearn": (score_window, N_PEER),
        }
    )
    peer_time = measured.pop("hmmlearn")
    rows = []
    for name, value in measured.items():
        row = {"name": f"online {name}, {emission} {kind}, K={K}, F={F}", "value": value}
        if name in BUDGET:
            peer = f"hmmlearn last {WINDOW} rows {peer_time:.0f} us/bar, budget {BUDGET[name]:g}"
            rows.append({**row, "unit": "us/bar", "peer": peer, "ratio": peer_time / value})
        else:
            rows.append({**row, "unit": "us"})
    return rows


def run() -> list[dict[str, object]]:
    """Measure each emission and covariance type: medians of interleaved repeats, one thread.

    Returns
    -------
    list of dict
        ``name, value`` (CPU microseconds), ``unit, peer`` (what hmmlearn took for the same bar),
        ``ratio``.
    """
    cells = [
        (kind, emission) for emission in ("gaussian", "student_t") for kind in ("full", "diag")
    ]
    return [row for cell in cells for row in _cells(*cell)]


def main() -> None:
    """Print the measurements as a table."""
    for row in run():
        ratio = f"{row['ratio']:8.0f}x" if "ratio" in row else " " * 9
        peer = row.get("peer", "")
        print(f"{row['name']:<56}{row['value']:>9.3f} {row['unit']:<7}{ratio}  {peer}")


if __name__ == "__main__":
    main()
