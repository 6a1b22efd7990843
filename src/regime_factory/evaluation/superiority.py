"""Whether the best of several strategies beats a benchmark, once they are all counted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.evaluation.bootstrap import default_mean_block

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Superiority:
    """Result of the test for superior predictive ability.

    Attributes
    ----------
    p_value : float or None
        Consistent p-value of Hansen: how often the best of as many strategies without any
        advantage would look at least as good. None where no strategy differs from the benchmark.
    p_lower, p_upper : float or None
        Its liberal and conservative relatives.
    n_compared : int
        Strategies that differ from the benchmark on some bar.
    best : int or None
        Number of the strategy with the highest mean return.
    n_rows : int
        Returns that were compared; fewer than bars where bars were compounded.
    bars_per_row : int
        Bars compounded into one return.
    n_draws : int
        Bootstrap draws.
    """

    p_value: float | None
    p_lower: float | None
    p_upper: float | None
    n_compared: int
    best: int | None
    n_rows: int
    bars_per_row: int
    n_draws: int


def superior_ability(
    ret: ArrayLike,
    benchmark: ArrayLike,
    *,
    n_draws: int = 1000,
    mean_block: float | None = None,
    max_rows: int = 3000,
    seed: int = 0,
) -> Superiority:
    """Test whether the best of several strategies has a higher mean return than the benchmark.

    Parameters
    ----------
    ret : array_like, shape (n_bars, n_strategies)
        Net simple return of each strategy.
    benchmark : array_like, shape (n_bars,)
        Net simple return of the benchmark on the same bars.
    n_draws : int, default=1000
        Bootstrap draws.
    mean_block : float, optional
        Mean block of the stationary bootstrap, in rows compared.
    max_rows : int, default=3000
        Longer series are compounded over neighbouring bars to at most this many returns: the
        variance of the test costs the square of their number.
    seed : int, default=0
        Seed of the draws.

    Returns
    -------
    Superiority

    Raises
    ------
    ValueError
        If shapes do not fit, a return is not finite, or there are fewer than 10 bars.

    Notes
    -----
    Hansen (2005), "A test for superior predictive ability", as in ``arch.bootstrap.SPA`` with
    studentised statistics. A strategy that equals the benchmark on every bar cannot beat it; it
    is left out, as its variance is zero.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> market = rng.normal(0.0, 0.01, 500)
    >>> better = np.column_stack([market + 0.001 + rng.normal(0.0, 0.004, 500), market])
    >>> found = superior_ability(better, market)
    >>> found.n_compared, found.best, found.p_value < 0.05
    (1, 0, True)
    """
    rows, own = _checked(ret, benchmark)
    step = max(1, -(-own.size // max_rows))
    rows, own = _compounded(rows, step), _compounded(own[:, None], step)[:, 0]
    differs = np.flatnonzero(np.ptp(rows - own[:, None], axis=0) > 1e-12)
    p: tuple[float | None, ...] = (None, None, None)
    best = None
    if differs.size:
        p = _p_values(own, rows[:, differs], n_draws, mean_block, seed)
        best = int(differs[np.argmax(rows[:, differs].mean(axis=0))])
    return Superiority(p[1], p[0], p[2], differs.size, best, own.size, step, n_draws)


def _p_values(
    own: Floats, rows: Floats, n_draws: int, mean_block: float | None, seed: int
) -> tuple[float, ...]:
    """Liberal, consistent and conservative p-value; losses are returns with the sign turned."""
    from arch.bootstrap import SPA

    block = max(1, round(default_mean_block(own.size) if mean_block is None else mean_block))
    test = SPA(-own, -rows, block_size=block, reps=n_draws, seed=seed)
    test.compute()
    return tuple(float(test.pvalues[name]) for name in ("lower", "consistent", "upper"))


def _checked(ret: ArrayLike, benchmark: ArrayLike) -> tuple[Floats, Floats]:
    rows, own = np.asarray(ret, dtype=np.float64), np.asarray(benchmark, dtype=np.float64)
    if rows.ndim != 2 or own.shape != rows.shape[:1]:
        raise ValueError(
            f"returns have shape {rows.shape} and the benchmark {own.shape}; give one column for "
            "each strategy, on the bars of the benchmark"
        )
    if own.size < 10:
        raise ValueError(f"{own.size} bars are too few to compare strategies on; give 10 or more")
    if not (np.isfinite(rows).all() and np.isfinite(own).all()):
        raise ValueError("a return is not finite; leave out bars that a strategy has no return on")
    return rows, own


def _compounded(rows: Floats, step: int) -> Floats:
    """Returns over ``step`` neighbouring bars; the bars left over at the start are dropped."""
    if step == 1:
        return rows
    kept = rows[rows.shape[0] % step :]
    return np.prod(1.0 + kept.reshape(-1, step, rows.shape[1]), axis=1) - 1.0
