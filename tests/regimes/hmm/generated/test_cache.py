"""Compiled code is kept on disk: a second process compiles nothing."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import sys
import numpy as np
from regime_factory.regimes import GaussianHMM
X = np.random.default_rng(0).normal(size=(300, 2))
GaussianHMM(2, "diag", n_init=2, n_iter=100).fit(X).filter(X)
seen = [
    value
    for name, module in list(sys.modules.items())
    if name.startswith("regime_factory.regimes.hmm")
    for value in vars(module).values()
    if hasattr(value, "stats") and hasattr(value, "signatures")
]
hits = sum(sum(d.stats.cache_hits.values()) for d in seen)
misses = sum(sum(d.stats.cache_misses.values()) for d in seen)
print(hits, misses)
"""


@pytest.mark.slow
def test_a_second_process_compiles_nothing(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    answers = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert int(answers[0][1]) > 0
    assert int(answers[1][0]) > 0
    assert int(answers[1][1]) == 0
