"""How soon the label reaches the top state when prices fall far, beside randomly shifted labels."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.evaluation import Drawdown, drawdown_curve, drawdowns
from regime_factory.regimes.validation import check_observations

Rows = NDArray[np.int64]


def reaction_to_drawdowns(
    close: ArrayLike,
    in_top: ArrayLike,
    *,
    size: float = 0.1,
    n_shifts: int = 500,
    seed: int = 0,
) -> dict[str, Any]:
    """Count the bars from the start of each large drawdown until the label is in the top state.

    Parameters
    ----------
    close : array_like, shape (T,)
        Closing prices of the scored bars.
    in_top : array_like of bool, shape (T,)
        Whether the label known at each close is the top state.
    size : float, default=0.1
        Depth from which a drawdown counts, as a fraction.
    n_shifts : int, default=500
        Random circular shifts of the labels.
    seed : int, default=0
        Seed of the shifts.

    Returns
    -------
    dict
        ``size, episodes`` (``start, crossed, end`` as row numbers, ``depth``, ``bars`` to the top
        state or None where it was not reached before the end, ``in_time``: whether it was reached
        by the close that crossed ``size``), ``top_share``, ``median_bars`` and ``in_time_share``
        over the episodes, their means over the shifts as ``shifted_median_bars`` and
        ``shifted_in_time_share``, and ``p_value``: the share of shifts, the real labels included,
        that were in time at least as often. Figures over the episodes are None without one.

    Raises
    ------
    ValueError
        If lengths differ, or the size is not between 0 and 1.

    Notes
    -----
    A drawdown starts at the first close below a maximum of the span and ends with the first one
    back at it. An episode in which the top state is never reached counts with all its bars in the
    median. A shift keeps how often and how long labels are in the top state: fast reactions that
    survive it are more than frequent switching.

    Examples
    --------
    >>> close = [100.0, 95.0, 88.0, 80.0, 101.0]
    >>> found = reaction_to_drawdowns(close, [False, False, True, True, False])
    >>> found["median_bars"], found["in_time_share"]
    (1.0, 1.0)
    """
    prices = check_observations(close)[:, 0]
    top = np.asarray(in_top, dtype=bool)
    if top.shape != prices.shape:
        raise ValueError(f"{prices.size} prices but {top.size} labels; give one per bar")
    if not 0 < size < 1:
        raise ValueError(f"size is {size}; give a drawdown between 0 and 1, for example .1")
    falls = large_drawdowns(prices, size)
    none = ("median_bars", "in_time_share", "shifted_median_bars", "shifted_in_time_share",
            "p_value")  # fmt: skip
    base = {"size": size, "bars": int(prices.size), "top_share": float(top.mean())}
    if not falls:
        return {**base, "episodes": [], "n_shifts": n_shifts, **dict.fromkeys(none)}
    start, crossed, end = (np.array(rows) for rows in zip(*[row[:3] for row in falls], strict=True))
    wait = _bars_to_top(top)
    bars, in_time = _reactions(wait, start, crossed, end, np.zeros(1, dtype=np.int64))
    shifts = np.random.default_rng(seed).integers(1, max(2, prices.size), n_shifts)
    other_bars, other_in_time = _reactions(wait, start, crossed, end, shifts)
    share = float(in_time.mean())
    return {
        **base,
        "episodes": [
            {
                "start": int(start[k]),
                "crossed": int(crossed[k]),
                "end": int(end[k]),
                "depth": falls[k][3],
                "bars": int(bars[0, k]) if bars[0, k] < end[k] - start[k] else None,
                "in_time": bool(in_time[0, k]),
            }
            for k in range(len(falls))
        ],
        "n_shifts": n_shifts,
        "median_bars": float(np.median(bars)),
        "in_time_share": share,
        "shifted_median_bars": float(np.median(other_bars, axis=1).mean()),
        "shifted_in_time_share": float(other_in_time.mean()),
        "p_value": float((1 + (other_in_time.mean(axis=1) >= share).sum()) / (n_shifts + 1)),
    }


def large_drawdowns(close: ArrayLike, size: float) -> list[tuple[int, int, int, float]]:
    """Find the drawdowns of a price series that are at least so deep, in time order.

    Parameters
    ----------
    close : array_like, shape (T,)
        Closing prices.
    size : float
        Depth, as a fraction.

    Returns
    -------
    list of (int, int, int, float)
        First bar below the maximum, first bar at or below minus ``size``, first bar back at the
        maximum (the number of bars while it lasts), depth.

    Examples
    --------
    >>> large_drawdowns([100.0, 95.0, 88.0, 80.0, 101.0, 100.0], 0.1)
    [(1, 2, 4, -0.2)]
    """
    prices = np.asarray(close, dtype=np.float64)
    ret = np.concatenate(([0.0], prices[1:] / prices[:-1] - 1.0))
    curve = drawdown_curve(ret)

    def row(fall: Drawdown) -> tuple[int, int, int, float]:
        end = prices.size if fall.end is None else fall.end
        crossed = fall.start + int(np.argmax(curve[fall.start : end] <= -size))
        return fall.start, crossed, end, round(fall.depth, 12)

    deep = [fall for fall in drawdowns(ret) if fall.depth <= -size]
    return [row(fall) for fall in sorted(deep, key=lambda fall: fall.start)]


def _bars_to_top(top: NDArray[np.bool_]) -> Rows:
    """Bars from each bar to the next one in the top state, going on at the start after the end."""
    n = top.size
    found = np.flatnonzero(np.tile(top, 2))
    if not found.size:
        return np.full(n, 2 * n)
    return found[np.searchsorted(found, np.arange(n))] - np.arange(n)


def _reactions(
    wait: Rows, start: Rows, crossed: Rows, end: Rows, shifts: Rows
) -> tuple[Rows, NDArray[np.bool_]]:
    """Bars to the top state, at most those of the episode, and whether in time; (shifts, n)."""
    bars = wait[(start[None] - shifts[:, None]) % wait.size]
    return np.minimum(bars, (end - start)[None]), bars <= (crossed - start)[None]
