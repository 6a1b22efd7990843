"""The table of separate drawdowns of one return series."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from regime_factory.evaluation.metrics import drawdown_curve


@dataclass(frozen=True)
class Drawdown:
    """One fall below a running maximum, in bar numbers.

    Parameters
    ----------
    start : int
        First bar below the maximum.
    trough : int
        Bar of the lowest point.
    end : int or None
        First bar back at the maximum; None while it lasts.
    depth : float
        Equity at the trough over the maximum, minus one (< 0).
    """

    start: int
    trough: int
    end: int | None
    depth: float


def drawdowns(ret: ArrayLike, n_worst: int | None = None) -> list[Drawdown]:
    """All separate drawdowns, deepest first.

    Parameters
    ----------
    ret : array_like, shape (n_bars,)
        Simple return of each bar.
    n_worst : int, optional
        Keep only this many.

    Returns
    -------
    list of Drawdown

    Examples
    --------
    >>> [(d.start, d.trough, d.end, d.depth) for d in drawdowns([0.0, -0.5, 1.0, -0.25])]
    [(1, 1, 2, -0.5), (3, 3, None, -0.25)]
    """
    curve = drawdown_curve(ret)
    below = np.concatenate(([False], curve < 0.0, [False]))
    edges = np.flatnonzero(below[1:] != below[:-1])
    found = [
        _one_drawdown(curve, int(first), int(stop))
        for first, stop in zip(edges[::2], edges[1::2], strict=True)
    ]
    return sorted(found, key=lambda fall: (fall.depth, fall.start))[:n_worst]


def _one_drawdown(curve: np.ndarray, first: int, stop: int) -> Drawdown:
    trough = first + int(np.argmin(curve[first:stop]))
    return Drawdown(first, trough, stop if stop < curve.size else None, float(curve[trough]))
