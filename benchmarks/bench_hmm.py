"""CPU time of the hidden Markov model against hmmlearn: EM, filter, grids, refits, threads."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import logging
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np

from regime_factory.regimes import GaussianHMM

Row = dict[str, object]
N_ROWS = 20_000
SPY = Path(__file__).resolve().parents[2] / "shared/data/equity/SPY_1h_1998_2021.parquet"
# Best log-likelihoods known, by the number of states and covariance type: the best of 100 starts
# here, of 10 starts of hmmlearn, and of every run seen while these benchmarks were written.
BEST_SIMULATED = {
    (2, "diag"): -137817.661, (2, "full"): -137728.100, (3, "diag"): -135277.084,
    (3, "full"): -135254.965, (4, "diag"): -133740.457, (4, "full"): -133721.588,
    (5, "diag"): -132949.922, (5, "full"): -132930.171, (6, "diag"): -132356.201,
    (6, "full"): -132337.858,
}  # fmt: skip
BEST_SPY = {
    (2, "diag"): -152296.019, (2, "full"): -151186.981, (3, "diag"): -144495.532,
    (3, "full"): -142880.648, (4, "diag"): -140426.505, (4, "full"): -138487.937,
    (5, "diag"): -137934.626, (5, "full"): -135800.326,
}  # fmt: skip


def _observations(n_features: int) -> np.ndarray:
    """Four sticky Gaussian states whose width grows."""
    rng = np.random.default_rng(0)
    states = (np.cumsum(rng.random(N_ROWS) < 0.02) * 7) % 4
    return rng.normal(size=(N_ROWS, n_features)) * (0.5 + states[:, None])


def _regimes(n_rows: int) -> np.ndarray:
    """Three sticky states with multivariate Student-t observations (nu 5) in four columns."""
    rng = np.random.default_rng(11)
    cumulated = (np.full((3, 3), 0.01) + 0.97 * np.eye(3)).cumsum(axis=1)
    states, draws = np.zeros(n_rows, dtype=np.int64), rng.random(n_rows)
    for t in range(1, n_rows):
        states[t] = np.searchsorted(cumulated[states[t - 1]], draws[t])
    means, widths = rng.normal(size=(3, 4)) * 0.5, np.array([0.6, 1.0, 1.8])
    widths = widths[states] * np.sqrt(5 / rng.chisquare(5, n_rows))
    return means[states] + widths[:, None] * rng.normal(size=(n_rows, 4))


def _spy_hours() -> np.ndarray:
    """Log return, log half range and log volume change of SPY's hours, standardised."""
    import polars as pl

    bars = pl.read_parquet(SPY)
    high, low, close, volume = (
        bars[name].to_numpy().astype(float) for name in ("high", "low", "close", "volume")
    )
    half_range = np.log(np.maximum(np.log(high / low) / 2, 1e-5))[1:]
    rows = np.c_[np.diff(np.log(close)), half_range, np.diff(np.log(np.maximum(volume, 1)))]
    rows = rows[np.isfinite(rows).all(axis=1)]
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


def _start(X: np.ndarray, K: int, kind: str) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    F = X.shape[1]
    variances = X.var(axis=0) * np.linspace(0.3, 1.7, K)[:, None]
    covars = {
        "spherical": variances.mean(axis=1),
        "diag": variances,
        "full": variances[:, :, None] * np.eye(F),
        "tied": np.cov(X.T),
    }[kind]
    transmat = np.full((K, K), 0.05 / (K - 1)) + (0.95 - 0.05 / (K - 1)) * np.eye(K)
    means = rng.normal(size=(K, F)) * 0.1
    return {"startprob": np.full(K, 1 / K), "transmat": transmat, "means": means, "covars": covars}


def _peer(K: int, kind: str, start: dict[str, np.ndarray] | None = None, **settings: object):
    """Return hmmlearn's model without priors; with a start it draws none."""
    from hmmlearn.hmm import GaussianHMM as Peer

    logging.getLogger("hmmlearn").setLevel(logging.ERROR)
    chosen = {"implementation": "scaling", "covars_prior": 0.0, "covars_weight": 0.0, **settings}
    if start is not None:
        chosen |= {"init_params": "", "min_covar": 0.0}
    model = Peer(K, kind, **chosen)
    for entry, value in (start or {}).items():
        setattr(model, f"{entry}_", value)
    return model


def _cpu(run: Callable[[], object]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def _wall(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def _medians(runs: list[Callable[[], float]], repeats: int) -> list[float]:
    """Interleave the runs, so that they share whatever else the machine does."""
    for run in runs:
        run()
    rounds = [[run() for run in runs] for _ in range(repeats)]
    return [median(column) for column in zip(*rounds, strict=True)]


def _per_bar(what: str, own: float, peer: float | None, against: str = "hmmlearn scaling") -> Row:
    return {
        "name": what,
        "value": own / N_ROWS * 1e9,
        "unit": "ns/bar",
        "peer": None if peer is None else f"{against} {peer / N_ROWS * 1e9:.0f} ns/bar",
        "ratio": None if peer is None else peer / own,
    }


def _em_step(X: np.ndarray, K: int, kind: str, emission: str = "gaussian") -> Callable[[], float]:
    """Cost of one EM iteration: what 18 more iterations add to a fit, so no set-up counts."""
    start = _start(X, K, kind)

    def fit(n_iter: int) -> None:
        settings = {"emission": emission, "n_iter": n_iter, "tol": 0.0, "shrinkage": 0.0}
        GaussianHMM(K, kind, **settings).fit(X, start=start)

    return lambda: (_cpu(lambda: fit(20)) - _cpu(lambda: fit(2))) / 18


def _peer_step(X: np.ndarray, K: int, kind: str, implementation: str) -> Callable[[], float]:
    start = _start(X, K, kind)

    def fit(n_iter: int) -> None:
        settings = {"n_iter": n_iter, "tol": -np.inf, "implementation": implementation}
        _peer(K, kind, start, **settings).fit(X)

    return lambda: (_cpu(lambda: fit(4)) - _cpu(lambda: fit(1))) / 3


def em_iterations() -> Iterator[Row]:
    """EM iterations from one start; Student-t against our own Gaussian.

    Yields
    ------
    dict
        One row per cell, then the worst and the median cell of each kind.
    """
    ratios: dict[str, list[float]] = {"diag": [], "full": []}
    extra = []
    for F in (2, 4, 9):
        X = _observations(F)
        for K in (2, 3, 4, 6):
            for kind, seen in ratios.items():
                runs = [_em_step(X, K, kind), _em_step(X, K, kind, "student_t")]
                own, student, peer = _medians([*runs, _peer_step(X, K, kind, "scaling")], 5)
                seen.append(peer / own)
                extra.append(student / own - 1)
                yield _per_bar(f"EM iteration, {kind}, K={K}, F={F}", own, peer)
    for kind, seen in ratios.items():
        for what, value in (("worst", min(seen)), ("median", median(seen))):
            yield _ratio(f"EM iteration, {kind}, {what} of {len(seen)} cells", value)
    for what, value in (("median", median(extra)), ("most", max(extra))):
        yield {"name": f"EM iteration, Student-t extra, {what}", "value": 100 * value, "unit": "%"}


def other_implementations() -> Iterator[Row]:
    """Every covariance type against both of hmmlearn's implementations.

    Yields
    ------
    dict
        One row per covariance type and implementation.
    """
    X, K = _observations(4), 3
    for kind in ("spherical", "diag", "full", "tied"):
        peers = [_peer_step(X, K, kind, implementation) for implementation in ("scaling", "log")]
        own, *theirs = _medians([_em_step(X, K, kind), *peers], 3)
        for implementation, peer in zip(("scaling", "log"), theirs, strict=True):
            what = f"EM iteration, {kind}, K={K}, F=4, {implementation}"
            yield _per_bar(what, own, peer, f"hmmlearn {implementation}")


def filters() -> Iterator[Row]:
    """The causal filter against hmmlearn's smoother, the only thing it offers.

    Yields
    ------
    dict
        One row per cell.
    """
    for K, F in ((2, 2), (4, 4)):
        X = _observations(F)
        model = GaussianHMM(K, "full", n_iter=5).fit(X, start=_start(X, K, "full"))
        other = model.to_hmmlearn()
        runs = [lambda: _cpu(lambda: model.filter(X)), lambda: _cpu(lambda: other.score_samples(X))]  # noqa: B023
        yield _per_bar(f"filter against score_samples, K={K}, F={F}", *_medians(runs, 7))


def _ratio(what: str, value: float) -> Row:
    return {"name": what, "value": value, "unit": "x", "ratio": value}


def _grid(
    what: str, X: np.ndarray, best: dict[tuple[int, str], float], n_init: int, peer_init: int
) -> Iterator[Row]:
    """All cells of a selection grid; hmmlearn runs some of its ten starts and is scaled up."""
    own = peer = 0.0
    short = []
    tol = 1e-3 / len(X)
    for K in (2, 3, 4, 5, 6):
        for kind in ("diag", "full"):
            model = GaussianHMM(K, kind, n_init=n_init, tol=tol, shrinkage=0.0)
            GaussianHMM(K, kind, n_iter=1, n_init=1).fit(X)  # loads the compiled code
            own += _cpu(lambda: model.fit(X))  # noqa: B023
            if (K, kind) in best:
                short.append(best[K, kind] - model.loglik_)
            for seed in range(peer_init):
                other = _peer(K, kind, n_iter=500, tol=1e-3, random_state=seed)
                peer += _cpu(lambda: other.fit(X)) * 10 / peer_init  # noqa: B023
    against = f"hmmlearn 10 starts {peer:.0f} s (from {peer_init})"
    yield {
        "name": f"{what}, {n_init} starts", "value": own, "unit": "CPU s",
        "peer": against, "ratio": peer / own,
    }  # fmt: skip
    yield {"name": f"{what}: worst cell below the best known", "value": max(short), "unit": "nats"}


def grids() -> Iterator[Row]:
    """Selection grids K 2-6 x {diag, full}, on simulated regimes and on SPY's hours.

    Yields
    ------
    dict
        CPU time and the worst cell's distance from the best log-likelihood known.
    """
    yield from _grid("grid, simulated", _regimes(N_ROWS), BEST_SIMULATED, 10, 2)
    if SPY.is_file():
        yield from _grid("grid, SPY hours", _spy_hours(), BEST_SPY, 30, 2)


def walk_forward() -> Iterator[Row]:
    """200 warm refits on windows of 5,000 bars, 25 bars apart, each window filtered after it.

    Yields
    ------
    dict
        CPU time per covariance type.
    """
    from hmmlearn import _hmmc

    X, K, tol = _regimes(10_000), 3, 1e-7
    windows = [X[first : first + 5_000] for first in range(25, 5_001, 25)]
    for kind in ("diag", "full"):
        start = _start(X, K, kind)

        def own(kind: str = kind, start: dict[str, np.ndarray] = start) -> None:
            model = GaussianHMM(K, kind, tol=tol, shrinkage=0.0).fit(X[:5_000], start=start)
            for window in windows:
                model = model.clone().fit(window, start=model)
                model.filter(window)

        def peer(kind: str = kind, start: dict[str, np.ndarray] = start) -> None:
            model = _peer(K, kind, start, n_iter=500, tol=tol * 5_000).fit(X[:5_000])
            for window in windows:
                density = np.exp(model.fit(window)._compute_log_likelihood(window))
                _hmmc.forward_scaling(model.startprob_, model.transmat_, density)

        runs = [lambda run=run: _cpu(run) for run in (own, peer)]
        mine, theirs = _medians(runs, 5)
        yield {
            "name": f"200 warm refits and filters, {kind}, K={K}, F=4", "value": mine,
            "unit": "CPU s", "peer": f"hmmlearn {theirs:.2f} s", "ratio": theirs / mine,
        }  # fmt: skip


def threads() -> Iterator[Row]:
    """Wall time of 16 starts with two threads and with one.

    Yields
    ------
    dict
        One row per number of states.
    """
    X = _regimes(N_ROWS)
    for K in (2, 4, 6):

        def fit(n_jobs: int, K: int = K) -> Callable[[], float]:
            model = GaussianHMM(K, "full", n_init=16, n_jobs=n_jobs)
            return lambda: _wall(lambda: model.fit(X))

        # The best of several: whatever else runs on the machine only ever takes a core away.
        two, one = (
            min(column) for column in zip(*[(fit(2)(), fit(1)()) for _ in range(7)], strict=True)
        )
        yield {
            "name": f"fit of 16 starts, two threads, K={K}, F=4", "value": two, "unit": "s wall",
            "peer": f"one thread {one:.2f} s", "ratio": one / two,
        }  # fmt: skip


def _peak(run: Callable[[], object]) -> float:
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def memory() -> Iterator[Row]:
    """Peak memory of one EM run.

    Yields
    ------
    dict
        Bytes per bar.
    """
    X, K = _regimes(N_ROWS), 4
    start = _start(X, K, "full")
    peer = _peak(lambda: _peer(K, "full", start, n_iter=2, tol=-np.inf).fit(X))
    for emission in ("gaussian", "student_t"):
        model = GaussianHMM(K, "full", emission=emission, n_iter=2)
        own = _peak(lambda: model.fit(X, start=start))  # noqa: B023
        yield {
            "name": f"peak memory of a fit, {emission}, K={K}, F=4", "value": own / N_ROWS,
            "unit": "bytes/bar", "peer": f"hmmlearn {peer / N_ROWS:.0f} bytes/bar",
            "ratio": peer / own,
        }  # fmt: skip


def run() -> list[Row]:
    """Measure everything: CPU time, one thread and medians of interleaved repeats where cheap.

    Returns
    -------
    list of dict
        ``name, value, unit, peer`` (what the other took), ``ratio`` (the other's over ours).
    """
    parts = (
        em_iterations, other_implementations, filters, walk_forward, threads, memory, grids,
    )  # fmt: skip
    rows = [row for part in parts for row in part()]
    return [{"peer": None, "ratio": None, **row} for row in rows]


def main() -> None:
    """Print the measurements as a table."""
    for row in run():
        ratio = f"{row['ratio']:8.1f}" if row["ratio"] else " " * 8
        print(f"{row['name']:<52}{row['value']:>10.2f} {row['unit']:<10}{ratio}  {row['peer']}")


if __name__ == "__main__":
    main()
