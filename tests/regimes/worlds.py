"""Worlds with known truth and brute-force references for the tests of this room."""

import itertools

import numpy as np

from regime_factory.regimes.hmm.parameters import HMMParameters

TRUTH = {
    2: HMMParameters(
        np.array([0.5, 0.5]),
        np.array([[0.98, 0.02], [0.04, 0.96]]),
        np.array([[0.05, -0.6], [-0.08, 0.7]]),
        np.array([[[0.5, 0.0], [0.0, 0.35]], [[2.5, 0.1], [0.1, 0.35]]]),
    ),
    3: HMMParameters(
        np.full(3, 1 / 3),
        np.array([[0.98, 0.015, 0.005], [0.015, 0.97, 0.015], [0.005, 0.025, 0.97]]),
        np.array([[0.06, -1.1], [0.0, 0.0], [-0.1, 1.1]]),
        np.array(
            [[[0.3, 0.0], [0.0, 0.3]], [[1.0, 0.05], [0.05, 0.3]], [[3.0, -0.1], [-0.1, 0.35]]]
        ),
    ),
}
UMBRELLA = (
    np.array([0.5, 0.5]),
    np.array([[0.7, 0.3], [0.3, 0.7]]),
    np.log([[0.9, 0.9, 0.1, 0.9, 0.9], [0.2, 0.2, 0.8, 0.2, 0.2]]),
)


def simulate(truth: HMMParameters, n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Raw Gaussian observations (T, F) of a hidden chain, and the chain."""
    rng = np.random.default_rng(seed)
    n_states, n_features = truth.means.shape
    states = np.empty(n_rows, dtype=np.int64)
    states[0] = rng.choice(n_states, p=truth.startprob)
    draws = rng.random(n_rows)
    cumulated = truth.transmat.cumsum(axis=1)
    for t in range(1, n_rows):
        states[t] = min(np.searchsorted(cumulated[states[t - 1]], draws[t]), n_states - 1)
    factors = np.linalg.cholesky(truth.covars)
    noise = rng.standard_normal((n_rows, n_features))
    return truth.means[states] + np.einsum("tij,tj->ti", factors[states], noise), states


def start_of(K: int, F: int, seed: int, kind: str) -> dict[str, np.ndarray]:
    """A start with scattered means for standard-normal-like data."""
    rng = np.random.default_rng(seed)
    widths = rng.uniform(0.5, 2.0, (K, F))
    covars = {
        "spherical": widths[:, 0],
        "diag": widths,
        "full": widths[:, :, None] * np.eye(F) + 0.1,
        "tied": np.diag(widths[0]) + 0.1,
    }[kind]
    transmat = rng.dirichlet(np.full(K, 2.0), size=K) * 0.3 + 0.7 * np.eye(K)
    return {
        "startprob": rng.dirichlet(np.full(K, 3.0)),
        "transmat": transmat,
        "means": rng.normal(size=(K, F)),
        "covars": covars,
    }


def every_path(startprob, transmat, log_b):
    """All state paths of a tiny case with their joint log probabilities."""
    n_states, n_rows = log_b.shape
    paths = np.array(list(itertools.product(range(n_states), repeat=n_rows)))
    with np.errstate(divide="ignore"):
        logs = np.log(startprob)[paths[:, 0]] + log_b[paths[:, 0], 0]
        for t in range(1, n_rows):
            logs = logs + np.log(transmat)[paths[:, t - 1], paths[:, t]] + log_b[paths[:, t], t]
    return paths, logs
