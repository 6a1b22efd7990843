"""Compiled kernels give what their own source gives as plain Python."""

import numpy as np
import pytest

from regime_factory.labels import _kernels
from regime_factory.labels.costs import NO_COSTS, LabelCosts

from .markets import PRICES, random_bars

BARS = random_bars(150, seed=4)
OHLC = tuple(BARS[name].to_numpy() for name in PRICES)


@pytest.fixture
def plain(monkeypatch):
    """The functions that kernels call, uncompiled too."""

    def uncompiled(name):
        for part in ("first_touch", "resolve_both", "fill_draw_weights"):
            kernel = getattr(_kernels, part)
            monkeypatch.setattr(_kernels, part, getattr(kernel, "py_func", kernel))
        return getattr(_kernels, name).py_func

    return uncompiled


@pytest.mark.parametrize("multiples", [(2.0, 2.0), (0.2, 0.2), (np.inf, 1.0), (np.inf, np.inf)])
@pytest.mark.parametrize("costs", [LabelCosts(), LabelCosts(fee_bps=30), LabelCosts(0, 0, 0.2)])
def test_barriers(plain, multiples, costs):
    atr = np.linspace(0.5, 3.0, 150)
    terms = (multiples, tuple(costs.terms), tuple(costs.terms))
    given = (OHLC, (OHLC[3], atr), (14, 140), (1, 2, 24), terms)
    compiled = _kernels.walk_barriers(*given)
    for ours, theirs in zip(compiled, plain("walk_barriers")(*given), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)
    given = (OHLC, (OHLC[3], atr), (14, 10), (1, 2, 24), (multiples, NO_COSTS, NO_COSTS))
    assert plain("walk_barriers")(*given)[0].size == 0


def test_thresholds(plain):
    given = (OHLC[1:3], OHLC[0], np.array([0.005, 0.01, 0.04]), 149, (1, 1, 12))
    compiled = _kernels.walk_thresholds(*given)
    for ours, theirs in zip(compiled, plain("walk_thresholds")(*given), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_draws(plain):
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 50, 30)
    given = (starts, starts + rng.integers(1, 9, 30), 60, rng.random(40))
    compiled = _kernels.draw_in_sequence(*given)
    np.testing.assert_array_equal(compiled, plain("draw_in_sequence")(*given))


def test_importing_the_room_imports_neither_numba_nor_pandera():
    import subprocess
    import sys

    code = (
        "import sys, regime_factory.labels; "
        "print(sorted({'numba', 'pandera', 'kedro', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
