"""The grid of ticks that traded prices lie on, and how many prices lie off it."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

_PRICES = ("open", "high", "low", "close")
_RECENT = 20  # few, so that they lie behind the last adjustment
_STRETCHES = 20
_STRETCH_BARS = 100
_TELLING = 0.01  # a grid finer than the rounding of the numbers tells nothing
_TICKS = tuple(
    sorted(
        {digit * 10.0**power for power in range(-8, 3) for digit in (1.0, 2.0, 2.5, 5.0)}
        | {2.0**-power for power in range(1, 9)},
        reverse=True,
    )
)
_FRACTION = 1 / 64  # stocks traded in fractions of a dollar until 2001
_FREE_BELOW = 1.0  # and below a dollar in finer steps
_SLACK = 1e-5  # of a tick
_FLOAT64 = 1e-12


@dataclass(frozen=True)
class GridShares:
    """How prices lie on the grid.

    Parameters
    ----------
    tick
        Step of the grid.
    off_recent
        Share of the prices of the last 20 bars off it.
    off_early
        Largest share off it over stretches of the first half of the history.
    shifted_early
        Share of that stretch's bars whose four prices are off it by one and the same amount.
    """

    tick: float
    off_recent: float
    off_early: float
    shifted_early: float


def grid_shares(bars: pl.DataFrame, tick_size: float | None = None) -> GridShares | None:
    """Compare early prices with the grid of ticks that the last ones keep.

    Parameters
    ----------
    bars
        Canonical bars of one symbol, increasing in ``ts``.
    tick_size
        The market's tick; ``None`` infers it as the coarsest step that the prices of the last 20
        bars lie on.

    Returns
    -------
    GridShares or None
        ``None`` where no grid can be seen.

    Notes
    -----
    With an inferred tick, prices below 1 and prices on the grid of 1/64 count as on the grid:
    stocks as traded have been finer there.

    Examples
    --------
    >>> price = [100.0 + k / 4 for k in range(600)]
    >>> bars = pl.DataFrame({name: price for name in ("open", "high", "low", "close")})
    >>> grid_shares(bars)
    GridShares(tick=0.25, off_recent=0.0, off_early=0.0, shifted_early=0.0)
    """
    prices = bars.select(_PRICES).to_numpy()
    recent = prices[-_RECENT:]
    tick = tick_size or _coarsest(recent)
    if tick is None:
        return None
    off_recent = float(np.mean(~_on_grid(recent, tick)))
    stretches = _early_stretches(prices)
    off = [~_allowed(stretch, tick, inferred=tick_size is None) for stretch in stretches]
    worst = int(np.argmax([part.mean() for part in off]))
    shifted = off[worst].all(axis=1) & _same_remainder(stretches[worst], tick)
    return GridShares(tick, off_recent, float(off[worst].mean()), float(shifted.mean()))


def _early_stretches(prices: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    half = max(len(prices) // 2, 1)
    starts = np.unique(np.linspace(0, max(half - _STRETCH_BARS, 0), _STRETCHES).astype(int))
    return [prices[start : min(start + _STRETCH_BARS, half)] for start in starts]


def _coarsest(recent: NDArray[np.float64]) -> float | None:
    """The coarsest step that all prices lie on."""
    for tick in _TICKS:
        if np.max(_slack(recent / tick)) < _TELLING and np.all(_on_grid(recent, tick)):
            return tick
    return None


def _on_grid(prices: NDArray[np.float64], tick: float) -> NDArray[np.bool_]:
    steps = prices / tick
    return np.abs(steps - np.round(steps)) <= _slack(steps)


def _slack(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a number of steps may be off by from rounding of the numbers alone."""
    return np.maximum(_SLACK, np.abs(steps) * _FLOAT64)


def _allowed(prices: NDArray[np.float64], tick: float, *, inferred: bool) -> NDArray[np.bool_]:
    on_grid = _on_grid(prices, tick)
    if not inferred:
        return on_grid
    return on_grid | _on_grid(prices, _FRACTION) | (np.abs(prices) < _FREE_BELOW)


def _same_remainder(prices: NDArray[np.float64], tick: float) -> NDArray[np.bool_]:
    """Whether the four prices of a bar lie off the grid by the same amount."""
    steps = prices / tick
    apart = steps - steps[:, :1]
    return np.all(np.abs(apart - np.round(apart)) <= 4 * _slack(steps), axis=1)
