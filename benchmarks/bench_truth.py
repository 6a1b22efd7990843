"""Regimes with known truth: accuracy, false switching and chosen K of each model, paired by series.

`python -m benchmarks.bench_truth --full` runs the whole study (about 15 CPU minutes) and prints
its tables; without `--full` it runs a few series. Results are appended to a file, one line a
series, and read from there when the command is started again.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.truth_worlds import FIRST_SEED, N_ROWS, N_STATES, WORLDS
from regime_factory.regimes import GaussianHMM
from regime_factory.regimes.hmm.inference import filter_log_emission

if TYPE_CHECKING:
    from hmmlearn.hmm import GaussianHMM as Peer

PAIRS, SERIES_FOR_K = 40, 50
CANDIDATES = range(1, 6)
PEER_STARTS = 5
JUMP_PENALTY = 10.0
EMISSIONS = ("gaussian", "student_t")
PEER = "hmmlearn converged"
STORE = Path("data/bench_truth.jsonl")
Probabilities = tuple[np.ndarray, np.ndarray | None]


def own(X: np.ndarray, seed: int, **settings) -> Probabilities:
    """Filtered and smoothed probabilities of one of our models."""
    model = GaussianHMM(N_STATES, "full", random_state=seed, **settings).fit(X)
    return model.filter(X), model.smooth(X)


def jump(X: np.ndarray, seed: int) -> Probabilities:
    """The jump model at the penalty of `detectors`; its path over all bars stands for smoothing."""
    from regime_factory.regimes import JumpModel

    model = JumpModel(N_STATES, JUMP_PENALTY, random_state=seed).fit(X)
    return model.filter(X), np.eye(N_STATES)[model.decode(X)[1]]


def peer_defaults(X: np.ndarray, seed: int) -> Probabilities:
    """hmmlearn as it comes, on the columns as they come."""
    from hmmlearn.hmm import GaussianHMM as Peer

    model = Peer(N_STATES, random_state=seed).fit(X)
    return peer_filter(model, X), model.predict_proba(X)


def peer_converged(X: np.ndarray, seed: int) -> Probabilities:
    """hmmlearn on standardised columns, iterated to the end, the best of several starts."""
    from hmmlearn.hmm import GaussianHMM as Peer

    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    fits = []
    for start in range(PEER_STARTS):
        settings = {"n_iter": 1000, "tol": 1e-3, "random_state": 100 * seed + start}
        model = Peer(N_STATES, "full", **settings)
        # Some fits stop at a covariance that is not positive definite.
        with suppress(ValueError, np.linalg.LinAlgError):
            model.fit(Z)
            fits.append((model.score(Z), start, model))
    best = max(fits)[-1]
    return peer_filter(best, Z), best.predict_proba(Z)


def peer_filter(model: "Peer", X: np.ndarray) -> np.ndarray:
    """Filtered probabilities of an hmmlearn model, which it does not give itself.

    From its own densities: states that died keep a singular covariance, which `from_hmmlearn`
    refuses and hmmlearn repairs at each use.
    """
    density = model._compute_log_likelihood(X).T
    return filter_log_emission(model.startprob_, model.transmat_, density)[0].T


MODELS: dict[str, Callable[[np.ndarray, int], Probabilities]] = {
    "Gaussian": own,
    "Student-t": lambda X, seed: own(X, seed, emission="student_t"),
    "sticky Gaussian": lambda X, seed: own(X, seed, sticky=0.5),
    "sticky Student-t": lambda X, seed: own(X, seed, emission="student_t", sticky=0.5),
    "jump model": jump,
    "hmmlearn defaults": peer_defaults,
    PEER: peer_converged,
}


def accuracy(truth: np.ndarray, p: np.ndarray) -> float:
    """Share of bars in the true state, under the best renumbering of the states."""
    found = p.argmax(axis=1)
    tries = (np.array(order)[found] == truth for order in permutations(range(N_STATES)))
    return float(max(same.mean() for same in tries))


def switching(truth: np.ndarray, p: np.ndarray) -> float:
    """Switches of the most likely state, per true switch."""
    found = p.argmax(axis=1)
    return float((np.diff(found) != 0).sum() / (np.diff(truth) != 0).sum())


def judge(world: str, seed: int, n_rows: int = N_ROWS) -> dict[str, dict[str, float | None]]:
    """Every model on one series of one world."""
    truth, X = WORLDS[world].draw(seed, n_rows)
    figures = {}
    for name, model in MODELS.items():
        filtered, smoothed = model(X, seed)
        figures[name] = {
            "filtered": accuracy(truth, filtered),
            "smoothed": None if smoothed is None else accuracy(truth, smoothed),
            "switching": switching(truth, filtered),
            "smoothed_switching": None if smoothed is None else switching(truth, smoothed),
        }
    return figures


def chosen_k(world: str, seed: int, n_rows: int = N_ROWS) -> dict[str, int]:
    """State count of the lowest BIC for each emission."""
    _, X = WORLDS[world].draw(seed, n_rows)
    chosen = {}
    for emission in EMISSIONS:
        cells = [GaussianHMM(k, emission=emission, random_state=seed).fit(X) for k in CANDIDATES]
        chosen[emission] = CANDIDATES[int(np.argmin([cell.bic(X) for cell in cells]))]
    return chosen


def study(
    pairs: int, series_for_k: int, worlds: tuple[str, ...], n_rows: int, store: Path | None
) -> list[dict]:
    """Judge series after series; those found in the store are not repeated."""
    logging.getLogger("hmmlearn").setLevel(logging.ERROR)
    done = list(_stored(store))
    known = {(row["part"], row["world"], row["seed"], row["rows"]) for row in done}
    parts = (("models", pairs, judge), ("k", series_for_k, chosen_k))
    for part, count, measure in parts:
        for seed in range(FIRST_SEED, FIRST_SEED + count):
            for world in worlds:
                key = {"part": part, "world": world, "seed": seed, "rows": n_rows}
                if tuple(key.values()) in known:
                    continue
                done.append({**key, "figures": measure(world, seed, n_rows)})
                if store is not None:
                    with store.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(done[-1]) + "\n")
    return [row for row in done if row["rows"] == n_rows and row["world"] in worlds]


def _stored(store: Path | None) -> Iterator[dict]:
    if store is not None and store.exists():
        yield from map(json.loads, store.read_text("utf-8").splitlines())


def column(rows: list[dict], world: str, model: str, figure: str) -> np.ndarray:
    """One figure of one model over the series of a world."""
    own_rows = (row for row in rows if row["part"] == "models" and row["world"] == world)
    values = [row["figures"][model][figure] for row in own_rows]
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def gain(rows: list[dict], world: str, model: str, figure: str) -> tuple[float, float]:
    """Mean paired difference to the converged peer in points, and its standard error."""
    gap = 100 * (column(rows, world, model, figure) - column(rows, world, PEER, figure))
    error = gap.std(ddof=1) / np.sqrt(len(gap)) if len(gap) > 1 else np.nan
    return float(gap.mean()), float(error)


def right_k(rows: list[dict], world: str, emission: str) -> tuple[float, list[int]]:
    """Share of the series where BIC finds the true K, and how often each K is chosen."""
    found = [
        row["figures"][emission] for row in rows if row["part"] == "k" and row["world"] == world
    ]
    return found.count(N_STATES) / max(len(found), 1), [found.count(k) for k in CANDIDATES]


def tables(rows: list[dict], worlds: tuple[str, ...]) -> str:
    """The tables of the study in Markdown."""
    lines = []
    figures = ("filtered", "smoothed")
    for world in worlds:
        n = len(column(rows, world, PEER, "filtered"))
        lines += [
            "", f"{world}, {n} series", "",
            "| model | filtered | gain (s.e.) | smoothed | gain (s.e.) | switching | smoothed |",
            "|---|---|---|---|---|---|---|",
        ]  # fmt: skip
        for model in MODELS:
            cells = []
            for figure in figures:
                mean, error = gain(rows, world, model, figure)
                share = column(rows, world, model, figure).mean()
                cells += [f"{share:.3f}", "" if model == PEER else f"{mean:+.1f} ({error:.1f})"]
            for figure in ("switching", "smoothed_switching"):
                cells.append(f"{np.median(column(rows, world, model, figure)):.2f}")
            lines.append(f"| {model} | " + " | ".join(cells) + " |")
    lines += ["", "| world | series | K true, Gaussian | K chosen 1..5 | K true, Student-t | |"]
    lines.append("|---|---|---|---|---|---|")
    for world in worlds:
        shares = [right_k(rows, world, emission) for emission in EMISSIONS]
        cells = [f"{share:.0%} | {' '.join(map(str, counts))}" for share, counts in shares]
        lines.append(f"| {world} | {sum(shares[0][1])} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def run() -> list[dict[str, object]]:
    """A few series of the two worlds that matter most: `t3` and `gaussian`.

    Returns
    -------
    list of dict
        ``name, value, unit, peer`` and no ``ratio``: nothing here is a time.
    """
    worlds = ("t3", "gaussian")
    rows = study(6, 4, worlds, N_ROWS, None)
    results: list[dict[str, object]] = []
    for world in worlds:
        peer = column(rows, world, PEER, "filtered").mean()
        for model in ("Gaussian", "Student-t"):
            value = column(rows, world, model, "filtered").mean()
            results.append(_row(f"accuracy on {world}, {model}", value, f"{PEER} {peer:.3f}"))
        for emission in EMISSIONS:
            value = right_k(rows, world, emission)[0]
            results.append(_row(f"true K by BIC on {world}, {emission}", value, None))
    return results


def _row(name: str, value: float, peer: str | None) -> dict[str, object]:
    return {"name": name, "value": float(value), "unit": "share", "peer": peer, "ratio": None}


def main() -> None:
    """Print the tables of the study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="40 pairs, 50 series for K, all worlds")
    parser.add_argument("--store", type=Path, default=STORE, help="file that results are kept in")
    given = parser.parse_args()
    worlds = tuple(WORLDS)
    if not given.full:
        print(tables(study(3, 3, worlds, N_ROWS, None), worlds))
        return
    given.store.parent.mkdir(parents=True, exist_ok=True)
    print(tables(study(PAIRS, SERIES_FOR_K, worlds, N_ROWS, given.store), worlds))


if __name__ == "__main__":
    main()
