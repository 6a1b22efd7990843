"""Gaussian against Student-t on real bars, for each number of states: fit, use, stability."""

from itertools import pairwise

import numpy as np

from benchmarks.market_sets import MarketSet
from regime_factory.regimes import GaussianHMM, adjusted_rand, confirm_labels, switches_per_year

EMISSIONS = ("gaussian", "student_t")
STATES = range(2, 7)
THRESHOLD = 0.95
# Expanding windows of the stability figure, as shares of the rows up to the evaluation end.
WINDOWS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def settings(emission: str) -> dict[str, object]:
    """The defaults of `hmm`, with full covariances and the emission in question."""
    return {
        "covariance_type": "full",
        "emission": emission,
        "sticky": 0.5,
        "shrinkage": 10.0,
    }


def measure(market: MarketSet, emission: str, k: int, n_init: int = 30) -> dict[str, float]:
    """All figures of one cell.

    Fitted on the selection zone, judged on the evaluation zone; the agreement figures compare
    models of different stretches up to the evaluation end.
    """

    def fit(rows: slice) -> GaussianHMM:
        return GaussianHMM(k, n_init=n_init, **settings(emission)).fit(market.X[rows])

    model = fit(slice(0, market.n_selection))
    figures = {
        "heldout": float(model.score_rows(market.X)[market.n_selection :].mean()),
        "bic": model.bic(market.X[: market.n_selection]),
        "hit_rate": model.hit_rate_,
        "converged": float(model.converged_),
    }
    figures |= use(model.filter(market.X)[market.n_selection :], market.per_year)
    if emission == "student_t":
        figures["dofs"] = np.round(model.dofs_, 1).tolist()
    return figures | agreement(market, fit)


def use(p: np.ndarray, per_year: float) -> dict[str, float]:
    """Switching, occupancy and dwell of the labels of filtered probabilities."""
    raw, confirmed = p.argmax(axis=1), confirm_labels(p, THRESHOLD)
    return {
        "switches": switches_per_year(raw, per_year),
        "confirmed_switches": switches_per_year(confirmed, per_year),
        "min_occupancy": float(np.bincount(confirmed, minlength=p.shape[1]).min() / len(p)),
        "median_dwell": median_run(raw),
        "confirmed_dwell": median_run(confirmed),
    }


def median_run(labels: np.ndarray) -> float:
    """Median length of a stay, in bars; the last one may be unfinished."""
    edges = np.flatnonzero(np.diff(labels) != 0) + 1
    return float(np.median(np.diff(np.concatenate([[0], edges, [len(labels)]]))))


def agreement(market: MarketSet, fit) -> dict[str, float]:
    """Adjusted Rand between models of the two halves, and between consecutive expanding windows."""
    n_rows = len(market)
    halves = [fit(slice(0, n_rows // 2)), fit(slice(n_rows // 2, n_rows))]
    models = [fit(slice(0, round(share * n_rows))) for share in WINDOWS]
    pairs = []
    for (share, before), (_, after) in pairwise(zip(WINDOWS, models, strict=True)):
        seen = market.X[: round(share * n_rows)]
        pairs.append(_agree(before, after, seen))
    return {
        "halves": _agree(*halves, market.X),
        "refits": float(np.mean(pairs)),
        "worst_refit": float(np.min(pairs)),
    }


def _agree(a: GaussianHMM, b: GaussianHMM, X: np.ndarray) -> float:
    return adjusted_rand(a.filter(X).argmax(axis=1), b.filter(X).argmax(axis=1))
