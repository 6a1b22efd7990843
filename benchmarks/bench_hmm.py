"""CPU time of the hidden Markov model against hmmlearn: EM iterations and filtering."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from regime_factory.regimes import GaussianHMM

N_ROWS = 20_000
REPEATS = 5
STEPS = {"own": 20, "hmmlearn": 5}


def _observations(n_features: int) -> np.ndarray:
    """Four sticky Gaussian states whose width grows."""
    rng = np.random.default_rng(0)
    states = (np.cumsum(rng.random(N_ROWS) < 0.02) * 7) % 4
    return rng.normal(size=(N_ROWS, n_features)) * (0.5 + states[:, None])


def _start(X: np.ndarray, K: int, kind: str) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    variances = X.var(axis=0) * np.linspace(0.3, 1.7, K)[:, None]
    covars = variances if kind == "diag" else variances[:, :, None] * np.eye(X.shape[1])
    transmat = np.full((K, K), 0.05 / (K - 1)) + (0.95 - 0.05 / (K - 1)) * np.eye(K)
    means = rng.normal(size=(K, X.shape[1])) * 0.1
    return {"startprob": np.full(K, 1 / K), "transmat": transmat, "means": means, "covars": covars}


def _cpu(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _interleaved(own: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    own(), peer()
    pairs = [(_cpu(own), _cpu(peer)) for _ in range(REPEATS)]
    return median(p[0] for p in pairs), median(p[1] for p in pairs)


def _row(name: str, own: float, peer: float) -> dict[str, object]:
    return {
        "name": name,
        "value": own / N_ROWS * 1e9,
        "unit": "ns/bar",
        "peer": f"hmmlearn {peer / N_ROWS * 1e9:.1f} ns/bar",
        "ratio": peer / own,
    }


def _hmmlearn(model: GaussianHMM):
    peer = model.to_hmmlearn()
    return peer.set_params(n_iter=STEPS["hmmlearn"], tol=-np.inf, covars_weight=0.0)


def _em(K: int, F: int, kind: str) -> dict[str, object]:
    X = _observations(F)
    start = _start(X, K, kind)

    def own(n_iter: int) -> None:
        GaussianHMM(K, kind, n_iter=n_iter, tol=0.0, shrinkage=0.0).fit(X, start=start)

    template = GaussianHMM(K, kind, n_iter=1).fit(X, start=start)

    def peer() -> None:
        model = _hmmlearn(template)
        model.startprob_, model.transmat_ = start["startprob"], start["transmat"]
        model.means_, model.covars_ = start["means"], start["covars"]
        model.fit(X)

    # One further E-step measures the last parameters, so 20 steps cost 21 E-steps here.
    seconds = _interleaved(lambda: own(STEPS["own"]), peer)
    return _row(
        f"EM iteration, {kind}, K={K}, F={F}",
        seconds[0] / STEPS["own"],
        seconds[1] / STEPS["hmmlearn"],
    )


def _filter(K: int, F: int) -> dict[str, object]:
    X = _observations(F)
    model = GaussianHMM(K, "full", n_iter=5).fit(X, start=_start(X, K, "full"))
    other = _hmmlearn(model)
    seconds = _interleaved(lambda: model.filter(X), lambda: other.score_samples(X))
    return _row(f"filter against score_samples, full, K={K}, F={F}", *seconds)


def run() -> list[dict[str, object]]:
    """Measure every cell: medians of interleaved repeats, one thread.

    Returns
    -------
    list of dict
        ``name, value`` (ns per bar), ``unit, peer`` (what hmmlearn took), ``ratio``.
    """
    cells = [(K, F, kind) for kind in ("diag", "full") for F in (2, 4) for K in (2, 4)]
    return [_em(*cell) for cell in cells] + [_filter(K, F) for F in (2, 4) for K in (2, 4)]


def main() -> None:
    """Print the measurements as a table."""
    print(f"{'what':<48}{'ns/bar':>10}{'ratio':>8}  peer")
    for row in run():
        print(f"{row['name']:<48}{row['value']:>10.1f}{row['ratio']:>8.1f}  {row['peer']}")


if __name__ == "__main__":
    main()
