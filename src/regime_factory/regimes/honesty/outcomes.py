"""What followed each state: mean return and drawdown share over the next bars, with intervals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.evaluation import GroupMeans, bootstrap_group_means, default_mean_block

Matrix = NDArray[np.float64]


def forward_return(close: ArrayLike, horizon: int) -> Matrix:
    """Simple return from each bar to a later one.

    Parameters
    ----------
    close : array_like, shape (T,)
        Closing prices.
    horizon : int
        Bars ahead.

    Returns
    -------
    ndarray, shape (T,)
        NaN for the last ``horizon`` bars.

    Raises
    ------
    ValueError
        For a horizon below 1, or prices that are not positive.

    Examples
    --------
    >>> forward_return([1.0, 2.0, 3.0], 2).tolist()
    [2.0, nan, nan]
    """
    prices = np.asarray(close, dtype=np.float64)
    if horizon < 1:
        raise ValueError(f"horizon is {horizon} bars; give 1 or more")
    bad = np.flatnonzero(~((prices > 0) & np.isfinite(prices)))
    if bad.size:
        raise ValueError(f"close is {prices[bad[0]]} in row {bad[0]}; prices must be above zero")
    out = np.full(prices.size, np.nan)
    if horizon < prices.size:
        out[:-horizon] = prices[horizon:] / prices[:-horizon] - 1.0
    return out


def outcome_figures(
    outcome: ArrayLike,
    states: ArrayLike,
    names: Sequence[str],
    *,
    horizon: int,
    n_draws: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Mean of an outcome after each state, and how the top state differs from the calmest.

    Parameters
    ----------
    outcome : array_like, shape (T,)
        What followed each bar: a return, or 0 and 1. NaN where it is not known yet.
    states : array_like of int, shape (T,)
        State known at each bar, numbered by name.
    names : sequence of str
        Name of each state, calmest first.
    horizon : int
        Bars that an outcome looks ahead; neighbouring outcomes overlap by one less.
    n_draws : int, default=1000
        Bootstrap draws.
    seed : int, default=0
        Seed of the draws.

    Returns
    -------
    dict
        ``bars, mean, mean_block, states`` (``regime, bars, mean, lower, upper`` each), and
        ``difference, difference_lower, difference_upper, distinguishable`` of the mean after the
        top state minus that after the calmest: None where a state has no bar or too few for an
        interval; ``distinguishable`` says whether the 95 % interval leaves out zero.

    Raises
    ------
    ValueError
        If lengths differ, or fewer than two outcomes are known.

    Notes
    -----
    Stationary bootstrap with blocks of three horizons on average, at least the cube root of the
    number of bars: outcomes that overlap, and the bars of one spell, stay together.

    Examples
    --------
    >>> figures = outcome_figures([0.0, 0.0, 1.0, 1.0], [0, 0, 1, 1], ["Calm", "Stress"], horizon=1)
    >>> [row["mean"] for row in figures["states"]], figures["difference"]
    ([0.0, 1.0], 1.0)
    """
    values, labels = np.asarray(outcome, dtype=np.float64), np.asarray(states, dtype=np.int64)
    if values.shape != labels.shape:
        raise ValueError(f"{values.size} outcomes but {labels.size} states; give one per bar")
    known = np.isfinite(values)
    if known.sum() < 2:
        raise ValueError(
            f"{int(known.sum())} of {values.size} outcomes are known; give more bars than the "
            f"horizon of {horizon}"
        )
    block = max(3.0 * horizon, default_mean_block(int(known.sum())))
    found = bootstrap_group_means(
        values[known], labels[known], len(names), n_draws=n_draws, mean_block=block, seed=seed
    )
    return {
        "bars": int(known.sum()),
        "mean": float(values[known].mean()),
        "mean_block": float(min(block, known.sum() / 2)),
        "states": [_state_row(found, state, name) for state, name in enumerate(names)],
        **_top_against_calmest(found, len(names)),
    }


def _state_row(found: GroupMeans, state: int, name: str) -> dict[str, Any]:
    bars = int(found.counts[state])
    lower, upper = found.interval(state) or (None, None)
    mean = float(found.means[state]) if bars else None
    return {"regime": name, "bars": bars, "mean": mean, "lower": lower, "upper": upper}


def _top_against_calmest(found: GroupMeans, n_states: int) -> dict[str, Any]:
    keys = ("difference", "difference_lower", "difference_upper", "distinguishable")
    if n_states < 2 or not (found.counts[0] and found.counts[-1]):
        return dict.fromkeys(keys)
    gap, bounds = found.difference(n_states - 1, 0)
    if bounds is None:
        return {**dict.fromkeys(keys), "difference": gap}
    return dict(zip(keys, (gap, *bounds, bool(bounds[0] > 0 or bounds[1] < 0)), strict=True))
