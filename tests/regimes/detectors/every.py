"""One of every detector, small enough for tests, and observations that suit all of them."""

import numpy as np

from regime_factory.regimes import (
    GaussianHMM,
    GaussianMixture,
    JumpModel,
    MarkovRegression,
    VolatilityThreshold,
)

from ..worlds import TRUTH, simulate

OTHERS = {
    "jump": JumpModel(2, jump_penalty=5.0, n_init=3),
    "mixture": GaussianMixture(2, "diag", n_init=3, tol=1e-6),
    "mixture tied": GaussianMixture(2, "tied", n_init=3, tol=1e-6),
    "decaying threshold": VolatilityThreshold(2, decay=0.9),
    "window threshold": VolatilityThreshold(2, decay=None, window=10),
    "markov": MarkovRegression(2, n_init=3, tol=1e-6, sticky=0.5),
}
EVERY = {
    **OTHERS,
    "gaussian hmm": GaussianHMM(2, "diag", n_init=2, sticky=0.5, tol=1e-6),
    "student_t hmm": GaussianHMM(
        2, "diag", emission="student_t", n_init=2, sticky=0.5, tol=1e-5, n_iter=60
    ),
}


def observations(n_rows: int = 700, seed: int = 3) -> np.ndarray:
    """Rows of a chain with a calm and a wild state, (T, 2)."""
    return simulate(TRUTH[2], n_rows, seed)[0]
